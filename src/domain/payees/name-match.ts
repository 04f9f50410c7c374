export type NameMatch = 'match' | 'close_match' | 'no_match';

/**
 * Compares the name that a payer wrote with the name of an account's owner. The answers are those of the European
 * Payments Council's Verification of Payee.
 *
 * `match`: the same words in any order. Case, accents, punctuation, spaces and titles do not count.
 * `close_match`: the words agree but for middle names, initials or a small typing error. A nickname does not agree.
 * `no_match`: anything else. One word of a longer name never suffices.
 *
 * The order of the two names makes no difference.
 */
export function matchNames(one: string, other: string): NameMatch {
  let best: NameMatch = 'no_match';
  for (const words of spellingsOf(one)) {
    for (const otherWords of spellingsOf(other)) {
      if (isSameName(words, otherWords)) return 'match';
      if (isCloseName(words, otherWords)) best = 'close_match';
    }
  }
  return best;
}

/** Accents of the Latin, Greek and Cyrillic scripts, points of Hebrew and Arabic. Other scripts keep their marks. */
const ACCENTS = new RegExp(
  '\\u0640|[\\u0300-\\u036f\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7\\u064b-\\u065f\\u0670]',
  'g',
);
/** Invisible characters, such as those that set the direction of writing. */
const INVISIBLE = /\p{Cf}/gu;
const APOSTROPHES = /['\u2018\u2019\u02bc\u02bb`\u00b4.]/g;
const BETWEEN_WORDS = /[^\p{L}\p{M}\p{N}]+/u;

/** Letters that Unicode does not decompose. */
const BASE_LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
  ς: 'σ',
  // Letters that Arabic and Persian keyboards write differently
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
};
const HAS_BASE = new RegExp(`[${Object.keys(BASE_LETTERS).join('')}]`, 'g');

/** Letters that some languages write as two, if a keyboard lacks them: Müller is Mueller, Ångström is Aangstroem. */
const AS_TWO_LETTERS: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa', ø: 'oe' };
const HAS_TWO = /[äöüåø]/g;

const TITLES = new Set(['mr', 'mrs', 'ms', 'miss', 'mx', 'dr', 'prof', 'sir', 'dame', 'herr', 'frau', 'mme']);

type Words = readonly string[];

/** Returns the words of a name as they are compared, in each of its usual spellings. */
function spellingsOf(name: string): readonly Words[] {
  const lower = name.normalize('NFKC').toLowerCase().replaceAll('&', ' and ');
  const long = lower.normalize('NFC').replace(HAS_TWO, (letter) => AS_TWO_LETTERS[letter] ?? letter);
  return lower === long ? [wordsOf(lower)] : [wordsOf(lower), wordsOf(long)];
}

function wordsOf(lower: string): Words {
  const plain = lower
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .replace(INVISIBLE, '')
    .replace(HAS_BASE, (letter) => BASE_LETTERS[letter] ?? letter)
    .replace(APOSTROPHES, '')
    .normalize('NFC');
  const words = plain.split(BETWEEN_WORDS).filter((word) => word !== '');
  const names = words.filter((word) => !TITLES.has(word));
  return names.length > 1 ? names : words;
}

function isSameName(words: Words, otherWords: Words): boolean {
  if (words.length === 0) return false;
  const isSameText = words.join('') === otherWords.join('');
  return isSameText || words.toSorted().join(' ') === otherWords.toSorted().join(' ');
}

/** An agreement of two words. */
type Pair = {
  readonly at: number;
  readonly otherAt: number;
  readonly typos: number;
  /** Whether one of them is the initial of the other. */
  readonly isInitial: boolean;
  /** Length of the shorter word, in characters. */
  readonly length: number;
  /** Both words, in an order that does not depend on which name comes first. */
  readonly text: string;
};

/** Bounds of the work: a few characters stand for whole sentences in Unicode. */
const WORDS_COMPARED = 20;
const LETTERS_COMPARED = 200;
const LETTERS_PER_TYPO = 8;
const TYPOS_MAX = 2;
/** Length of the word on which an agreement may rest if all other words are initials. */
const LONG_WORD = 4;

