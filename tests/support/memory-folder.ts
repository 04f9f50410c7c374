import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const SHARED_MEMORY = '/dev/shm';
const LEAST_BYTES = 3 * 1024 ** 3;

/** Folder for data that no test needs on a disk: in memory if the system has room there, or else `tmpdir()`. */
export function memoryFolder(): string {
  if (!existsSync(SHARED_MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(SHARED_MEMORY);
  return bavail * bsize >= LEAST_BYTES ? SHARED_MEMORY : tmpdir();
}
