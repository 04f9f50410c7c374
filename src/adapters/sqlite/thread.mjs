/**
 * What runs in the writing thread: the statements of one unit at a time, on a connection of its own. It is JavaScript
 * because Node must be able to start it from the source as it is.
 *
 * @typedef {string | number | bigint | Uint8Array | null} Value
 * @typedef {{ sql: string, parameters: number }} Shape
 * @typedef {object} Portion statements to run, in flat lists
 * @property {Shape[]} shapes those that are new, numbered on from those before
 * @property {number[]} numbers of each statement its shape's
 * @property {Exclude<Value, Uint8Array>[]} values of all statements, one after another; null where bytes belong
 * @property {number[]} places of each run of bytes its place in `values`, and its length
 * @property {Uint8Array} bytes all of them
 * @typedef {{ version?: bigint }} Answer
 * @typedef {{ message: string, errcode?: number, isAtCommit: boolean }} Fault
 * @typedef {{ ask: 'version' | 'begin' | 'commit' | 'rollback' | 'close' } | { ask: 'write', portion: Portion }} Request
 */

import { parentPort, workerData } from 'node:worker_threads';
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

/** @type {(Shape & { statement?: import('./driver.ts').Statement })[]} */
const known = [];
/** @type {Error | undefined} What a portion of the unit failed with; told at its commit. */
let fault;

/** @param {Portion} portion */
function write({ numbers, values, places, bytes }) {
  const all = withBytes(values, { places, bytes });
  let first = 0;
  for (const number of numbers) {
    const shape = /** @type {(typeof known)[number]} */ (known[number]);
    shape.statement ??= database.prepare(shape.sql);
    const { changes } = shape.statement.run(...all.slice(first, (first += shape.parameters)));
    if (Number(changes) !== 1) throw new TypeError('A row that was to be changed has moved on');
  }
}

/**
 * @param {Value[]} values
 * @param {Pick<Portion, 'places' | 'bytes'>} parts
 * @returns {Value[]} the same list
 */
function withBytes(values, { places, bytes }) {
  let taken = 0;
  for (let index = 0; index < places.length; index += 2) {
    const length = places[index + 1] ?? 0;
    values[places[index] ?? 0] = bytes.subarray(taken, (taken += length));
  }
  return values;
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
 * @returns {Answer | undefined} undefined where nobody waits for one
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
      known.push(...request.portion.shapes);
      try {
        if (!fault) write(request.portion);
      } catch (thrown) {
        fault = /** @type {Error} */ (thrown);
      }
      return undefined;
    case 'commit':
      if (fault) throw fault;
      database.exec('COMMIT');
      return {};
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
    // What a portion failed with came before it
    port.postMessage({ fault: told(thrown, { isAtCommit: request.ask === 'commit' && thrown !== fault }) });
  }
});

/**
 * An error's own fields do not come through from one thread to another.
 * @param {unknown} thrown
 * @param {Pick<Fault, 'isAtCommit'>} when
 * @returns {Fault}
 */
function told(thrown, { isAtCommit }) {
  const { message, errcode } = /** @type {Error & { errcode?: number }} */ (thrown);
  return { message, isAtCommit, ...(errcode === undefined ? {} : { errcode }) };
}
