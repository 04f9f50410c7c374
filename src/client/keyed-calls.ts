import type { ErrorCode } from '../domain/errors.ts';
import { requestText } from './amounts.ts';
import { IdempotencyKeyReusedError } from './api-errors.ts';
import type { HttpConnection } from './http-connection.ts';
import { ApiError, IntentStoreError, OpenIntentError, RefusalError } from './errors.ts';
import type { Intent, IntentRoute, IntentStore } from './intents.ts';
import type { CallOptions, ClientSession } from './client-session.ts';
import type { ApiKeyedOperation } from './requests.ts';
import type { ApiAccount, ApiBatchResult, ApiKeyOutcome, ApiOutcome, ApiTransferResult } from './types.ts';

/** Terms of a call with an idempotency key. */
export type KeyedOptions = CallOptions & {
  /**
   * Idempotency key: 1 to 255 printable ASCII characters. Default: the key of an equal open intent, or else a new one.
   * A key of your own, such as an order's number, keeps a payment single even if the whole program runs again.
   */
  readonly key?: string | undefined;
};

/** Terms of `settleOpenIntents`. The time limit counts for all intents together. */
export type SettleOptions = CallOptions & {
  /**
   * Decides whether an intent may be sent again. Otherwise the bank is only asked whether it happened. Default: all may
   * but aborted ones.
   */
  readonly resend?: ((intent: Intent) => boolean) | undefined;
};

/** An intent and its outcome. */
export type SettledIntent =
  /** It took effect, now or before. `answer` is that of the route, or the bank's outcome of the key. */
  | {
      readonly state: 'done';
      readonly intent: Intent;
      readonly answer:
        | ApiTransferResult
        | ApiBatchResult
        | { readonly account: ApiAccount }
        | ApiOutcome
        | { readonly results: readonly ApiOutcome[] };
    }
  /** It did not take effect and never will. */
  | {
      readonly state: 'refused';
      readonly intent: Intent;
      readonly code: ErrorCode;
      /** The rejected transaction that was kept. */
      readonly transactionId?: string | undefined;
    }
  /** The outcome is still unknown, and the intent stays in the store. */
  | { readonly state: 'open'; readonly intent: Intent; readonly error: unknown };

/** The routes whose outcome the bank can find by key, with their names there. All of them move money. */
const OPERATIONS: Partial<Record<IntentRoute, ApiKeyedOperation>> = {
  'POST /api/transactions': 'transfer',
  'POST /api/transactions/batch': 'batch',
  'POST /api/transactions/{transactionId}/capture': 'capture',
  'POST /api/transactions/{transactionId}/void': 'void',
  'POST /api/transactions/{transactionId}/reverse': 'reverse',
  'POST /api/transactions/system/initial-funds': 'initial_funds',
  'POST /api/system/withdrawals': 'withdrawal',
  'POST /api/system/exchanges': 'exchange',
};

const KEY = /^[ -~]{1,255}$/;

const FIELDS = ['server', 'userId', 'route', 'path', 'body'] as const;

/** A request before it has a key. */
type Draft = Pick<Intent, (typeof FIELDS)[number]>;

/**
 * Makes calls with a key so that each intent takes effect at most once, through lost answers and restarts.
 *
 * An intent is in the store from before its first byte until its outcome is proven: an answer of success, a refusal
 * that is recorded under the key, or a failure of an only attempt that did nothing. A second attempt can prove less: its
 * refusal by anything but a rule, such as an ended session, says nothing about the first.
 */
export class KeyedCalls {
  readonly #connection: HttpConnection;
  readonly #session: ClientSession;
  readonly #store: IntentStore;
  readonly #inFlight = new Set<string>();
  /** Intents that this client gave up on. */
  readonly #givenUp = new Map<string, Intent>();
  /** Intents that an earlier program left in the store. */
  #leftOver: Promise<readonly Intent[]> | undefined;

  constructor(ports: { connection: HttpConnection; session: ClientSession; store: IntentStore }) {
    this.#connection = ports.connection;
    this.#session = ports.session;
    this.#store = ports.store;
  }

