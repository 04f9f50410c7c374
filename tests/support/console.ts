import { createConsole } from '../../src/adapters/console/index.ts';
import type { ConsoleOptions } from '../../src/adapters/console/index.ts';
import { createFormTokens } from '../../src/adapters/security/index.ts';
import { Edge, PASSWORD } from './edge.ts';
import type { Person } from './edge.ts';

const SECRETS = ['a-secret-of-the-tests-and-of-nothing-else'] as const;

/** The HTTP edge with the console, over a bank in memory. */
export function consoleEdge({
  app = {},
  ...ports
}: ConstructorParameters<typeof Edge>[0] & { console?: Partial<ConsoleOptions> } = {}): Edge {
  const { console: options = {}, ...others } = ports;
  const clock = { now: () => edge.clock.now() };
  const formTokens = createFormTokens({ secrets: [...SECRETS], clock });
  const edge: Edge = new Edge({
    ...others,
    app: { pages: createConsole({ clock, formTokens, ...options }), ...app },
  });
  return edge;
}

export type Shown = {
  readonly status: number;
  readonly path: string;
  readonly html: string;
  readonly text: string;
};

/** A browser without JavaScript: it keeps cookies, follows redirects, and sends the forms of its page. */
export class Visitor {
  readonly #edge: Edge;
  readonly #cookies = new Map<string, string>();
  #shown: Shown = { status: 0, path: '', html: '', text: '' };

  constructor(edge: Edge) {
    this.#edge = edge;
  }

  /** Signs the person in on the page. */
  static async signedIn(edge: Edge, { email }: Pick<Person, 'email'>): Promise<Visitor> {
    const visitor = new Visitor(edge);
    await visitor.open('/sign-in');
    await visitor.submit('/sign-in', { email, password: PASSWORD });
    return visitor;
  }

  get page(): Shown {
    return this.#shown;
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  open(path: string): Promise<Shown> {
    return this.send('GET', path);
  }

  /**
   * Sends the first form of the page with this action, with its own values where none is given.
   * @throws TypeError if the page has no such form
   */
  submit(action: string, given: Readonly<Record<string, string>> = {}): Promise<Shown> {
    const fields = new URLSearchParams({ ...this.fieldsOf(action), ...given });
    return this.send('POST', action, fields);
  }

  /** Returns the values that a form of the page would send. */
  fieldsOf(action: string): Readonly<Record<string, string>> {
    const forms = [...this.#shown.html.matchAll(/<form[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)];
    const [, , inner] = forms.find(([, path = '']) => decoded(path) === action) ?? [];
    if (inner === undefined) throw new TypeError(`The page at ${this.#shown.path} has no form for ${action}`);
    const inputs = [...inner.matchAll(/<input([^>]*)>/g)].map(([, attributes = '']) => attributes);
    const sent = inputs.filter((one) => !/type="checkbox"/.test(one) || / checked/.test(one));
    const selects = [...inner.matchAll(/<select[^>]*name="([^"]*)"[^>]*>(.*?)<\/select>/gs)];
    return Object.fromEntries([
      ...sent.map((one) => [attributeOf(one, 'name'), attributeOf(one, 'value')]),
      ...selects.map(([, name = '', options = '']) => {
        const chosen =
          /<option value="([^"]*)" selected/.exec(options) ?? /<option value="([^"]*)"/.exec(options);
        return [name, decoded(chosen?.[1] ?? '')];
      }),
    ]) as Record<string, string>;
  }

  async send(method: string, path: string, fields?: URLSearchParams): Promise<Shown> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await this.#edge.app.request(path, {
      method,
      redirect: 'manual',
      headers: {
        Accept: 'text/html',
        ...(cookie === '' ? {} : { Cookie: cookie }),
        ...(fields ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(fields ? { body: fields.toString() } : {}),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get('location');
    if (response.status === 303 && location !== null) return this.open(location);
    const html = await response.text();
    this.#shown = { status: response.status, path, html, text: textOf(html) };
    return this.#shown;
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/max-age=0/i.test(line)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

function attributeOf(attributes: string, name: string): string {
  return decoded(new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1] ?? '');
}

function textOf(html: string): string {
  const body = html.replace(/.*?<main/s, '<main');
  return decoded(body.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')).trim();
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

function decoded(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}
