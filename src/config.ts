import { join } from 'node:path';
import * as v from 'valibot';
import type { AddressPolicy } from './adapters/http/middleware/access-log.ts';
import { isCheckpointKey } from './adapters/security/index.ts';
import type { Sender } from './adapters/smtp/compose-mail.ts';
import type { SmtpServer } from './adapters/smtp/smtp-mailer.ts';
import { PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from './application/users/password.ts';
import { DEFAULT_PREFIX, isNumberPrefix } from './domain/entities/account-number.ts';
import { currencyExponent, isCurrency } from './domain/money/money.ts';
import { withEnvFile } from './env-file.ts';
import { isEmail, isName, normaliseEmail } from './domain/entities/user.ts';

export type Config = {
  readonly isProduction: boolean;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Scheme, host and port at which people reach the server. Null: http on localhost, at the port it listens on. */
  readonly publicOrigin: string | null;
  /** Origins beside it whose pages may call the server from a browser. */
  readonly allowedOrigins: readonly string[];
  /** Number of our own proxies in front of the server. */
  readonly trustedProxies: number;
  readonly maxConnections: number;
  /** Whether the server has pages for people at `/`. */
  readonly hasConsole: boolean;
  readonly dataDirectory: string;
  readonly store: StoreConfig;
  readonly mail: MailConfig;
  readonly bank: BankConfig;
  /** Null: one is created and stored in the data directory. Never null in production. */
  readonly jwtSecret: string | null;
  /** Still verifies tokens while the secret is rotated. Null: none. */
  readonly jwtSecretPrevious: string | null;
  /** Null: development creates one and stores it in the data directory, production does not. */
  readonly systemUser: { readonly email: string; readonly password: string } | null;
  /** Whether every role but customer needs a second factor. */
  readonly staffNeedsSecondFactor: boolean;
  /** Largest amounts that need no confirmation, in minor units, by currency. */
  readonly stepUpAmounts: ReadonlyMap<string, bigint>;
  readonly defaultCurrency: string;
  readonly accountPrefix: string;
  readonly accountsPerUser: number;
  /** Commands a customer may give per minute. 0: no limit. */
  readonly writesPerMinute: number;
  /** Requests of a person, or of a network before sign-in, per minute. 0: no limit. */
  readonly requestsPerMinute: number;
  readonly sessionLifetimeMs: number;
  readonly accessTokenLifetimeMs: number;
  readonly shutdownMs: number;
  /** Ed25519, private, as JWK or PEM. Null: one is created and stored in the data directory. */
  readonly checkpointKey: string | null;
  readonly checkpointDirectory: string;
  /** Null: only on demand. */
  readonly checkpointEveryMs: number | null;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** How much of a client's address the log holds. */
  readonly logAddresses: AddressPolicy;
  /** Whether the bank takes no changes. */
  readonly isMaintenance: boolean;
  readonly metrics: MetricsConfig;
};

export type StoreConfig =
  | { readonly kind: 'mongo'; readonly uri: string }
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'memory' };

/** How metrics may be read. Null in both: not at all. */
export type MetricsConfig = {
  /** Bearer token for `/metrics` at the server's port. */
  readonly token: string | null;
  /** Address that serves `/metrics` to anyone who reaches it. Port 0: any free port. */
  readonly address: { readonly host: string; readonly port: number } | null;
};

export type MailConfig =
  | { readonly kind: 'smtp'; readonly server: SmtpServer; readonly from: Sender }
  | { readonly kind: 'files'; readonly directory: string; readonly from: Sender };

/** The bank as statements name it. */
export type BankConfig = {
  readonly name: string;
  /** Lines of the postal address. */
  readonly address: readonly string[];
  /** Path of an SVG file. Null: no logo. */
  readonly logo: string | null;
};

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;
/** `auto`: for people if they watch a terminal, and JSON otherwise. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** All faults of an environment at once. It names variables and their rules, but never their values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** An HS256 key is at least as long as its hash (RFC 7518, section 3.2). */
const JWT_SECRET_MIN_BYTES = 32;

/** Words that people copy from examples. Random text does not contain them. */
const PLACEHOLDER =
  /change.?(me|this|it)|secret|example|placeholder|password|passbook|default|your.?key|123456/i;
/** Any random text of this length has at least as many different characters. */
const JWT_SECRET_MIN_DIFFERENT = 8;

const METRICS_TOKEN_MIN = 16;

/** Names and addresses of this machine. */
export const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/;

