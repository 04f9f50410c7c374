import { createClient, memoryIntents } from '../../src/client/index.ts';
import type { Client, ClientEvent, ClientOptions, Intent, IntentStore } from '../../src/client/index.ts';
import { Edge } from './edge.ts';
import type { Person } from './edge.ts';

export const BANK_URL = 'https://bank.example';

/** A request as it left the client. */
export type Sent = {
  readonly route: string;
  readonly headers: Headers;
  readonly body: string;
  readonly key: string | null;
};

/** Changes the fate of a request. `pass` carries it out. Undefined counts as `pass`. */
type Fault = (pass: () => Promise<Response>, request: Request) => Promise<Response>;

/** The answer is lost after the bank has carried the request out. */
export const lostAnswer: Fault = async (pass) => {
  await pass();
  throw new TypeError('fetch failed');
};

/** The request never reaches the bank. */
export const lostRequest: Fault = async () => {
  throw new TypeError('fetch failed');
};

export function answers(
  status: number,
  code: string,
  more: { retry?: string; headers?: Record<string, string> } = {},
): Fault {
  const { retry = 'same_key', headers = {} } = more;
  const type = { 'Content-Type': 'application/problem+json' };
  return async () =>
    new Response(JSON.stringify({ code, retry, detail: code, status }), {
      status,
      headers: { ...type, ...headers },
    });
}

/** A client of a bank in memory, over a wire that a test can break. */
export class Teller {
  readonly edge: Edge;
  readonly client: Client;
  readonly store: IntentStore;
  readonly sent: Sent[] = [];
  readonly events: ClientEvent[] = [];
  /** Faults of the next requests with a key, in order. */
  readonly faults: Fault[] = [];
  /** The cookie of a browser, which the server's answers replace. */
  cookie: string | undefined;
  /** Whether answers hide their cookies from the client, as in a browser. */
  hidesCookies = false;

  constructor({
    edge = new Edge(),
    intents = memoryIntents(),
    ...options
  }: { edge?: Edge } & Partial<ClientOptions> = {}) {
    this.edge = edge;
    this.store = intents;
    this.client = createClient({
      url: BANK_URL,
      fetch: (input, init) => this.#fetch(new Request(input, init)),
      onEvent: (event) => this.events.push(event),
      firstDelayMs: 1,
      maxDelayMs: 4,
      intents,
      ...options,
    });
  }

  /** Requests that carried a key. */
  get payments(): readonly Sent[] {
    return this.sent.filter(({ key }) => key !== null);
  }

  async open(): Promise<readonly Intent[]> {
    return this.store.list();
  }

  async #fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const key = request.headers.get('Idempotency-Key');
    const body = await request.clone().text();
    this.sent.push({ route: `${request.method} ${pathname}`, headers: request.headers, body, key });
    const headers = new Headers(request.headers);
    if (this.cookie !== undefined) {
      headers.set('Cookie', this.cookie);
      headers.set('Sec-Fetch-Site', 'same-origin');
    }
    const init = { method: request.method, headers, ...(body === '' ? {} : { body }) };
    const pass = async () => {
      const response = await this.edge.app.request(request.url, init);
      if (this.hidesCookies) response.headers.delete('Set-Cookie');
      return response;
    };
    const fault = key === null ? undefined : this.faults.shift();
    return fault ? fault(pass, request) : pass();
  }
}

/** A teller for a new customer with funds, and an account to pay to. */
export async function aPayer(options: ConstructorParameters<typeof Teller>[0] = {}) {
  const edge = options.edge ?? new Edge();
  const alice = await edge.register('Alice');
  const bob = await edge.register('Bob');
  const fromAccount = await edge.account(alice, 1_000);
  const toAccount = await edge.account(bob);
  const teller = new Teller({ token: alice.token, ...options, edge });
  const order = { fromAccount, toAccount, amount: 100n };
  /** Amount that has arrived so far. */
  const paid = () => edge.balanceOf(toAccount);
  return { edge, alice, bob, teller, client: teller.client, order, paid };
}

export function cookieOf({ token }: Person): string {
  return `session=${token}`;
}
