import { STATUS_CODES } from 'node:http';
import { pino } from 'pino';
import { expect } from 'vitest';
import { createApp } from '../../src/adapters/http/index.ts';
import type { App, AppOptions } from '../../src/adapters/http/index.ts';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { createTokenIssuer } from '../../src/adapters/security/index.ts';
import type { BankPorts } from '../../src/application/bank.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { LinkKind } from '../../src/application/users/mail-links.ts';
import type { Bank } from '../../src/application/bank.ts';
import { errorCatalogue } from '../../src/domain/errors.ts';
import type { ErrorCode, FieldError } from '../../src/domain/errors.ts';
import type { Role } from '../../src/domain/entities/user.ts';
import { expectDocumented } from './api-document.ts';
import { FixedClock, freshId } from '../../src/testing/fixtures/builders.ts';
import { aBankOfPeople, LINKS } from './people.ts';

export const TOKEN_TERMS = {
  secrets: ['a-secret-of-the-tests-and-of-nothing-else'],
  issuer: 'passbook',
  audience: 'passbook',
} as const;

export const PASSWORD = 'correct horse battery';

/** Matches a text that no test can predict. */
export const A_TEXT: unknown = expect.any(String);
export const A_NUMBER: unknown = expect.any(Number);

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined if there is none. Text if it is not JSON. */
  readonly body: unknown;
  readonly text: string;
};

export type CallOptions = {
  /** The session's token, sent as a Bearer token. */
  readonly as?: string;
  /** Sent as JSON, or unchanged if it is a string. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Remote address of the socket. */
  readonly address?: string;
};

export type Person = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly token: string;
};

/** The HTTP edge over a bank in memory, with every logged line. */
export class Edge {
  readonly app: App;
  readonly bank: Bank;
  readonly clock: FixedClock;
  readonly store: Store;
  readonly lines: string[] = [];

  constructor({
    app = {},
    bank = (assembled) => assembled,
    ...ports
  }: {
    readonly app?: Partial<Omit<AppOptions, 'bank'>>;
    /** Replaces the bank with one made from it. */
    readonly bank?: (assembled: Bank) => Bank;
  } & Partial<Omit<BankPorts, 'clock' | 'tokens'>> = {}) {
    this.clock = new FixedClock();
    const tokens = createTokenIssuer({ ...TOKEN_TERMS, clock: this.clock });
    this.store = ports.store ?? createMemoryStore({ rehearsals: 1 });
    const { store } = this;
    const log = pino({ level: 'trace', base: null }, { write: (line) => this.lines.push(line) });
    this.bank = bank(aBankOfPeople({ log, ...ports, store, clock: this.clock, tokens }).bank);
    this.app = createApp({ bank: this.bank, log, ...app });
  }

