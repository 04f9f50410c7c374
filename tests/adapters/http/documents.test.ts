import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { operations } from '../../../src/adapters/http/api/operations.ts';
import { errorCatalogue } from '../../../src/domain/errors.ts';
import { generatedFiles } from '../../../scripts/api-docs/files.ts';
import { document, errorsAgainst, escaped } from '../../support/api-document.ts';
import { Edge } from '../../support/edge.ts';

type Media = { readonly schema?: object; readonly examples?: Readonly<Record<string, { value: unknown }>> };
type Content = { readonly content?: Readonly<Record<string, Media>> };
type Described = {
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { $ref?: string }>>;
};

const root = new URL('../../../', import.meta.url);
const committed = JSON.parse(readFileSync(new URL('openapi.json', root), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};

function placesIn(value: unknown, at: string): { at: string; value: Readonly<Record<string, unknown>> }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, one]) => placesIn(one, `${at}/${escaped(key)}`));
  return Array.isArray(value) ? inner : [{ at, value: value as Record<string, unknown> }, ...inner];
}

describe('The generated documents', () => {
  test('are those that the source makes, and each example is an answer of the bank', async () => {
    for (const [path, text] of await generatedFiles()) {
      const isFresh = readFileSync(new URL(path, root), 'utf8') === text;
      expect(isFresh, `${path} is stale: run npm run docs`).toBe(true);
    }
  });
});

describe('The OpenAPI document', () => {
  test('is valid', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(committed));
    expect(result).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  test('describes every route of the API and no other', () => {
    const routes = new Edge().app.routes
      .filter(({ method, path }) => method !== 'ALL' && /^\/(api\/|healthz|readyz)/.test(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, '{}')}`);
    const described = Object.keys(operations).map((route) => route.replaceAll(/\{\w+\}/g, '{}'));
    expect(described.toSorted()).toEqual([...new Set(routes)].toSorted());
    expect(Object.values(committed.paths).flatMap((path) => Object.keys(path))).toHaveLength(
      described.length,
    );
  });

  test('has no empty schema, and says what each field means', () => {
    const schemas = placesIn(committed.components.schemas, '');
    const faults = schemas.flatMap(({ at, value }) => {
      const properties = value['properties'];
      if (typeof properties !== 'object' || properties === null || at.endsWith('/properties')) return [];
      return Object.entries(properties as Record<string, Record<string, unknown>>)
        .filter(([, schema]) => {
          const says = ['type', '$ref', 'enum', 'const', 'anyOf', 'oneOf', 'allOf'].some(
            (key) => key in schema,
          );
          return !says || (schema['description'] === undefined && schema['$ref'] === undefined);
        })
        .map(([name]) => `${at}.${name}`);
    });
    expect(faults).toEqual([]);
    expect(schemas.length).toBeGreaterThan(300);
  });

  test('has an example of each success, and no example breaks its schema', () => {
    const faults: unknown[] = [];
    for (const [path, methods] of Object.entries(committed.paths)) {
      for (const [method, described] of Object.entries(methods)) {
        const at = `/paths/${escaped(path)}/${method}`;
        const contents = [
          ...contentsOf(described.requestBody, `${at}/requestBody`),
          ...Object.entries(described.responses).flatMap(([status, one]) =>
            contentsOf(one, `${at}/responses/${status}`),
          ),
        ];
        for (const { place, media } of contents) {
          for (const [name, example] of Object.entries(media.examples ?? {})) {
            const errors = errorsAgainst(`${place}/schema`, example.value);
            if (errors.length > 0) faults.push({ place, name, errors });
          }
        }
        const success = Object.entries(described.responses).find(([status]) => Number(status) < 400)?.[1];
        const json = success?.content?.['application/json'];
        if (json && Object.keys(json.examples ?? {}).length === 0) faults.push({ at, fault: 'no example' });
      }
    }
    expect(faults).toEqual([]);
  });

  function contentsOf(described: Content | undefined, at: string) {
    return Object.entries(described?.content ?? {}).map(([type, media]) => ({
      place: `${at}/content/${escaped(type)}`,
      media,
    }));
  }

  test('is served unchanged', async () => {
    const answer = await new Edge().call('GET /openapi.json');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.body).toEqual(committed);
    expect(document).not.toEqual(committed);
  });
});

describe('The page of errors', () => {
  test('has a place for each code, which the type of a problem links to', async () => {
    const edge = new Edge();
    const { text: page } = await edge.call('GET /docs/errors');
    for (const [code, { meaning, remedy }] of Object.entries(errorCatalogue)) {
      expect(page).toContain(`id="${code}"`);
      expect(remedy).toMatch(/^[A-Z].*\.$/);
      expect(meaning).not.toMatch(/\.$/);
    }
    const { body } = await edge.call('GET /api/accounts');
    expect(body).toMatchObject({ type: '/docs/errors#unauthenticated' });
  });

  test('is HTML without scripts', async () => {
    const { headers } = await new Edge().call('GET /docs/errors');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'");
    expect(headers.get('content-security-policy')).not.toContain('script-src');
  });
});
