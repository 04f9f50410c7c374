/**
 * The writing thread: runs the statements of one unit at a time, on its own connection. It is JavaScript because Node
 * must be able to start it directly from the source.
 *
 * @typedef {import('./statements.ts').Portion} Portion
 * @typedef {{ version?: bigint, checkpointMs?: number | null }} Answer
 * @typedef {{ message: string, errcode?: number, isAtCommit: boolean }} Fault
 * @typedef {{ ask: 'version' | 'begin' | 'commit' | 'rollback' | 'close' } | { ask: 'write', portion: Portion }} Request
 */

import { parentPort, workerData } from 'node:worker_threads';
import { checkpointMs } from './checkpoint.mjs';
import { requireDurable } from './durable.mjs';

const { module, path, setup } = /** @type {{ module: string, path: string, setup: string }} */ (workerData);
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

const { DatabaseSync } = await driver();
const database = new DatabaseSync(path, { readOnly: false });
const version = database.prepare('PRAGMA data_version');
version.setReadBigInts(true);
database.exec(setup);
requireDurable(get);

/** @returns {Promise<import('./driver.ts').Driver>} */
async function driver() {
  if (module === '@photostructure/sqlite') return import('@photostructure/sqlite');
  return /** @type {import('./driver.ts').Driver} */ (process.getBuiltinModule(module));
}

/** @type {{ sql: string, statement?: import('./driver.ts').PreparedStatement }[]} */
const known = [];
/** @type {Error | undefined} The error of one of the unit's portions, reported at its commit. */
let fault;

/** @param {Portion} portion */
function write({ statements }) {
  for (const { number, values } of statements) {
    const one = /** @type {(typeof known)[number]} */ (known[number]);
    one.statement ??= database.prepare(one.sql);
    const { changes } = one.statement.run(...values);
    if (Number(changes) !== 1) throw new TypeError('A row has changed since it was read');
  }
}

/** @returns {Answer} */
function commit() {
  const startedAt = performance.now();
  database.exec('COMMIT');
  return { checkpointMs: checkpointMs(performance.now() - startedAt, get) };
}

function rollBack() {
  if (database.isTransaction) database.exec('ROLLBACK');
}

/**
 * @param {string} sql
 * @returns {unknown} the first row
 */
function get(sql) {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  return statement.get();
}

/** @returns {bigint} */
function dataVersion() {
  return /** @type {{ data_version: bigint }} */ (version.get()).data_version;
}

/**
 * @param {Request} request
 * @returns {Answer | undefined} undefined if no caller waits for one
 */
function answer(request) {
  switch (request.ask) {
    case 'version':
      return { version: dataVersion() };
    case 'begin':
      fault = undefined;
      database.exec('BEGIN IMMEDIATE');
      return { version: dataVersion() };
    case 'write':
      known.push(...request.portion.texts.map((sql) => ({ sql })));
      try {
        if (!fault) write(request.portion);
      } catch (thrown) {
        fault = /** @type {Error} */ (thrown);
      }
      return undefined;
    case 'commit':
      if (fault) throw fault;
      return commit();
    case 'rollback':
      rollBack();
      return {};
    case 'close':
      database.close();
      return {};
  }
}

port.on('message', (/** @type {Request} */ request) => {
  try {
    const said = answer(request);
    if (said) port.postMessage({ answer: said });
    if (request.ask === 'close') port.close();
  } catch (thrown) {
    rollBack();
    // The error of a portion occurred before the commit
    port.postMessage({ fault: copyOf(thrown, { isAtCommit: request.ask === 'commit' && thrown !== fault }) });
  }
});

/**
 * Copies an error for the other thread: structured cloning drops an error's own fields.
 * @param {unknown} thrown
 * @param {Pick<Fault, 'isAtCommit'>} when
 * @returns {Fault}
 */
function copyOf(thrown, { isAtCommit }) {
  const { message, errcode } = /** @type {Error & { errcode?: number }} */ (thrown);
  return { message, isAtCommit, ...(errcode === undefined ? {} : { errcode }) };
}