  /** Makes the call under one key. @throws OpenIntentError if the outcome is not known in the end */
  async call(
    { route, path, body }: { route: IntentRoute; path: string; body: object },
    options: KeyedOptions = {},
  ): Promise<unknown> {
    const { key, signal } = options;
    if (key !== undefined && !KEY.test(key))
      throw new TypeError('A key has 1 to 255 printable ASCII characters');
    const endsAt = performance.now() + (options.timeoutMs ?? this.#session.timeoutMs);
    const text = requestText(body);
    const userId = await this.#session.userId(options);
    const draft = { route, path, body: text, server: this.#connection.server, userId };
    const open = await this.#takeEqual(draft, key);
    const intent = open === undefined ? newIntent(draft, key) : { ...open, isAborted: false };
    this.#inFlight.add(intent.id);
    try {
      await this.#put(intent);
      const timeoutMs = Math.max(1, endsAt - performance.now());
      return await this.#carryOut(intent, { signal, timeoutMs, mayBeDone: open !== undefined });
    } catch (error) {
      // A store that fails half way must not bring up an intent that the caller believes was never sent
      if (error instanceof IntentStoreError && open === undefined) await this.#forget(intent);
      if (!(error instanceof OpenIntentError)) throw error;
      await this.#giveUp(intent, signal);
      signal?.throwIfAborted();
      throw error;
    } finally {
      this.#inFlight.delete(intent.id);
    }
  }

  /** Makes the call as a dry run, which changes nothing and so is no intent. */
  async dryRun(
    { route, path, body }: { route: IntentRoute; path: string; body: object },
    options: CallOptions,
  ): Promise<unknown> {
    const wire = { route, path: `${path}?dryRun=true`, body: requestText(body), key: newId() };
    return this.#session.call(wire, options);
  }

  /** Settles the open intents of this server and user, oldest first, but none that is under way here. */
  async settle(options: SettleOptions = {}): Promise<SettledIntent[]> {
    const { signal, resend = ({ isAborted }) => !isAborted } = options;
    const endsAt = performance.now() + (options.timeoutMs ?? this.#session.timeoutMs);
    const { id: userId } = await this.#session.me(options);
    const open = (await this.#list())
      .filter((intent) => intent.server === this.#connection.server && intent.userId === userId)
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    const settled: SettledIntent[] = [];
    for (const intent of open) {
      if (this.#inFlight.has(intent.id)) continue;
      this.#inFlight.add(intent.id);
      try {
        const terms = { signal, timeoutMs: Math.max(1, endsAt - performance.now()) };
        const isAsked = !resend(intent);
        settled.push(await (isAsked ? this.#ask(intent, terms) : this.#sendAgain(intent, terms)));
      } finally {
        this.#inFlight.delete(intent.id);
      }
    }
    return settled;
  }

  async #sendAgain(intent: Intent, options: CallOptions): Promise<SettledIntent> {
    try {
      const answer = await this.#carryOut(intent, { ...options, mayBeDone: true });
      return { state: 'done', intent, answer: answer as ApiTransferResult };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof ApiError) return refused(intent, error);
      const cause = error instanceof OpenIntentError ? error.cause : error;
      // The bank takes the request no longer, but may have taken it before
      if (cause instanceof ApiError && cause.retry === 'never') return this.#ask(intent, options);
      return { state: 'open', intent, error: cause };
    }
  }

  /** Asks the bank for the outcome of the key, and makes no attempt at the request. */
  async #ask(intent: Intent, options: CallOptions): Promise<SettledIntent> {
    const operation = OPERATIONS[intent.route];
    const route = 'GET /api/transactions/by-key/{key}';
    const path = `/api/transactions/by-key/${encodeURIComponent(intent.key)}?operation=${operation}`;
    try {
      if (operation === undefined) throw new TypeError(`The bank cannot look up a key of ${intent.route}`);
      const terms = { ...options, userId: intent.userId };
      const outcome = (await this.#session.call({ route, path }, terms)) as ApiKeyOutcome;
      await this.#forget(intent);
      return settledBy(intent, outcome);
    } catch (error) {
      options.signal?.throwIfAborted();
      return { state: 'open', intent, error };
    }
  }

  /** Sends the intent until its outcome is proven. @throws OpenIntentError if it is not */
  async #carryOut(
    intent: Intent,
    { signal, timeoutMs, mayBeDone }: CallOptions & { mayBeDone: boolean },
  ): Promise<unknown> {
    const { route, path, body, key, userId } = intent;
    let isUncertain = mayBeDone;
    const onLost = () => {
      isUncertain = true;
    };
    try {
      const answer = await this.#session.call(
        { route, path, body, key },
        { signal, timeoutMs, userId, onLost },
      );
      await this.#forget(intent);
      return answer;
    } catch (error) {
      const isProven = !isUncertain || (isFinal(error) && !(await this.#mayBeSomeoneElse(intent)));
      if (!isProven) throw new OpenIntentError(intent, error);
      await this.#forget(intent);
      throw error;
    }
  }

  /** A sign-in in another tab replaces the cookie. Then a retry was refused to another user. */
  async #mayBeSomeoneElse({ userId }: Intent): Promise<boolean> {
    if (!this.#session.isByCookie) return false;
    const user = await this.#session.me().catch(() => undefined);
    return user?.id !== userId;
  }

  /**
   * Finds an open intent with the same request, and takes it so that no other call does. A call that is repeated after
   * an unknown outcome thus goes on under its first key.
   */
  async #takeEqual(draft: Draft, key: string | undefined): Promise<Intent | undefined> {
    const leftOver = await (this.#leftOver ??= this.#load());
    const isEqual = (intent: Intent) =>
      !this.#inFlight.has(intent.id) && isSameRequest(intent, draft) && (key ?? intent.key) === intent.key;
    const own = [...this.#givenUp.values()].find(isEqual);
    if (own !== undefined) {
      this.#inFlight.add(own.id);
      return own;
    }
    if (!leftOver.some(isEqual)) return undefined;
    // Another client may have settled it since
    const stored = (await this.#list()).filter(({ id }) => leftOver.some((intent) => intent.id === id));
    const found = stored.find(isEqual);
    if (found !== undefined) this.#inFlight.add(found.id);
    return found;
  }

  async #load(): Promise<readonly Intent[]> {
    try {
      return await this.#list();
    } catch (error) {
      this.#leftOver = undefined;
      throw error;
    }
  }

  async #list(): Promise<readonly Intent[]> {
    try {
      return await this.#store.list();
    } catch (cause) {
      throw new IntentStoreError('The intent store cannot be read', { cause });
    }
  }

  async #put(intent: Intent): Promise<void> {
    try {
      await this.#store.put(intent);
    } catch (cause) {
      throw new IntentStoreError('The intent store cannot be written, so nothing was sent', { cause });
    }
  }

  async #giveUp(intent: Intent, signal: AbortSignal | undefined): Promise<void> {
    this.#givenUp.set(intent.id, intent);
    if (!signal?.aborted) return;
    await this.#report(intent, () => this.#store.put({ ...intent, isAborted: true }));
  }

  /** Removes a settled intent. If that fails, a later settling finds the same outcome. */
  async #forget(intent: Intent): Promise<void> {
    this.#givenUp.delete(intent.id);
    await this.#report(intent, () => this.#store.remove(intent.id));
  }

  async #report(intent: Intent, change: () => void | Promise<void>): Promise<void> {
    try {
      await change();
    } catch (error) {
      this.#connection.report({ type: 'store_failed', intentId: intent.id, error });
    }
  }
}

/** Whether the error is recorded under the key, so that no attempt will ever have another outcome. */
function isFinal(error: unknown): boolean {
  return error instanceof RefusalError || error instanceof IdempotencyKeyReusedError;
}

function isSameRequest(intent: Intent, draft: Draft): boolean {
  return FIELDS.every((field) => intent[field] === draft[field]);
}

function settledBy(intent: Intent, outcome: ApiKeyOutcome): SettledIntent {
  if ('results' in outcome) {
    const isRefused = isLinked(intent) && outcome.results.some((one) => refusalIn(one) !== undefined);
    if (isRefused) return refused(intent, { code: 'linked_transfer_failed' });
    return { state: 'done', intent, answer: outcome };
  }
  const refusal = refusalIn(outcome);
  return refusal ? refused(intent, refusal) : { state: 'done', intent, answer: outcome };
}

function refusalIn(outcome: ApiOutcome): { code: ErrorCode; transactionId?: string } | undefined {
  if (outcome.transaction === null) return { code: outcome.code };
  const { code, id } = outcome.transaction;
  return code === undefined ? undefined : { code, transactionId: id };
}

/** Whether a batch succeeds or fails as a whole, as an exchange always does. */
function isLinked({ route, body }: Intent): boolean {
  return route === 'POST /api/system/exchanges' || (JSON.parse(body) as { linked?: boolean }).linked === true;
}

function refused(
  intent: Intent,
  { code, transactionId }: { code: ErrorCode; transactionId?: string | undefined },
): SettledIntent {
  return { state: 'refused', intent, code, ...(transactionId === undefined ? {} : { transactionId }) };
}

function newIntent(draft: Draft, key: string | undefined): Intent {
  const id = newId();
  return { id, key: key ?? id, ...draft, createdAt: new Date().toISOString(), isAborted: false };
}

/** 128 random bits. `crypto.randomUUID` is missing on pages without https. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
