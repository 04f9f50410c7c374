import { identifierText } from '../domain/books/prefetch.ts';
import type { LedgerReads } from './ports/ledger-store.ts';
import { requireId } from './validation.ts';

/** Returns the id of the account or transfer that has the external id. @throws PassbookError `invalid_request` */
export async function idOfExternal(
  reads: LedgerReads,
  kind: 'account_external_id' | 'transfer_external_id',
  externalId: string,
): Promise<string | undefined> {
  const identifier = { kind, value: requireId('externalId', externalId) };
  return (await reads.identify([identifier])).get(identifierText(identifier));
}
