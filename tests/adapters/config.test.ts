import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CONFIG_NAMES, ConfigError, readConfig } from '../../src/config.ts';
import type { Config } from '../../src/config.ts';

const SECRET = 'kT7vQ2mX9bR4wL6pZ1nC8sD3fG5hJ0yA';

/** RFC 8037, appendix A.1. */
const CHECKPOINT_KEY =
  '{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}';

const DEFAULTS: Config = {
  isProduction: false,
  host: '127.0.0.1',
  port: 3000,
  publicOrigin: null,
  allowedOrigins: [],
  trustedProxies: 0,
  hasConsole: true,
  maxConnections: 4_000,
  dataDirectory: 'data',
  store: { kind: 'sqlite', path: join('data', 'passbook.db') },
  mail: {
    kind: 'files',
    directory: join('data', 'mail'),
    from: { name: 'Passbook', address: 'no-reply@passbook.localhost' },
  },
  bank: { name: 'Passbook', address: [], logo: null },
  jwtSecret: null,
  jwtSecretPrevious: null,
  systemUser: null,
  staffNeedsSecondFactor: false,
  stepUpAmounts: new Map(),
  defaultCurrency: 'EUR',
  accountPrefix: 'PB',
  accountsPerUser: 50,
  writesPerMinute: 3_000,
  requestsPerMinute: 30_000,
  sessionLifetimeMs: 12 * 3_600_000,
  accessTokenLifetimeMs: 15 * 60_000,
  shutdownMs: 10_000,
  checkpointKey: null,
  checkpointDirectory: join('data', 'checkpoints'),
  checkpointEveryMs: null,
  logLevel: 'info',
  logFormat: 'auto',
  logAddresses: 'full',
  isMaintenance: false,
  metrics: { token: null, address: null },
};

type Env = Record<string, string>;

