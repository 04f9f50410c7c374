/** An instant as JSON and sentences have it, to the millisecond. */
export function isoTime(instant: number): string {
  return new Date(instant).toISOString();
}

export function isoTimeOrNull(instant: number | null): string | null {
  return instant === null ? null : isoTime(instant);
}

/** An instant as tables have it: day and minute in UTC. */
export function minuteText(instant: number): string {
  return isoTime(instant).slice(0, 16).replace('T', ' ');
}
