/** Control characters, line and paragraph separators, and lone surrogates have no place in a text that is shown. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Whether the value is 1 to `maxLength` printable characters, in UTF-16 code units. */
export function isText(value: unknown, maxLength: number): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= maxLength && !UNPRINTABLE.test(value)
  );
}
