import type { Browser, CDPSession, Page } from 'playwright-core';
import { startServer } from '../../src/adapters/http/index.ts';
import type { RunningServer } from '../../src/adapters/http/index.ts';
import type { Edge } from './edge.ts';
import { PASSWORD } from './edge.ts';

type Body = Readonly<Record<string, unknown>>;
export type PageAnswer = { readonly status: number; readonly body: Body };
type Question = { readonly challengeId: string; readonly options: Body };
export type KeyAnswer = { readonly challengeId: string; readonly credential: Body };

/** A page of the bank in a real browser, whose virtual authenticator has a finger on its sensor. */
export class PasskeyPage {
  readonly #server: RunningServer;
  readonly #page: Page;
  readonly #devtools: CDPSession;
  readonly #authenticatorId: string;
  /** Token that the page's requests carry. Default: none. */
  token: string | undefined;

  private constructor(server: RunningServer, page: Page, devtools: CDPSession, authenticatorId: string) {
    this.#server = server;
    this.#page = page;
    this.#devtools = devtools;
    this.#authenticatorId = authenticatorId;
  }

  static async open(browser: Browser, edge: Edge): Promise<PasskeyPage> {
    const server = await startServer({ app: edge.app, port: 0, host: '127.0.0.1' });
    const page = await browser.newPage();
    // An empty page at the bank's origin
    await page.route('**/empty', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
    await page.goto(`http://localhost:${server.port}/empty`);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return new PasskeyPage(server, page, devtools, authenticatorId);
  }

  async close(): Promise<void> {
    await this.#page.close();
    await this.#server.close();
  }

  get page(): Page {
    return this.#page;
  }

  get port(): number {
    return this.#server.port;
  }

  call(route: string, body: Body = {}): Promise<PageAnswer> {
    const [method = '', path = ''] = route.split(' ');
    return this.#page.evaluate(
      async ({ method, path, body, token }) => {
        const headers = {
          'Content-Type': 'application/json',
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        };
        const response = await fetch(path, { method, headers, body: JSON.stringify(body) });
        const text = await response.text();
        return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Body };
      },
      { method, path, body, token: this.token },
    );
  }

  /** Makes a passkey and adds it. */
  async addPasskey(name: string): Promise<PageAnswer> {
    const asked = await this.call('POST /api/auth/passkeys/options', { password: PASSWORD });
    return this.call('POST /api/auth/passkeys', { name, ...(await this.create(asked)) });
  }

  async create({ body }: PageAnswer): Promise<KeyAnswer> {
    const { challengeId, options } = body as Question;
    const credential = await this.#page.evaluate(async (json) => {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
        json as unknown as PublicKeyCredentialCreationOptionsJSON,
      );
      const made = (await globalThis.navigator.credentials.create({ publicKey })) as PublicKeyCredential;
      return made.toJSON() as unknown as Body;
    }, options);
    return { challengeId, credential };
  }

  async get({ body }: PageAnswer): Promise<KeyAnswer> {
    const { challengeId, options } = body as Question;
    const credential = await this.#page.evaluate(async (json) => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
        json as unknown as PublicKeyCredentialRequestOptionsJSON,
      );
      const got = (await globalThis.navigator.credentials.get({ publicKey })) as PublicKeyCredential;
      return got.toJSON() as unknown as Body;
    }, options);
    return { challengeId, credential };
  }

  /** Answers a new challenge for a sign-in. */
  async answer(): Promise<KeyAnswer> {
    return this.get(await this.call('POST /api/auth/passkeys/sign-in/options'));
  }

  /** Puts the authenticator's counters back, as a copy of it would have them. */
  async rewind(): Promise<void> {
    const authenticatorId = this.#authenticatorId;
    const { credentials } = await this.#devtools.send('WebAuthn.getCredentials', { authenticatorId });
    await this.#devtools.send('WebAuthn.clearCredentials', { authenticatorId });
    for (const credential of credentials) {
      await this.#devtools.send('WebAuthn.addCredential', {
        authenticatorId,
        credential: { ...credential, signCount: 0 },
      });
    }
  }
}
