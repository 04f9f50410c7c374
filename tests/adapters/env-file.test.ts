import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, configWarnings, readConfig, readEnvironment } from '../../src/config.ts';
import { parseEnvFile } from '../../src/env-file.ts';

const SECRET = 'Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OWFi#cGFydC10aGF0LWlzLWxvc3Q=';
const secrets = ['JWT_SECRET', 'GMAIL_PASS'];

function parse(text: string) {
  return parseEnvFile(Buffer.from(text), { secrets });
}

describe('a .env file', () => {
  it.each([
    ['a byte order mark', '\uFEFFNODE_ENV=production\nPORT=1', { NODE_ENV: 'production', PORT: '1' }],
    ['lines of Windows', 'PORT=1\r\nHOST=h\r\n', { PORT: '1', HOST: 'h' }],
    ['spaces and export', '  export PORT = 1  \n\tHOST=h\t', { PORT: '1', HOST: 'h' }],
    ['a # inside a value', `JWT_SECRET=${SECRET}`, { JWT_SECRET: SECRET }],
    ['a # inside quotes', `JWT_SECRET="a #b" # why`, { JWT_SECRET: 'a #b' }],
    ['a comment behind a value', 'PORT=1 # the port', { PORT: '1' }],
    ['comments and empty lines', '# PORT=2\n\n   # more\nPORT=1', { PORT: '1' }],
    ['spaces inside a value', 'GMAIL_PASS=abcd efgh ijkl', { GMAIL_PASS: 'abcd efgh ijkl' }],
    ['an = inside a value', 'MONGO_URI=mongodb://h/?a=b&c=d', { MONGO_URI: 'mongodb://h/?a=b&c=d' }],
    ['quotes inside a value', `NAME=it's "so"`, { NAME: `it's "so"` }],
    ['single quotes', `NAME='a\\n"b" $c'`, { NAME: 'a\\n"b" $c' }],
    ['double quotes', `NAME="a\\nb \\"c\\""`, { NAME: 'a\nb "c"' }],
    [
      'a value over several lines',
      'KEY="-----BEGIN\nAbC=\n-----END"\nPORT=1',
      { KEY: '-----BEGIN\nAbC=\n-----END', PORT: '1' },
    ],
    ['nothing', 'PORT=\nHOST=""', { PORT: '', HOST: '' }],
    ['a default that is set below', 'PORT=\nPORT=1\nHOST=h\nHOST=\nHOST=h', { PORT: '1', HOST: 'h' }],
  ])('with %s is read', (_, text, values) => {
    expect(parse(text)).toEqual({ values, faults: [] });
  });

  it.each([
    ['PORT: 1', 'line 1 is not NAME=value'],
    ['# fine\nPORT 1', 'line 2 is not NAME=value'],
    ['JWT_SECRET="abc', 'line 1: the quote before the value of JWT_SECRET is not closed, or text follows it'],
    ['A="b" c', 'line 1: the quote before the value of A is not closed, or text follows it'],
    [`A='b\nC='d'`, 'line 1: the quote before the value of A is not closed, or text follows it'],
    ['JWT_SECRET=abc #def', 'line 1: put the value of JWT_SECRET in quotes, as " #" begins a comment'],
    ['GMAIL_PASS=#def', 'line 1: put the value of GMAIL_PASS in quotes, as " #" begins a comment'],
    ['PORT=1\nHOST=h\nPORT=2', 'line 3 sets PORT again, with another value than line 1'],
  ])('%j is refused, and shows no value', (text, fault) => {
    expect(parse(text).faults).toContain(fault);
  });

  it.each([
    ['UTF-16', Buffer.from('\uFEFFPORT=1', 'utf16le')],
    ['Latin-1', Buffer.from('SYSTEM_PASSWORD=caf\xe9', 'latin1')],
  ])('in %s is refused', (_, bytes) => {
    expect(parseEnvFile(bytes, { secrets })).toEqual({
      values: {},
      faults: ['is not UTF-8 text: save it as UTF-8'],
    });
  });
});

describe('the environment', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-env-'));
    path = join(folder, '.env');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is as it was without a file', () => {
    expect(readEnvironment({ PORT: '1' }, { path })).toEqual({ env: { PORT: '1' }, warnings: [] });
  });

  it('counts more than the file, but for what Node cut from it', async () => {
    await writeFile(path, `PORT=1\nHOST=h\nJWT_SECRET=${SECRET}\nMONGODB_URI=x`);
    const [cut = ''] = SECRET.split('#');
    expect(readEnvironment({ PORT: '2', JWT_SECRET: cut }, { path })).toEqual({
      env: { PORT: '2', HOST: 'h', JWT_SECRET: SECRET, MONGODB_URI: 'x' },
      warnings: [`${path} sets MONGODB_URI, which Passbook does not read`],
    });
  });

  it('is refused with every line that cannot be read', async () => {
    await writeFile(path, 'PORT\nJWT_SECRET=a #b');
    expect(() => readEnvironment({}, { path })).toThrow(
      new ConfigError([
        `${path} line 1 is not NAME=value`,
        `${path} line 2: put the value of JWT_SECRET in quotes, as " #" begins a comment`,
      ]),
    );
    await rm(path);
    await mkdir(path);
    expect(() => readEnvironment({}, { path })).toThrow(`${path} cannot be read: EISDIR`);
  });
});

describe('settings that may not be what was meant', () => {
  const production = { NODE_ENV: 'production', JWT_SECRET: SECRET };
  const whole = {
    ...production,
    PUBLIC_ORIGIN: 'https://bank.example',
    TRUSTED_PROXIES: '1',
    SMTP_URL: 'smtp://mail.example',
    MAIL_FROM: 'bank@mail.example',
  };

  it.each([{ NODE_ENV: 'production' }, { ...production, PUBLIC_ORIGIN: '' }])(
    'production needs an origin: %j',
    (env) => {
      expect(() => readConfig(env)).toThrow('PUBLIC_ORIGIN is required in production');
    },
  );

  it.each([
    [{}, []],
    [whole, []],
    [{ ...whole, TRUSTED_PROXIES: '0' }, ['TRUSTED_PROXIES']],
    [{ ...whole, TRUSTED_PROXIES: '' }, ['TRUSTED_PROXIES']],
    [{ ...whole, PUBLIC_ORIGIN: 'http://localhost:3000' }, ['PUBLIC_ORIGIN']],
    [{ ...production, PUBLIC_ORIGIN: 'https://bank.example', TRUSTED_PROXIES: '1' }, ['No']],
    [{ HOST: '0.0.0.0' }, ['NODE_ENV']],
    [{ PUBLIC_ORIGIN: 'https://bank.example', TRUSTED_PROXIES: '1' }, ['NODE_ENV']],
    [{ STORE: 'sqlite', MONGO_URI: 'mongodb://h/b' }, ['MONGO_URI']],
    [{ DATABASE_PATH: 'a.db', MONGO_URI: 'mongodb://h/b' }, ['DATABASE_PATH']],
    [{ STORE: 'memory', DATABASE_PATH: 'a.db' }, ['DATABASE_PATH']],
  ])('%j: %j', (env, subjects) => {
    expect(configWarnings(env).map(({ text }) => text.split(' ')[0])).toEqual(subjects);
  });

  it.each(['HOST', 'DATA_DIR', 'DATABASE_PATH', 'CHECKPOINT_DIR'])('%s cannot be blank', (name) => {
    expect(() => readConfig({ [name]: '  ' })).toThrow(`${name} must not be blank`);
  });
});
