import type { ClientSession, Collection } from 'mongodb';
import { Moved } from '../transactions/errors.ts';
import type { Transaction } from '../transactions/transaction-runner.ts';

/**
 * The head of the ledger is the number of its latest unit, and every unit moves it on by one: so they come one after
 * another, whatever process they run in. Under snapshot isolation two units that read the same and write different
 * things would both stand; as each of them changes the document that its number belongs to, they cannot.
 * There are two documents, so that a unit can move the head before the one before it, of the same process, is
 * committed: each finds its own as the last but one has left it.
 */
export type HeadDocument = {
  /** As the number is. */
  readonly _id: 'even' | 'odd';
  /** Of the latest unit of its kind. */
  readonly unit: bigint;
};

export function slotOf(unit: bigint): HeadDocument['_id'] {
  return unit % 2n === 0n ? 'even' : 'odd';
}

export async function readHead(ledger: Collection<HeadDocument>, session: ClientSession): Promise<bigint> {
  const [one, other] = await ledger.find({ _id: { $in: ['even', 'odd'] } }, { session }).toArray();
  if (!one || !other) throw new TypeError('The ledger has no head');
  return one.unit > other.unit ? one.unit : other.unit;
}

/** From `head` to the next, if it is there. */
export async function moveHead(
  transaction: Transaction,
  ledger: Collection<HeadDocument>,
  head: bigint,
): Promise<void> {
  const unit = head + 1n;
  const last = { _id: slotOf(unit), unit: unit - 2n };
  await transaction.lock(async (session) => {
    const { matchedCount } = await ledger.updateOne(last, { $set: { unit } }, { session });
    if (matchedCount !== 1) throw new Moved(`The ledger is no longer at unit ${head}`);
  });
}