const ADDRESS_MAX_LINES = 6;
const FROM_NAME = 'Passbook';
/** An address under .localhost belongs to nobody, so mail to it never leaves the machine (RFC 6761, section 6.3). */
const FROM_ADDRESS = 'no-reply@passbook.localhost';

const schema = v.object({
  NODE_ENV: v.optional(oneOf(['development', 'production', 'test']), 'development'),
  HOST: v.optional(notBlank()),
  PORT: v.optional(integer({ from: 0, to: 65_535 }), '3000'),
  PUBLIC_ORIGIN: v.optional(
    textAs(originOf, 'must be an origin and nothing more, such as https://bank.example'),
  ),
  ALLOWED_ORIGINS: v.optional(
    textAs(originsOf, 'must be origins and nothing more, with commas between them: https://app.example'),
    '',
  ),
  TRUSTED_PROXIES: v.optional(integer({ from: 0, to: 16 }), '0'),
  CONSOLE: v.optional(oneOf(['on', 'off']), 'on'),
  MAX_CONNECTIONS: v.optional(integer({ from: 1, to: 1_000_000 }), '4000'),
  REQUESTS_PER_MINUTE: v.optional(integer({ from: 0, to: 999_999_999 }), '30000'),
  LOG_LEVEL: v.optional(oneOf(LOG_LEVELS), 'info'),
  LOG_FORMAT: v.optional(oneOf(LOG_FORMATS), 'auto'),
  LOG_ADDRESSES: v.optional(oneOf(['full', 'network', 'none']), 'full'),
  MAINTENANCE: v.optional(oneOf(['off', 'on']), 'off'),
  SHUTDOWN_SECONDS: v.optional(integer({ from: 1, to: 3_600 }), '10'),
  METRICS_TOKEN: v.optional(
    textAs(tokenOf, `must be ${METRICS_TOKEN_MIN} or more letters, digits and the characters -._~+/=`),
  ),
  METRICS_PORT: v.optional(integer({ from: 0, to: 65_535 })),
  METRICS_HOST: v.optional(notBlank()),

  STORE: v.optional(oneOf(['mongo', 'sqlite', 'memory'])),
  MONGO_URI: v.optional(
    textAs(
      mongoUriOf,
      'must be mongodb:// or mongodb+srv:// and its hosts, with user:password@ before them if needed, percent-encoded',
    ),
  ),
  DATA_DIR: v.optional(notBlank(), 'data'),
  DATABASE_PATH: v.optional(notBlank()),

  JWT_SECRET: v.optional(jwtSecret()),
  JWT_SECRET_PREVIOUS: v.optional(jwtSecret()),
  ACCESS_TOKEN_MINUTES: v.optional(integer({ from: 1, to: 1_440 }), '15'),
  SESSION_HOURS: v.optional(integer({ from: 1, to: 8_760 }), '12'),
  SYSTEM_EMAIL: v.optional(textAs(emailOf, 'must be one e-mail address')),
  SYSTEM_PASSWORD: v.optional(
    textAs(passwordOf, `must be ${PASSWORD_MIN_LENGTH} to ${PASSWORD_MAX_LENGTH} characters`),
  ),

  REQUIRE_SECOND_FACTOR: v.optional(oneOf(['off', 'staff']), 'off'),
  STEP_UP_AMOUNT: v.optional(
    textAs(amountsOf, 'must be amounts with commas between them, one a currency: EUR 1000.00, USD 1000.00'),
    '',
  ),

  DEFAULT_CURRENCY: v.optional(textAs(currencyOf, 'must be a code of ISO 4217, such as EUR'), 'EUR'),
  ACCOUNT_PREFIX: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => isNumberPrefix(text), 'must be two to four capital letters, such as PB'),
    ),
    DEFAULT_PREFIX,
  ),
  ACCOUNTS_PER_USER: v.optional(integer({ from: 1, to: 10_000 }), '50'),
  WRITES_PER_MINUTE: v.optional(integer({ from: 0, to: 999_999_999 }), '3000'),

  CHECKPOINT_EVERY_SECONDS: v.optional(integer({ from: 0, to: 999_999_999 }), '0'),
  CHECKPOINT_DIR: v.optional(notBlank()),
  CHECKPOINT_KEY: v.optional(textAs(checkpointKeyOf, 'must be an Ed25519 private key, as JWK or PEM')),

  BANK_NAME: v.optional(textAs(bankNameOf, 'must be 1 to 100 printable characters')),
  BANK_ADDRESS: v.optional(
    textAs(
      addressOf,
      `must be 1 to ${ADDRESS_MAX_LINES} lines with | between them, each of 1 to 100 printable characters`,
    ),
  ),
  BANK_LOGO: v.optional(notBlank()),

  GMAIL_USER: v.optional(textAs(emailOf, 'must be one e-mail address')),
  GMAIL_PASS: v.optional(notBlank()),
  SMTP_URL: v.optional(
    textAs(
      smtpServerOf,
      'must be smtp:// or smtps:// and a host, with user:password@ before it if needed, percent-encoded',
    ),
  ),
  MAIL_FROM: v.optional(textAs(senderOf, 'must be one e-mail address, or a name and <one e-mail address>')),
});

