import { operations } from '../../src/adapters/http/api/operations.ts';
import type { ApiOperation } from '../../src/adapters/http/api/api-operation.ts';
import type { Operations } from '../../src/adapters/http/api/operations.ts';
import type { OpenApi } from './document.ts';
import type { JsonSchema } from './fields.ts';

/** Components whose fields docs/http-api.md lists, by the name of the place in the page. */
const FIELD_LISTS: Readonly<Record<string, readonly string[]>> = {
  'RegisterRequest fields': ['RegisterRequest'],
  'MakeApiKeyRequest fields': ['MakeApiKeyRequest'],
  'Account fields': ['Account'],
  'TransferRequest fields': ['TransferRequest', 'LegsTransferRequest'],
  'Transaction fields': ['Transaction'],
  'Problem fields': ['Problem', 'BatchProblem'],
};

/** Fills the generated places of docs/http-api.md. Each lies between `<!-- NAME -->` and `<!-- end -->`. */
export function withTables(page: string, document: OpenApi): string {
  const tables = new Map([['routes', routesTable(document)]]);
  for (const [place, names] of Object.entries(FIELD_LISTS)) tables.set(place, fieldsTable(document, names));
  const filled = new Set<string>();
  const text = page.replaceAll(/<!-- (?!end)(.+) -->\n[^]*?<!-- end -->/g, (_, name: string) => {
    filled.add(name);
    return `<!-- ${name} -->\n\n${tables.get(name)}\n\n<!-- end -->`;
  });
  const missing = [...tables.keys()].filter((name) => !filled.has(name));
  if (missing.length > 0) throw new Error(`docs/http-api.md has no place for ${missing.join(', ')}`);
  return text;
}

const ROLES: Readonly<Record<ApiOperation['access'], string>> = {
  none: 'anyone',
  session: 'a user',
  system: '`system`',
  'system or operator': '`system`, `operator`',
  'system or auditor': '`system`, `auditor`',
  'system, operator or auditor': '`system`, `operator`, `auditor`',
  staff: 'the staff',
};

function routesTable(document: OpenApi): string {
  const rows = Object.entries(operations as Readonly<Record<keyof Operations, ApiOperation>>).map(
    ([route, operation]) => {
      const [method = '', path = ''] = route.split(' ');
      const described = document.paths[path]?.[method.toLowerCase() as 'get'];
      const parameters = (described?.parameters ?? []) as readonly {
        name: string;
        in: string;
        required: boolean;
      }[];
      const query = parameters
        .filter((one) => one.in === 'query' && one.name !== 'dryRun')
        .map(({ name, required }) => `\`${name}${required ? '' : '?'}\``);
      const body = contentOf(described?.['requestBody']);
      const success = described?.responses[operation.status];
      return `| ${[
        `${method} ${path}`,
        operation.summary,
        ROLES[operation.access],
        [
          ...query,
          ...(body ? namesIn(document, body).filter((name) => !name.includes('idempotencyKey')) : []),
        ].join(', '),
        [operation.status, namesOfAnswer(document, contentOf(success))].filter(Boolean).join(' '),
        operation.key ?? '',
        operation.dryRun ? 'yes' : '',
      ].join(' | ')} |`;
    },
  );
  return `| route | does | for | query or body | answer | key | dry |\n|---|---|---|---|---|---|---|\n${rows.join('\n')}`;
}

/** Names more fields than these by the component that has them. */
const MOST_NAMES = 7;

function namesOfAnswer(document: OpenApi, schema: JsonSchema | undefined): string {
  if (!schema) return '';
  const names = namesIn(document, schema).map((name) => name.replace('?', ''));
  return names.filter((name) => name !== '`dryRun`').join(', ');
}

function namesIn(document: OpenApi, schema: JsonSchema): readonly string[] {
  const { $ref, allOf, anyOf, oneOf, properties, required } = schema as {
    $ref?: string;
    allOf?: readonly JsonSchema[];
    anyOf?: readonly JsonSchema[];
    oneOf?: readonly JsonSchema[];
    properties?: Readonly<Record<string, JsonSchema>>;
    required?: readonly string[];
  };
  const component = $ref?.split('/').at(-1);
  if (component !== undefined) {
    const names = namesIn(document, document.components.schemas[component] ?? {});
    return names.length > MOST_NAMES ? [`\`${component}\``] : names;
  }
  if (!properties) {
    const [first] = allOf ?? anyOf ?? oneOf ?? [];
    return first ? namesIn(document, first) : [];
  }
  return Object.keys(properties).map((name) => `\`${name}${required?.includes(name) ? '' : '?'}\``);
}

function contentOf(described: unknown): JsonSchema | undefined {
  const { content } = (described ?? {}) as { content?: Readonly<Record<string, { schema: JsonSchema }>> };
  return content?.['application/json']?.schema;
}

/** Lists each field of the components once. A field that one of them can do without has a question mark. */
function fieldsTable(document: OpenApi, components: readonly string[]): string {
  const schemas = components.map((name) => document.components.schemas[name] ?? {});
  const fields = new Map(
    schemas.flatMap((schema) => Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)),
  );
  const rows = [...fields].map(([name, field]) => {
    const isRequired = schemas.every((schema) => ((schema['required'] ?? []) as string[]).includes(name));
    return `| \`${name}${isRequired ? '' : '?'}\` | ${meaningOf(field)} |`;
  });
  return `| field | meaning |\n|---|---|\n${rows.join('\n')}`;
}

const UNIT = ' In minor units: 500 is 5.00 in a currency with two decimals.';

function meaningOf(field: JsonSchema): string {
  const {
    description = '',
    minLength,
    maxLength,
  } = field as {
    description?: string;
    minLength?: number;
    maxLength?: number;
  };
  const values = field['enum'] as readonly string[] | undefined;
  const length =
    maxLength === undefined ? '' : ` ${minLength ? `${minLength} to` : 'At most'} ${maxLength} characters.`;
  const oneOf =
    values && values.length < 10 ? ` One of ${values.map((value) => `\`${value}\``).join(', ')}.` : '';
  return `${description.replace(UNIT, '')}${length}${oneOf}`;
}
