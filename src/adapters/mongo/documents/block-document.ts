/** The names of the other accounts in a block's entries. */
export type BlockDocument = {
  /** Like `entryKey`: the account, and the block in place of the sequence. */
  readonly _id: string;
  readonly others: string;
};
