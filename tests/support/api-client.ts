import { randomUUID } from 'node:crypto';

type Answer = { readonly status: number; readonly body: unknown };

/** A signed-in user, with the session's token. */
export type SignedIn = { readonly token: string; readonly userId: string; readonly role: string };

/** A client of a server's API, for one user. */
export class ApiClient implements SignedIn {
  readonly token: string;
  readonly userId: string;
  readonly role: string;
  readonly #origin: string;

  constructor(origin: string, { token, userId, role }: SignedIn) {
    this.#origin = origin;
    this.token = token;
    this.userId = userId;
    this.role = role;
  }

  static async register(
    origin: string,
    person: { name: string; email: string; password: string },
  ): Promise<ApiClient> {
    return ApiClient.#signedIn(origin, '/api/auth/register', person);
  }

  static async signIn(origin: string, person: { email: string; password: string }): Promise<ApiClient> {
    return ApiClient.#signedIn(origin, '/api/auth/login', person);
  }

  static async #signedIn(origin: string, path: string, body: object): Promise<ApiClient> {
    const answer = await call(`${origin}${path}`, { method: 'POST', body });
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}`);
    const { user, token } = answer.body as { user: { id: string; role: string }; token: string };
    return new ApiClient(origin, { token, userId: user.id, role: user.role });
  }

  get(path: string): Promise<Answer> {
    return call(`${this.#origin}${path}`, { token: this.token });
  }

  /** Opens an account. Returns its id. */
  async openAccount(): Promise<string> {
    const { body } = await this.#post('/api/accounts', {});
    return (body as { account: { id: string } }).account.id;
  }

  async balance(accountId: string): Promise<number> {
    const { body } = await this.get(`/api/accounts/balance/${accountId}`);
    return (body as { balance: number }).balance;
  }

  /** Funds an account. Returns the transfer's id. */
  async fund(to: { toAccount: string; amount: number }): Promise<string> {
    const { status, body } = await this.#post('/api/transactions/system/initial-funds', {
      ...to,
      idempotencyKey: randomUUID(),
    });
    if (status !== 200) throw new Error(`Initial funds were answered with ${status}`);
    return (body as { transaction: { id: string } }).transaction.id;
  }

  /** Makes a transfer. @throws TypeError if the server cannot be reached */
  async pay(transfer: {
    from: string;
    to: string;
    amount: number;
    key: string;
    connection?: 'close';
  }): Promise<{ status: number; id: string; code: string }> {
    const { from, to, amount, key, connection } = transfer;
    const { status, body } = await this.#post(
      '/api/transactions',
      { fromAccount: from, toAccount: to, amount, idempotencyKey: key },
      connection && { connection },
    );
    const { transaction, code = '' } = body as { transaction?: { id: string }; code?: string };
    return { status, id: transaction?.id ?? '', code };
  }

  #post(path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
    return call(`${this.#origin}${path}`, { method: 'POST', token: this.token, body, headers });
  }
}

async function call(
  url: string,
  request: { method?: string; token?: string; body?: object; headers?: Record<string, string> },
): Promise<Answer> {
  const { method = 'GET', token, body, headers } = request;
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