type Name = keyof typeof schema.entries;
type Texts = Readonly<Partial<Record<Name, string>>>;
type Values = v.InferOutput<typeof schema>;

/** Variables whose values may contain any character, and are never shown. */
const SECRET_NAMES: readonly Name[] = [
  'JWT_SECRET',
  'JWT_SECRET_PREVIOUS',
  'SYSTEM_PASSWORD',
  'GMAIL_PASS',
  'SMTP_URL',
  'MONGO_URI',
  'CHECKPOINT_KEY',
  'METRICS_TOKEN',
];

/** The values of the environment that no log may show. A password in a URL also counts by itself. */
export function secretsIn(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return SECRET_NAMES.flatMap((name) => {
    const value = env[name];
    // Google shows an app password in groups, and takes it without the spaces
    return value ? [value, value.replaceAll(/\s/g, ''), ...passwordsIn(value)] : [];
  });
}

function passwordsIn(text: string): readonly string[] {
  const [, password] = /^[a-z+]+:\/\/[^:@/]*:([^@/]+)@/i.exec(text) ?? [];
  return password === undefined ? [] : [password, decoded(password) ?? password];
}

/** The variables that Passbook reads. `.env.example` explains each. */
export const CONFIG_NAMES = Object.keys(schema.entries) as readonly Name[];

/**
 * Reads the environment as typed configuration. An empty variable counts as not set, and others are ignored.
 * `reader` is the program that reads: the commands sign nobody in, so they need no `JWT_SECRET`.
 * @throws ConfigError naming every fault
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  { reader = 'server' }: { reader?: 'server' | 'commands' } = {},
): Config {
  const texts: Texts = Object.fromEntries(
    CONFIG_NAMES.flatMap((name) => (env[name] ? [[name, env[name]] as const] : [])),
  );
  const read = v.safeParse(schema, texts);
  const faults = [
    ...(read.issues ?? []).map((issue) => `${v.getDotPath(issue)} ${issue.message}`),
    ...faultsBetween(texts, reader),
  ];
  if (!read.success || faults.length > 0) throw new ConfigError(faults);

  return configOf(read.output);
}

/**
 * Reads the environment and the `.env` file of the working directory, with warnings about that file.
 * @throws ConfigError naming every line that cannot be read
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  { path = '.env' }: { path?: string } = {},
): { env: Readonly<Record<string, string | undefined>>; warnings: readonly string[] } {
  const { env: whole, file } = withEnvFile(env, { path, secrets: SECRET_NAMES });
  if (file && file.faults.length > 0) throw new ConfigError(file.faults.map((fault) => `${path} ${fault}`));

  const names: readonly string[] = CONFIG_NAMES;
  const unknown = Object.keys(file?.values ?? {}).filter((name) => !names.includes(name));
  const warnings = unknown.map((name) => `${path} sets ${name}, which Passbook does not read`);
  return { env: whole, warnings };
}

/** Stable code of a warning about the configuration. */
export type ConfigWarningCode =
  | 'proxies_untrusted'
  | 'origin_http'
  | 'mails_not_sent'
  | 'not_production'
  | 'setting_unused';

export type ConfigWarning = { readonly code: ConfigWarningCode; readonly text: string };