function faultsOf(env: Env, options?: Parameters<typeof readConfig>[1]): readonly string[] {
  try {
    readConfig(env, options);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

describe('the configuration', () => {
  it('needs nothing to be set', () => {
    expect(readConfig({})).toEqual(DEFAULTS);
  });

  it('takes what is set to nothing for not set, and does not look at what it does not know', () => {
    const empty = Object.fromEntries(CONFIG_NAMES.map((name) => [name, '']));
    expect(readConfig({ ...empty, PASSBOOK_COLOUR: 'green', PATH: '/bin' })).toEqual(DEFAULTS);
  });

  it('is what is set', () => {
    expect(
      readConfig({
        NODE_ENV: 'production',
        HOST: '10.0.0.1',
        PORT: '0',
        PUBLIC_ORIGIN: 'https://bank.example',
        ALLOWED_ORIGINS: 'https://app.example, http://localhost:5173',
        TRUSTED_PROXIES: '2',
        MAX_CONNECTIONS: '100',
        LOG_LEVEL: 'debug',
        LOG_FORMAT: 'pretty',
        LOG_ADDRESSES: 'network',
        MAINTENANCE: 'on',
        METRICS_TOKEN: 'a-token-of-16-ch',
        METRICS_PORT: '9464',
        METRICS_HOST: '10.0.0.2',
        SHUTDOWN_SECONDS: '30',
        MONGO_URI: 'mongodb://db.example/bank',
        DATA_DIR: '/var/lib/passbook',
        JWT_SECRET: SECRET,
        JWT_SECRET_PREVIOUS: `${SECRET}-before`,
        ACCESS_TOKEN_MINUTES: '5',
        SESSION_HOURS: '1',
        SYSTEM_EMAIL: ' System@Bank.example ',
        SYSTEM_PASSWORD: ' 8 chars',
        REQUIRE_SECOND_FACTOR: 'staff',
        STEP_UP_AMOUNT: 'EUR 1000.5, JPY 90000',
        DEFAULT_CURRENCY: 'JPY',
        ACCOUNT_PREFIX: 'ZB',
        BANK_NAME: ' Alder Bank ',
        BANK_ADDRESS: '1 Market Street | Springfield',
        BANK_LOGO: 'logo.svg',
        ACCOUNTS_PER_USER: '3',
        WRITES_PER_MINUTE: '0',
        REQUESTS_PER_MINUTE: '0',
        CHECKPOINT_EVERY_SECONDS: '3600',
        CHECKPOINT_DIR: '/mnt/elsewhere',
        CHECKPOINT_KEY,
        SMTP_URL: 'smtp://bank:p%40ss%2Fword@mail.example',
        MAIL_FROM: 'First Bank <Bank@mail.example>',
      }),
    ).toEqual({
      isProduction: true,
      host: '10.0.0.1',
      port: 0,
      publicOrigin: 'https://bank.example',
      allowedOrigins: ['https://app.example', 'http://localhost:5173'],
      trustedProxies: 2,
      hasConsole: true,
      maxConnections: 100,
      dataDirectory: '/var/lib/passbook',
      store: { kind: 'mongo', uri: 'mongodb://db.example/bank' },
      mail: {
        kind: 'smtp',
        server: {
          host: 'mail.example',
          port: 587,
          secure: false,
          auth: { user: 'bank', pass: 'p@ss/word' },
        },
        from: { name: 'First Bank', address: 'bank@mail.example' },
      },
      bank: { name: 'Alder Bank', address: ['1 Market Street', 'Springfield'], logo: 'logo.svg' },
      jwtSecret: SECRET,
      jwtSecretPrevious: `${SECRET}-before`,
      systemUser: { email: 'system@bank.example', password: ' 8 chars' },
      staffNeedsSecondFactor: true,
      stepUpAmounts: new Map([
        ['EUR', 100_050n],
        ['JPY', 90_000n],
      ]),
      defaultCurrency: 'JPY',
      accountPrefix: 'ZB',
      accountsPerUser: 3,
      writesPerMinute: 0,
      requestsPerMinute: 0,
      sessionLifetimeMs: 3_600_000,
      accessTokenLifetimeMs: 5 * 60_000,
      shutdownMs: 30_000,
      checkpointKey: CHECKPOINT_KEY,
      checkpointDirectory: '/mnt/elsewhere',
      checkpointEveryMs: 3_600_000,
      logLevel: 'debug',
      logFormat: 'pretty',
      logAddresses: 'network',
      isMaintenance: true,
      metrics: { token: 'a-token-of-16-ch', address: { host: '10.0.0.2', port: 9_464 } },
    } satisfies Config);
  });

  it('listens to other machines in production alone', () => {
    expect(
      readConfig({ NODE_ENV: 'production', JWT_SECRET: SECRET, PUBLIC_ORIGIN: 'https://b.example' }).host,
    ).toBe('0.0.0.0');
    expect(readConfig({ NODE_ENV: 'test' }).host).toBe('127.0.0.1');
  });

  it('serves metrics at a port of its own to this machine alone, unless told otherwise', () => {
    expect(readConfig({ METRICS_PORT: '0' }).metrics).toEqual({
      token: null,
      address: { host: '127.0.0.1', port: 0 },
    });
  });

  it.each<[Env, Config['store']]>([
    [{ DATA_DIR: '/d' }, { kind: 'sqlite', path: join('/d', 'passbook.db') }],
    [
      { DATA_DIR: '/d', DATABASE_PATH: '/e/bank.db' },
      { kind: 'sqlite', path: '/e/bank.db' },
    ],
    ...[
      'mongodb://127.0.0.1:27017/passbook?replicaSet=rs0',
      'mongodb://user:p%40ss@a-1.example:1,b_2:27018,[::1]:3/?w=majority',
      'mongodb://%2Ftmp%2Fmongodb-27017.sock/bank',
    ].map((uri): [Env, Config['store']] => [{ MONGO_URI: uri }, { kind: 'mongo', uri }]),
    [{ MONGO_URI: 'mongodb+srv://a.b' }, { kind: 'mongo', uri: 'mongodb+srv://a.b' }],
    [
      { MONGO_URI: 'mongodb://a', STORE: 'sqlite' },
      { kind: 'sqlite', path: join('data', 'passbook.db') },
    ],
    [{ MONGO_URI: 'mongodb://a', STORE: 'memory' }, { kind: 'memory' }],
  ])('keeps the books where %j says', (env, store) => {
    expect(readConfig(env).store).toEqual(store);
  });

  it('sends mail by Gmail, whatever spaces its password is shown with', () => {
    const env = { GMAIL_USER: 'bank@gmail.com', GMAIL_PASS: 'abcd efgh ijkl\u00a0mnop' };
    const server = {
      host: 'smtp.gmail.com',
      port: 465,
      secure: true,
      auth: { user: 'bank@gmail.com', pass: 'abcdefghijklmnop' },
    };
    expect(readConfig(env).mail).toEqual({
      kind: 'smtp',
      server,
      from: { name: 'Passbook', address: 'bank@gmail.com' },
    });
    expect(readConfig({ ...env, MAIL_FROM: '"Bank, First" <a@b.example>' }).mail).toEqual({
      kind: 'smtp',
      server,
      from: { name: 'Bank, First', address: 'a@b.example' },
    });
  });

  it.each([
    ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false, auth: null }],
    ['smtps://mail.example/', { host: 'mail.example', port: 465, secure: true, auth: null }],
    ['smtp://127.0.0.1:1025', { host: '127.0.0.1', port: 1025, secure: false, auth: null }],
    [
      'smtps://a%40b.example:pass@[::1]:2465',
      { host: '::1', port: 2465, secure: true, auth: { user: 'a@b.example', pass: 'pass' } },
    ],
  ])('sends mail by %s', (url, server) => {
    expect(readConfig({ SMTP_URL: url, MAIL_FROM: 'a@b.example' }).mail).toEqual({
      kind: 'smtp',
      server,
      from: { name: 'Passbook', address: 'a@b.example' },
    });
  });
});

