import { createRequire } from 'node:module';
import type bidiFactory from 'bidi-js';
import { FONTS, REPLACEMENT } from './fonts.ts';
import type { Weight } from './fonts.ts';

/** A font as PDFKit embeds it. It collects the glyphs that it has encoded. */
export type EmbeddedFont = {
  readonly id: string;
  encode(
    text: string,
    features: readonly string[],
  ): readonly [hex: readonly string[], positions: readonly Position[]];
};

type Position = {
  readonly xAdvance: number;
  readonly xOffset: number;
  readonly yOffset: number;
  /** Width of the glyph alone. */
  readonly advanceWidth: number;
};

export type TextStyle = { readonly weight: Weight; readonly size: number };

/** A part of a line in one font and direction, from left to right. The operators are for a size of 1. */
type Run = { readonly font: number; readonly operators: string };

/** A text of one embedding level (UAX 9). It runs from right to left if the level is odd. */
type LevelRun = { readonly level: number; readonly text: string };

type Glyph = {
  readonly font: number;
  readonly hex: string;
  readonly width: number;
  /** Operators of a character that a font composes from several glyphs. */
  readonly composed: string | null;
  /** Whether it stands for a character that no font has, or its glyphs read as others. */
  readonly isChanged: boolean;
};

/** A text in the order in which it is drawn. */
export type SetText = {
  readonly runs: readonly Run[];
  /** Width for a size of 1. */
  readonly width: number;
  /** Whether some of its characters are replaced, or drawn in another order than they are read. */
  readonly isChanged: boolean;
};

/** Scripts whose characters stand side by side without regard to each other. */
const SIMPLE =
  /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{N}\p{P}\p{S}\p{Zs}]*$/u;
const LATIN = /^[ -\u024F]*$/;
const RIGHT_TO_LEFT = /[\u0590-\u08FF\u200F\u202B\u202E\u2067\uFB1D-\uFDFF\uFE70-\uFEFF]/;
/** Characters that change the look of others and have no glyph of their own. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const MARK = /\p{M}/u;
const NEUTRAL = /^[\p{P}\p{Zs}]$/u;
// Its types describe a module, and Node loads a CommonJS file
// Node 20 can give an import of this UMD module an empty object
const makeBidi = createRequire(import.meta.url)('bidi-js') as typeof bidiFactory.default;
const bidi = makeBidi();

/** Sets texts with the fonts of one document: finds a font and a direction for each character, and breaks lines. */
export class Typesetter {
  readonly #fontOf: (weight: Weight, index: number) => EmbeddedFont;
  /** The glyph of each character that was set, of which a font has some thousands. */
  readonly #glyphs: Readonly<Record<Weight, Map<string, Glyph>>> = { regular: new Map(), bold: new Map() };
  #lacksCharacters = false;

  constructor(fontOf: (weight: Weight, index: number) => EmbeddedFont) {
    this.#fontOf = fontOf;
  }

  /** Whether a text so far had a character that no font has. */
  get lacksCharacters(): boolean {
    return this.#lacksCharacters;
  }

  set(text: string, weight: Weight): SetText {
    if (isSimple(text)) return this.#setSimple(text, weight);
    const runs = RIGHT_TO_LEFT.test(text) ? inVisualOrder(text) : [{ level: 0, text }];
    const set = runs.flatMap((run) => this.#shape(run, weight));
    const width = set.reduce((sum, run) => sum + run.width, 0);
    return { runs: set, width, isChanged: true };
  }

  /** Breaks a text into lines of at most `width`. A word that is wider is broken too. */
  lines(text: string, { weight, size }: TextStyle, width: number): readonly string[] {
    const most = width / size;
    if (this.#width(text, weight) <= most) return [text];
    const lines: string[] = [];
    let line = '';
    let taken = 0;
    for (const word of text.split(/(?<=[ /&-])/)) {
      if (taken + this.#width(word.trimEnd(), weight) <= most) {
        line += word;
        taken += this.#width(word, weight);
        continue;
      }
      if (line !== '') lines.push(line.trimEnd());
      line = word;
      while (this.#width(line.trimEnd(), weight) > most) {
        const part = this.#longestStart(line, weight, most);
        lines.push(part);
        line = line.slice(part.length);
      }
      taken = this.#width(line, weight);
    }
    return [...lines, line.trimEnd()];
  }

  #longestStart(text: string, weight: Weight, most: number): string {
    let part = '';
    for (const character of text) {
      if (part !== '' && this.#width(part + character, weight) > most) break;
      part += character;
    }
    return part;
  }

  #width(text: string, weight: Weight): number {
    if (!isSimple(text)) return this.set(text, weight).width;
    let width = 0;
    for (const character of text) width += this.#glyph(character, weight).width;
    return width;
  }

  #setSimple(text: string, weight: Weight): SetText {
    const runs: Run[] = [];
    let [width, isChanged] = [0, false];
    let current = -1;
    let hex = '';
    for (const character of text) {
      const glyph = this.#glyph(character, weight);
      if (glyph.font !== current || glyph.composed !== null) {
        if (hex !== '') runs.push({ font: current, operators: `<${hex}> Tj` });
        [current, hex] = [glyph.font, ''];
      }
      if (glyph.composed === null) hex += glyph.hex;
      else runs.push({ font: glyph.font, operators: glyph.composed });
      width += glyph.width;
      isChanged ||= glyph.isChanged;
    }
    if (hex !== '') runs.push({ font: current, operators: `<${hex}> Tj` });
    return { runs, width, isChanged };
  }

