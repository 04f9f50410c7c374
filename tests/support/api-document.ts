import { readFileSync } from 'node:fs';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

type Json = { readonly [key: string]: Json | undefined } & { readonly $ref?: string };

const text = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
export const document = closed(JSON.parse(text)) as Json;
const templates = Object.keys(document['paths'] ?? {}).map((template) => ({
  template,
  pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addFormat('password', true);
ajv.addSchema(document, 'api');

/** The committed document lets answers have more fields. Here they must not, so that a new one gets its description. */
function closed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(closed);
  const mapped = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]));
  const isOpen = mapped['type'] === 'object' && 'properties' in mapped && !('additionalProperties' in mapped);
  return isOpen ? { ...mapped, additionalProperties: false } : mapped;
}

/** Asserts that the document describes the answer: its status, its code, its headers and its body. */
export function expectDocumented(
  { method, path }: { method: string; path: string },
  answer: { status: number; headers: Headers; body: unknown },
): void {
  const pathname = new URL(path, 'http://localhost').pathname.replace(/(.)\/$/, '$1');
  const template = templateOf(pathname);
  const operation = template && document['paths']?.[template]?.[method.toLowerCase()];
  if (template === undefined || !operation || method === 'HEAD') return;

  const at = `${method} ${template} ${answer.status}`;
  const inPaths = `/paths/${escaped(template)}/${method.toLowerCase()}/responses/${answer.status}`;
  const response = operation['responses']?.[answer.status];
  expect(response, `${at} is not documented`).toBeDefined();
  const pointer = response?.$ref?.slice(1) ?? inPaths;
  const content = resolved(response)?.['content'];
  if (answer.body === undefined) {
    expect(content, `${at} has no body`).toBeUndefined();
    return;
  }
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  expect(Object.keys(content ?? {}), at).toContain(type);
  if (!type.endsWith('json')) return;
  const check = ajv.getSchema(`api#${pointer}/content/${escaped(type)}/schema`);
  if (!check) throw new Error(`${at} has no schema`);
  const { code } = answer.body as { code?: string };
  if (answer.status >= 400) expect(resolved(response)?.['x-codes'], at).toContain(code);
  const isValid = check(answer.body);
  expect(isValid ? [] : check.errors, `${at} ${JSON.stringify(answer.body).slice(0, 500)}`).toEqual([]);
}

function resolved(value: Json | undefined): Json | undefined {
  if (value?.$ref === undefined) return value;
  return value.$ref
    .slice(2)
    .split('/')
    .reduce<Json | undefined>((place, key) => place?.[key], document);
}

/** Returns the errors of a value against a schema of the document, named by its JSON pointer. */
export function errorsAgainst(pointer: string, value: unknown): unknown[] {
  const check = ajv.getSchema(`api#${pointer}`);
  if (!check) throw new Error(`There is no schema at ${pointer}`);
  return check(value) ? [] : (check.errors ?? []);
}

export function escaped(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** A fixed part of a path wins over a parameter, as in the server. */
function templateOf(path: string): string | undefined {
  if (document['paths']?.[path]) return path;
  return templates.find(({ pattern }) => pattern.test(path))?.template;
}
