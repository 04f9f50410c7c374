import { describe, expect, it } from 'vitest';
import { Typesetter } from '../../../../src/adapters/http/statement/pdf/typesetter.ts';
import type { EmbeddedFont } from '../../../../src/adapters/http/statement/pdf/typesetter.ts';

/** Fonts that draw each character as its UTF-16 code. Unlike real ones, they do not turn right-to-left letters. */
function utf16Font(): EmbeddedFont {
  return {
    id: 'F',
    encode: (text) => {
      const hex = [...text].map((character) => character.charCodeAt(0).toString(16).padStart(4, '0'));
      return [hex, hex.map(() => ({ xAdvance: 500, xOffset: 0, yOffset: 0, advanceWidth: 500 }))];
    },
  };
}

/** The text of each run, from left to right. */
function drawn(text: string): readonly string[] {
  const { runs } = new Typesetter(utf16Font).set(text, 'regular');
  return runs.map(({ operators }) => {
    const hex = [...operators.matchAll(/<([^>]*)>/g)].map(([, glyphs]) => glyphs).join('');
    return (hex.match(/.{4}/g) ?? []).map((code) => String.fromCharCode(Number(`0x${code}`))).join('');
  });
}

describe('A line of a PDF', () => {
  it('keeps the order of a text that runs from left to right', () => {
    expect(drawn('Rent, flat (12)').join('')).toBe('Rent, flat (12)');
    expect(drawn('अमित (12)').join('')).toBe('अमित (12)');
  });

  it('puts right-to-left words, and the spaces and brackets between them, in the order of UAX 9', () => {
    expect(drawn('שלום (12/3)')).toEqual(['(', '12/3', 'שלום )']);
    expect(drawn('דירה 1 (חוב 12/3)')).toEqual(['(', '12/3', 'חוב ', ') ', '1', 'דירה ']);
    expect(drawn('Ada שלום 123 Grace')).toEqual(['Ada ', '123', 'שלום ', ' Grace']);
  });

  it('raises the mark that a font places above a letter, for a size of 1', () => {
    const risen: EmbeddedFont = {
      id: 'F',
      encode: () => [['01'], [{ xAdvance: 0, xOffset: -20, yOffset: 250, advanceWidth: 0 }]],
    };
    const { runs } = new Typesetter(() => risen).set('ब', 'regular');
    expect(runs).toMatchObject([{ operators: '0.25 Ts [20 <01> -20] TJ 0 Ts ' }]);
  });
});
