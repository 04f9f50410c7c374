import { createConsole } from '../../src/adapters/console/index.ts';
import type { ConsoleOptions } from '../../src/adapters/console/index.ts';
import { createFormTokens } from '../../src/adapters/security/index.ts';
import type { Role } from '../../src/domain/entities/user.ts';
import { Edge, PASSWORD } from './edge.ts';
import type { Person } from './edge.ts';

/** A page as a browser got it. */
export type SeenPage = {
  readonly status: number;
  readonly location: string | null;
  readonly html: string;
  /** Text without the markup, with single spaces. */
  readonly text: string;
};

export type SentFields = Readonly<Record<string, string>>;

/** The bank with its console, and people who use the console with a browser's cookies. */
export class ConsoleBank {
  readonly edge: Edge;

  constructor(options: Partial<ConsoleOptions> = {}, ports: ConstructorParameters<typeof Edge>[0] = {}) {
    const clock = { now: () => this.edge.clock.now() };
    const formTokens = createFormTokens({ secrets: ['a-secret-of-the-forms'], clock });
    const pages = createConsole({ clock, formTokens, ...options });
    this.edge = new Edge({ ...ports, app: { pages } });
  }

  async signIn(role: Role, name = `The ${role}`): Promise<Visitor> {
    const person = await this.edge.register(name, { role });
    const response = await this.edge.app.request('/sign-in', {
      method: 'POST',
      headers: FORM,
      body: new URLSearchParams({ email: person.email, password: PASSWORD }),
    });
    const cookie = response.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    return new Visitor(this.edge, person, cookie);
  }
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };

/** A signed-in person with a browser. */
export class Visitor {
  readonly person: Person;
  readonly #edge: Edge;
  readonly #cookie: string;

  constructor(edge: Edge, person: Person, cookie: string) {
    this.#edge = edge;
    this.person = person;
    this.#cookie = cookie;
  }

  async open(path: string): Promise<SeenPage> {
    const headers = { accept: 'text/html', cookie: this.#cookie };
    return seen(await this.#edge.app.request(path, { headers }));
  }

  /** Sends fields without a form. */
  async post(path: string, fields: SentFields): Promise<SeenPage> {
    const body = new URLSearchParams(fields);
    const headers = { ...FORM, cookie: this.#cookie };
    return seen(await this.#edge.app.request(path, { method: 'POST', headers, body }));
  }

  /** Sends the form of a page with these values in place of its own. */
  submit({ html }: SeenPage, path: string, fields: SentFields = {}): Promise<SeenPage> {
    return this.post(path, { ...hiddenFields(html, path), ...fields });
  }

  /** Goes through an action: its form, the preview, and then the order itself. */
  async carryOut(path: string, fields: SentFields): Promise<{ preview: SeenPage; done: SeenPage }> {
    const form = await this.open(path);
    const preview = await this.submit(form, path, { ...fields, step: 'check' });
    return { preview, done: await this.submit(preview, path, { step: 'do' }) };
  }
}

/** The hidden fields of the form that goes to the path. */
export function hiddenFields(html: string, path: string): SentFields {
  const form = new RegExp(`<form[^>]*action="${path}"[^>]*>(.*?)</form>`, 's').exec(html)?.[1] ?? '';
  const inputs = form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value]));
}

async function seen(response: Response): Promise<SeenPage> {
  const html = await response.text();
  const text = html
    .replaceAll(/<(head|script)\b.*?<\/\1>/gs, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ');
  return { status: response.status, location: response.headers.get('location'), html, text };
}
