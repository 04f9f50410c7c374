import { setImmediate } from 'node:timers/promises';
import {
  ANY_OTHER,
  BLOCK,
  blockOf,
  nameInBlock,
  counterpartyOf,
  rangeOfBlock,
} from '../../shared/counterparty-blocks.ts';
import type { BlockDocument } from '../documents/block-document.ts';
import { entryKey, entryKeysBetween, placeFrom } from '../documents/entry-document.ts';
import { ENTRIES_PART, storedEntries } from '../documents/transfer-document.ts';
import type { Collections } from '../schema/collections.ts';
import type { ReadOptions } from '../transactions/read-route.ts';

/** The facts of a committed entry that a block needs. */
export type BookedEntry = {
  readonly accountId: string;
  readonly sequence: number;
  readonly otherId: string | null;
};

type Due = { readonly accountId: string; readonly block: number; readonly others?: readonly string[] };

/** About 20 MB of names. */
const MOST_ACCOUNTS = 10_000;
const MOST_DUE = 10_000;
const AT_ONCE = 100;

/**
 * Writes blocks after their units have committed. A missing block costs its reader a scan of the entries, and is then
 * rebuilt, so correctness does not depend on it.
 */
export class CounterpartyIndex {
  readonly #collections: Collections;
  /** Current blocks that this process has followed from their first entry, by account. */
  readonly #current = new Map<string, { readonly block: number; readonly others: string[] }>();
  #due: Due[] = [];
  #isWriting = false;

  constructor(collections: Collections) {
    this.#collections = collections;
  }

  /** Takes the entries of a committed unit; those of one account must be in order of sequence. */
  committed(entries: readonly BookedEntry[]): void {
    for (const entry of entries) this.#see(entry);
  }

  /** Rebuilds a full block that was missing, from its entries. */
  writeMissing(accountId: string, block: number): void {
    this.#write({ accountId, block });
  }

  /** For each existing block, whether the other account may be the counterparty of one of its entries. */
  async mayName(
    otherId: string,
    { accountId, from, to }: { accountId: string; from: number; to: number },
    options: ReadOptions,
  ): Promise<ReadonlyMap<number, boolean>> {
    const place = (block: number) => entryKey({ accountId, sequence: block });
    const names = (name: string) => ({ $gte: [{ $indexOfBytes: ['$others', { $literal: name }] }, 0] });
    const documents = await this.#collections.blocks
      .find({ _id: { $gte: place(from), $lte: place(to) } }, options)
      .project<{ _id: string; may: boolean }>({
        may: { $or: [names(nameInBlock(otherId)), names(ANY_OTHER)] },
      })
      .toArray();
    return new Map(documents.map(({ _id, may }) => [Number(_id.slice(accountId.length)), may]));
  }

  #see({ accountId, sequence, otherId }: BookedEntry): void {
    const block = blockOf(sequence);
    const before = (sequence - 1) % BLOCK;
    if (before === 0) this.#begin(accountId, block);
    const current = this.#current.get(accountId);
    const isSeen = current?.block === block && current.others.length === before;
    if (isSeen) current.others.push(nameOf(otherId));
    else this.#current.delete(accountId);
    if (before < BLOCK - 1) return;
    this.#current.delete(accountId);
    this.#write({ accountId, block, ...(isSeen ? { others: current.others } : {}) });
  }

  #begin(accountId: string, block: number): void {
    if (this.#current.size >= MOST_ACCOUNTS) this.#current.clear();
    this.#current.set(accountId, { block, others: [] });
  }

  #write(due: Due): void {
    if (this.#due.length >= MOST_DUE) return;
    this.#due.push(due);
    if (!this.#isWriting) void this.#writeDue();
  }

  async #writeDue(): Promise<void> {
    this.#isWriting = true;
    // Wait for all blocks of a unit, so that one call writes them
    await setImmediate();
    while (this.#due.length > 0) {
      const due = this.#due.slice(0, AT_ONCE);
      this.#due = this.#due.slice(AT_ONCE);
      try {
        const documents: BlockDocument[] = [];
        for (const one of due) documents.push(...(await this.#documentOf(one)));
        if (documents.length === 0) continue;
        await this.#collections.blocks.insertMany(documents, { ordered: false, writeConcern: { w: 1 } });
      } catch {
        // Another process wrote some, or they stay missing until a reader needs them
      }
    }
    this.#isWriting = false;
  }

  async #documentOf({ accountId, block, others }: Due): Promise<readonly BlockDocument[]> {
    const names = others ?? (await namesInBlock(this.#collections, { accountId, block }));
    if (names.length < BLOCK) return [];
    return [{ _id: entryKey({ accountId, sequence: block }), others: names.join(',') }];
  }
}

/** Writes the missing ones of some full blocks. */
export async function writeBlocks(
  { transfers, blocks }: Collections,
  { accountId, from, to }: { accountId: string; from: number; to: number },
): Promise<void> {
  const idOf = (block: number) => entryKey({ accountId, sequence: block });
  const found = await blocks.find({ _id: { $gte: idOf(from), $lte: idOf(to) } }).toArray();
  const names = new Map<number, string[]>();
  for (let block = from; block <= to; block++) names.set(block, []);
  for (const { _id } of found) names.delete(placeFrom(_id).sequence);
  if (names.size === 0) return;

  const range = { first: rangeOfBlock(from).first, last: rangeOfBlock(to).last };
  for await (const document of transfers.find(entryKeysBetween(accountId, range), ENTRIES_PART)) {
    for (const entry of storedEntries(document)) {
      if (entry.accountId !== accountId) continue;
      names.get(blockOf(entry.sequence))?.push(nameOf(counterpartyOf(entry, document.legs)));
    }
  }
  const whole = [...names].filter(([, others]) => others.length === BLOCK);
  if (whole.length === 0) return;
  await blocks.insertMany(whole.map(([block, others]) => ({ _id: idOf(block), others: others.join(',') })));
}

/** The names of a block, computed from its entries: fewer than `BLOCK` if it is not full. */
export async function namesInBlock(
  { transfers }: Collections,
  { accountId, block }: { accountId: string; block: number },
): Promise<readonly string[]> {
  const places = entryKeysBetween(accountId, rangeOfBlock(block));
  const documents = await transfers.find(places, ENTRIES_PART).toArray();
  return documents.flatMap((document) =>
    storedEntries(document)
      .filter((entry) => entry.accountId === accountId && blockOf(entry.sequence) === block)
      .map((entry) => nameOf(counterpartyOf(entry, document.legs))),
  );
}

function nameOf(otherId: string | null): string {
  return otherId === null ? ANY_OTHER : nameInBlock(otherId);
}