/** Warnings about settings that are valid but may be unintended. */
export function configWarnings(env: Readonly<Record<string, string | undefined>>): readonly ConfigWarning[] {
  const { isProduction, host, publicOrigin, trustedProxies, store, mail } = readConfig(env);
  const isHttps = publicOrigin?.startsWith('https:') ?? false;
  const isOpen = isHttps || !LOOPBACK.test(host);
  const warnings: readonly (readonly [applies: boolean, code: ConfigWarningCode, text: string])[] = [
    [
      isHttps && trustedProxies === 0,
      'proxies_untrusted',
      "TRUSTED_PROXIES is 0 and PUBLIC_ORIGIN is https: all clients seem to come from the proxy, so one client's wrong passwords lock out all others",
    ],
    [
      isProduction && !isHttps,
      'origin_http',
      'PUBLIC_ORIGIN is http: session cookies are not Secure, and passwords travel in the clear',
    ],
    [
      isProduction && mail.kind === 'files',
      'mails_not_sent',
      'No mail is sent: set SMTP_URL and MAIL_FROM, or GMAIL_USER and GMAIL_PASS',
    ],
    [
      !isProduction && isOpen,
      'not_production',
      'NODE_ENV is not production, and other machines can reach this server',
    ],
    [
      Boolean(env['MONGO_URI']) && store.kind !== 'mongo',
      'setting_unused',
      `MONGO_URI is not used with STORE=${store.kind}`,
    ],
    [
      Boolean(env['DATABASE_PATH']) && store.kind !== 'sqlite',
      'setting_unused',
      `DATABASE_PATH is not used with STORE=${store.kind}`,
    ],
  ];
  return warnings.flatMap(([applies, code, text]) => (applies ? [{ code, text }] : []));
}

/** Faults of variables that depend on each other. */
function faultsBetween(texts: Texts, reader: 'server' | 'commands'): readonly string[] {
  const isProduction = texts.NODE_ENV === 'production';
  const origin = originOf(texts.PUBLIC_ORIGIN ?? '');
  const usesGmail = texts.GMAIL_USER !== undefined || texts.GMAIL_PASS !== undefined;
  const rules: readonly (readonly [isBroken: boolean, fault: string])[] = [
    [
      isProduction && reader === 'server' && texts.JWT_SECRET === undefined,
      'JWT_SECRET is required in production',
    ],
    [
      texts.JWT_SECRET_PREVIOUS !== undefined && texts.JWT_SECRET === undefined,
      'JWT_SECRET is required with JWT_SECRET_PREVIOUS',
    ],
    [
      isProduction && reader === 'server' && texts.PUBLIC_ORIGIN === undefined,
      'PUBLIC_ORIGIN is required in production, such as https://bank.example',
    ],
    [
      isProduction && origin !== undefined && !isPrivate(origin),
      'PUBLIC_ORIGIN must be https in production, or localhost',
    ],
    [
      isProduction && !(originsOf(texts.ALLOWED_ORIGINS ?? '') ?? []).every(isPrivate),
      'ALLOWED_ORIGINS must be https in production, or localhost',
    ],
    [texts.STORE === 'mongo' && texts.MONGO_URI === undefined, 'MONGO_URI is required with STORE=mongo'],
    [
      texts.METRICS_HOST !== undefined && texts.METRICS_PORT === undefined,
      'METRICS_PORT is required with METRICS_HOST',
    ],
    [
      texts.METRICS_PORT !== undefined &&
        Number(texts.METRICS_PORT) !== 0 &&
        texts.METRICS_PORT === (texts.PORT ?? '3000'),
      'METRICS_PORT is the PORT of the server: set another one, or METRICS_TOKEN',
    ],
    ...together(texts, 'SYSTEM_EMAIL', 'SYSTEM_PASSWORD'),
    ...together(texts, 'GMAIL_USER', 'GMAIL_PASS'),
    [texts.SMTP_URL !== undefined && usesGmail, 'SMTP_URL and GMAIL_USER are two mail servers: set one'],
    [texts.SMTP_URL !== undefined && texts.MAIL_FROM === undefined, 'MAIL_FROM is required with SMTP_URL'],
  ];
  return rules.flatMap(([isBroken, fault]) => (isBroken ? [fault] : []));
}

function together(texts: Texts, ...[one, other]: [Name, Name]): readonly (readonly [boolean, string])[] {
  return [
    [texts[one] !== undefined && texts[other] === undefined, `${other} is required with ${one}`],
    [texts[other] !== undefined && texts[one] === undefined, `${one} is required with ${other}`],
  ];
}

