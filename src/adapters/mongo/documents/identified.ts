import { identifierText } from '../../../domain/books/prefetch.ts';
import type { Identifier } from '../../../domain/books/prefetch.ts';
import type { Collections } from '../schema/collections.ts';
import type { ReadOptions } from '../transactions/read-route.ts';

type Read = <T>(find: (options: ReadOptions) => Promise<T>) => Promise<T>;

/**
 * Finds the accounts and transfers that have these identifiers: their ids, by `identifierText`. Reads each collection
 * at most once, both at the same time.
 */
export async function findIdentified(
  { accounts, transfers }: Pick<Collections, 'accounts' | 'transfers'>,
  identifiers: readonly Identifier[],
  read: Read,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  if (identifiers.length === 0) return found;

  const valuesOf = (kind: Identifier['kind']) =>
    identifiers.filter((one) => one.kind === kind).map(({ value }) => value);
  const note = (kind: Identifier['kind'], value: string | null | undefined, id: string) => {
    if (typeof value === 'string') found.set(identifierText({ kind, value }), id);
  };
  const numbers = valuesOf('account_number');
  const ofAccounts = valuesOf('account_external_id');
  const ofTransfers = valuesOf('transfer_external_id');
  const eitherOf = [
    ...(numbers.length > 0 ? [{ number: { $in: numbers } }] : []),
    ...(ofAccounts.length > 0 ? [{ externalId: { $in: ofAccounts } }] : []),
  ];
  await Promise.all([
    eitherOf.length > 0 &&
      read(async (options) => {
        const shown = { ...options, ...ALL, projection: { number: 1, externalId: 1 } };
        for (const { _id, number, externalId } of await accounts.find({ $or: eitherOf }, shown).toArray()) {
          note('account_number', number, _id);
          note('account_external_id', externalId, _id);
        }
      }),
    ofTransfers.length > 0 &&
      read(async (options) => {
        const shown = { ...options, ...ALL, projection: { externalId: 1 }, hint: 'by_external_id' };
        // The index leaves out rejected transfers, which have no places
        const filter = { externalId: { $in: ofTransfers }, places: { $exists: true } };
        for (const { _id, externalId } of await transfers.find(filter, shown).toArray())
          note('transfer_external_id', externalId, _id);
      }),
  ]);
  return found;
}

/** One reply holds all: the server fills it up to 16 MB. */
const ALL = { batchSize: 100_000 };
