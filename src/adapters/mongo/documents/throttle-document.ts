export type ThrottleDocument = {
  /** A digest of what is counted. */
  readonly _id: string;
  readonly count: number;
  /** The server deletes the document within about a minute after this. */
  readonly expiresAt: Date;
};
