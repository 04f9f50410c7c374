import type { Config } from '../../config.ts';
import { ok, trouble } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';

/** The oldest Node that the package supports: `engines` of its manifest. */
const OLDEST_NODE = [20, 19] as const;
/** Files that the server opens beside the connections: the database, logs, mail. */
const OTHER_FILES = 100;
const LEAST_HEAP_MIB = 256;
const MIB = 2 ** 20;

export function checkMachine(machine: Machine, config: Config | null): readonly Finding[] {
  return [
    nodeFinding(machine),
    memoryFinding(machine),
    ...(config === null ? [] : openFilesFinding(machine, config)),
    ok('time zone', `${machine.timeZone}; it does not matter, as Passbook counts in UTC`),
  ];
}

function nodeFinding({ nodeVersion }: Machine): Finding {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  return isOld
    ? trouble('Node', 'node_old', `Node ${nodeVersion} is older than ${OLDEST_NODE.join('.')}`)
    : ok('Node', nodeVersion);
}

function memoryFinding({ heapLimitBytes, memoryBytes }: Machine): Finding {
  const [heap, memory] = [Math.round(heapLimitBytes / MIB), Math.round(memoryBytes / MIB)];
  if (heap < LEAST_HEAP_MIB) {
    return trouble('memory', 'heap_small', `Node may use ${heap} MiB, which a busy bank fills`);
  }
  if (heap > memory) {
    const found = `Node may use ${heap} MiB, but there are ${memory} MiB: the system may kill it`;
    return trouble('memory', 'memory_short', found);
  }
  return ok('memory', `Node may use ${heap} of ${memory} MiB`);
}

function openFilesFinding({ openFiles }: Machine, { maxConnections }: Config): readonly Finding[] {
  if (openFiles === null) return [];
  const needed = maxConnections + OTHER_FILES;
  if (openFiles >= needed) {
    const limit = openFiles === Infinity ? 'no limit' : `${openFiles} allowed`;
    return [ok('open files', `${limit}, ${needed} needed`)];
  }
  const found = `The limit is ${openFiles}, and MAX_CONNECTIONS=${maxConnections} needs ${needed}`;
  return [trouble('open files', 'open_files_low', found)];
}
