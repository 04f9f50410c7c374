import type { Binary, Collection, Filter } from 'mongodb';
import { allPages } from '../../../application/all-pages.ts';
import { BLOCK } from '../../shared/counterparty-blocks.ts';
import { differs } from '../../../domain/verification/faults.ts';
import type { Fault } from '../../../domain/verification/faults.ts';
import { accountDigestBinary, accountOf } from '../documents/account-document.ts';
import type { AccountDocument } from '../documents/account-document.ts';
import type { Collections } from '../schema/collections.ts';
import { namesInBlock } from '../writing/counterparty-blocks.ts';
import type { BlockDocument } from '../documents/block-document.ts';
import { placeFrom, entryKey } from '../documents/entry-document.ts';
import { slotOf } from '../documents/version-document.ts';
import { recordDigest } from '../documents/record-document.ts';
import type { RecordDocument } from '../documents/record-document.ts';
import {
  ENTRIES_PART,
  reservedOf,
  storedEntries,
  transferDigestBinary,
  transferOf,
} from '../documents/transfer-document.ts';
import type { Reserved, TransferDocument } from '../documents/transfer-document.ts';

const PORTION = 500;

/** Compares digests, entry keys, lists and blocks with their source documents. */
export async function* mongoDifferences(collections: Collections): AsyncGenerator<readonly Fault[]> {
  const { accounts, transfers, records, blocks } = collections;
  yield await headFaults(collections);
  for await (const page of pagesOf(accounts)) yield await accountFaults(collections, page);
  for await (const page of pagesOf(transfers)) yield page.flatMap(transferFaults);
  for await (const page of pagesOf(records)) yield page.flatMap(recordFaults);
  for await (const page of pagesOf(blocks)) yield await blockFaults(collections, page);
}

/** Version numbers increase by one, each in the document of its parity. */
async function headFaults({ ledger }: Collections): Promise<readonly Fault[]> {
  const heads = await ledger.find({}).toArray();
  const [one, other] = heads.map(({ unit }) => unit);
  const follow = one !== undefined && other !== undefined && (one - other === 1n || other - one === 1n);
  const isRight = follow && heads.length === 2 && heads.every(({ _id, unit }) => slotOf(unit) === _id);
  return isRight ? [] : [{ kind: 'ledger_version', detail: `it is ${one} and ${other}` }];
}

/** Compares an account's document with the entry after which it was written, which never changes. */
async function accountFaults(
  { transfers }: Collections,
  documents: readonly AccountDocument[],
): Promise<readonly Fault[]> {
  const places = documents.map(({ _id, sequence }) =>
    entryKey({ accountId: _id, sequence: Number(sequence) }),
  );
  const found = await transfers.find({ places: { $in: places } }, ENTRIES_PART).toArray();
  const entries = new Map(found.flatMap(storedEntries).map((entry) => [entryKey(entry), entry]));
  return documents.flatMap(({ _id, digest, ...fields }) => {
    const account = accountOf(_id, fields);
    const { id: accountId, sequence } = account;
    const entry = sequence === 0 ? null : entries.get(entryKey({ accountId, sequence }));
    // If that entry is missing, the account's last one shows the difference
    const expected = entry === undefined ? account : account.afterEntry(entry);
    const wrong = stateOf(account).find(([, value], index) => value !== stateOf(expected)[index]?.[1]);
    const detail = wrong && `${wrong[0]}: ${String(wrong[1])}`;
    return [
      ...(isEqual(digest, accountDigestBinary(account))
        ? []
        : [{ kind: 'account_facts', accountId } as const]),
      ...(detail ? [{ kind: 'account_copy', accountId, sequence, detail } as const] : []),
    ];
  });
}

function stateOf({ counters, latestAt, head }: ReturnType<typeof accountOf>): readonly [string, unknown][] {
  return Object.entries({ ...counters, latestAt, head });
}

function transferFaults(document: TransferDocument): readonly Fault[] {
  const { _id: transferId, record, digest } = document;
  const transfer = transferOf(document);
  const places = storedEntries(document).map(entryKey);
  const faults: Fault[] = [];
  if (!isEqual(digest, transferDigestBinary(transfer, record)))
    faults.push({ kind: 'transfer_facts', transferId });
  if ((document.unbookedFor ?? null) !== transfer.unbookedFor) {
    const detail = differs(document.unbookedFor, transfer.unbookedFor);
    faults.push({ kind: 'transfer_listing', transferId, detail });
  }
  if (reservedText(document.reserved) !== reservedText(reservedOf(transfer)))
    faults.push({ kind: 'hold_listing', transferId, detail: 'it differs from the hold' });
  if ((document.places ?? []).join() !== places.join()) faults.push({ kind: 'entry_listing', transferId });
  return faults;
}

function reservedText(reserved: Reserved | undefined): string | undefined {
  return reserved && `${reserved.debited} ${reserved.credited} ${reserved.amount}`;
}

function recordFaults(document: RecordDocument): readonly Fault[] {
  return isEqual(document.digest, recordDigest(document))
    ? []
    : [{ kind: 'record_facts', key: document._id }];
}

/** A missing block is rebuilt on demand; a wrong one hides entries. */
async function blockFaults(
  collections: Collections,
  documents: readonly BlockDocument[],
): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  for (const { _id, others } of documents) {
    const { accountId, sequence: block } = placeFrom(_id);
    const expected = await namesInBlock(collections, { accountId, block });
    const isWhole = expected.length === BLOCK && entryKey({ accountId, sequence: block }) === _id;
    if (isWhole && others.split(',').sort().join() === [...expected].sort().join()) continue;
    faults.push({ kind: 'entry_counterparty', accountId, detail: `block ${block} differs from its entries` });
  }
  return faults;
}

function pagesOf<T extends { readonly _id: string }>(collection: Collection<T>) {
  const read = async ({ after, limit }: { after: string | null; limit: number }) => {
    const above = (after === null ? {} : { _id: { $gt: after } }) as Filter<T>;
    return (await collection.find(above).sort({ _id: 1 }).limit(limit).toArray()) as unknown as readonly T[];
  };
  return allPages<T>(read, { idOf: ({ _id }) => _id, limit: PORTION });
}

function isEqual(found: Binary | undefined, expected: Binary): boolean {
  return found !== undefined && found.toString('hex') === expected.toString('hex');
}
