/** Pairs of text that a caller attaches to an account or a transfer. */
export type Metadata = Readonly<Record<string, string>>;