  #glyph(character: string, weight: Weight): Glyph {
    const known = this.#glyphs[weight].get(character);
    if (known !== undefined) return known;
    const index = fontFor(character, weight);
    const isReplaced = index === -1;
    if (isReplaced) this.#lacksCharacters = true;
    const font = isReplaced ? fontFor(REPLACEMENT, weight) : index;
    const shown = isReplaced ? REPLACEMENT : character;
    const [hex] = this.#fontOf(weight, font).encode(shown, []);
    const { operators, width } = this.#shapePart({ font, text: shown }, weight);
    const isComposed = hex.length > 1;
    const composed = isComposed ? operators : null;
    const glyph = { font, hex: hex.join(''), width, composed, isChanged: isReplaced || isComposed };
    this.#glyphs[weight].set(character, glyph);
    return glyph;
  }

  /** Shapes a text of one direction, in parts of one font. */
  #shape({ level, text }: LevelRun, weight: Weight): readonly (Run & { readonly width: number })[] {
    const parts: { font: number; text: string }[] = [];
    for (const character of text.replaceAll(INVISIBLE, '')) {
      const last = parts.at(-1);
      const staysWithLast = MARK.test(character) || NEUTRAL.test(character);
      let font =
        last && staysWithLast && has(weight, last.font, character) ? last.font : fontFor(character, weight);
      let shown = character;
      if (font === -1) {
        this.#lacksCharacters = true;
        [font, shown] = [fontFor(REPLACEMENT, weight), REPLACEMENT];
      }
      if (last?.font === font) last.text += shown;
      else parts.push({ font, text: shown });
    }
    if (level % 2 === 0) return parts.map((part) => this.#shapePart(part, weight));
    return parts.toReversed().map((part) => this.#shapePart(turned(part), weight));
  }

  #shapePart(
    { font, text }: { font: number; text: string },
    weight: Weight,
  ): Run & { readonly width: number } {
    const [hex, positions] = this.#fontOf(weight, font).encode(text, []);
    let operators = '';
    let width = 0;
    for (const [index, { xAdvance, xOffset, yOffset, advanceWidth }] of positions.entries()) {
      const glyph = `[${-xOffset} <${hex[index] ?? ''}> ${xOffset - (xAdvance - advanceWidth)}] TJ `;
      operators += yOffset === 0 ? glyph : `${yOffset / 1000} Ts ${glyph}0 Ts `;
      width += xAdvance / 1000;
    }
    return { font, operators, width };
  }
}

function isSimple(text: string): boolean {
  return LATIN.test(text) || SIMPLE.test(text);
}

function has(weight: Weight, font: number, character: string): boolean {
  return FONTS[weight][font]?.hasGlyphForCodePoint(character.codePointAt(0) ?? 0) ?? false;
}

function fontFor(character: string, weight: Weight): number {
  const code = character.codePointAt(0) ?? 0;
  return FONTS[weight].findIndex((font) => font.hasGlyphForCodePoint(code));
}

/** A font turns the letters of a right-to-left script, but not spaces and punctuation that stand alone. */
function turned<P extends { readonly text: string }>(part: P): P {
  return RIGHT_TO_LEFT.test(part.text) ? part : { ...part, text: [...part.text].toReversed().join('') };
}

/** Splits a line into runs of one direction, in their order from left to right (UAX 9, rule L2). */
function inVisualOrder(text: string): readonly LevelRun[] {
  const { levels } = bidi.getEmbeddingLevels(text);
  const runs: { level: number; text: string }[] = [];
  let at = 0;
  for (const character of text) {
    const level = levels[at] ?? 0;
    const isMirrored = level % 2 === 1;
    const shown = (isMirrored ? bidi.getMirroredCharacter(character) : null) ?? character;
    const last = runs.at(-1);
    if (last !== undefined && last.level === level) last.text += shown;
    else runs.push({ level, text: shown });
    at += character.length;
  }
  const highest = Math.max(...runs.map(({ level }) => level));
  for (let level = highest; level > 0; level--) {
    for (let first = 0; first < runs.length; first++) {
      let end = first;
      while ((runs[end]?.level ?? 0) >= level) end++;
      if (end > first + 1) runs.splice(first, end - first, ...runs.slice(first, end).toReversed());
      first = end;
    }
  }
  return runs;
}
