/** A route whose requests carry an idempotency key. */
export type IntentRoute =
  | 'POST /api/accounts'
  | 'PUT /api/accounts/{accountId}/metadata'
  | 'POST /api/accounts/{accountId}/close'
  | 'POST /api/transactions'
  | 'POST /api/transactions/batch'
  | 'POST /api/transactions/{transactionId}/capture'
  | 'POST /api/transactions/{transactionId}/void'
  | 'POST /api/transactions/{transactionId}/reverse'
  | 'POST /api/transactions/system/initial-funds'
  | 'POST /api/system/withdrawals'
  | 'POST /api/system/exchanges'
  | 'POST /api/system/accounts/{accountId}/freeze'
  | 'POST /api/system/accounts/{accountId}/unfreeze'
  | 'PUT /api/system/accounts/{accountId}/limits';

/**
 * A request whose outcome is not known yet. It holds all that is needed to send the same bytes again, and no secret.
 * It is open while it is in the store.
 */
export type Intent = {
  /** Name of the record in the store: 32 hexadecimal digits. */
  readonly id: string;
  /** The idempotency key, which every attempt carries. */
  readonly key: string;
  /** URL of the bank. */
  readonly server: string;
  /** Id of the user who began it. It is never sent as anybody else. */
  readonly userId: string;
  readonly route: IntentRoute;
  readonly path: string;
  /** The body of the request: JSON, byte for byte. */
  readonly body: string;
  /** RFC 3339, in UTC. */
  readonly createdAt: string;
  /** True once the caller has aborted the call. Such an intent is not sent again by default. */
  readonly isAborted: boolean;
};

/**
 * Keeps intents while they are open. Processes, tabs and clients may share one: each client takes only the intents of
 * its own server and user.
 */
export interface IntentStore {
  /**
   * Writes the intent, or replaces the one with its id. Resolves once the intent survives the end of the program. If
   * it throws or rejects, nothing is sent.
   */
  put(intent: Intent): void | Promise<void>;
  /** Removes the intent with this id. Does nothing if there is none. */
  remove(id: string): void | Promise<void>;
  /** Returns all intents, in any order. */
  list(): readonly Intent[] | Promise<readonly Intent[]>;
}

/** Keeps intents in memory. They end with the program, so an interrupted payment stays unknown. */
export function memoryIntents(): IntentStore {
  const intents = new Map<string, Intent>();
  return {
    put: (intent) => void intents.set(intent.id, intent),
    remove: (id) => void intents.delete(id),
    list: () => [...intents.values()],
  };
}

const PREFIX = 'passbook-intent:';

/**
 * Keeps intents in a browser, one item each. Survives a reload. All tabs of the origin share them.
 * @param storage default: `localStorage`. `sessionStorage` keeps the intents of one tab
 */
export function localStorageIntents(storage: Storage = globalThis.localStorage): IntentStore {
  return {
    put: (intent) => storage.setItem(`${PREFIX}${intent.id}`, JSON.stringify(intent)),
    remove: (id) => storage.removeItem(`${PREFIX}${id}`),
    list: () =>
      Object.keys(storage)
        .filter((name) => name.startsWith(PREFIX))
        .flatMap((name) => {
          // Another tab may have removed it since
          const text = storage.getItem(name);
          return text === null ? [] : [JSON.parse(text) as Intent];
        }),
  };
}
