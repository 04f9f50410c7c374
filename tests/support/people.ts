import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import {
  apiKeyFormat,
  createFactorTools,
  createLinkTokens,
  createRefreshTokens,
} from '../../src/adapters/security/index.ts';
import { sha256OfHex } from '../../src/adapters/system.ts';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import { assembleBank } from '../../src/application/bank.ts';
import type { BankPorts } from '../../src/application/bank.ts';
import type { Logger } from '../../src/application/ports/runtime.ts';
import type { Mailer } from '../../src/application/ports/outbox.ts';
import type { PasswordHasher, TokenClaims, TokenIssuer } from '../../src/application/ports/user-store.ts';
import type { Notification } from '../../src/domain/entities/notification.ts';
import type { User } from '../../src/domain/entities/user.ts';
import { FixedClock, ids } from '../../src/testing/fixtures/builders.ts';
import { MemoryCheckpoints } from './checkpoints.ts';

/** A hasher that neither hides a password nor takes time. It records the hashes it compares. */
class PlainHasher implements PasswordHasher {
  readonly verified: (string | undefined)[] = [];

  async hash(password: string): Promise<string> {
    return `new:${password}`;
  }

  async verify(password: string, hash: string | undefined): Promise<boolean> {
    this.verified.push(hash);
    return hash === `new:${password}` || hash === `old:${password}`;
  }

  isOutdated(hash: string): boolean {
    return hash.startsWith('old:');
  }
}

/** Issues numbered tokens from a list, so that none can be forged. They never expire. */
class BookOfTokens implements TokenIssuer {
  readonly #claims = new Map<string, TokenClaims>();

  async issue(claims: TokenClaims): Promise<string> {
    const token = `token-${this.#claims.size + 1}`;
    this.#claims.set(token, claims);
    return token;
  }

  async verify(token: string): Promise<TokenClaims | undefined> {
    return this.#claims.get(token);
  }

  async hasExpired(): Promise<boolean> {
    return false;
  }
}

/** Tokens of links in mails. */
export const LINKS = createLinkTokens(['a-secret-of-the-tests-and-of-nothing-else']);

export const HOUR_MS = 3_600_000;

/** A bank with users, over a memory store that runs every unit of work twice. */
export function aBankOfPeople(ports: Partial<BankPorts> = {}) {
  const clock = new FixedClock();
  const store = createMemoryStore({ rehearsals: 1 });
  const hasher = new PlainHasher();
  const tokens = new BookOfTokens();
  const commits: string[] = [];
  const log = new RecordingLog();
  const bank = assembleBank({
    store,
    clock,
    ids,
    digest: sha256,
    hexDigest: sha256OfHex,
    checkpoints: new MemoryCheckpoints().ports,
    hasher,
    tokens,
    apiKeyFormat,
    defaultCurrency: 'EUR',
    accountPrefix: 'PB',
    accountsPerOwner: null,
    notify: true,
    refreshTokens: createRefreshTokens(['a-secret-of-refresh-tokens']),
    sessionLifetimeMs: HOUR_MS,
    // As long as a session, unless a test is about renewal
    accessTokenLifetimeMs: ports.sessionLifetimeMs ?? HOUR_MS,
    log,
    links: LINKS,
    wait: async () => {},
    isCommonPassword: (password) => password === 'password1',
    factorTools: createFactorTools({
      secrets: ['a secret of the tests, and of nothing else'],
      clock: ports.clock ?? clock,
    }),
    onCommit: () => commits.push('committed'),
    ...ports,
  });
  return { bank, clock, store, hasher, tokens, commits, log };
}

type Answer = Awaited<ReturnType<Mailer['send']>> | Error | Promise<void>;

/** A mailer that records its mails. A test sets how attempts end. Default: sent. */
export class RecordingMailer implements Mailer {
  readonly sent: { message: Notification; recipient: User }[] = [];
  isAsked = false;
  readonly #answers: Answer[];

  constructor(...answers: Answer[]) {
    this.#answers = answers;
  }

  /** Makes the next `count` attempts fail. */
  fail(count: number): void {
    this.#answers.push(...Array.from({ length: count }, () => new Error('451 later')));
  }

  async send(message: Notification, recipient: User): ReturnType<Mailer['send']> {
    this.isAsked = true;
    const answer = await this.#answers.shift();
    if (answer instanceof Error) throw answer;
    if (answer !== 'refused') this.sent.push({ message, recipient });
    return answer ?? 'sent';
  }
}

export class RecordingLog implements Logger {
  readonly lines: string[] = [];
  readonly infos: object[] = [];

  info(facts: object, event: string): void {
    this.infos.push(facts);
    this.lines.push(`info: ${event}`);
  }

  warn(_facts: object, event: string): void {
    this.lines.push(`warn: ${event}`);
  }

  error(_facts: object, event: string): void {
    this.lines.push(`error: ${event}`);
  }
}
