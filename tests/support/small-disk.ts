import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this process may mount file systems. */
export const CAN_MOUNT = process.platform === 'linux' && process.getuid?.() === 0;

/** A file system of a few megabytes, in memory. */
export class SmallDisk {
  readonly folder = mkdtempSync(join(tmpdir(), 'passbook-disk-'));
  readonly #filler = join(this.folder, 'filler');

  constructor({ megabytes }: { megabytes: number }) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', this.folder]);
  }

  /** Takes all the space that is left. */
  fill(): void {
    const fd = openSync(this.#filler, 'w');
    try {
      for (;;) writeSync(fd, Buffer.alloc(4096));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(fd);
    }
  }

  /** Gives the space back. */
  free(): void {
    rmSync(this.#filler);
  }

  remove(): void {
    // Lazily: the SQLite of a test keeps a file open until the garbage collection
    execFileSync('umount', ['--lazy', this.folder]);
    rmSync(this.folder, { recursive: true });
  }
}
