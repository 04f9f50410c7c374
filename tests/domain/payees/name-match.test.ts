import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchNames } from '../../../src/domain/payees/name-match.ts';

type Row = readonly [written: string, known: string];

const MATCHES = {
  'the same name': [
    ['Ada Lovelace', 'Ada Lovelace'],
    ['Li', 'Li'],
    ['Plato', 'PLATO'],
  ],
  'case, spaces and the order of the words': [
    ['ada LOVELACE', 'Ada Lovelace'],
    ['  Lovelace   Ada ', 'Ada Lovelace'],
    ['Lovelace, Ada', 'Ada Lovelace'],
    ['ISTANBULLU İbrahim', 'İbrahim İstanbullu'],
  ],
  'accents and letters that a keyboard lacks': [
    ['Zoe Kovacs', 'Zoë Kovács'],
    ['Hans Mueller', 'Hans Müller'],
    ['Hans Muller', 'Hans Müller'],
    ['Soren Strass', 'Søren Straß'],
    ['Soeren Strass', 'Søren Straß'],
    ['Lukasz Wolk', 'Łukasz Wołk'],
    ['Zoe\u0308 Kovacs', 'Zoë Kovács'],
  ],
  'punctuation within and between words': [
    ['Pat OBrien', "Pat O'Brien"],
    ['Pat O’Brien', "Pat O'Brien"],
    ["Pat O'Brien", 'Pat O Brien'],
    ['Jean Luc Picard', 'Jean-Luc Picard'],
    ['JeanLuc Picard', 'Jean-Luc Picard'],
    ['Ann Mac Donald', 'Ann MacDonald'],
    ['Marks and Spencer', 'Marks & Spencer'],
  ],
  titles: [
    ['Dr. Ada Lovelace', 'Ada Lovelace'],
    ['Ada Lovelace', 'Mrs Ada Lovelace'],
    ['Dr Mr', 'Mr Dr'],
  ],
  'other scripts': [
    ['محمّد على', 'محمد علي'],
    ['کریم احمدی', 'كريم احمدي'],
    ['יִצְחָק רַבִּין', 'יצחק רבין'],
    ['\u200fמשה כהן\u200e', 'כהן משה'],
    ['ΔΗΜΗΤΡΗΣ ΠΑΠΠΑΣ', 'Δημήτρης Παππάς'],
    ['пётр Чайковский', 'Чайковский Петр'],
    ['王 小明', '王小明'],
    ['Ａｄａ　Ｌｏｖｅｌａｃｅ', 'Ada Lovelace'],
    ['राम शर्मा', 'शर्मा राम'],
  ],
} satisfies Record<string, readonly Row[]>;

const CLOSE_MATCHES = {
  'a middle name that one of them lacks': [
    ['Ada Lovelace', 'Ada King Lovelace'],
    ['Ada King Noel Lovelace', 'Ada Lovelace'],
    ['Maria Garcia', 'María García López'],
    ['محمد حسن', 'محمد علي حسن'],
  ],
  initials: [
    ['A. Lovelace', 'Ada Lovelace'],
    ['Lovelace A', 'Ada Lovelace'],
    ['J R R Tolkien', 'John Ronald Reuel Tolkien'],
    ['Ada K Lovelace', 'Ada Lovelace'],
    ['Ada K. Lovelace', 'Ada King Lovelace'],
  ],
  'a small typing error': [
    ['Ada Lovelance', 'Ada Lovelace'],
    ['Ada Lovleace', 'Ada Lovelace'],
    ['Jon Smith', 'John Smith'],
    ['Jonh Smith', 'John Smith'],
    ['Cristopher', 'Christopher'],
    ['Alexander Chirstopherson', 'Alexandre Christopherson'],
    ['Пётр Чайковски', 'Пётр Чайковский'],
  ],
} satisfies Record<string, readonly Row[]>;

const NO_MATCHES = {
  'another name': [
    ['Grace Hopper', 'Ada Lovelace'],
    ['Ada Byron', 'Ada Lovelace'],
    ['Ada Lovelace', 'Grace Lovelace'],
  ],
  'a nickname': [
    ['Bill Gates', 'William Gates'],
    ['Peggy Smith', 'Margaret Smith'],
  ],
  'one word of a longer name': [
    ['Ada', 'Ada Lovelace'],
    ['Lovelace', 'Ada Lovelace'],
    ['Li', 'Li Wei'],
  ],
  'one short word beside an initial': [
    ['A Li', 'Ada Li'],
    ['J Lee', 'John Lee'],
    ['A L', 'Ada Lovelace'],
  ],
  'a small difference between short names': [
    ['Li', 'Lu'],
    ['Ada', 'Ida'],
    ['Anna', 'Anne'],
    ['Max Ray', 'May Rax'],
    ['Anna Kohn', 'Anne Kahn'],
    ['王伟', '王芳'],
    ['राम', 'रमा'],
  ],
  'more typing errors than a few': [
    ['Ada Lobelance', 'Ada Lovelace'],
    ['Jan Smyth', 'Jon Smith'],
  ],
  'nothing to compare': [
    ['', ''],
    ['!?', '!?'],
    ['', 'Ada'],
    ['🙂', '🙂'],
  ],
} satisfies Record<string, readonly Row[]>;

const tables = [
  ['match', MATCHES],
  ['close_match', CLOSE_MATCHES],
  ['no_match', NO_MATCHES],
] as const;

for (const [result, table] of tables) {
  describe(`two names are a ${result}`, () => {
    it.for(Object.entries(table))('by %s', ([, rows]) => {
      for (const [written, known] of rows) {
        expect(`${written} | ${known}: ${matchNames(written, known)}`).toBe(
          `${written} | ${known}: ${result}`,
        );
      }
    });
  });
}

const letters = fc.constantFrom(..."abéßøÄİΣςمىяй王राㅎが '’-.&1\u0301\u200f");
const names = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.array(letters, { maxLength: 40 }).map((some) => some.join('')),
);

describe('two names of any form', () => {
  it('compare without a fault, and the same in either order', () => {
    fc.assert(
      fc.property(names, names, (one, other) => {
        expect(matchNames(one, other)).toBe(matchNames(other, one));
      }),
      { numRuns: 2_000 },
    );
  });

  it('match themselves in another case, order and form of accents, if they have a letter', () => {
    const words = fc.array(
      fc.constantFrom('ada', 'zoë', 'müller', 'straße', 'łukasz', 'كريم', 'пётр', '王'),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(words, fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD'), (some, form) => {
        const other = some.toReversed().join(', ').toUpperCase().normalize(form);
        expect(matchNames(some.join(' '), other)).toBe('match');
      }),
    );
  });

  it('are compared in bounded work', () => {
    // One character that stands for four words in Arabic
    const [phrase, longest] = ['\ufdfa'.repeat(100), 'a'.repeat(100)];
    expect(matchNames(phrase, phrase)).toBe('match');
    expect(matchNames(phrase, `${phrase} ${longest}`)).toBe('no_match');
  });
});
