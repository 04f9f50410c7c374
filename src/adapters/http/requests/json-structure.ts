import type { FieldError } from '../../../domain/errors.ts';

type Limit = { readonly max: number; readonly rule: string };

export type JsonLimits = {
  /** Levels of nested objects and lists. */
  readonly depth: number;
  /** Maximum of items in a list, by its field's name. Other fields must not hold a list. */
  readonly lists: ReadonlyMap<string, Limit>;
  /** Maximum of fields in an object, by the name of the field that holds it. */
  readonly objects: ReadonlyMap<string, Limit>;
  /** Maximum of fields in any other object. */
  readonly object: Limit;
};

/** Names that could pollute a prototype when code copies an object. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

type Level = {
  /** Names so far. Null in a list. */
  readonly names: Set<string> | null;
  /** Name or index of this level in its parent. */
  readonly place: string;
  /** Latest name of an object. */
  name: string;
  /** Index of the latest item of a list. */
  index: number;
  readonly limit: Limit;
};

/**
 * Finds the first fault in the structure of a JSON text: a repeated or reserved name, a list where none belongs, or
 * too many fields, items or levels. It reads each character once, before anything is built from the text.
 * `JSON.parse` would keep the last of two equal names. A text that is not JSON yields no fault here.
 */
export function structureFault(text: string, limits: JsonLimits): FieldError | undefined {
  const levels: Level[] = [];
  let level: Level | undefined;
  let isName = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfText(text, at);
        if (isName && level) {
          const name = nameOf(text, { start: at + 1, end });
          if (name === undefined) return undefined;
          const fault = fieldFault(level, name);
          if (fault !== undefined) return { field: fieldOf(levels, fault.isOfField), message: fault.message };
        }
        at = end;
        break;
      }
      case COLON:
        isName = false;
        break;
      case COMMA:
        if (!level) return undefined;
        isName = level.names !== null;
        if (isName) break;
        level.index++;
        if (level.index >= level.limit.max) return { field: fieldOf(levels), message: level.limit.rule };
        break;
      case OPEN_OBJECT:
      case OPEN_LIST: {
        const isList = text.charCodeAt(at) === OPEN_LIST;
        const limit = isList ? level?.names && limits.lists.get(level.name) : objectLimit(level, limits);
        if (!limit) {
          const message = level ? 'must not be a list' : 'must be an object, and is a list';
          return { field: fieldOf(levels, true), message };
        }
        if (levels.length > limits.depth) {
          return { field: fieldOf(levels, true), message: 'must not be nested so deep' };
        }
        const place = level ? placeIn(level) : '';
        level = { names: isList ? null : new Set(), place, name: '', index: 0, limit };
        levels.push(level);
        isName = !isList;
        break;
      }
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        levels.pop();
        level = levels.at(-1);
        isName = false;
        break;
      default:
    }
  }
  return undefined;
}

function objectLimit(parent: Level | undefined, { objects, object }: JsonLimits): Limit {
  return (parent?.names && objects.get(parent.name)) || object;
}

/** Records the name, and returns the fault it causes. */
function fieldFault(level: Level, name: string): { isOfField: boolean; message: string } | undefined {
  const { names, limit } = level;
  level.name = name;
  if (RESERVED.has(name)) return { isOfField: true, message: 'is not a known field' };
  if (names?.has(name)) return { isOfField: true, message: 'must be given once' };
  names?.add(name);
  return names && names.size > limit.max ? { isOfField: false, message: limit.rule } : undefined;
}

/** Index of the closing quote, or the text's length if there is none. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

/** The name with escapes decoded. Undefined if the text is not JSON. */
function nameOf(text: string, { start, end }: { start: number; end: number }): string | undefined {
  const name = text.slice(start, end);
  if (!name.includes('\\')) return name;
  try {
    return JSON.parse(`"${name}"`) as string;
  } catch {
    return undefined;
  }
}

function placeIn(level: Level): string {
  return level.names ? level.name : String(level.index);
}

/** The path of the innermost level, or of its current field or item. */
function fieldOf(levels: readonly Level[], isInside = false): string {
  const last = levels.at(-1);
  const path = levels.slice(1).map(({ place }) => place);
  if (isInside && last) path.push(placeIn(last));
  return path.length === 0 ? 'body' : path.map(shown).join('.');
}

const NAME_SHOWN = 60;

/** The name, cut if it is long: a response must not be larger than its request. */
export function shown(name: string): string {
  return name.length > NAME_SHOWN ? `${name.slice(0, NAME_SHOWN)}...` : name;
}
