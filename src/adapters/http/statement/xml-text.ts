/** Characters that XML 1.0 forbids (section 2.2) or discourages, and lone surrogates, which UTF-8 cannot carry. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Returns an element around markup, or nothing if there is no markup. */
export function element(name: string, ...content: readonly string[]): string {
  const inside = content.join('');
  return inside === '' ? '' : `<${name}>${inside}</${name}>`;
}

/** Returns an element with the start of a text, or nothing if there is no text. */
export function textElement(name: string, text: string | null, longest: number): string {
  const escaped = (partsOf(text ?? '', longest)[0] ?? '').replaceAll(
    /[&<>]/g,
    (character) => ESCAPES[character] ?? '',
  );
  return element(name, escaped);
}

/**
 * Returns a text in parts of at most `longest` characters, on one line and without what XML forbids. A character is a
 * code point, as in the lengths of XML Schema.
 */
export function partsOf(text: string, longest: number): readonly string[] {
  const characters = [...text.replaceAll(/\s+/g, ' ').replaceAll(FORBIDDEN, '').trim()];
  return Array.from({ length: Math.ceil(characters.length / longest) }, (_, part) =>
    characters.slice(part * longest, (part + 1) * longest).join(''),
  );
}
