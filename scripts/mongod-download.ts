/** Downloads a mongod and prints its path last. mongod.ts runs it as a process, so that it can end a hung download. */
import { MongoBinary } from 'mongodb-memory-server';

const downloadDir = process.argv[2];
if (downloadDir === undefined) throw new TypeError('the download directory is missing');

try {
  console.log(`\n${await MongoBinary.getPath({ downloadDir })}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
