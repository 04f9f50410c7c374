/**
 * The rows of a transfer, learnt from a store: what it wrote for two transfers between the same accounts is compared,
 * so that others like it can be made without the store. What the two share stays; their ids and keys are replaced;
 * numbers go on by the same step; times are now; what else differs (hashes, salts) is random.
 * It is not a ledger that comes of it, but rows and index entries of the same number, form and size.
 */
import { randomBytes } from 'node:crypto';
import { serialize } from 'node:v8';
import { v7 } from 'uuid';

export type Row = Readonly<Record<string, unknown>>;
/** Of each table its rows, by a text that names each. */
export type Tables = ReadonlyMap<string, ReadonlyMap<string, Row>>;
export type Written = { readonly table: string; readonly row: Row; readonly before: Row | undefined };

/** An account, by what may stand in a row. */
type Named = { readonly id: string; readonly ownerId: string };

/** What a store wrote for one transfer. */
export type Sample = {
  readonly transferId: string;
  readonly key: string;
  readonly source: Named;
  readonly destination: Named;
  readonly written: readonly Written[];
};

export type ShapedAccount = Named & {
  /** How many transfers it has had since the rows were learnt. */
  count: number;
};

export type ShapedTransfer = {
  readonly transferId: string;
  readonly key: string;
  readonly source: ShapedAccount;
  readonly destination: ShapedAccount;
  readonly sourceCount: number;
  readonly destinationCount: number;
  readonly at: number;
};

type Insert = { readonly table: string; readonly make: (transfer: ShapedTransfer) => Row };

export type Shape = {
  /** For each row of a transfer, how to make another like it. */
  readonly inserts: readonly Insert[];
  /** Rows that transfers which are committed together share: their lists are put together. */
  readonly gathered: readonly Insert[];
  /** What a transfer changes of rows that are there: those that name an account, and `once` for each commit others. */
  readonly updates: readonly {
    readonly table: string;
    readonly of: 'source' | 'destination' | 'once';
    readonly row: Row;
    readonly make: (transfer: ShapedTransfer) => Row;
  }[];
};

export function writtenBetween(before: Tables, after: Tables): Written[] {
  const written: Written[] = [];
  for (const [table, rows] of after) {
    const old = before.get(table);
    for (const [name, row] of rows) {
      const was = old?.get(name);
      if (was === undefined || !isSame(was, row)) written.push({ table, row, before: was });
    }
    for (const name of old?.keys() ?? []) {
      if (!rows.has(name))
        throw new Error(`the store removes rows of ${table}: bench/src/shape.ts must learn how`);
    }
  }
  return written;
}

/** A transfer between two of these, with ids of its own; each has had one more by then. */
export function shapedTransfer(source: ShapedAccount, destination: ShapedAccount): ShapedTransfer {
  const sourceCount = source.count++;
  const destinationCount = destination.count++;
  const [transferId, key] = [v7(), crypto.randomUUID()];
  return { transferId, key, source, destination, sourceCount, destinationCount, at: Date.now() };
}

/** @throws Error if the two samples are not of one form: the store then does what this cannot learn */
export function shapeOf(first: Sample, second: Sample, gatheredTables: ReadonlySet<string>): Shape {
  const left = [...second.written];
  const pairs = first.written.map((one) => {
    const twin = nearest({ one, first, second, among: left });
    left.splice(left.indexOf(twin), 1);
    return { one, twin };
  });
  if (left.length > 0) throw new Error('two transfers alike were written in different forms');

  const learner = new Learner(first);
  const inserts: Insert[] = [];
  const gathered: Insert[] = [];
  const updates: Shape['updates'][number][] = [];
  for (const { one, twin } of pairs) {
    const { table, row, before } = one;
    if (before === undefined) {
      const make = learner.learn(row, twin.row, undefined) as (transfer: ShapedTransfer) => Row;
      (gatheredTables.has(table) ? gathered : inserts).push({ table, make });
      continue;
    }
    const sides = learner.sidesOf(row);
    const of = sides.length === 1 && sides[0] ? sides[0] : 'once';
    const changed = Object.keys(row).filter((field) => !isSame(row[field], before[field]));
    const make = learner.learn(only(row, changed), only(twin.row, changed), of === 'once' ? undefined : of);
    updates.push({ table, of, row, make: make as (transfer: ShapedTransfer) => Row });
  }
  return { inserts, gathered, updates };
}

