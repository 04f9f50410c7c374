import { runPassbook } from './commands/run-passbook.ts';
import { version } from './version.ts';

const { argv, env, stdout, stderr } = process;
const args = argv.slice(2);

// The reader of a command's output may stop early, such as `head`. The server goes on without its reader
if (args[0] !== 'serve') {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

const exitCode = await runPassbook(args, { version, env, stdout, stderr });
// The server that "passbook serve" started sets its own
if (exitCode !== 0) process.exitCode = exitCode;