  /** `route` is the method and the path, such as `GET /healthz`. */
  async call(route: string, { as, body, headers = {}, address }: CallOptions = {}): Promise<Answer> {
    const [method = '', path = ''] = route.split(' ');
    const sent = {
      ...(as === undefined ? {} : { Authorization: `Bearer ${as}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    };
    const init = {
      method,
      headers: sent,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    };
    const env = address === undefined ? {} : { incoming: { socket: { remoteAddress: address } } };
    const response = await this.app.request(path, init, env);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const answer = text === '' ? undefined : isJson ? (JSON.parse(text) as unknown) : text;
    expectDocumented({ method, path }, { status: response.status, headers: response.headers, body: answer });
    return { status: response.status, headers: response.headers, body: answer, text };
  }

  async register(name = 'Alice', { role }: { role?: Role } = {}): Promise<Person> {
    const email = `${freshId()}@example.com`;
    const { user, token } = await this.bank.registerUser({ name, email, password: PASSWORD });
    if (role) await this.bank.grantRole(email, role);
    return { id: user.id, name, email, token };
  }

  /** Returns the token of the newest link of this kind that the person was mailed. */
  async linkOf({ id }: Pick<Person, 'id'>, kind: LinkKind): Promise<string> {
    const links = await this.store.unitOfWork.run(({ credentials }) => credentials.ofUser(id, kind));
    const newest = links.at(-1);
    if (!newest) throw new TypeError(`The person has no link of the kind ${kind}`);
    return LINKS.tokenOf(newest.id);
  }

  /** Opens an account of the person, and funds it if `funds` is above 0. */
  async account(owner: Person, funds = 0): Promise<string> {
    const opened = await this.bank.ledger.openAccount({ kind: 'user', id: owner.id });
    if (!opened.ok) throw new TypeError(`The account was refused: ${opened.code}`);
    const { accountId } = opened.account;
    if (funds > 0) await this.fund(accountId, funds);
    return accountId;
  }

  async fund(destinationAccountId: string, amount: number): Promise<void> {
    const request = { destinationAccountId, amount: BigInt(amount), idempotencyKey: freshId() };
    await this.bank.ledger.fundAccount({ kind: 'system' }, request);
  }

  /** Returns the payee as their payer sees them, if the payer has no label for them. */
  async payeeAt(accountId: string, name: string): Promise<object> {
    const { number } = await this.bank.ledger.getAccount({ kind: 'system' }, accountId);
    return { name, account: accountId, number };
  }

  async balanceOf(accountId: string): Promise<bigint> {
    return (await this.bank.ledger.getBalance({ kind: 'system' }, accountId)).balance;
  }

  /** Sends a JSON body as the person. Its key is a new one, unless the body has one. */
  send(route: string, { token }: Person, body: object = {}): Promise<Answer> {
    return this.call(route, { as: token, body: { idempotencyKey: freshId(), ...body } });
  }
}

type ProblemText = {
  readonly component?: string;
  readonly since?: string;
  readonly title: string;
  readonly detail: string;
  readonly retry?: string;
  readonly transactionId?: string;
  readonly errors?: readonly FieldError[];
  readonly results?: readonly unknown[];
};

/** Expects exactly this status and body. */
export function expectAnswer({ status, body }: Answer, expected: Pick<Answer, 'status' | 'body'>): void {
  expect({ status, body }).toEqual(expected);
}

/** The whole answer with a problem. */
export function problem(
  status: number,
  code: string,
  { title, detail, retry = 'never', ...more }: ProblemText,
): Pick<Answer, 'status' | 'body'> {
  const body = { type: `/docs/errors#${code}`, title, status, detail, message: detail, code, retry, ...more };
  return { status, body };
}

export type Fault = readonly [field: string, message: string];

/**
 * The response to a malformed request, with the rule for each field at fault. What was sent and advice may follow a
 * rule: the tests of common mistakes state them.
 */
export function invalid(...errors: readonly Fault[]) {
  const said = errors.map(([field, rule]) => `${literally(`"${field}" ${rule}`)}${REST}`);
  return problem(400, 'invalid_request', {
    title: 'Bad Request',
    detail: matching(`The request is not valid: ${said.join('; ')}`),
    errors: errors.map(([field, rule]) => ({ field, message: matching(`${literally(rule)}${REST}`) })),
  });
}

const REST = '(, and (is|has) .+|: .+)?';

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function matching(pattern: string): string {
  return expect.stringMatching(new RegExp(`^${pattern}$`, 's')) as string;
}

/** The response to a used key with a request that differs in this field. */
export function keyReused(field: string): Pick<Answer, 'status' | 'body'> {
  const message = 'differs from the request first made with this key';
  return problem(422, 'idempotency_key_reused', {
    title: 'Unprocessable Entity',
    detail: `This key was used for another request: "${field}" ${message}`,
    errors: [{ field, message }],
  });
}

/** The response to a refusal, with the catalogue's text. */
export function refusal(
  status: 400 | 404 | 409,
  code: ErrorCode,
  more: Pick<ProblemText, 'transactionId'> = {},
): Pick<Answer, 'status' | 'body'> {
  const { meaning: detail, retry } = errorCatalogue[code];
  return problem(status, code, { title: STATUS_CODES[status] ?? '', detail, retry, ...more });
}

/** Expects the second answer to repeat the first, byte for byte, and to be marked as a replay. */
export function expectReplay(again: Answer, first: Answer): void {
  expect([again.status, again.text]).toEqual([first.status, first.text]);
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect(again.headers.get('idempotent-replayed')).toBe('true');
}

export type Balance = {
  readonly accountId: string;
  readonly balance: number;
  readonly held: number;
  readonly available: number;
};

/** The response to a transfer: the fields that every one has. */
export type TransferBody = {
  readonly transaction: { readonly id: string; readonly status: string; readonly [field: string]: unknown };
  readonly balances: readonly Balance[];
};

export function transferIn({ body }: Answer): TransferBody {
  return body as TransferBody;
}

export function idIn(answer: Answer): string {
  return transferIn(answer).transaction.id;
}

export const SESSION_EXPIRED = problem(401, 'session_expired', {
  title: 'Unauthorized',
  detail: 'The session has ended, sign in again and repeat the request with the same key',
  retry: 'same_key',
});

export const INVALID_TOKEN = problem(401, 'invalid_token', {
  title: 'Unauthorized',
  detail: 'The session token is not valid, sign in and repeat the request with the same key',
  retry: 'same_key',
});

export const UNAUTHENTICATED = problem(401, 'unauthenticated', {
  title: 'Unauthorized',
  detail:
    'Sign in first: send the token of a session in the header "Authorization: Bearer TOKEN", or send its cookie',
});
