// `npm run dev`: runs the server from its sources, and restarts it after each change. Any signal ends both.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAUSE_MS = 200;

let server = start();
let isStopping = false;
let isRestarting = false;
/** @type {NodeJS.Timeout | undefined} */
let timer;

function start() {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], { cwd: root, stdio: 'inherit' });
  child.on('exit', (code) => {
    if (isStopping) process.exit(code ?? 0);
    if (isRestarting) server = start();
    else console.error('The server has stopped. It restarts after the next change.');
    isRestarting = false;
  });
  return child;
}

function restart() {
  if (server.exitCode === null && server.signalCode === null) {
    isRestarting = true;
    server.kill('SIGTERM');
  } else server = start();
}

watch(fileURLToPath(new URL('../src', import.meta.url)), { recursive: true }, () => {
  clearTimeout(timer);
  timer = setTimeout(restart, PAUSE_MS);
});

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    isStopping = true;
    if (server.exitCode !== null || server.signalCode !== null) process.exit(0);
    // A terminal sends Ctrl-C to the server too, and a second signal would end it at once
    if (signal !== 'SIGINT') server.kill('SIGTERM');
  });
}
