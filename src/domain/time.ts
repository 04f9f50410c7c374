/** An instant: milliseconds since 1970-01-01T00:00:00Z, as the clock port gives it. */
export type Instant = number;