/** The number of transfers that share a row, as an outbox batch of ours holds 200 messages. */
const GATHERED = 100;

/** The rows that these transfers, committed together, share. */
export function gatheredRows({ gathered }: Shape, transfers: readonly ShapedTransfer[]): Map<string, Row[]> {
  const tables = new Map<string, Row[]>();
  for (const { table, make } of gathered) {
    const rows: Row[] = [];
    for (let at = 0; at < transfers.length; at += GATHERED) {
      rows.push(together(transfers.slice(at, at + GATHERED).map(make)));
    }
    tables.set(table, rows);
  }
  return tables;
}

/** The first, with the lists of all in place of its own. */
function together(rows: readonly Row[]): Row {
  const [first = {}] = rows;
  const isList = (value: unknown): value is string => typeof value === 'string' && value.startsWith('[');
  return Object.fromEntries(
    Object.entries(first).map(([field, value]) => {
      if (!isList(value)) return [field, value];
      return [field, `[${rows.map((row) => String(row[field]).slice(1, -1)).join(',')}]`];
    }),
  );
}

/** The row of the second sample that is the counterpart of this one: the same table, and the most in common. */
function nearest({
  one,
  first,
  second,
  among,
}: {
  one: Written;
  first: Sample;
  second: Sample;
  among: readonly Written[];
}): Written {
  const mine = leaves(one.row, first);
  let best: Written | undefined;
  let bestScore = -1;
  for (const other of among) {
    if (other.table !== one.table || (other.before === undefined) !== (one.before === undefined)) continue;
    const theirs = leaves(other.row, second);
    const score = mine.filter((leaf, index) => leaf === theirs[index]).length;
    if (score > bestScore) [best, bestScore] = [other, score];
  }
  if (!best) throw new Error(`a transfer wrote a row of ${one.table}, another like it did not`);
  return best;
}

/** As text, with what belongs to the one transfer alone taken out. */
function leaves(row: unknown, own: Pick<Sample, 'transferId' | 'key'>): string[] {
  if (isTree(row)) return Object.entries(row).flatMap(([field, value]) => [field, ...leaves(value, own)]);
  const text = isBytes(row) ? bytesOf(row).toString('hex') : String(row);
  return [text.replaceAll(own.transferId, '').replaceAll(own.key, '')];
}

type Side = 'source' | 'destination';
type Make = (transfer: ShapedTransfer) => unknown;

class Learner {
  readonly #first: Sample;

  constructor(first: Sample) {
    this.#first = first;
  }

  /** How to make a value like these two, within a part of the row that is one side's. */
  learn(one: unknown, two: unknown, side: Side | undefined): Make {
    if (Array.isArray(one)) return this.#learnList(one, Array.isArray(two) ? two : one, side);
    if (isObjectId(one)) return () => new one.constructor();
    if (isTree(one)) return this.#learnTree(one, isTree(two) ? two : one, side);
    if (isBytes(one)) return this.#learnBytes(one, isBytes(two) ? two : one);
    if (typeof one === 'string') return this.#learnText(one, typeof two === 'string' ? two : one);
    if (one instanceof Date) return isRecent(one.getTime()) ? ({ at }) => new Date(at) : () => one;
    if (typeof one === 'number' || typeof one === 'bigint') return learnNumber(one, two, side);
    return () => one;
  }