function configOf(values: Values): Config {
  const isProduction = values.NODE_ENV === 'production';
  const { SYSTEM_EMAIL: email, SYSTEM_PASSWORD: password } = values;
  return {
    isProduction,
    host: values.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    port: values.PORT,
    publicOrigin: values.PUBLIC_ORIGIN ?? null,
    allowedOrigins: values.ALLOWED_ORIGINS,
    trustedProxies: values.TRUSTED_PROXIES,
    hasConsole: values.CONSOLE === 'on',
    maxConnections: values.MAX_CONNECTIONS,
    dataDirectory: values.DATA_DIR,
    store: storeOf(values),
    mail: mailOf(values),
    bank: {
      name: values.BANK_NAME ?? mailOf(values).from.name,
      address: values.BANK_ADDRESS ?? [],
      logo: values.BANK_LOGO ?? null,
    },
    jwtSecret: values.JWT_SECRET ?? null,
    jwtSecretPrevious: values.JWT_SECRET_PREVIOUS ?? null,
    systemUser: email !== undefined && password !== undefined ? { email, password } : null,
    staffNeedsSecondFactor: values.REQUIRE_SECOND_FACTOR === 'staff',
    stepUpAmounts: values.STEP_UP_AMOUNT,
    defaultCurrency: values.DEFAULT_CURRENCY,
    accountPrefix: values.ACCOUNT_PREFIX,
    accountsPerUser: values.ACCOUNTS_PER_USER,
    writesPerMinute: values.WRITES_PER_MINUTE,
    requestsPerMinute: values.REQUESTS_PER_MINUTE,
    sessionLifetimeMs: values.SESSION_HOURS * 3_600_000,
    accessTokenLifetimeMs: values.ACCESS_TOKEN_MINUTES * 60_000,
    shutdownMs: values.SHUTDOWN_SECONDS * 1_000,
    checkpointKey: values.CHECKPOINT_KEY ?? null,
    checkpointDirectory: values.CHECKPOINT_DIR ?? join(values.DATA_DIR, 'checkpoints'),
    checkpointEveryMs: values.CHECKPOINT_EVERY_SECONDS * 1_000 || null,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
    logAddresses: values.LOG_ADDRESSES,
    isMaintenance: values.MAINTENANCE === 'on',
    metrics: {
      token: values.METRICS_TOKEN ?? null,
      address:
        values.METRICS_PORT === undefined
          ? null
          : { host: values.METRICS_HOST ?? '127.0.0.1', port: values.METRICS_PORT },
    },
  };
}

function storeOf({ STORE, MONGO_URI, DATABASE_PATH, DATA_DIR }: Values): StoreConfig {
  const kind = STORE ?? (MONGO_URI === undefined ? 'sqlite' : 'mongo');
  switch (kind) {
    case 'mongo':
      return { kind, uri: MONGO_URI ?? '' };
    case 'sqlite':
      return { kind, path: DATABASE_PATH ?? join(DATA_DIR, 'passbook.db') };
    case 'memory':
      return { kind };
    default:
      return kind satisfies never;
  }
}

function mailOf({ GMAIL_USER, GMAIL_PASS, SMTP_URL, MAIL_FROM, DATA_DIR }: Values): MailConfig {
  const from = MAIL_FROM ?? { name: FROM_NAME, address: GMAIL_USER ?? FROM_ADDRESS };
  if (SMTP_URL !== undefined) return { kind: 'smtp', server: SMTP_URL, from };
  if (GMAIL_USER === undefined || GMAIL_PASS === undefined) {
    return { kind: 'files', directory: join(DATA_DIR, 'mail'), from };
  }
  // Google shows an app password in four groups of four
  const auth = { user: GMAIL_USER, pass: GMAIL_PASS.replaceAll(/\s/g, '') };
  return { kind: 'smtp', server: { host: 'smtp.gmail.com', port: 465, secure: true, auth }, from };
}

/** A text that `read` can parse. It has a message of ours, because valibot's own would repeat the input. */
function textAs<T>(read: (text: string) => T | undefined, message: string) {
  return v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message });
      return NEVER;
    }),
  );
}

function jwtSecret() {
  return v.pipe(
    textAs(longTextOf, `must have at least ${JWT_SECRET_MIN_BYTES} bytes`),
    v.check(isRandom, 'must be random, such as what "openssl rand -base64 48" prints'),
  );
}

function notBlank() {
  return textAs((text) => (text.trim() === '' ? undefined : text), 'must not be blank');
}

function oneOf<const T extends string>(options: readonly T[]) {
  return v.picklist(options, `must be one of ${options.join(', ')}`);
}

