import type { ClientSession, Collection } from 'mongodb';
import { slotOf } from '../documents/version-document.ts';
import type { VersionDocument } from '../documents/version-document.ts';
import { VersionConflict } from '../transactions/errors.ts';
import type { Transaction } from '../transactions/transaction.ts';

export async function readVersion(
  ledger: Collection<VersionDocument>,
  session: ClientSession,
): Promise<bigint> {
  const [one, other] = await ledger.find({ _id: { $in: ['even', 'odd'] } }, { session }).toArray();
  if (!one || !other) throw new TypeError('The ledger has no version');
  return one.unit > other.unit ? one.unit : other.unit;
}

/**
 * Advances the ledger version by one.
 * @throws VersionConflict if it is no longer `head`
 */
export async function advanceVersion(
  transaction: Transaction,
  ledger: Collection<VersionDocument>,
  head: bigint,
): Promise<void> {
  const unit = head + 1n;
  const last = { _id: slotOf(unit), unit: unit - 2n };
  await transaction.lock(async (session) => {
    const { matchedCount } = await ledger.updateOne(last, { $set: { unit } }, { session });
    if (matchedCount !== 1) throw new VersionConflict(`The ledger version is no longer ${head}`);
  });
}
