/** Characters not allowed in displayed text: controls, line and paragraph separators, and lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Returns whether the value is 1 to `maxLength` printable characters, in UTF-16 code units. */
export function isText(value: unknown, maxLength: number): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= maxLength && !UNPRINTABLE.test(value)
  );
}
