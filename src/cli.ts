import { readFileSync } from 'node:fs';
import { runPassbook } from './commands/run-passbook.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// The reader of the output may stop early, such as `head`
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

const { env, stdout, stderr } = process;
const exitCode = await runPassbook(process.argv.slice(2), { version, env, stdout, stderr });
// The server that "passbook serve" started sets its own
if (exitCode !== 0) process.exitCode = exitCode;