  sidesOf(node: unknown): Side[] {
    const text = JSON.stringify(node, (_, value: unknown) => {
      if (isBytes(value)) return bytesOf(value).toString('hex');
      return typeof value === 'bigint' ? String(value) : value;
    });
    const sides: Side[] = [];
    if (names(text, this.#first.source.id)) sides.push('source');
    if (names(text, this.#first.destination.id)) sides.push('destination');
    return sides;
  }

  /** Of a row that names both it is whose account comes first: the other is the counterparty. */
  #sideOf(node: unknown, outer: Side | undefined): Side | undefined {
    const [side, other] = this.sidesOf(node);
    if (side && other && isTree(node)) {
      const { source, destination } = this.#first;
      const first = Object.values(node).find((value) => value === source.id || value === destination.id);
      if (first !== undefined) return first === source.id ? 'source' : 'destination';
    }
    return side && !other ? side : outer;
  }

  #learnTree(one: Row, two: Row, outer: Side | undefined): Make {
    const side = this.#sideOf(one, outer);
    const makers = Object.entries(one).map(
      ([field, value]) => [field, this.learn(value, two[field], side)] as const,
    );
    return (transfer) => {
      const row: Record<string, unknown> = {};
      for (const [field, make] of makers) row[field] = make(transfer);
      return row;
    };
  }

  #learnList(one: readonly unknown[], two: readonly unknown[], outer: Side | undefined): Make {
    const side = this.#sideOf(one, outer);
    const makers = one.map((value, index) => this.learn(value, two[index], side));
    return (transfer) => makers.map((make) => make(transfer));
  }

  #learnText(one: string, two: string): Make {
    const counted = COUNTED.exec(one);
    if (counted && one !== two) return this.#learnCounted(counted[1] ?? '', counted[2] ?? '');
    const parts = this.#partsOf(one);
    if (parts.length > 1) return (transfer) => fill(parts, transfer);
    if (one === two) return () => one;
    if (UUID.test(one)) return () => v7();
    return HEXADECIMAL.test(one) ? () => randomHex(one.length) : () => one;
  }

  /** A place in a book: the account first, and at its end a number of fixed width that counts. */
  #learnCounted(before: string, digits: string): Make {
    const parts = this.#partsOf(before);
    const side = before.startsWith(this.#first.destination.id) ? 'destination' : 'source';
    return (transfer) => {
      const count = Number(digits) + countOf(transfer, side);
      return fill(parts, transfer) + String(count).padStart(digits.length, '0');
    };
  }

  /** Cuts the text at each name and keeps the text in between unchanged. */
  #partsOf(text: string): (string | Make)[] {
    let parts: (string | Make)[] = [text];
    for (const [token, make] of namesOf(this.#first)) {
      parts = parts.flatMap((part): (string | Make)[] => {
        if (typeof part !== 'string') return [part];
        return part.split(token).flatMap((piece, index) => (index === 0 ? [piece] : [make, piece]));
      });
    }
    return parts;
  }

  #learnBytes(one: Bytes, two: Bytes): Make {
    const [bytes, others] = [bytesOf(one), bytesOf(two)];
    const named = this.#namedBytes(bytes);
    const differing = others.length === bytes.length ? differences(bytes, others, named) : [];
    return (transfer) => {
      const copy = Buffer.from(bytes);
      for (const { at, make } of named) make(transfer).copy(copy, at);
      for (const at of differing) copy[at] = randomByte();
      return wrap(one, copy);
    };
  }

  #namedBytes(bytes: Buffer): { at: number; length: number; make: (transfer: ShapedTransfer) => Buffer }[] {
    const found: { at: number; length: number; make: (transfer: ShapedTransfer) => Buffer }[] = [];
    for (const [text, name] of namesOf(this.#first)) {
      for (const encode of [uuidBytes, utf8Bytes]) {
        const token = encode(text);
        for (let at = bytes.indexOf(token); at >= 0; at = bytes.indexOf(token, at + 1)) {
          found.push({ at, length: token.length, make: (transfer) => encode(name(transfer)) });
        }
      }
    }
    return found;
  }
}

