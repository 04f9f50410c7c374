export type CountDocument = {
  /** The period, then the counter's name. */
  readonly _id: string;
  readonly count: number;
};
