import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import type { DemoPlan } from './history.ts';

/** The files of a demo. */
export type DemoPlace = {
  /** The SQLite database. */
  readonly database: string;
  /** Folder with the secrets and the mails. */
  readonly folder: string;
  /** The plan of a demo that an earlier run made; null for a new one. */
  readonly made: DemoPlan | null;
  /** Whether the files stay when the demo stops. */
  readonly isKept: boolean;
};

const Plan = v.object({ people: v.number(), months: v.number(), seed: v.number() });
const PLAN_FILE = 'demo.json';

/** Makes a temporary folder for a demo, which is removed when the process ends. */
export async function temporaryPlace(): Promise<DemoPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'passbook-demo-'));
  removeAtExit([folder], () => true);
  return { database: join(folder, 'demo.db'), folder, made: null, isKept: false };
}

/**
 * Finds the demo in a file, or the place for a new one. Nothing is opened before the file is known to be a demo's, so
 * the books of a real bank stay as they are.
 * @throws Error for a file that is no demo's
 */
export async function keptPlace(file: string): Promise<DemoPlace> {
  const database = resolve(file);
  const folder = `${database}.files`;
  if (!existsSync(database)) {
    removeAtExit(
      [database, `${database}-wal`, `${database}-shm`, folder],
      () => !existsSync(join(folder, PLAN_FILE)),
    );
    return { database, folder, made: null, isKept: true };
  }
  const text = await readFile(join(folder, PLAN_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new Error(`${database} is not the file of a demo: there is no ${join(folder, PLAN_FILE)}`);
  }
  const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), Plan), text);
  if (!success) throw new Error(`${join(folder, PLAN_FILE)} is damaged`);
  return { database, folder, made: output, isKept: true };
}

/** Marks a demo as whole, so that later runs continue it. */
export async function markMade({ folder }: DemoPlace, plan: DemoPlan): Promise<void> {
  await writeFile(join(folder, PLAN_FILE), `${JSON.stringify(plan)}\n`);
}

/**
 * Returns the port if it is free. Without one: the usual port, or 0 for any other.
 * @throws Error for a given port that is taken
 */
export async function freePort(given: number | undefined, host: string): Promise<number> {
  const port = given ?? USUAL_PORT;
  if (port === 0 || (await isFree(port, host))) return port;
  if (given === undefined) return 0;
  throw new Error(`Port ${port} is taken: name another with --port, or 0 for any`);
}

const USUAL_PORT = 3000;

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolvePromise) => {
    const server = createServer()
      .once('error', () => resolvePromise(false))
      .listen(port, host, () => server.close(() => resolvePromise(true)));
  });
}

function removeAtExit(paths: readonly string[], mustGo: () => boolean): void {
  process.once('exit', () => {
    if (!mustGo()) return;
    for (const path of paths) rmSync(path, { recursive: true, force: true });
  });
}
