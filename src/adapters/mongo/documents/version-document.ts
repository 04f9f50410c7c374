/**
 * The ledger version is the number of the latest unit, and each unit advances it by one. So units of all processes come
 * one after another. Under snapshot isolation, two units with the same reads and different writes would both commit. As
 * each must change the document of its number, they conflict.
 * There are two documents, so that a unit can advance the version before the previous unit of the same process has
 * committed. Each finds its document as the last but one left it.
 */
export type VersionDocument = {
  /** The parity of the number. */
  readonly _id: 'even' | 'odd';
  /** The latest number of this parity. */
  readonly unit: bigint;
};

export function slotOf(unit: bigint): VersionDocument['_id'] {
  return unit % 2n === 0n ? 'even' : 'odd';
}
