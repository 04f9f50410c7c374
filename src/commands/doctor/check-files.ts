import { access, constants, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isCheckpointKey } from '../../adapters/security/index.ts';
import type { Config } from '../../config.ts';
import { isOpen, modeOf, modeText } from './check-configuration.ts';
import { ok, trouble } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';

const MIB = 2 ** 20;
/** A busy bank writes some 100 MiB an hour. */
const LOW_MIB = 1_024;
/** The log of the database alone takes 128 MB. */
const FULL_MIB = 256;

/** Checks the data directory, the secrets in it, and the disks of it and of the database. */
export async function checkFiles(config: Config, machine: Machine): Promise<readonly Finding[]> {
  return [
    ...(await folderFindings(config)),
    ...(await secretFileFindings(config)),
    ...(await diskFindings(config, machine)),
  ];
}

async function folderFindings({ dataDirectory }: Config): Promise<readonly Finding[]> {
  const folder = resolve(dataDirectory);
  const nearest = await nearestOf(folder);
  if (!(await isWritableFolder(nearest))) {
    const found =
      nearest === folder ? `${folder} cannot be written` : `${folder} cannot be made in ${nearest}`;
    return [trouble('data folder', 'data_dir_unwritable', found)];
  }
  if (nearest !== folder)
    return [ok('data folder', `${folder} does not exist yet; the first start makes it`)];

  const mode = (await modeOf(folder)) ?? 0;
  if (!isOpen(mode)) return [ok('data folder', folder)];
  const found = `${folder} has mode ${modeText(mode)}: other users of this machine can look into it`;
  return [trouble('data folder', 'data_dir_open', found)];
}

/** The path, or its nearest parent that exists. */
async function nearestOf(path: string): Promise<string> {
  for (let nearest = path; ; nearest = dirname(nearest)) {
    const exists = await stat(nearest).then(
      () => true,
      () => false,
    );
    if (exists || nearest === dirname(nearest)) return nearest;
  }
}

async function isWritableFolder(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

type SecretFile = {
  readonly name: string;
  readonly isUsed: (config: Config) => boolean;
  readonly isWhole: (text: string) => boolean;
};

const SECRET_FILES: readonly SecretFile[] = [
  {
    name: 'jwt-secret',
    isUsed: ({ jwtSecret }) => jwtSecret === null,
    isWhole: (text) => Buffer.byteLength(text.trim()) >= 32,
  },
  {
    name: 'checkpoint-key',
    isUsed: ({ checkpointKey }) => checkpointKey === null,
    isWhole: isCheckpointKey,
  },
  {
    name: 'system-user',
    isUsed: ({ isProduction, systemUser }) => !isProduction && systemUser === null,
    isWhole: (text) => /^SYSTEM_PASSWORD=\S/m.test(text),
  },
];

async function secretFileFindings(config: Config): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let count = 0;
  for (const { name, isUsed, isWhole } of SECRET_FILES) {
    const path = join(resolve(config.dataDirectory), name);
    const mode = await modeOf(path);
    if (mode === null) continue;
    count++;
    if (isOpen(mode)) {
      const found = `${path} has mode ${modeText(mode)}: other users of this machine can read it`;
      findings.push(trouble('secret files', 'secret_file_open', found));
    }
    const text = await readFile(path, 'utf8').catch(() => null);
    if (isUsed(config) && (text === null || !isWhole(text))) {
      findings.push(trouble('secret files', 'secret_file_invalid', `${path} does not hold what it should`));
    }
  }
  if (findings.length > 0) return findings;
  return [ok('secret files', count === 0 ? 'none' : `${count}, for their owner alone`)];
}

async function diskFindings({ dataDirectory, store }: Config, machine: Machine): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const places = new Set([await nearestOf(resolve(dataDirectory))]);
  if (store.kind === 'sqlite') {
    const folder = await nearestOf(dirname(resolve(store.path)));
    places.add(folder);
    const network = (await machine.fileSystemOf(folder))?.network;
    if (network) {
      const found = `${resolve(store.path)} is on ${network}, where the locks of SQLite do not work`;
      findings.push(trouble('disk', 'network_file_system', found));
    }
  }
  for (const place of places) {
    const disk = await machine.fileSystemOf(place);
    if (disk) findings.push(spaceFinding(place, Math.floor(disk.freeBytes / MIB)));
  }
  return findings;
}

function spaceFinding(place: string, freeMib: number): Finding {
  const found = `${freeMib} MiB free at ${place}`;
  if (freeMib < FULL_MIB) return trouble('disk', 'disk_full', found);
  return freeMib < LOW_MIB ? trouble('disk', 'disk_low', found) : ok('disk', found);
}
