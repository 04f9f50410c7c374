import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createCheckpointArchive } from '../../adapters/files/index.ts';
import type { Clock } from '../../application/ports/runtime.ts';
import type { Config } from '../../config.ts';
import { readLastRuns } from '../last-runs.ts';
import type { LastRuns } from '../last-runs.ts';
import { ok, trouble } from './finding.ts';
import type { Finding } from './finding.ts';

const DAY_MS = 86_400_000;
const BACKUP_DAYS = 8;
const VERIFY_DAYS = 35;
/** A checkpoint is late after this many intervals, and an hour at least. */
const LATE_INTERVALS = 3;
const HOUR_MS = 3_600_000;

/** Checks when the last backup, verification and checkpoint were made, if that is known. */
export async function checkUpkeep(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const runs = await readLastRuns(config.dataDirectory);
  return [backupFinding(runs, clock), verifyFinding(runs, clock), await checkpointFinding(config, clock)];
}

function backupFinding({ backup }: LastRuns, clock: Clock): Finding {
  if (!backup) return ok('backup', 'none by "passbook backup" is known here');
  const age = ageText(clock.now() - backup.at);
  return clock.now() - backup.at > BACKUP_DAYS * DAY_MS
    ? trouble('backup', 'backup_old', `The last backup is from ${age} ago: ${backup.file}`)
    : ok('backup', `${age} ago, ${backup.file}`);
}

function verifyFinding({ verify }: LastRuns, clock: Clock): Finding {
  if (!verify) return ok('verification', 'none by "passbook verify" is known here');
  const ageMs = clock.now() - verify.at;
  if (verify.faults > 0) {
    const found = `"passbook verify" found ${verify.faults} faults ${ageText(ageMs)} ago`;
    return trouble('verification', 'verify_failed', found);
  }
  return ageMs > VERIFY_DAYS * DAY_MS
    ? trouble('verification', 'verify_old', `The books were last verified ${ageText(ageMs)} ago`)
    : ok('verification', `${ageText(ageMs)} ago, without a fault`);
}

async function checkpointFinding(
  { checkpointDirectory: directory, checkpointEveryMs }: Config,
  clock: Clock,
): Promise<Finding> {
  const newest = await createCheckpointArchive({ directory })
    .newest()
    .catch(() => undefined);
  const made = newest && (await stat(join(directory, `${newest.number}.jws`))).mtimeMs;
  const late = checkpointEveryMs === null ? Infinity : Math.max(checkpointEveryMs * LATE_INTERVALS, HOUR_MS);
  if (newest === undefined || made === undefined) return ok('checkpoint', `none in ${directory}`);
  const age = ageText(clock.now() - made);
  return clock.now() - made > late
    ? trouble('checkpoint', 'checkpoint_old', `Checkpoint ${newest.number} is the newest, from ${age} ago`)
    : ok('checkpoint', `number ${newest.number}, ${age} ago`);
}

function ageText(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
