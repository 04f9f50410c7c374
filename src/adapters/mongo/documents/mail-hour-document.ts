export type MailHourDocument = {
  /** The recipient's id. */
  readonly _id: string;
  readonly endsAt: Date;
  readonly content: string;
};
