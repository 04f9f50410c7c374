/**
 * The head of the ledger is the number of its latest unit, and every unit moves it on by one: so they come one after
 * another, whatever process they run in. Under snapshot isolation two units that read the same and write different
 * things would both stand; as each of them changes the document that its number belongs to, they cannot.
 * There are two documents, so that a unit can move the head before the one before it, of the same process, is
 * committed: each finds its own as the last but one has left it.
 */
export type VersionDocument = {
  /** As the number is. */
  readonly _id: 'even' | 'odd';
  /** Of the latest unit of its kind. */
  readonly unit: bigint;
};

export function slotOf(unit: bigint): VersionDocument['_id'] {
  return unit % 2n === 0n ? 'even' : 'odd';
}