/** What stands in the rows of one transfer alone, and what takes its place in another's. */
function namesOf({
  transferId,
  key,
  source,
  destination,
}: Sample): [string, (transfer: ShapedTransfer) => string][] {
  return [
    [transferId, (transfer) => transfer.transferId],
    [key, (transfer) => transfer.key],
    [source.id, (transfer) => transfer.source.id],
    [destination.id, (transfer) => transfer.destination.id],
    [source.ownerId, (transfer) => transfer.source.ownerId],
    [destination.ownerId, (transfer) => transfer.destination.ownerId],
  ];
}

function learnNumber(one: number | bigint, two: unknown, side: Side | undefined): Make {
  if (typeof one === 'number') {
    if (isRecent(one)) return ({ at }) => at;
    const step = typeof two === 'number' ? two - one : 0;
    return step === 0 ? () => one : (transfer) => one + step * countOf(transfer, side);
  }
  if (isRecent(Number(one))) return ({ at }) => BigInt(at);
  const step = typeof two === 'bigint' ? two - one : 0n;
  return step === 0n ? () => one : (transfer) => one + step * BigInt(countOf(transfer, side));
}

function countOf(transfer: ShapedTransfer, side: Side | undefined): number {
  return side === 'destination' ? transfer.destinationCount : transfer.sourceCount;
}

function fill(parts: readonly (string | Make)[], transfer: ShapedTransfer): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : String(part(transfer));
  return text;
}

function differences(
  bytes: Buffer,
  others: Buffer,
  named: readonly { at: number; length: number }[],
): number[] {
  const isNamed = (at: number) => named.some((one) => at >= one.at && at < one.at + one.length);
  return [...bytes.keys()].filter((at) => bytes[at] !== others[at] && !isNamed(at));
}

/** A driver's wrapper of bytes, or the bytes. */
type Bytes = Uint8Array | Binary;
type Binary = {
  readonly _bsontype: 'Binary';
  readonly buffer: Uint8Array;
  readonly sub_type: number;
};

function isBytes(value: unknown): value is Bytes {
  if (value instanceof Uint8Array) return true;
  return typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype === 'Binary';
}

function bytesOf(value: Bytes): Buffer {
  return Buffer.from(value instanceof Uint8Array ? value : value.buffer);
}

function wrap(like: Bytes, bytes: Buffer): unknown {
  if (like instanceof Uint8Array) return bytes;
  const Wrapper = like.constructor as new (bytes: Buffer, subtype: number) => unknown;
  return new Wrapper(bytes, like.sub_type);
}

function isObjectId(value: unknown): value is { constructor: new () => unknown } {
  return (
    typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype === 'ObjectId'
  );
}

function isTree(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !isBytes(value) && !(value instanceof Date);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const COUNTED = /^(.* )(0\d{15})$/;
const HEXADECIMAL = /^[0-9a-f]{16,}$/;

/** A time in milliseconds of about now. */
function isRecent(value: number): boolean {
  return Math.abs(value - Date.now()) < 3_600_000;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || serialize(a).equals(serialize(b));
}

function names(text: string, id: string): boolean {
  return text.includes(id) || text.includes(id.replaceAll('-', ''));
}

function uuidBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function utf8Bytes(text: string): Buffer {
  return Buffer.from(text);
}

function only(row: Row, fields: readonly string[]): Row {
  return Object.fromEntries(fields.map((field) => [field, row[field]]));
}

/** Drawn from once: what matters is that it does not repeat where a store would compress it. */
const noise = randomBytes(1 << 20);
const noiseText = noise.toString('hex');

function randomHex(length: number): string {
  const at = Math.floor(Math.random() * (noiseText.length - length));
  return noiseText.slice(at, at + length);
}

function randomByte(): number {
  return noise[Math.floor(Math.random() * noise.length)] as number;
}
