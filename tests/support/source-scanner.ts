/**
 * Reads TypeScript source just far enough to find its imports and words, and tells comments, strings, regular
 * expressions and templates apart. The compiler no longer offers a parser to JavaScript, and a plain text search would
 * find imports in comments.
 */

export type Token = {
  readonly kind: 'word' | 'string' | 'regexp' | 'template' | 'mark';
  /** Text as written. For a string, the text between the quotes. */
  readonly text: string;
  readonly line: number;
};

export type Import = {
  /** Undefined if the module's name is computed. */
  readonly specifier: string | undefined;
  readonly line: number;
  /** True for `import type` and `export type`, which leave nothing to load. */
  readonly isType?: true;
};

const BLANK = /(?:\s+|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))+/y;
// An apostrophe in JSX text opens no string: without a second quote on its line it is punctuation
const STRING = /'((?:\\[^]|[^'\\\n])*)'|"((?:\\[^]|[^"\\\n])*)"/y;
const WORD = /[#\p{ID_Start}$_][\p{ID_Continue}$]*|\d[\w.]*/uy;
const REGEXP = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y;
const TEMPLATE = /((?:\\[^]|\$(?!\{)|[^`\\$])*)(`|\$\{|$)/y;
const MARK = /\.{3}|[^]/y;

const BEFORE_A_REGEXP = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'do',
  'else',
  'void',
  'delete',
  'throw',
  'await',
  'yield',
]);

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  // The depth in braces of the `${` of each open template
  const templates: number[] = [];
  let braces = 0;
  let line = 1;
  let at = source.startsWith('#!') ? source.indexOf('\n') : 0;

  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match === null || match[0] === '') return undefined;
    at = pattern.lastIndex;
    return match;
  }
  function add(kind: Token['kind'], text: string, whole: string): void {
    tokens.push({ kind, text, line });
    line += newlines(whole);
  }
  function takeTemplate(opened: string): void {
    TEMPLATE.lastIndex = at;
    const [whole = '', text = '', end] = TEMPLATE.exec(source) ?? [];
    at += whole.length;
    add(opened === '`' && end === '`' ? 'string' : 'template', text, whole);
    if (end === '${') templates.push(braces);
  }

  while (at >= 0 && at < source.length) {
    const blank = take(BLANK);
    if (blank) {
      line += newlines(blank[0]);
      continue;
    }
    const string = take(STRING);
    if (string) {
      add('string', string[1] ?? string[2] ?? '', string[0]);
      continue;
    }
    const word = take(WORD);
    if (word) {
      add('word', word[0], word[0]);
      continue;
    }
    const regexp = startsRegexp(tokens.at(-1)) ? take(REGEXP) : undefined;
    if (regexp) {
      add('regexp', regexp[0], regexp[0]);
      continue;
    }

    const mark = take(MARK)?.[0] ?? '';
    if (mark === '`') takeTemplate(mark);
    else if (mark === '}' && templates.at(-1) === braces) {
      templates.pop();
      takeTemplate(mark);
    } else {
      if (mark === '{') braces += 1;
      if (mark === '}') braces -= 1;
      add('mark', mark, mark);
    }
  }
  return tokens;
}

/** Finds static, side-effect, re-exporting, type-only and dynamic imports, and `require`. */
export function importsOf(tokens: readonly Token[]): Import[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'word' || tokens[index - 1]?.text === '.') return [];
    const next = tokens[index + 1];

    if (token.text === 'require') return isMark(next, '(') ? [called(tokens, index)] : [];
    if (token.text === 'import') {
      if (isMark(next, '(')) return [called(tokens, index)];
      if (next?.kind === 'string') return [named(next)];
      if (isMark(next, '{') || isMark(next, '*') || next?.kind === 'word') return from(tokens, index);
    }
    if (token.text === 'export') {
      const opening = next?.text === 'type' ? tokens[index + 2] : next;
      if (isMark(opening, '{') || isMark(opening, '*')) return from(tokens, index);
    }
    return [];
  });
}

function called(tokens: readonly Token[], index: number): Import {
  const [argument, after] = [tokens[index + 2], tokens[index + 3]];
  const literal = argument?.kind === 'string' && (isMark(after, ')') || isMark(after, ','));
  return literal ? named(argument) : { specifier: undefined, line: tokens[index]?.line ?? 0 };
}

/** The module after `from` in the statement at `index`. None for a list of exports without `from`. */
function from(tokens: readonly Token[], index: number): Import[] {
  const [first, second] = [tokens[index + 1], tokens[index + 2]];
  const isType = first?.text === 'type' && second?.text !== 'from';
  for (let at = index + 1; at < tokens.length; at += 1) {
    const [token, next] = [tokens[at], tokens[at + 1]];
    if (token?.kind === 'word' && token.text === 'from' && next?.kind === 'string') {
      return [{ ...named(next), ...(isType ? { isType } : {}) }];
    }
    if (isMark(token, ';') || isMark(token, '=') || isMark(token, '(')) return [];
    // A list that ends without `from` exports names of this file
    if (isMark(token, '}') && next?.text !== 'from') return [];
  }
  return [];
}

function named({ text, line }: Token): Import {
  // An escaped name could spell anything, so it counts as computed
  return { specifier: text.includes('\\') ? undefined : text, line };
}

function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === 'mark' && token.text === text;
}

function startsRegexp(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === 'word') return BEFORE_A_REGEXP.has(previous.text);
  return previous.kind === 'mark' && ![')', ']', '}'].includes(previous.text);
}

function newlines(text: string): number {
  return text.split('\n').length - 1;
}
