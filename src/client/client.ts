import { requestText } from './amounts.ts';
import type { Client, DryRunOptions, MoneyCall, SystemClient } from './client-interface.ts';
import { HttpConnection } from './http-connection.ts';
import type { ClientEvent, WireRequest } from './http-connection.ts';
import { memoryIntents } from './intents.ts';
import type { IntentStore } from './intents.ts';
import { KeyedCalls } from './keyed-calls.ts';
import type { KeyedOptions } from './keyed-calls.ts';
import { listOfPages } from './pages.ts';
import { payeesClient } from './payee-calls.ts';
import { profileClient } from './profile-calls.ts';
import type {
  ApiBatchRequest,
  ApiCredentials,
  ApiExchange,
  ApiHistoryFilter,
  ApiPaging,
} from './requests.ts';
import type { AnswerOf, KeyedRoute, RequestTo, Route } from './routes.ts';
import { secondFactorsClient } from './second-factor-calls.ts';
import { ClientSession } from './client-session.ts';
import type { CallOptions, RetryTerms, Terms } from './client-session.ts';
import type { ApiDryRunResult, ApiNewKey, ApiTransferResult, ApiStaffUser, ApiUser } from './types.ts';

export type ClientOptions = RetryTerms & {
  /** URL of the bank, such as `https://bank.example`. */
  readonly url: string;
  /** Keeps the intents of payments. Default: memory, which ends with the program. */
  readonly intents?: IntentStore | undefined;
  /** Token of a running session, or an API key. Default: none until `signIn`. A browser's cookie then decides who is signed in. */
  readonly token?: string | undefined;
  /** Gives the credentials to sign in with, when a call finds the session missing or ended. */
  readonly credentials?: (() => ApiCredentials | Promise<ApiCredentials>) | undefined;
  /** Replaces the platform's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Receives every attempt for a log. No event holds a token, a password, a body or a query. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
};

type ApiStaffUsers = { readonly users: readonly ApiStaffUser[]; readonly nextCursor: string | null };

/**
 * Creates a client of a bank. Nothing is sent yet.
 * @example
 * const client = createClient({ url: 'http://localhost:3000' });
 * await client.signIn({ email, password });
 * const { transaction } = await client.transfer({ fromAccount, toAccount, amount: 2550n });
 * @throws TypeError for a URL that is not valid
 */
export function createClient(options: ClientOptions): Client {
  const connection = new HttpConnection(options);
  const session = new ClientSession(connection, options);
  const store = options.intents ?? memoryIntents();
  const keyed = new KeyedCalls({ connection, session, store });

  async function call<R extends Route>(route: R, request: RequestTo<R>, terms?: Terms): Promise<AnswerOf<R>> {
    return (await session.call(wireOf(route, request), terms)) as AnswerOf<R>;
  }

  async function keep<R extends KeyedRoute>(
    route: R,
    request: RequestTo<R>,
    terms: KeyedOptions | DryRunOptions = {},
  ): Promise<AnswerOf<R>> {
    const draft = { route, path: pathOf(route, request), body: request.body };
    const answer = 'dryRun' in terms ? keyed.dryRun(draft, terms) : keyed.call(draft, terms);
    return (await answer) as AnswerOf<R>;
  }

  const system: SystemClient = {
    fundAccount: money((body, terms) => keep('POST /api/transactions/system/initial-funds', { body }, terms)),
    withdrawFunds: money((body, terms) => keep('POST /api/system/withdrawals', { body }, terms)),
    exchangeFunds: (body: ApiExchange, terms?: KeyedOptions | DryRunOptions) =>
      keep('POST /api/system/exchanges', { body }, terms),
    freezeAccount: async (accountId, body, terms) =>
      (await keep('POST /api/system/accounts/{accountId}/freeze', { params: { accountId }, body }, terms))
        .account,
    unfreezeAccount: async (accountId, body, terms) =>
      (await keep('POST /api/system/accounts/{accountId}/unfreeze', { params: { accountId }, body }, terms))
        .account,
    limitAccount: async (accountId, body, terms) =>
      (await keep('PUT /api/system/accounts/{accountId}/limits', { params: { accountId }, body }, terms))
        .account,
    eraseText: (transactionId, body, terms) =>
      call(
        'POST /api/system/transactions/{transactionId}/erase-text',
        { params: { transactionId }, body },
        { ...terms, isRepeatable: false },
      ),
    audit: (paging, terms) =>
      listOfPages(async (cursor) => {
        const page = await call('GET /api/system/audit', { query: pageOf(paging, cursor) }, terms);
        return { items: page.records, nextCursor: page.nextCursor };
      }, paging?.cursor),
    makeCheckpoint: async (terms) =>
      (await call('POST /api/system/checkpoints', { body: {} }, terms)).checkpoint,
    checkpoints: (paging, terms) =>
      listOfPages(async (cursor) => {
        const page = await call('GET /api/system/checkpoints', { query: pageOf(paging, cursor) }, terms);
        return { items: page.checkpoints, nextCursor: page.nextCursor };
      }, paging?.cursor),
    getTrialBalance: (query = {}, terms) => call('GET /api/system/trial-balance', { query }, terms),
    findUser: async (email, terms) =>
      ((await call('GET /api/system/users', { query: { email } }, terms)) as { user: ApiUser }).user,
    users: (paging, terms) =>
      listOfPages(async (cursor) => {
        const page = await call('GET /api/system/users', { query: pageOf(paging, cursor) }, terms);
        const { users, nextCursor } = page as ApiStaffUsers;
        return { items: users, nextCursor };
      }, paging?.cursor),
    getUser: async (userId, terms) =>
      (await call('GET /api/system/users/{userId}', { params: { userId } }, terms)).user,
    grantRole: async (userId, body, terms) =>
      (await call('PUT /api/system/users/{userId}/role', { params: { userId }, body }, terms)).user,
    lockUser: async (userId, body, terms) =>
      (await call('POST /api/system/users/{userId}/lock', { params: { userId }, body }, terms)).user,
    unlockUser: async (userId, body, terms) =>
      (await call('POST /api/system/users/{userId}/unlock', { params: { userId }, body }, terms)).user,
    securityEvents: ({ userId, ...paging } = {}, terms) =>
      listOfPages(async (cursor) => {
        const query = { ...(userId === undefined ? {} : { userId }), ...pageOf(paging, cursor) };
        const page = await call('GET /api/system/security-events', { query }, terms);
        return { items: page.events, nextCursor: page.nextCursor };
      }, paging.cursor),
    accountsOf: (userId, paging, terms) =>
      listOfPages(async (cursor) => {
        const query = { userId, ...pageOf(paging, cursor) };
        const page = await call('GET /api/system/accounts', { query }, terms);
        return { items: page.accounts, nextCursor: page.nextCursor };
      }, paging?.cursor),
  };

  const callText = async (route: Route, terms?: Terms) =>
    (await session.call({ route, path: pathOf(route, {}), isText: true }, terms)) as string;

  return {
    profile: profileClient(call, callText),
    register: async (body, terms) => (await session.begin('POST /api/auth/register', body, terms)).user,
    signIn: async (body, terms) => (await session.begin('POST /api/auth/login', body, terms)).user,
    signInWithPasskey: async (body, terms) =>
      (await session.begin('POST /api/auth/passkeys/sign-in', body, terms)).user,
    signOut: (terms) => session.end('/api/auth/logout', terms),
    signOutEverywhere: (terms) => session.end('/api/auth/logout/everywhere', terms),
    refresh: (terms) => session.refresh(terms),
    listSessions: async (terms) => (await call('GET /api/auth/sessions', {}, terms)).sessions,
    revokeSession: (sessionId, terms) =>
      call('DELETE /api/auth/sessions/{sessionId}', { params: { sessionId }, body: {} }, terms),
    getMe: (terms) => session.me(terms),
    makeApiKey: (body, terms) =>
      call('POST /api/auth/keys', { body }, { ...terms, isRepeatable: false }) as Promise<ApiNewKey>,
    securityEvents: (paging, terms) =>
      listOfPages(async (cursor) => {
        const page = await call('GET /api/auth/security-events', { query: pageOf(paging, cursor) }, terms);
        return { items: page.events, nextCursor: page.nextCursor };
      }, paging?.cursor),
    apiKeys: async (terms) => (await call('GET /api/auth/keys', {}, terms)).apiKeys,
    revokeApiKey: (apiKeyId, terms) =>
      call('DELETE /api/auth/keys/{apiKeyId}', { params: { apiKeyId }, body: {} }, terms),
    openAccount: async (body = {}, terms) => (await keep('POST /api/accounts', { body }, terms)).account,
    accounts: (filter, terms) =>
      listOfPages(async (cursor) => {
        const query = { ...pageOf(filter, cursor), externalId: filter?.externalId };
        const page = await call('GET /api/accounts', { query }, terms);
        return { items: page.accounts, nextCursor: page.nextCursor };
      }, filter?.cursor),
    getAccount: async (accountId, terms) =>
      (await call('GET /api/accounts/{accountId}', { params: { accountId } }, terms)).account,
    renameAccount: async (accountId, name, terms) =>
      (await call('PATCH /api/accounts/{accountId}', { params: { accountId }, body: { name } }, terms))
        .account,
    setAccountMetadata: async (accountId, body, terms) =>
      (await keep('PUT /api/accounts/{accountId}/metadata', { params: { accountId }, body }, terms)).account,
    closeAccount: async (accountId, body = {}, terms) =>
      (await keep('POST /api/accounts/{accountId}/close', { params: { accountId }, body }, terms)).account,
    getBalance: (accountId, query = {}, terms) =>
      call('GET /api/accounts/balance/{accountId}', { params: { accountId }, query }, terms),
    entries: (accountId, filter, terms) =>
      listOfPages(async (cursor) => {
        const request = { params: { accountId }, query: historyOf(filter, cursor) };
        const page = await call('GET /api/accounts/{accountId}/entries', request, terms);
        return { items: page.entries, nextCursor: page.nextCursor };
      }, filter?.cursor),
    getStatement: async (accountId, query = {}, terms) =>
      (await call('GET /api/accounts/{accountId}/statement', { params: { accountId }, query }, terms))
        .statement,
    getStatementText: async (accountId, query, terms) => {
      const wire = wireOf('GET /api/accounts/{accountId}/statement', { params: { accountId }, query });
      return (await session.call({ ...wire, isText: true }, terms)) as string;
    },
    statements: (accountId, { timeZone, ...paging } = {}, terms) =>
      listOfPages(async (cursor) => {
        const query = { ...(timeZone === undefined ? {} : { timeZone }), ...pageOf(paging, cursor) };
        const route = 'GET /api/accounts/{accountId}/statements';
        const page = await call(route, { params: { accountId }, query }, terms);
        return { items: page.statements, nextCursor: page.nextCursor };
      }, paging.cursor),
    getStatementProof: (accountId, query = {}, terms) =>
      call('GET /api/accounts/{accountId}/statement-proof', { params: { accountId }, query }, terms),
    transfer: money((body, terms) => keep('POST /api/transactions', { body }, terms)),
    transferBatch: (body: ApiBatchRequest, terms?: KeyedOptions | DryRunOptions) =>
      keep('POST /api/transactions/batch', { body }, terms),
    captureHold: money((transactionId, body = {}, terms) =>
      keep('POST /api/transactions/{transactionId}/capture', { params: { transactionId }, body }, terms),
    ),
    voidHold: money((transactionId, terms) =>
      keep('POST /api/transactions/{transactionId}/void', { params: { transactionId }, body: {} }, terms),
    ),
    reverseTransaction: money((transactionId, body = {}, terms) =>
      keep('POST /api/transactions/{transactionId}/reverse', { params: { transactionId }, body }, terms),
    ),
    transactions: (filter, terms) =>
      listOfPages(async (cursor) => {
        const page = await call('GET /api/transactions', { query: historyOf(filter, cursor) }, terms);
        return { items: page.transactions, nextCursor: page.nextCursor };
      }, filter?.cursor),
    getTransaction: async (transactionId, terms) =>
      (await call('GET /api/transactions/{transactionId}', { params: { transactionId } }, terms)).transaction,
    getTransactionByKey: (key, query = {}, terms) =>
      call('GET /api/transactions/by-key/{key}', { params: { key }, query }, terms),
    settleOpenIntents: (terms) => keyed.settle(terms),
    isAlive: (terms) => isOk('GET /healthz', terms),
    isReady: (terms) => isOk('GET /readyz', terms),
    secondFactors: secondFactorsClient(call),
    payees: payeesClient(call),
    system,
  };

  async function isOk(route: 'GET /healthz' | 'GET /readyz', terms?: CallOptions): Promise<boolean> {
    try {
      await session.attempt(wireOf(route, {}), terms);
      return true;
    } catch {
      terms?.signal?.throwIfAborted();
      return false;
    }
  }
}

/** Gives a call its two signatures. The server answers a dry run as one. */
function money<Args extends readonly unknown[]>(
  make: (
    ...args: [...Args, terms?: KeyedOptions | DryRunOptions]
  ) => Promise<ApiTransferResult | ApiDryRunResult>,
): MoneyCall<Args, ApiTransferResult, ApiDryRunResult> {
  return make as MoneyCall<Args, ApiTransferResult, ApiDryRunResult>;
}

function wireOf<R extends Route>(route: R, request: RequestTo<R>): WireRequest {
  const { body } = request;
  return {
    route,
    path: pathOf(route, request),
    ...(body === undefined ? {} : { body: requestText(body) }),
  };
}

/** @throws TypeError for an id that would name another path */
function pathOf(
  route: string,
  { params = {}, query = {} }: { params?: Record<string, string> | undefined; query?: object | undefined },
): string {
  const path = route.slice(route.indexOf('/')).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name] ?? '';
    if (/^\.{0,2}$/.test(value)) throw new TypeError(`${name} must be an id`);
    return encodeURIComponent(value);
  });
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return search === '' ? path : `${path}?${search}`;
}

function pageOf({ pageSize, cursor: start }: ApiPaging = {}, cursor = start) {
  return { limit: pageSize, cursor };
}

function historyOf(filter: ApiHistoryFilter = {}, cursor: string | undefined) {
  const { pageSize, metadata = {}, ...rest } = filter;
  const pairs = Object.entries(metadata).map(([name, value]) => [`metadata.${name}`, value] as const);
  return { ...rest, ...Object.fromEntries(pairs), limit: pageSize, cursor };
}
