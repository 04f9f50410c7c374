import { Binary } from 'mongodb';

/** Other values of the same type for a column or a field, and null. A null becomes `whereNull`. */
export function otherValues(value: unknown, { whereNull }: { whereNull: unknown }): readonly unknown[] {
  if (value === null) return [whereNull];
  if (typeof value === 'bigint') return [value + 1n, value - 1n, null];
  if (typeof value === 'number') return [value + 1, value - 1, null];
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'string') return [`${value}0`, '', null];
  if (value instanceof Date) return [new Date(value.getTime() + 1), new Date(value.getTime() - 1), null];
  if (value instanceof Binary) return [new Binary(flipped(value.buffer)), null];
  if (value instanceof Uint8Array) return [flipped(value), null];
  throw new TypeError('There is no other value for it');
}

function flipped(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes).map((byte, index) => (index === 0 ? byte ^ 1 : byte));
}
