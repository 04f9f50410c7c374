/** Of the entries of a block, the names of the other accounts. */
export type BlockDocument = {
  /** As `placeOf`: the account, and the block for the sequence. */
  readonly _id: string;
  readonly others: string;
};
