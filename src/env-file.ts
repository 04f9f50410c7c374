import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

export type EnvFile = {
  readonly values: Readonly<Record<string, string>>;
  /** Each names a line and its fault, but never its content. */
  readonly faults: readonly string[];
};

type Line = { readonly name: string; readonly value: string; readonly number: number };
type Read = { readonly lines: readonly Line[]; readonly faults: readonly string[] };

const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*(.*)$/;
const QUOTES = /^(["'`])/;

/**
 * Reads the variables of a `.env` file like a shell: `#` begins a comment at the start of a line or after a space, and
 * is part of a value elsewhere. No secret is cut at a `#` without a fault.
 * @param secrets names whose values may contain any character: before a comment they need quotes
 */
export function parseEnvFile(bytes: Uint8Array, { secrets }: { secrets: readonly string[] }): EnvFile {
  const text = decoded(bytes);
  if (text === undefined) return { values: {}, faults: ['is not UTF-8 text: save it as UTF-8'] };

  const { lines, faults } = linesOf(text, secrets);
  const values: Record<string, string> = {};
  const setIn = new Map<string, number>();
  const doubles: string[] = [];
  for (const { name, value, number } of lines) {
    const before = setIn.get(name);
    if (value === '' && before !== undefined) continue;
    if (before !== undefined && values[name] !== value) {
      doubles.push(`line ${number} sets ${name} again, with another value than line ${before}`);
    }
    values[name] = value;
    if (value !== '') setIn.set(name, number);
  }
  return { values, faults: [...faults, ...doubles] };
}

/**
 * Adds the variables of the `.env` file at `path` to the environment, which takes precedence. The exception are values
 * that Node's own `--env-file` set from the same file: it cuts values at `#`.
 */
export function withEnvFile(
  env: Readonly<Record<string, string | undefined>>,
  { path, secrets }: { path: string; secrets: readonly string[] },
): { env: Readonly<Record<string, string | undefined>>; file: EnvFile | null } {
  const bytes = readIfExists(path);
  if (bytes === null) return { env, file: null };
  if (typeof bytes === 'string') return { env, file: { values: {}, faults: [bytes] } };

  const file = parseEnvFile(bytes, { secrets });
  const byNode: Readonly<Record<string, string | undefined>> = parseEnv(Buffer.from(bytes).toString());
  const added = Object.entries(file.values).filter(
    ([name]) => env[name] === undefined || env[name] === byNode[name],
  );
  return { env: { ...env, ...Object.fromEntries(added) }, file };
}

/** The bytes of the file, null if there is none, or the reason why it cannot be read. */
function readIfExists(path: string): Uint8Array | string | null {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT' ? null : `cannot be read: ${code}`;
  }
}

function decoded(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined; // UTF-16, as PowerShell writes it
  try {
    // Also removes a byte order mark
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function linesOf(text: string, secrets: readonly string[]): Read {
  const rest = text.split(/\r\n|\n|\r/);
  const lines: Line[] = [];
  const faults: string[] = [];
  for (let index = 0; index < rest.length; index++) {
    const line = rest[index] ?? '';
    const number = index + 1;
    if (/^\s*(#|$)/.test(line)) continue;

    const [, name, assigned = ''] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined) {
      faults.push(`line ${number} is not NAME=value`);
      continue;
    }
    const quote = QUOTES.exec(assigned)?.[1];
    const read = quote === undefined ? plain(assigned) : quoted(assigned, quote, rest.slice(index + 1));
    if (read === undefined) {
      faults.push(`line ${number}: the quote before the value of ${name} is not closed, or text follows it`);
      continue;
    }
    if (read.isCut && secrets.includes(name)) {
      faults.push(`line ${number}: put the value of ${name} in quotes, as " #" begins a comment`);
      continue;
    }
    lines.push({ name, value: read.value, number });
    index += read.moreLines;
  }
  return { lines, faults };
}

type ReadValue = { readonly value: string; readonly isCut: boolean; readonly moreLines: number };

function plain(assigned: string): ReadValue {
  const [value = ''] = assigned.split(/(?:^|\s)#/, 1);
  return { value: value.trim(), isCut: value.length < assigned.length, moreLines: 0 };
}

/** Reads a quoted value, which may span lines. In double quotes, `\n` is a line break and `\"` a quote. */
function quoted(assigned: string, quote: string, next: readonly string[]): ReadValue | undefined {
  const inside = quote === '"' ? /^"((?:\\"|[^"])*)"\s*(?:#.*)?$/ : undefined;
  for (let moreLines = 0; moreLines <= next.length; moreLines++) {
    const whole = [assigned, ...next.slice(0, moreLines)].join('\n');
    const literal = new RegExp(`^${quote}([^${quote}]*)${quote}\\s*(?:#.*)?$`);
    const [, value] = (inside ?? literal).exec(whole) ?? [];
    if (value !== undefined) return { value: unescaped(value, quote), isCut: false, moreLines };
    // The quote is closed, but more text follows
    if (closes(whole, quote)) return undefined;
  }
  return undefined;
}

function closes(whole: string, quote: string): boolean {
  const text = quote === '"' ? whole.replaceAll('\\"', '') : whole;
  return text.indexOf(quote, 1) > 0;
}

function unescaped(value: string, quote: string): string {
  return quote === '"' ? value.replaceAll('\\n', '\n').replaceAll('\\"', '"') : value;
}
