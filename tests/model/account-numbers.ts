/** The numbers of accounts: the digits they are drawn from, how a person writes them, and what the model makes of that. */
import { formatAccountNumber, makeAccountNumber } from '../../src/domain/entities/account-number.ts';
import type { Drawing } from './command.ts';
import type { Model } from './model.ts';

const UNKNOWN_NUMBER = numberOf('9'.repeat(12));

export function numberOf(digits: string): string {
  return makeAccountNumber('PB', digits);
}

/** The draws of digits for an account that is opened under an id. The last one is its own. */
export function digitsFor(id: string): readonly string[] {
  const place = placeOf(id);
  const own = place.toString().padStart(12, '0');
  return sharesFirstDraw(id)
    ? [
        `1${Math.floor(place / 64)
          .toString()
          .padStart(11, '0')}`,
        own,
      ]
    : [own];
}

/** Whether other ids have the same first draw. Who finds it taken draws again, and so loses its place among others. */
export function sharesFirstDraw(id: string): boolean {
  return placeOf(id) % 8 === 0;
}

function placeOf(id: string): number {
  return Number.parseInt(id.slice(-12), 16);
}

/** The id as a rule; now and then the number in its place, as a person may write it, with an error or without. */
export function drawIdOrNumber(drawing: Drawing, id: string, share = 0.06): string {
  const { random, model } = drawing;
  if (!random.chance(share)) return id;
  const account = model.accounts.get(id);
  if (account?.number === null) return id;
  const number = account?.number ?? UNKNOWN_NUMBER;
  return drawWriting(drawing, random.chance(0.3) ? drawError(drawing, number) : number);
}

function drawWriting({ random }: Drawing, number: string): string {
  const grouped = formatAccountNumber(number);
  return random.pick([number, grouped, ` ${grouped} `, number.toLowerCase()]);
}

/** One digit wrong, two neighbours swapped, or one missing. */
function drawError({ random }: Drawing, number: string): string {
  const at = random.integer(2, number.length - 2);
  const [before, digit, next, after] = [
    number.slice(0, at),
    number[at],
    number[at + 1],
    number.slice(at + 2),
  ];
  const wrong = (Number(digit) + random.integer(1, 9)) % 10;
  return before + random.pick([`${wrong}${next}`, `${next}${digit}`, `${next}`]) + after;
}

function isLikeNumber(text: string): boolean {
  return /^\s*[a-z]{2,4}[\d\s]+$/i.test(text);
}

function canonical(text: string): string {
  return text.replaceAll(/\s/g, '').toUpperCase();
}

/** Whether it is meant as a number and is none, by ISO 7064: a letter counts as two digits, from 10 on. */
export function isMistyped(text: string): boolean {
  if (!isLikeNumber(text)) return false;
  const [, prefix = '', check = '', body = ''] = /^([A-Z]+)(\d{2})(\d{12})$/.exec(canonical(text)) ?? [];
  const letters = [...prefix].map((letter) => letter.charCodeAt(0) - 55).join('');
  return body === '' || 98n - (BigInt(`${body}${letters}00`) % 97n) !== BigInt(check);
}

const FIELDS = ['accountId', 'sourceAccountId', 'destinationAccountId', 'sweepTo'];

/** The request with ids in place of numbers. The number of no account stands for itself. */
export function withIds<Request extends object>(model: Model, request: Request): Request {
  return replaced(request, (text) => idOf(model, text));
}

export function withNumbers<Request extends object>({ accounts }: Model, request: Request): Request {
  return replaced(request, (id) => accounts.get(id)?.number ?? id);
}

function replaced<Request extends object>(request: Request, by: (text: string) => string): Request {
  const fields = Object.entries(request).map(([field, value]: [string, unknown]) => {
    if (Array.isArray(value)) return [field, value.map((one: object) => replaced(one, by))];
    return [field, typeof value === 'string' && FIELDS.includes(field) ? by(value) : value];
  });
  return Object.fromEntries(fields) as Request;
}

export function idOf({ accounts }: Model, text: string): string {
  if (!isLikeNumber(text)) return text;
  const number = canonical(text);
  return [...accounts.values()].find((one) => one.number === number)?.id ?? number;
}

/** Whether a number stands anywhere in the facts of a command. */
export function hasNumber(facts: unknown): boolean {
  if (typeof facts === 'string') return isLikeNumber(facts);
  return typeof facts === 'object' && facts !== null && Object.values(facts).some(hasNumber);
}