/**
 * Whether all words of one name agree with words of the other. Two whole words must agree, or a long one beside an
 * initial, or all there is if both names are one long word.
 */
function isCloseName(words: Words, otherWords: Words): boolean {
  const counts = [words.length, otherWords.length];
  const letterCounts = [lengthOf(words.join('')), lengthOf(otherWords.join(''))];
  const [fewest, letters] = [Math.min(...counts), Math.min(...letterCounts)];
  if (Math.max(...counts) > WORDS_COMPARED || Math.max(...letterCounts) > LETTERS_COMPARED) return false;
  const pairs = pairsOf(words, otherWords);
  if (fewest === 0 || pairs.length < fewest) return false;

  const typos = pairs.reduce((sum, pair) => sum + pair.typos, 0);
  if (typos > Math.min(TYPOS_MAX, Math.floor(letters / LETTERS_PER_TYPO))) return false;

  const whole = pairs.filter(({ isInitial }) => !isInitial);
  if (whole.length >= 2) return true;
  const isLong = whole.some(({ length }) => length >= LONG_WORD);
  return isLong && (pairs.length > 1 || words.length === otherWords.length);
}

/** Pairs each word with at most one of the other name, the best agreements first. */
function pairsOf(words: Words, otherWords: Words): readonly Pair[] {
  const possible = words.flatMap((word, at) =>
    otherWords.flatMap((otherWord, otherAt) => pairOf({ word, at }, { word: otherWord, at: otherAt }) ?? []),
  );
  possible.sort(
    (a, b) =>
      Number(a.isInitial) - Number(b.isInitial) || a.typos - b.typos || compareCodeUnits(a.text, b.text),
  );
  const [used, otherUsed] = [new Set<number>(), new Set<number>()];
  return possible.filter(({ at, otherAt }) => {
    if (used.has(at) || otherUsed.has(otherAt)) return false;
    used.add(at);
    otherUsed.add(otherAt);
    return true;
  });
}

type Word = { readonly word: string; readonly at: number };

function pairOf({ word, at }: Word, { word: otherWord, at: otherAt }: Word): Pair | undefined {
  const [length, otherLength] = [lengthOf(word), lengthOf(otherWord)];
  const isInitial =
    (length === 1 && otherWord.startsWith(word)) || (otherLength === 1 && word.startsWith(otherWord));
  const typos = isInitial ? 0 : typosBetween(word, otherWord);
  if (typos > typosAllowed(Math.max(length, otherLength))) return undefined;
  const text = [word, otherWord].sort().join(' ');
  return { at, otherAt, typos, isInitial, length: Math.min(length, otherLength), text };
}

function typosAllowed(length: number): number {
  if (length < LONG_WORD) return 0;
  return length < LETTERS_PER_TYPO ? 1 : TYPOS_MAX;
}

/** Counts the characters that differ, are missing, or are swapped with a neighbour: the optimal string alignment. */
function typosBetween(word: string, otherWord: string): number {
  if (word === otherWord) return 0;
  const [from, to] = [[...word], [...otherWord]];
  if (Math.abs(from.length - to.length) > TYPOS_MAX) return TYPOS_MAX + 1;

  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, at) => at)];
  for (const [row, letter] of from.entries()) {
    const next = [row + 1];
    for (const [column, otherLetter] of to.entries()) {
      const isSwap = row > 0 && column > 0 && letter === to[column - 1] && otherLetter === from[row - 1];
      next.push(
        Math.min(
          (next[column] ?? 0) + 1,
          (last[column + 1] ?? 0) + 1,
          (last[column] ?? 0) + (letter === otherLetter ? 0 : 1),
          isSwap ? (beforeLast[column - 1] ?? 0) + 1 : Infinity,
        ),
      );
    }
    [beforeLast, last] = [last, next];
  }
  return last[to.length] ?? 0;
}

function compareCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function lengthOf(text: string): number {
  return [...text].length;
}
