import type { AnyBulkWriteOperation, Binary, Db, Filter } from 'mongodb';
import { randomDigits } from '../../shared/random-digits.ts';
import { formerAccountText } from '../../shared/row-digest.ts';
import { BODY_DIGITS, makeAccountNumber } from '../../../domain/entities/account-number.ts';
import { accountDigestBinary, accountOf } from '../documents/account-document.ts';
import type { AccountDocument } from '../documents/account-document.ts';
import { digestBinary } from '../documents/digest.ts';
import { isDuplicateKey } from '../transactions/errors.ts';
import { collectionsOf } from './collections.ts';

const PORTION = 500;

const UNNUMBERED: Filter<AccountDocument> = { number: { $exists: false } };

/**
 * Completes every account from before accounts had numbers: with a number if it has an owner, and with the digest of
 * all its facts. Repeated and concurrent runs are safe: an account is completed once, and never renumbered.
 */
export async function numberDocuments(db: Db, accountPrefix: string): Promise<void> {
  const { accounts } = collectionsOf(db);
  for (let left = true; left; ) {
    left = false;
    let writes: AnyBulkWriteOperation<AccountDocument>[] = [];
    const flush = async () => {
      if (writes.length > 0) await bulkWrite(db, writes);
      writes = [];
    };
    for await (const document of accounts.find(UNNUMBERED)) {
      left = true;
      writes.push(completion(document, accountPrefix));
      if (writes.length === PORTION) await flush();
    }
    await flush();
  }
}

/** Writes what it can. The next pass draws again for an account whose number another one has. */
async function bulkWrite(db: Db, writes: AnyBulkWriteOperation<AccountDocument>[]): Promise<void> {
  try {
    await collectionsOf(db).accounts.bulkWrite(writes, { ordered: false });
  } catch (fault) {
    if (!isDuplicateKey(fault)) throw fault;
  }
}

function completion(document: AccountDocument, prefix: string): AnyBulkWriteOperation<AccountDocument> {
  const { _id, ownerId, digest } = document;
  const number = ownerId === null ? null : makeAccountNumber(prefix, randomDigits(BODY_DIGITS));
  const added = { number, externalId: null, metadata: null };
  // A digest that was wrong stays wrong, so that verification still finds a change by hand
  const isWhole = isEqual(digest, storedAccountDigest(document));
  const whole = isWhole ? { digest: accountDigestBinary(accountOf(_id, { ...document, ...added })) } : {};
  // The digest as it was read: another program may have renamed the account meanwhile
  return { updateOne: { filter: { ...UNNUMBERED, _id, digest }, update: { $set: { ...added, ...whole } } } };
}

/** The digest that the document should have; before accounts had numbers, it covered fewer facts. */
export function storedAccountDigest({ _id: id, ...fields }: AccountDocument): Binary {
  if (fields.number !== undefined) return accountDigestBinary(accountOf(id, fields));
  return digestBinary(formerAccountText({ ...fields, id, createdAt: fields.createdAt.getTime() }));
}

function isEqual(one: Binary | undefined, other: Binary): boolean {
  return one !== undefined && one.toString('hex') === other.toString('hex');
}
