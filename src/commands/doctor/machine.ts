import { constrainedMemory, versions } from 'node:process';
import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** Facts about this machine and process. */
export type Machine = {
  readonly nodeVersion: string;
  /** Highest number of open files. Null: this system does not tell. */
  readonly openFiles: number | null;
  readonly heapLimitBytes: number;
  /** Memory of the machine, or of its container. */
  readonly memoryBytes: number;
  readonly timeZone: string;
  /** Null: this system does not tell. */
  readonly fileSystemOf: (path: string) => Promise<FileSystem | null>;
};

export type FileSystem = {
  readonly freeBytes: number;
  /** Name of its kind if the files are on another machine. Null: they are not, or it cannot be told. */
  readonly network: string | null;
};

export function thisMachine(): Machine {
  return {
    nodeVersion: versions.node,
    openFiles: openFileLimit(),
    heapLimitBytes: getHeapStatistics().heap_size_limit,
    // A number beyond the machine's memory stands for no limit
    memoryBytes: Math.min(totalmem(), constrainedMemory() || Infinity),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    fileSystemOf,
  };
}

function openFileLimit(): number | null {
  // Not in the types of Node's oldest supported release
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  const before = report.excludeNetwork;
  // Its network part may wait for a name server
  report.excludeNetwork = true;
  try {
    const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
    const soft = userLimits?.open_files?.soft;
    if (soft === undefined) return null;
    return typeof soft === 'number' ? soft : Infinity;
  } finally {
    report.excludeNetwork = before;
  }
}

/** Kinds of Linux by the number that `statfs` gives, of https://man7.org/linux/man-pages/man2/statfs.2.html */
const NETWORK_KINDS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
]);

async function fileSystemOf(path: string): Promise<FileSystem | null> {
  try {
    const { bavail, bsize, type } = await statfs(path);
    // The number may be negative, as the kernel gives it as a signed word
    return { freeBytes: bavail * bsize, network: networkKind(type >>> 0) };
  } catch {
    return null;
  }
}

function networkKind(type: number): string | null {
  return process.platform === 'linux' ? (NETWORK_KINDS.get(type) ?? null) : null;
}