const LENGTH = ' must have at least 32 bytes';
const RANDOM = ' must be random, such as what "openssl rand -base64 48" prints';
const JWT_LENGTH = `JWT_SECRET${LENGTH}`;
const JWT_RANDOM = `JWT_SECRET${RANDOM}`;
const ORIGIN = 'PUBLIC_ORIGIN must be an origin and nothing more, such as https://bank.example';
const ORIGINS =
  'ALLOWED_ORIGINS must be origins and nothing more, with commas between them: https://app.example';
const MONGO =
  'MONGO_URI must be mongodb:// or mongodb+srv:// and its hosts, with user:password@ before them if needed, percent-encoded';
const SMTP =
  'SMTP_URL must be smtp:// or smtps:// and a host, with user:password@ before it if needed, percent-encoded';
const METRICS_TOKEN = 'METRICS_TOKEN must be 16 or more letters, digits and the characters -._~+/=';
const MAIL_FROM = 'MAIL_FROM must be one e-mail address, or a name and <one e-mail address>';

describe('a faulty configuration', () => {
  it.each<[Env, string]>([
    [{ NODE_ENV: 'prod' }, 'NODE_ENV must be one of development, production, test'],
    [{ PORT: '65536' }, 'PORT must be an integer from 0 to 65535'],
    [{ PORT: '-1' }, 'PORT must be an integer from 0 to 65535'],
    [{ PORT: '3e3' }, 'PORT must be an integer from 0 to 65535'],
    [{ PORT: ' 3000' }, 'PORT must be an integer from 0 to 65535'],
    [{ PUBLIC_ORIGIN: 'bank.example' }, ORIGIN],
    [{ PUBLIC_ORIGIN: 'https://bank.example/app' }, ORIGIN],
    [{ PUBLIC_ORIGIN: 'https://user:pass@bank.example' }, ORIGIN],
    [{ PUBLIC_ORIGIN: 'ftp://bank.example' }, ORIGIN],
    [{ ALLOWED_ORIGINS: '*' }, ORIGINS],
    [{ ALLOWED_ORIGINS: 'https://a.example https://b.example' }, ORIGINS],
    [{ ALLOWED_ORIGINS: 'https://a.example,' }, ORIGINS],
    [{ ALLOWED_ORIGINS: 'https://a.example/app' }, ORIGINS],
    [{ ALLOWED_ORIGINS: 'null' }, ORIGINS],
    [{ TRUSTED_PROXIES: 'all' }, 'TRUSTED_PROXIES must be an integer from 0 to 16'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent'],
    [{ SHUTDOWN_SECONDS: '0' }, 'SHUTDOWN_SECONDS must be an integer from 1 to 3600'],
    [{ METRICS_TOKEN: 'fifteen-letters' }, METRICS_TOKEN],
    [{ METRICS_TOKEN: 'a token that has blanks' }, METRICS_TOKEN],
    [{ METRICS_PORT: '65536' }, 'METRICS_PORT must be an integer from 0 to 65535'],
    [{ METRICS_HOST: '10.0.0.1' }, 'METRICS_PORT is required with METRICS_HOST'],
    [{ METRICS_PORT: '3000' }, 'METRICS_PORT is the PORT of the server: set another one, or METRICS_TOKEN'],
    [{ STORE: 'mysql' }, 'STORE must be one of mongo, sqlite, memory'],
    [{ STORE: 'mongo' }, 'MONGO_URI is required with STORE=mongo'],
    [{ MONGO_URI: 'http://a' }, MONGO],
    [{ MONGO_URI: 'mongodb://' }, MONGO],
    [{ MONGO_URI: 'mongodb://user:canary' }, MONGO],
    [{ MONGO_URI: 'mongodb://user:can@ary@a' }, MONGO],
    [{ MONGO_URI: 'mongodb://a,,b' }, MONGO],
    [{ MONGO_URI: 'mongodb://a/bank passbook' }, MONGO],
    [{ JWT_SECRET: SECRET.slice(1) }, JWT_LENGTH],
    [{ JWT_SECRET: 'a'.repeat(32) }, JWT_RANDOM],
    [{ JWT_SECRET: 'abcdefg'.repeat(5) }, JWT_RANDOM],
    [{ JWT_SECRET: 'please-change-me-to-something-else!' }, JWT_RANDOM],
    [{ JWT_SECRET: 'your-256-bit-secret-goes-right-here' }, JWT_RANDOM],
    [{ JWT_SECRET: 'passbook-development-0aB9cD8eF7gH6' }, JWT_RANDOM],
    [{ JWT_SECRET: SECRET, JWT_SECRET_PREVIOUS: SECRET.slice(1) }, `JWT_SECRET_PREVIOUS${LENGTH}`],
    [{ JWT_SECRET: SECRET, JWT_SECRET_PREVIOUS: 'a'.repeat(32) }, `JWT_SECRET_PREVIOUS${RANDOM}`],
    [{ JWT_SECRET_PREVIOUS: SECRET }, 'JWT_SECRET is required with JWT_SECRET_PREVIOUS'],
    [{ ACCESS_TOKEN_MINUTES: '0' }, 'ACCESS_TOKEN_MINUTES must be an integer from 1 to 1440'],
    [{ SESSION_HOURS: '0' }, 'SESSION_HOURS must be an integer from 1 to 8760'],
    [{ SYSTEM_EMAIL: 'a', SYSTEM_PASSWORD: '12345678' }, 'SYSTEM_EMAIL must be one e-mail address'],
    [{ SYSTEM_EMAIL: 'a@b', SYSTEM_PASSWORD: '1234567' }, 'SYSTEM_PASSWORD must be 8 to 256 characters'],
    [{ SYSTEM_EMAIL: 'a@b' }, 'SYSTEM_PASSWORD is required with SYSTEM_EMAIL'],
    [{ SYSTEM_PASSWORD: '12345678' }, 'SYSTEM_EMAIL is required with SYSTEM_PASSWORD'],
    [{ REQUIRE_SECOND_FACTOR: 'all' }, 'REQUIRE_SECOND_FACTOR must be one of off, staff'],
    ...['1000', 'EUR', 'EUR 1.001', 'JPY 1.0', 'ABC 1', 'EUR 1, EUR 2', 'EUR 1,', 'eur 1', 'EUR -1'].map(
      (amounts): [Env, string] => [
        { STEP_UP_AMOUNT: amounts },
        'STEP_UP_AMOUNT must be amounts with commas between them, one a currency: EUR 1000.00, USD 1000.00',
      ],
    ),
    [{ DEFAULT_CURRENCY: 'eur' }, 'DEFAULT_CURRENCY must be a code of ISO 4217, such as EUR'],
    [{ BANK_NAME: 'x'.repeat(101) }, 'BANK_NAME must be 1 to 100 printable characters'],
    [
      { BANK_ADDRESS: 'a||b' },
      'BANK_ADDRESS must be 1 to 6 lines with | between them, each of 1 to 100 printable characters',
    ],
    [{ ACCOUNT_PREFIX: 'pb' }, 'ACCOUNT_PREFIX must be two to four capital letters, such as PB'],
    [{ ACCOUNTS_PER_USER: '0' }, 'ACCOUNTS_PER_USER must be an integer from 1 to 10000'],
    [{ WRITES_PER_MINUTE: '-1' }, 'WRITES_PER_MINUTE must be an integer from 0 to 999999999'],
    [{ REQUESTS_PER_MINUTE: '1e3' }, 'REQUESTS_PER_MINUTE must be an integer from 0 to 999999999'],
    [{ GMAIL_USER: 'a@gmail.com' }, 'GMAIL_PASS is required with GMAIL_USER'],
    [{ GMAIL_PASS: 'abcd' }, 'GMAIL_USER is required with GMAIL_PASS'],
    [
      {
        GMAIL_USER: 'a@gmail.com',
        GMAIL_PASS: 'b',
        SMTP_URL: 'smtp://m.example',
        MAIL_FROM: 'a@b.example',
      },
      'SMTP_URL and GMAIL_USER are two mail servers: set one',
    ],
    [{ SMTP_URL: 'smtp://m.example' }, 'MAIL_FROM is required with SMTP_URL'],
    [{ SMTP_URL: 'http://m.example', MAIL_FROM: 'a@b.example' }, SMTP],
    [{ SMTP_URL: 'smtp://', MAIL_FROM: 'a@b.example' }, SMTP],
    [{ SMTP_URL: 'smtp://user@m.example', MAIL_FROM: 'a@b.example' }, SMTP],
    [{ SMTP_URL: 'smtp://u:100%@m.example', MAIL_FROM: 'a@b.example' }, SMTP],
    [{ SMTP_URL: 'smtp://u:p#ss@m.example', MAIL_FROM: 'a@b.example' }, SMTP],
    [{ SMTP_URL: 'smtp://m.example?pool=true', MAIL_FROM: 'a@b.example' }, SMTP],
    [{ MAIL_FROM: 'Bank' }, MAIL_FROM],
    [{ MAIL_FROM: 'Bank <a@b.example>, <c@d.example>' }, MAIL_FROM],
    [{ MAIL_FROM: 'a@b.example, c@d.example' }, MAIL_FROM],
    [{ MAIL_FROM: 'Bank\nBcc: c@d.example <a@b.example>' }, MAIL_FROM],
  ])('%j is refused', (env, fault) => {
    expect(faultsOf(env)).toEqual([fault]);
  });

  it('reports every fault at once, by name and without the values that were set', () => {
    const env = {
      NODE_ENV: 'production',
      PORT: 'canary-port',
      MONGO_URI: 'canary-uri',
      JWT_SECRET: 'canary-jwt',
      SYSTEM_PASSWORD: 'canary',
      GMAIL_PASS: 'canary-gmail',
      SMTP_URL: 'smtp://canary:canary-smtp',
      PUBLIC_ORIGIN: 'http://canary.example',
    };
    const error = new ConfigError(faultsOf(env));
    expect(error.faults.map((fault) => fault.split(' ')[0])).toEqual([
      'PORT',
      'MONGO_URI',
      'JWT_SECRET',
      'SYSTEM_PASSWORD',
      'SMTP_URL',
      'PUBLIC_ORIGIN',
      'SYSTEM_EMAIL',
      'GMAIL_USER',
      'SMTP_URL',
      'MAIL_FROM',
    ]);
    expect(error.message).toBe(
      `The configuration is not valid:\n${error.faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
    expect(error.message).not.toContain('canary');
  });

  it('in production has no secret, or an origin in the clear', () => {
    const env = { NODE_ENV: 'production' };
    expect(faultsOf(env)).toEqual([
      'JWT_SECRET is required in production',
      'PUBLIC_ORIGIN is required in production, such as https://bank.example',
    ]);
    expect(faultsOf(env, { reader: 'commands' })).toEqual([]);

    const clear = { ...env, JWT_SECRET: SECRET, PUBLIC_ORIGIN: 'http://bank.example' };
    expect(faultsOf(clear)).toEqual(['PUBLIC_ORIGIN must be https in production, or localhost']);
    expect(faultsOf({ ...clear, NODE_ENV: 'development' })).toEqual([]);
    for (const origin of [
      'http://localhost:3000',
      'http://127.0.0.1',
      'http://[::1]:80',
      'https://b.example',
    ]) {
      expect(faultsOf({ ...clear, PUBLIC_ORIGIN: origin })).toEqual([]);
    }
    expect(faultsOf({ ...clear, PUBLIC_ORIGIN: 'http://localhost.evil.example' })).toHaveLength(1);

    const safe = { ...clear, PUBLIC_ORIGIN: 'https://bank.example' };
    expect(faultsOf({ ...safe, ALLOWED_ORIGINS: 'https://app.example,http://localhost:5173' })).toEqual([]);
    expect(faultsOf({ ...safe, ALLOWED_ORIGINS: 'https://app.example,http://app.example' })).toEqual([
      'ALLOWED_ORIGINS must be https in production, or localhost',
    ]);
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const example = parseEnv(text);

  it('names the variables that are read, and no other', () => {
    expect(Object.keys(example).toSorted()).toEqual([...CONFIG_NAMES].toSorted());
  });

  it('holds no secret', () => {
    expect(example).toMatchObject({
      MONGO_URI: '',
      JWT_SECRET: '',
      SYSTEM_PASSWORD: '',
      GMAIL_PASS: '',
      SMTP_URL: '',
    });
  });

  it('changes nothing as it stands', () => {
    expect(readConfig(example as Env)).toEqual(DEFAULTS);
  });

  it('explains each in a comment above it', () => {
    const lines = text.split('\n');
    const unexplained = CONFIG_NAMES.filter((name) => {
      const before = lines[lines.findIndex((line) => line.startsWith(`${name}=`)) - 1];
      return !before?.startsWith('# ') && !/^(SYSTEM_EMAIL|GMAIL_USER)=/.test(before ?? '');
    });
    expect(unexplained).toEqual([]);
  });
});
