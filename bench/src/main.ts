import { compare } from './compare.ts';
import { growth } from './growth.ts';
import { Machine } from './machine.ts';
import { readOptions, USAGE } from './options.ts';
import type { Options } from './options.ts';
import { signInStorm } from './sign-in-storm.ts';
import { watching } from './watching.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  const machine = new Machine();
  const interrupted = () => void machine.close().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    if (options.command === 'sign-in-storm') return await signInStorm(machine, options);
    if (options.command === 'watching') return await watching(machine, options);
    await machine.startMongo();
    return options.command === 'growth' ? await growth(machine, options) : await compare(machine, options);
  } finally {
    await machine.close();
  }
}
