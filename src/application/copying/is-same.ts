/** Whether two values of stored rows are equal, in whichever order their fields are. An absent field is not null. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const [ours, theirs] = [Object.keys(one), Object.keys(other)];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    ours.length === theirs.length &&
    ours.every((key) => Object.hasOwn(other, key) && isSame(valueAt(one, key), valueAt(other, key)))
  );
}

function valueAt(of: object, key: string): unknown {
  return (of as Readonly<Record<string, unknown>>)[key];
}
