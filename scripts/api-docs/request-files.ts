import type { Example } from './walk.ts';

/** The editors write a value of an earlier answer in two ways, and neither understands the other's. */
export type Flavour = 'vscode' | 'jetbrains';

type Source = { readonly index: number; readonly path: string };

/** Values of an answer that later requests may send. */
const SENT_AGAIN = [
  'token',
  'user.id',
  'account.id',
  'account.number',
  'payee.id',
  'transaction.id',
  'apiKey.id',
  'secret',
];

const INTRO: Readonly<Record<Flavour, string>> = {
  vscode:
    '# For the REST Client of VS Code. requests.jetbrains.http is the same for the HTTP client of JetBrains.',
  jetbrains: '# For the HTTP client of JetBrains. requests.http is the same for the REST Client of VS Code.',
};

/** The person whose role is `system` is the user that a server creates at its first start. */
const OPERATOR = 'Olga';
const SIGN_IN: Example = {
  operation: 'POST /api/auth/login',
  title: 'The system signs in',
  as: null,
  path: {},
  query: {},
  headers: {},
  body: { email: '{{systemEmail}}', password: '{{systemPassword}}' },
  status: 200,
  answer: { token: 'token of the system', user: { name: OPERATOR } },
  isUnrepeatable: false,
};

/** Writes the walk through the API as a file of requests. The number after each title is the expected status. */
export function requestsFile(all: readonly Example[], flavour: Flavour): string {
  const walked = all.filter(({ isUnrepeatable }) => !isUnrepeatable);
  const first = walked.findIndex(({ as }) => as === OPERATOR);
  const examples = [...walked.slice(0, first), SIGN_IN, ...walked.slice(first)];
  const sources = new Map<string, Source>();
  const used = new Set<string>();
  const blocks = examples.map((example, index) => {
    const text = withReferences(requestText(example, tokenOf(examples, example.as)));
    for (const path of SENT_AGAIN) {
      const value = at(example.answer, path);
      if (typeof value === 'string' && !sources.has(value)) sources.set(value, { index, path });
    }
    return text;
  });

  function withReferences(text: string): string {
    let filled = text;
    for (const [value, { index, path }] of sources) {
      if (!filled.includes(value)) continue;
      used.add(value);
      filled = filled.replaceAll(value, reference(examples, { index, path }, flavour));
    }
    return filled;
  }

  const requests = blocks.map((text, index) => {
    const { title, status } = examples[index] ?? SIGN_IN;
    const mine = [...sources].filter(([value, source]) => source.index === index && used.has(value));
    const name = flavour === 'vscode' && mine.length > 0 ? `# @name ${nameOf(examples, index)}\n` : '';
    const handler = mine.map(
      ([, source]) => `client.global.set('${variable(examples, source)}', response.body.${source.path});`,
    );
    const script = flavour === 'jetbrains' && mine.length > 0 ? `\n\n> {% ${handler.join(' ')} %}` : '';
    return `### ${title} (${status})\n${name}${text}${script}\n`;
  });
  return `# \`npm run docs\` writes this file from the walk behind openapi.json. Send the requests in order, from the first.
${INTRO[flavour]}
# The number after a title is the status to expect. Raise \`run\` to walk again on the same server.
# \`npm start\` writes the address and the password of the system to data/system-user.
@host = http://localhost:3000
@run = 1
@systemEmail = system@passbook.localhost
@systemPassword = the password

${requests.join('\n')}`;
}

function requestText({ operation, path, query, headers, body }: Example, token: string | null): string {
  const [method = '', template = ''] = operation.split(' ');
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => path[name] ?? '');
  const search = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  const lines = [
    `${method} {{host}}${filled}${template.endsWith('{key}') ? '-{{run}}' : ''}${search.length > 0 ? `?${search.join('&')}` : ''}`,
    ...(token === null ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : ['Content-Type: application/json']),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : ['', JSON.stringify(timeless(body), null, 2)]),
  ];
  return lines
    .join('\n')
    .replaceAll('@example.com', '-{{run}}@example.com')
    .replaceAll(/("idempotencyKey": "[^"]+)/g, '$1-{{run}}');
}

/** Replaces the end of a hold by its life, since the file is sent at any time. */
function timeless(body: Readonly<Record<string, unknown>>): object {
  const { expiresAt, ...rest } = body;
  return expiresAt === undefined ? body : { ...rest, expiresInSeconds: 604_800 };
}

function tokenOf(examples: readonly Example[], person: string | null): string | null {
  if (person === null) return null;
  const signedIn = examples.find(({ answer }) => at(answer, 'token') && at(answer, 'user.name') === person);
  if (signedIn) return String(at(signedIn.answer, 'token'));
  // A program sends the API key that its owner made
  return String(examples.map(({ answer }) => at(answer, 'secret')).find(Boolean));
}

function reference(examples: readonly Example[], source: Source, flavour: Flavour): string {
  if (flavour === 'jetbrains') return `{{${variable(examples, source)}}}`;
  return `{{${nameOf(examples, source.index)}.response.body.$.${source.path}}}`;
}

function variable(examples: readonly Example[], { index, path }: Source): string {
  return `${nameOf(examples, index)}_${path.replace('.', '_')}`;
}

/** Returns the title in camel case, with the place in the file. Titles may repeat. */
function nameOf(examples: readonly Example[], index: number): string {
  const words = (examples[index]?.title ?? '').replaceAll("'", '').split(/\W+/);
  const name = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}${index + 1}`;
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((one, name) => (one as Record<string, unknown> | undefined)?.[name], value);
}
