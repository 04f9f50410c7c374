/** Returns a JSON text that is equal for equal values, in whichever order their fields are. A bigint differs from the equal number. */
export function canonicalText(whole: unknown): string {
  return JSON.stringify(whole, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
