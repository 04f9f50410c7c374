// Makes a Python client from openapi.json by an ordinary generator, and pays with it on the bank server.
// Usage: npm run python-client. Needs python3 with venv; the first run installs the generator.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { startBankServer, SYSTEM } from './python-tools/bank-server.ts';
import { installedPrograms, run } from './python-tools/python.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = installedPrograms('openapi-python-client==0.29.1');
const { url, directory, stop } = await startBankServer();
try {
  const client = join(directory, 'python-client');
  const made = ['--path', join(root, 'openapi.json'), '--output-path', client, '--fail-on-warning'];
  // It formats its output by ruff, if it finds it
  const env = { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, PYTHONPATH: client };
  run(join(programs, 'openapi-python-client'), ['generate', ...made], { env });
  run(join(programs, 'python'), [join(root, 'examples/python/pay.py'), url, SYSTEM.email, SYSTEM.password], {
    env,
  });
} finally {
  stop();
}
