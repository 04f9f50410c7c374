/**
 * A bank over HTTP: its server in a process of its own, and this process as its signed-in customers, each connection
 * one of them. The routes are those of the API's first table, which the Express bank has too.
 */
import { randomUUID } from 'node:crypto';
import { inParallel, post } from './bank-client.ts';
import { HttpConnection } from './http-connection.ts';
import type { Contender, Point } from './measure.ts';
import { auditBooks, openStore } from './passbook.ts';
import type { Place } from './passbook.ts';
import { startServer } from './servers.ts';
import type { Server, ServerKind } from './servers.ts';
import { draw, drawAmount, FUNDS } from './workload.ts';

const ACCOUNTS_PER_USER = 4;

export type User = {
  readonly email: string;
  readonly password: string;
  /** The address that they registered from. */
  readonly from: string;
  readonly token: string;
  readonly accountIds: readonly string[];
};

export type HttpOptions = {
  readonly servers: number;
  readonly users: number;
  readonly profile: boolean;
  /** Settings of the servers beside those of all. */
  readonly environment?: Readonly<Record<string, string>>;
};

export async function openHttp(kind: ServerKind, place: Place, options: HttpOptions): Promise<Contender> {
  const servers: Server[] = [];
  try {
    while (servers.length < options.servers) {
      servers.push(await startServer(kind, place, options));
    }
    const [first] = servers;
    if (!first) throw new TypeError('there must be a server');
    const users = kind === 'bare-hono' ? strangers(options.users) : await register(first, options.users);
    return new HttpContender({ kind, place, servers, users });
  } catch (error) {
    await Promise.all(servers.map((server) => server.stop()));
    throw error;
  }
}

type Parts = {
  readonly kind: ServerKind;
  readonly place: Place;
  readonly servers: readonly Server[];
  readonly users: readonly User[];
};

class HttpContender implements Contender {
  readonly servers: readonly number[];
  readonly #kind: ServerKind;
  readonly #place: Place;
  readonly #servers: readonly Server[];
  readonly #users: readonly User[];
  readonly #accountIds: readonly string[];
  #connections: HttpConnection[] = [];
  #unit = 1;

  constructor({ kind, place, servers, users }: Parts) {
    this.servers = servers.map(({ pid }) => pid);
    this.#kind = kind;
    this.#place = place;
    this.#servers = servers;
    this.#users = users;
    this.#accountIds = users.flatMap(({ accountIds }) => accountIds);
  }

  async begin({ inFlight, unit }: Point): Promise<void> {
    this.#unit = unit;
    this.#disconnect();
    this.#connections = await Promise.all(
      Array.from({ length: inFlight }, (_, index) =>
        HttpConnection.open((this.#servers[index % this.#servers.length] as Server).port),
      ),
    );
  }

  async step(worker: number): Promise<void> {
    const { token, accountIds } = this.#users[worker % this.#users.length] as User;
    const key = `"idempotencyKey":"${randomUUID()}"`;
    const transfers = Array.from({ length: this.#unit }, () => this.#drawTransfer(accountIds));
    const [path, body] =
      this.#unit === 1
        ? ['/api/transactions', `{${transfers[0]},${key}}`]
        : ['/api/transactions/batch', `{"transfers":[{${transfers.join('},{')}}],${key}}`];
    const answer = await (this.#connections[worker] as HttpConnection).send({
      method: 'POST',
      path,
      token,
      body,
    });
    if (answer.status !== 200 || answer.body.includes('"problem":')) {
      throw new Error(`${answer.status} ${answer.body}`);
    }
  }

  #drawTransfer(accountIds: readonly string[]): string {
    const fromAccount = accountIds[draw(accountIds.length)] as string;
    let toAccount = fromAccount;
    while (toAccount === fromAccount) toAccount = this.#accountIds[draw(this.#accountIds.length)] as string;
    return `"fromAccount":"${fromAccount}","toAccount":"${toAccount}","amount":${drawAmount()}`;
  }

  async check(acknowledged: number): Promise<void> {
    if (this.#kind === 'bare-hono') return;
    await this.#checkBalances();
    if (this.#kind === 'sqlite' || this.#kind === 'mongo') await this.#checkBooks(this.#kind, acknowledged);
  }

  async #checkBalances(): Promise<void> {
    const { port } = this.#servers[0] as Server;
    let sum = 0;
    await inParallel(this.#users, port, async (user, ask) => {
      for (const id of user.accountIds) {
        const { balance } = await ask<{ balance: number }>({
          method: 'GET',
          path: `/api/accounts/balance/${id}`,
          token: user.token,
        });
        sum += balance;
      }
    });
    const expected = this.#accountIds.length * FUNDS;
    if (sum !== expected) throw new Error(`the balances add up to ${sum}, not ${expected}`);
  }

  /** In the store itself, when its servers are gone. */
  async #checkBooks(kind: 'sqlite' | 'mongo', acknowledged: number): Promise<void> {
    await this.close();
    const store = await openStore(kind, this.#place);
    const nothing = { sequence: 0, balance: 0n };
    const { entries } = await auditBooks(store, new Map(this.#accountIds.map((id) => [id, nothing])));
    await store.close();
    const expected = this.#accountIds.length + 2 * acknowledged;
    if (entries !== expected) throw new Error(`there are ${entries} entries, not ${expected}`);
  }

  async close(): Promise<void> {
    this.#disconnect();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }

  #disconnect(): void {
    for (const connection of this.#connections) connection.close();
  }
}

/** The Express bank calls an id `_id`. */
type Account = { readonly account: { readonly id?: string; readonly _id?: string } };

export async function register({ port, makeSystem }: Server, count: number): Promise<User[]> {
  const password = randomUUID();
  const users: User[] = [];
  const numbers = Array.from({ length: count }, (_, index) => index);
  await inParallel(numbers, port, async (number, ask) => {
    const email = `${randomUUID()}@example.org`;
    const customer = { name: `Customer ${number}`, email, password };
    // Each from a network of their own: registrations are counted by address
    const from = `10.${number >> 8}.${number & 255}.1`;
    const { token } = await post<{ token: string }>(ask, '/api/auth/register', customer, { from });
    const accountIds: string[] = [];
    while (accountIds.length < ACCOUNTS_PER_USER) {
      const { account } = await ask<Account>({ method: 'POST', path: '/api/accounts', token });
      accountIds.push(account.id ?? account._id ?? '');
    }
    users.push({ email, password, from, token, accountIds });
  });
  const systemToken = await makeSystem(port);
  await inParallel(
    users.flatMap(({ accountIds }) => accountIds),
    port,
    (toAccount, ask) =>
      post(
        ask,
        '/api/transactions/system/initial-funds',
        { toAccount, amount: FUNDS, idempotencyKey: randomUUID() },
        { token: systemToken },
      ),
  );
  return users;
}

/** Who has an account somewhere else: the bare route asks for nothing. */
function strangers(count: number): User[] {
  return Array.from({ length: count }, () => ({
    email: '',
    password: '',
    from: '',
    token: '',
    accountIds: Array.from({ length: ACCOUNTS_PER_USER }, () => randomUUID()),
  }));
}
