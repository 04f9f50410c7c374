import { createConsole } from '../../src/adapters/console/index.ts';
import type { ConsoleOptions } from '../../src/adapters/console/index.ts';
import { createFormTokens } from '../../src/adapters/security/index.ts';
import type { Role } from '../../src/domain/entities/user.ts';
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

/** A page as a browser got it. */
export type SeenPage = {
  readonly status: number;
  readonly path: string;
  /** Path that the answer redirects to; null if it does not. */
  readonly location: string | null;
  readonly html: string;
  /** The words of the page's content, without markup and with single spaces. */
  readonly text: string;
};

type SentFields = Readonly<Record<string, string>>;

/** A browser without JavaScript, which keeps cookies and sends the forms of its pages. */
export class Visitor {
  readonly #edge: Edge;
  readonly #cookies = new Map<string, string>();
  #page: SeenPage = { status: 0, path: '', location: null, html: '', text: '' };

  constructor(edge: Edge) {
    this.#edge = edge;
  }

  static async signIn(edge: Edge, { email }: Pick<Person, 'email'>): Promise<Visitor> {
    const visitor = new Visitor(edge);
    await visitor.post('/sign-in', { email, password: PASSWORD, next: '/' });
    return visitor;
  }

  /** Registers a person with the role, and signs them in. */
  static async withRole(edge: Edge, role: Role, name = `The ${role}`): Promise<Visitor> {
    return Visitor.signIn(edge, await edge.register(name, { role }));
  }

  /** The page that the browser shows. */
  get page(): SeenPage {
    return this.#page;
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  /** Asks for a page, and does not follow a redirect. */
  get(path: string, headers: SentFields = {}): Promise<SeenPage> {
    return this.#request(path, { headers });
  }

  /** Sends fields without a form, and does not follow a redirect. */
  post(path: string, fields: SentFields): Promise<SeenPage> {
    return this.#request(path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  }

  /**
   * Sends the form of a page with these values in place of its own, and does not follow a redirect.
   * @throws TypeError if the page has no form for the path
   */
  submit(page: SeenPage, action: string, fields: SentFields = {}): Promise<SeenPage> {
    const all = { ...fieldsOf(page, action), ...fields };
    if (/^[^>]* method="post"/.test(formOf(page, action))) return this.post(action, all);
    return this.get(`${action}?${new URLSearchParams(all)}`);
  }

  /** Goes on to the page that an answer redirects to, and returns any other answer unchanged. */
  async follow(page: SeenPage): Promise<SeenPage> {
    return page.location === null ? page : this.open(page.location);
  }

  /** Goes to a page, over redirects. */
  async open(path: string): Promise<SeenPage> {
    return this.follow(await this.get(path));
  }

  /** Sends a form of the page that the browser shows, and follows its redirect. */
  async send(action: string, fields: SentFields = {}): Promise<SeenPage> {
    return this.follow(await this.submit(this.#page, action, fields));
  }

  /** Goes through an action of the staff: its form, the preview, and then the order itself. */
  async carryOut(path: string, fields: SentFields): Promise<{ preview: SeenPage; done: SeenPage }> {
    const preview = await this.submit(await this.get(path), path, { ...fields, step: 'check' });
    return { preview, done: await this.submit(preview, path, { step: 'do' }) };
  }

  async #request(path: string, init: RequestInit): Promise<SeenPage> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      Accept: 'text/html',
      ...(cookie === '' ? {} : { Cookie: cookie }),
      ...(init.headers as object),
    };
    const response = await this.#edge.app.request(path, { ...init, headers });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const html = await response.text();
    const location = response.headers.get('location');
    this.#page = { status: response.status, path, location, html, text: textOf(html) };
    return this.#page;
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/max-age=0/i.test(line)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

/**
 * The values that a form of the page would send.
 * @throws TypeError if the page has no form for the path
 */
export function fieldsOf(page: SeenPage, action: string): Record<string, string> {
  const form = formOf(page, action);
  const inputs = [...form.matchAll(/<input([^>]*)>/g)].map(([, attributes = '']) => attributes);
  const sent = inputs.filter((one) => !/type="checkbox"/.test(one) || / checked/.test(one));
  const selects = [...form.matchAll(/<select([^>]*)>(.*?)<\/select>/gs)];
  return Object.fromEntries([
    ...sent.flatMap((one) => {
      const name = attributeOf(one, 'name');
      return name === '' ? [] : [[name, attributeOf(one, 'value')] as const];
    }),
    ...selects.map(([, attributes = '', inner = '']) => {
      const options = [...inner.matchAll(/<option([^>]*)>/g)].map(([, option = '']) => option);
      const chosen = options.find((option) => / selected/.test(option)) ?? options[0] ?? '';
      return [attributeOf(attributes, 'name'), attributeOf(chosen, 'value')] as const;
    }),
  ]);
}

function formOf({ html, path }: SeenPage, action: string): string {
  const forms = html.match(/<form .*?<\/form>/gs) ?? [];
  const found = forms.find((form) => attributeOf(form.slice(0, form.indexOf('>')), 'action') === action);
  if (found === undefined) throw new TypeError(`The page at ${path} has no form for ${action}`);
  return found;
}

function attributeOf(attributes: string, name: string): string {
  return decoded(new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1] ?? '');
}

function textOf(html: string): string {
  const content = html.replace(/.*?<main/s, '<main');
  return decoded(content.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')).trim();
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
