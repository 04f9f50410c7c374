/** Run as a process of its own by mongod.ts, so that a download that hangs can be ended: prints the binary's path last. */
import { MongoBinary } from 'mongodb-memory-server';

const downloadDir = process.argv[2];
if (downloadDir === undefined) throw new TypeError('the download directory is missing');

try {
  console.log(`\n${await MongoBinary.getPath({ downloadDir })}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