function integer({ from, to }: { from: number; to: number }) {
  const read = (text: string): number | undefined => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    return value >= from && value <= to ? value : undefined;
  };
  return textAs(read, `must be an integer from ${from} to ${to}`);
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function originOf(text: string): string | undefined {
  const url = urlOf(text);
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  return isWeb && url.href === `${url.origin}/` ? url.origin : undefined;
}

function originsOf(text: string): readonly string[] | undefined {
  if (text === '') return [];
  const origins = text.split(',').map((one) => originOf(one.trim()));
  return origins.every((origin) => origin !== undefined) ? origins : undefined;
}

/** Whether traffic to the origin is encrypted or stays on this machine. */
function isPrivate(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' || LOOPBACK.test(hostname);
}

/** Checks the URI before the driver does: its error would repeat a password that it mistakes for a port. */
function mongoUriOf(text: string): string | undefined {
  const host = /(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+|%2[Ff][^,/?@]+)(?::\d{1,5})?/.source;
  const uri = new RegExp(`^mongodb(?:\\+srv)?://(?:[^@/?#\\s]+@)?${host}(?:,${host})*(?:[/?]\\S*)?$`);
  return uri.test(text) ? text : undefined;
}

function longTextOf(text: string): string | undefined {
  return Buffer.byteLength(text) >= JWT_SECRET_MIN_BYTES ? text : undefined;
}

function isRandom(secret: string): boolean {
  return new Set(secret).size >= JWT_SECRET_MIN_DIFFERENT && !PLACEHOLDER.test(secret);
}

/** A token of RFC 6750, section 2.1. */
function tokenOf(text: string): string | undefined {
  return text.length >= METRICS_TOKEN_MIN && /^[\w\-.~+/]+=*$/.test(text) ? text : undefined;
}

function checkpointKeyOf(text: string): string | undefined {
  return isCheckpointKey(text) ? text : undefined;
}

function emailOf(text: string): string | undefined {
  const email = normaliseEmail(text);
  return isEmail(email) ? email : undefined;
}

function passwordOf(text: string): string | undefined {
  const { length } = [...text];
  return length >= PASSWORD_MIN_LENGTH && length <= PASSWORD_MAX_LENGTH ? text : undefined;
}

function currencyOf(text: string): string | undefined {
  return isCurrency(text) ? text : undefined;
}

function amountsOf(text: string): ReadonlyMap<string, bigint> | undefined {
  const amounts = new Map<string, bigint>();
  for (const one of text === '' ? [] : text.split(',')) {
    const [currency, amount] = amountOf(one.trim()) ?? [];
    if (currency === undefined || amount === undefined || amounts.has(currency)) return undefined;
    amounts.set(currency, amount);
  }
  return amounts;
}

/** An amount in major units, such as EUR 1000.00. */
function amountOf(text: string): [currency: string, amount: bigint] | undefined {
  const [, currency = '', whole = '', fraction = ''] = /^([A-Z]{3}) (\d{1,15})(?:\.(\d+))?$/.exec(text) ?? [];
  const exponent = currencyExponent(currency);
  if (exponent === undefined || fraction.length > exponent) return undefined;
  return [currency, BigInt(whole + fraction.padEnd(exponent, '0'))];
}

function smtpServerOf(text: string): SmtpServer | undefined {
  const url = urlOf(text);
  const isMail = url?.protocol === 'smtp:' || url?.protocol === 'smtps:';
  if (!isMail || url.hostname === '' || !['', '/'].includes(url.pathname) || url.search || url.hash) {
    return undefined;
  }
  const secure = url.protocol === 'smtps:';
  const [user, pass] = [decoded(url.username), decoded(url.password)];
  if (user === undefined || pass === undefined || (user === '') !== (pass === '')) return undefined;
  return {
    // Only a URL puts an IPv6 address in brackets
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    auth: user === '' ? null : { user, pass },
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function bankNameOf(text: string): string | undefined {
  const name = text.trim();
  return isName(name) ? name : undefined;
}

function addressOf(text: string): readonly string[] | undefined {
  const lines = text.split('|').map((line) => line.trim());
  return lines.length <= ADDRESS_MAX_LINES && lines.every(isName) ? lines : undefined;
}

function senderOf(text: string): Sender | undefined {
  const [, quoted, plain, inBrackets] = /^(?:"([^"]*)"|([^"<>]*?))\s*<([^<>]*)>$/.exec(text.trim()) ?? [];
  const name = (quoted ?? plain)?.trim() || FROM_NAME;
  const address = emailOf(inBrackets ?? text);
  return address !== undefined && isName(name) ? { name, address } : undefined;
}
