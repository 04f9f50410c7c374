import { createFormTokens } from '../../src/adapters/security/index.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';
import { consoleEdge } from './console.ts';
import { PASSWORD } from './edge.ts';
import type { Edge, Person } from './edge.ts';

/** Clock of the forms, which a test moves to let a sealed text grow old. */
export const formClock = new FixedClock();

export function anEdgeWithPages({
  offersPlayMoney = false,
  ...options
}: ConstructorParameters<typeof Edge>[0] & { readonly offersPlayMoney?: boolean } = {}): Edge {
  const formTokens = createFormTokens({ secrets: ['a-secret-of-the-forms'], clock: formClock });
  const edge = consoleEdge({ ...options, console: { formTokens, offersPlayMoney } });
  // Pages ask for balances up to the present
  edge.clock.advance(Date.now() - edge.clock.now());
  return edge;
}

export type Visit = {
  readonly status: number;
  /** Path that the answer redirects to; null if it does not. */
  readonly location: string | null;
  readonly html: string;
  /** The words of the page, without its markup. */
  readonly text: string;
};

type FormFields = Readonly<Record<string, string>>;

/** A browser without JavaScript, with one person signed in. */
export class Visitor {
  readonly #edge: Edge;
  readonly #cookies = new Map<string, string>();

  private constructor(edge: Edge) {
    this.#edge = edge;
  }

  static async signIn(edge: Edge, { email }: Pick<Person, 'email'>): Promise<Visitor> {
    const visitor = new Visitor(edge);
    await visitor.post('/sign-in', { email, password: PASSWORD, next: '/' });
    return visitor;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Visit> {
    return this.#request(path, { headers });
  }

  /** Sends fields as they are, without those of a form. */
  post(path: string, fields: FormFields): Promise<Visit> {
    return this.#request(path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  }

  /** Fills a form of a page in and sends it, as a browser would. */
  submit(page: Visit, action: string, fields: FormFields = {}): Promise<Visit> {
    const all = { ...fieldsOf(page, action), ...fields };
    const form = formOf(page, action);
    if (/method="post"/.test(form.slice(0, form.indexOf('>')))) return this.post(action, all);
    return this.get(`${action}?${new URLSearchParams(all)}`);
  }

  /** Follows a redirect to its page. */
  follow({ location }: Visit): Promise<Visit> {
    if (location === null) throw new TypeError('The answer redirects nowhere');
    return this.get(location);
  }

  async #request(path: string, init: RequestInit): Promise<Visit> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { Accept: 'text/html', Cookie: cookie, ...(init.headers as object) };
    const response = await this.#edge.app.request(path, { ...init, headers });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      this.#cookies.set(name, value);
    }
    const html = await response.text();
    return {
      status: response.status,
      location: response.headers.get('location'),
      html,
      text: wordsOf(html),
    };
  }
}

/** The values of a form's inputs and selects as the page shows them. Boxes without a tick are left out. */
export function fieldsOf(page: Visit, action: string): Record<string, string> {
  const form = formOf(page, action);
  const inputs = [...form.matchAll(/<input ([^>]*)>/g)].flatMap(([, attributes = '']) => {
    const name = attributeOf(attributes, 'name');
    const isBox = attributeOf(attributes, 'type') === 'checkbox';
    if (name === '' || (isBox && !/ checked/.test(` ${attributes}`))) return [];
    return [[name, attributeOf(attributes, 'value')] as const];
  });
  const selects = [...form.matchAll(/<select ([^>]*)>(.*?)<\/select>/gs)].map(
    ([, attributes = '', rest = '']) => {
      const options = [...rest.matchAll(/<option ([^>]*)>/g)].map(([, option = '']) => option);
      const chosen = options.find((option) => / selected/.test(` ${option}`)) ?? options[0] ?? '';
      return [attributeOf(attributes, 'name'), attributeOf(chosen, 'value')] as const;
    },
  );
  return Object.fromEntries([...inputs, ...selects]);
}

function formOf({ html }: Visit, action: string): string {
  const forms = html.match(/<form .*?<\/form>/gs) ?? [];
  const found = forms.find((form) => form.slice(0, form.indexOf('>')).includes(`action="${action}"`));
  if (found === undefined) throw new TypeError(`The page has no form for ${action}`);
  return found;
}

function attributeOf(attributes: string, name: string): string {
  return plain(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? '');
}

function wordsOf(html: string): string {
  const body = html.slice(html.indexOf('<main'));
  return plain(body.replaceAll(/<[^>]+>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function plain(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '');
}
