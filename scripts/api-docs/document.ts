import { STATUS_CODES } from 'node:http';
import { toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import type { ConversionConfig } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { ROLES_OF } from '../../src/adapters/http/api/access.ts';
import { operations } from '../../src/adapters/http/api/operations.ts';
import type { ApiOperation } from '../../src/adapters/http/api/api-operation.ts';
import type { Operations } from '../../src/adapters/http/api/operations.ts';
import * as bodies from '../../src/adapters/http/requests/bodies.ts';
import * as profile from '../../src/adapters/http/requests/profile-bodies.ts';
import * as profileJson from '../../src/adapters/http/responses/profile-bodies.ts';
import { DryRunQuery } from '../../src/adapters/http/requests/queries.ts';
import * as factorBodies from '../../src/adapters/http/requests/second-factor-bodies.ts';
import { Nothing } from '../../src/adapters/http/requests/schemas.ts';
import * as apiKeyRequests from '../../src/adapters/http/requests/api-key-bodies.ts';
import * as staffRequests from '../../src/adapters/http/requests/staff-bodies.ts';
import * as apiKeys from '../../src/adapters/http/responses/api-key-bodies.ts';
import * as json from '../../src/adapters/http/responses/bodies.ts';
import * as sessions from '../../src/adapters/http/responses/session-bodies.ts';
import * as factorJson from '../../src/adapters/http/responses/second-factor-bodies.ts';
import * as payeeJson from '../../src/adapters/http/responses/payee-bodies.ts';
import * as payeeBodies from '../../src/adapters/http/requests/payee-bodies.ts';
import * as staff from '../../src/adapters/http/responses/staff-bodies.ts';
import { STATUS } from '../../src/adapters/http/responses/problem.ts';
import { CURRENCY_EXPONENTS } from '../../src/domain/money/currencies.ts';
import { METADATA_VALUE_MAX_LENGTH } from '../../src/application/validation.ts';
import { errorCatalogue } from '../../src/domain/errors.ts';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { FIELDS, text } from './fields.ts';
import type { JsonSchema } from './fields.ts';
import { makeSampleBank } from './sample-bank.ts';
import { walk } from './walk.ts';
import type { Example } from './walk.ts';

const REQUESTS = {
  RegisterRequest: bodies.RegistrationBody,
  SignInRequest: bodies.CredentialsBody,
  OpenAccountRequest: bodies.NewAccountBody,
  RenameAccountRequest: bodies.RenameBody,
  SetAccountMetadataRequest: bodies.AccountMetadataBody,
  CloseAccountRequest: bodies.ClosingBody,
  TransferRequest: bodies.PairBody,
  LegsTransferRequest: bodies.LegsBody,
  LegRequest: bodies.LegBody,
  BatchRequest: bodies.BatchBody,
  BatchedTransferRequest: bodies.BatchedPairBody,
  BatchedLegsTransferRequest: bodies.BatchedLegsBody,
  CaptureRequest: bodies.CaptureBody,
  VoidRequest: bodies.VoidBody,
  ReverseRequest: bodies.ReversalBody,
  FundAccountRequest: bodies.InitialFundsBody,
  WithdrawFundsRequest: bodies.WithdrawalBody,
  ExchangeFundsRequest: bodies.ExchangeBody,
  FreezeAccountRequest: bodies.FreezeBody,
  UnfreezeAccountRequest: bodies.UnfreezeBody,
  LimitAccountRequest: bodies.LimitsBody,
  EraseTextRequest: bodies.ErasureBody,
  LinkRequest: profile.LinkBody,
  ForgotPasswordRequest: profile.ForgottenPasswordBody,
  ResetPasswordRequest: profile.PasswordResetBody,
  ChangePasswordRequest: profile.PasswordChangeBody,
  ChangeEmailRequest: profile.EmailChangeBody,
  ChangeProfileRequest: profile.ProfileBody,
  EraseMeRequest: profile.SelfErasureBody,
  PasswordRequest: factorBodies.PasswordBody,
  CodeRequest: factorBodies.CodeBody,
  SecondFactorRequest: factorBodies.SecondFactorBody,
  AddPasskeyRequest: factorBodies.NewPasskeyBody,
  RenamePasskeyRequest: factorBodies.PasskeyNameBody,
  PasskeyAnswerRequest: factorBodies.PasskeyAnswerBody,
  Assertion: factorBodies.AssertionBody,
  Attestation: factorBodies.AttestationBody,
  OrderRequest: factorBodies.OrderBody,
  ConfirmOrderRequest: factorBodies.ConfirmationBody,
  PaymentRequest: factorBodies.PaymentBody,
  MakeApiKeyRequest: apiKeyRequests.NewApiKeyBody,
  CheckPayeeRequest: payeeBodies.PayeeCheckBody,
  SavePayeeRequest: payeeBodies.NewPayeeBody,
  RelabelPayeeRequest: payeeBodies.PayeeChangeBody,
  GrantRoleRequest: staffRequests.RoleBody,
  LockUserRequest: staffRequests.LockBody,
  UnlockUserRequest: staffRequests.UnlockBody,
  EmptyRequest: Nothing,
} as const;

const ANSWERS = {
  User: json.UserJson,
  SignedIn: json.SignedInJson,
  UserAnswer: json.UserAnswer,
  Session: sessions.SessionJson,
  SessionsAnswer: sessions.SessionsAnswer,
  RefreshedAnswer: sessions.RefreshedAnswer,
  Profile: profileJson.ProfileJson,
  MeAnswer: profileJson.MeAnswer,
  PersonalData: profileJson.PersonalDataJson,
  SessionRecord: profileJson.SessionRecordJson,
  PayeeRecord: payeeJson.PayeeRecordJson,
  CredentialRecord: profileJson.CredentialRecordJson,
  SecurityEventRecord: profileJson.EventRecordJson,
  ErasureAnswer: profileJson.ErasureAnswer,
  OpenAccount: profileJson.OpenAccountJson,
  Account: json.AccountJson,
  AccountAnswer: json.AccountAnswer,
  AccountPage: json.AccountsAnswer,
  Balance: json.BalanceJson,
  AccountBalances: json.BalancesJson,
  Counterparty: json.CounterpartyJson,
  Entry: json.EntryJson,
  EntryPage: json.EntriesAnswer,
  Statement: json.StatementJson,
  StatementAnswer: json.StatementAnswer,
  MonthlyStatement: json.MonthlyStatementJson,
  MonthlyStatementPage: json.StatementsAnswer,
  StatementLine: json.StatementLineJson,
  StatementHold: json.StatementHoldJson,
  StatementProof: json.StatementProofJson,
  ProvenEntry: json.ProvenEntryJson,
  Leg: json.LegJson,
  Transaction: json.TransactionJson,
  TransactionAnswer: json.TransactionAnswer,
  TransactionPage: json.TransactionsAnswer,
  DryRunTransaction: json.DryRunTransactionJson,
  TransferResult: json.TransferResultJson,
  DryRunResult: json.DryRunResultJson,
  TransferAnswer: json.TransferAnswer,
  BatchResult: json.BatchResultJson,
  BatchMember: json.BatchMemberJson,
  KeyedRefusal: json.KeyedRefusalJson,
  KeyedBatch: json.KeyedBatchJson,
  KeyOutcome: json.KeyOutcomeJson,
  AuditRecord: json.AuditRecordJson,
  AuditPage: json.AuditAnswer,
  Checkpoint: json.CheckpointJson,
  CheckpointAnswer: json.CheckpointAnswer,
  CheckpointPage: json.CheckpointsAnswer,
  TrialBalance: json.TrialBalanceJson,
  ApiKey: apiKeys.ApiKeyJson,
  NewApiKeyAnswer: apiKeys.NewApiKeyAnswer,
  ApiKeyList: apiKeys.ApiKeysAnswer,
  Payee: payeeJson.PayeeJson,
  PayeeAnswer: payeeJson.PayeeAnswer,
  PayeeCheck: payeeJson.PayeeCheckJson,
  SavedPayeeAnswer: payeeJson.SavedPayeeAnswer,
  PayeePage: payeeJson.PayeesAnswer,
  StaffUser: staff.StaffUserJson,
  StaffUserAnswer: staff.StaffUserAnswer,
  StaffUserPage: staff.StaffUsersAnswer,
  UsersAnswer: staff.UsersAnswer,
  SecurityEvent: staff.SecurityEventJson,
  SecurityEventPage: staff.SecurityEventsAnswer,
  Health: json.HealthJson,
  Readiness: json.ReadinessJson,
  Factors: factorJson.FactorsJson,
  FactorsAnswer: factorJson.FactorsAnswer,
  Passkey: factorJson.PasskeyJson,
  PasskeysAnswer: factorJson.PasskeysAnswer,
  OnePasskeyAnswer: factorJson.OnePasskeyAnswer,
  TotpSetup: factorJson.TotpSetupJson,
  RecoveryCodes: factorJson.RecoveryCodesJson,
  PasskeyQuestion: factorJson.PasskeyQuestionJson,
  Confirmation: factorJson.ConfirmationJson,
  FieldError: json.FieldErrorJson,
  Problem: json.ProblemJson,
  BatchProblem: json.BatchProblemJson,
  ErrorCode: json.CodeJson,
  Retry: json.RetryJson,
} as const;

const COMPONENTS = { ...REQUESTS, ...ANSWERS };
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const CONVERSION: ConversionConfig = {
  typeMode: 'input',
  // Checks that JSON Schema cannot express are described in FIELDS
  errorMode: 'ignore',
  overrideRef: ({ referenceId }) => refTo(referenceId).$ref,
};

/** The two forms of a request, which JSON Schema shows as alternatives. */
const ALTERNATIVES = new Map<v.GenericSchema, readonly string[]>([
  [bodies.TransferBody, ['TransferRequest', 'LegsTransferRequest']],
  [bodies.BatchedTransferBody, ['BatchedTransferRequest', 'BatchedLegsTransferRequest']],
]);
const TAGS: Readonly<Record<ApiOperation['group'], string>> = {
  'Sign-in': 'Register, sign in and sign out.',
  Sessions: 'Refresh, list and end sessions.',
  'Your profile': 'Confirm an address, change a password, export and erase your data.',
  'Second factors': 'Passkeys, authenticator apps, recovery codes, and confirmations of large payments.',
  'API keys': 'Keys with which programs act for you.',
  Payees: 'Check who is behind an account number, and keep the people that you pay.',
  Accounts: 'Open accounts, read balances and statements.',
  Transactions: 'Move money, hold it and send it back.',
  System: "The bank's own work, for its staff.",
  Server: 'Health of the server, for monitoring.',
};

const INFO = `The bank server of Passbook, a double-entry ledger.

- **Amounts** are integers in the currency's minor unit: 500 is 5.00 in a currency with two decimals.
- **Sign in** to get a session. Browsers send its cookie, programs send its token or an API key as \`Authorization: Bearer TOKEN\`.
- **Idempotency keys** make retries safe: the same key and the same request move money at most once. A repeated answer has the header \`Idempotent-Replayed: true\`.
- **Errors** are problems (RFC 9457). Programs should branch on \`code\`, and \`retry\` says what to do next.
- **Paths** may end with a slash.`;

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export type OpenApi = {
  readonly openapi: string;
  readonly info: { readonly version: string } & JsonSchema;
  readonly paths: Readonly<Record<string, Partial<Record<Method, DocumentedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> } & JsonSchema;
} & JsonSchema;
export type DocumentedOperation = {
  readonly operationId: string;
  readonly parameters?: readonly JsonSchema[];
  readonly responses: Record<string, JsonSchema>;
} & JsonSchema;

/** Makes the OpenAPI document. Every example in it is an answer of the sample bank. */
export async function makeDocument({ version }: { version: string }): Promise<OpenApi> {
  const examples = await walk(makeSampleBank());
  const paths: Record<string, Partial<Record<Method, DocumentedOperation>>> = {};
  for (const key of Object.keys(operations) as (keyof Operations)[]) {
    const [method = '', path = ''] = key.split(' ');
    const mine = examples.filter(({ operation }) => operation === key);
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operations[key], path, mine) };
  }
  const responses = shareResponses(paths);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Passbook',
      version,
      summary: 'A double-entry bank ledger over HTTP',
      description: INFO,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ bearer: [] }, { cookie: [] }],
    paths,
    components: {
      schemas: schemas(),
      responses,
      headers: HEADERS,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The `token` of a session, or an API key.' },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'session',
          description: 'Set by signing in. Where the site is https, its name is `__Host-session`.',
        },
      },
    },
  };
}

const HEADERS = {
  RequestId: { description: 'Id of the request, also in the log of the server.', schema: { type: 'string' } },
  Replayed: {
    description: 'Present if this is the recorded answer of an earlier request.',
    schema: { type: 'string', enum: ['true'] },
  },
  RateLimitPolicy: {
    description: 'Requests that the caller may send in a window of seconds. Absent without a limit.',
    schema: { type: 'string' },
    example: '"requests";q=30000;w=60',
  },
  RateLimit: {
    description: 'Requests that are left to the caller, and the seconds until the window ends.',
    schema: { type: 'string' },
    example: '"requests";r=29999;t=42',
  },
  RetryAfter: {
    description: 'Seconds to wait.',
    required: true,
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
  Challenge: {
    description: 'Always `Bearer`, perhaps with an error.',
    required: true,
    schema: { type: 'string' },
  },
  SessionCookie: { description: 'The session cookie.', schema: { type: 'string' } },
};
const header = (name: keyof typeof HEADERS) => ({ $ref: `#/components/headers/${name}` });

function schemas(): Record<string, JsonSchema> {
  const converted: Record<string, object> = toJsonSchemaDefs(COMPONENTS, CONVERSION);
  const currencies = [...CURRENCY_EXPONENTS.keys()].toSorted();
  const described = Object.entries(converted).map(([name, schema]): [string, JsonSchema] => {
    const fields = withFields(schema as JsonSchema, { name, isRequest: name in REQUESTS });
    return [name, { ...fields, ...requiredIn(name, fields) }];
  });
  return {
    CurrencyCode: { type: 'string', description: 'A code of ISO 4217.', enum: currencies },
    ...Object.fromEntries(described),
  };
}

/** A request that needs a key names it as required, although the header may carry it instead. */
function requiredIn(name: string, { required = [] }: JsonSchema): JsonSchema {
  const needsKey = Object.values<ApiOperation>(operations).some(
    ({ body, key }) => key === 'required' && body && JSON.stringify(schemaOf(body)).includes(`/${name}"`),
  );
  return needsKey ? { required: [...(required as string[]), 'idempotencyKey'] } : {};
}

/** Adds the meaning and the limits of each field. Answers may get more fields in time, so they are left open. */
function withFields(schema: JsonSchema, place: { name: string; isRequest: boolean }): JsonSchema {
  const { properties, items, anyOf, additionalProperties, $schema: _, ...rest } = schema;
  const isOpen = !place.isRequest && additionalProperties === false;
  return {
    ...rest,
    ...(Array.isArray(anyOf) ? { anyOf: anyOf.map((one: JsonSchema) => withFields(one, place)) } : {}),
    ...(items === undefined ? {} : { items: withFields(items as JsonSchema, place) }),
    ...(additionalProperties === undefined || isOpen ? {} : { additionalProperties }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties as Record<string, JsonSchema>).map(([field, inner]) => {
              const nested = withFields(inner, { ...place, name: field[0]?.toUpperCase() + field.slice(1) });
              return [field, merged(nested, meaningOf(field, place))];
            }),
          ),
        }),
  };
}

function meaningOf(field: string, { name, isRequest }: { name: string; isRequest: boolean }): JsonSchema {
  const meaning =
    FIELDS[`${name}.${field}`] ?? (isRequest ? FIELDS[`request.${field}`] : undefined) ?? FIELDS[field];
  if (!meaning) throw new Error(`No meaning is given for the field ${name}.${field}`);
  return LISTS[`${name}.${field}`] ? { ...meaning, items: LISTS[`${name}.${field}`] } : meaning;
}

/** Items of lists that are checked one by one. */
const LISTS: Readonly<Record<string, JsonSchema>> = {
  'BatchRequest.transfers': oneOf(['BatchedTransferRequest', 'BatchedLegsTransferRequest']),
  'LegsTransferRequest.legs': refTo('LegRequest'),
  'BatchedLegsTransferRequest.legs': refTo('LegRequest'),
  'OrderRequest.payments': refTo('PaymentRequest'),
  'ConfirmOrderRequest.payments': refTo('PaymentRequest'),
};

function oneOf(names: readonly string[]): JsonSchema {
  return { oneOf: names.map(refTo) };
}

/** A schema of its own alternatives replaces the converted one. */
function merged(schema: JsonSchema, meaning: JsonSchema): JsonSchema {
  if (schema['$ref'] !== undefined && meaning['items'] === undefined) return { ...schema, ...meaning };
  // Generators of clients stumble over a constant that is no text
  if (schema['const'] === true) return { type: 'boolean', ...meaning };
  const { type, anyOf, ...rest } = schema;
  const keepsType = ['anyOf', 'type', '$ref'].every((keyword) => meaning[keyword] === undefined);
  return { ...(keepsType ? { type, anyOf } : {}), ...rest, ...meaning };
}

function describe(operation: ApiOperation, path: string, examples: readonly Example[]): DocumentedOperation {
  const { id, group, summary, description, access, body } = operation;
  const role = access in ROLES_OF ? `Role: ${access}.` : '';
  const text = [description, role, scopesText(operation)].filter(Boolean).join(' ');
  const parameters = [...pathParameters(path, examples), ...queryParameters(operation)];
  return {
    operationId: id,
    tags: [group],
    summary,
    ...(text === '' ? {} : { description: text }),
    ...(access === 'none' ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body
      ? {
          requestBody: {
            required: isNeeded(body),
            content: {
              'application/json': {
                schema: schemaOf(body),
                ...examplesOf(examples.filter(isValid), ({ body: sent }) => sent),
              },
            },
          },
        }
      : {}),
    responses: responsesOf(operation, examples),
  };
}

function scopesText({ access, scopes = [] }: ApiOperation): string {
  if (access === 'none') return '';
  const needed = scopes.map((scope) => `\`${scope}\``).join(' or ');
  return scopes.length === 0 ? 'Not for API keys.' : `Scope of an API key: ${needed}.`;
}

/** Whether the request matches its schema, whatever the answer was. */
function isValid({ answer }: Example): boolean {
  return (answer as { code?: ErrorCode } | undefined)?.code !== 'invalid_request';
}

function isNeeded(body: v.GenericSchema): boolean {
  const mayBeEmpty: readonly v.GenericSchema[] = [
    Nothing,
    bodies.NewAccountBody,
    bodies.ClosingBody,
    profile.ProfileBody,
  ];
  return !mayBeEmpty.includes(body);
}

function schemaOf(body: v.GenericSchema): JsonSchema {
  const names = ALTERNATIVES.get(body);
  return names ? oneOf(names) : named(body);
}

function named(schema: v.GenericSchema): JsonSchema {
  const found = Object.entries(COMPONENTS).find(([, component]) => (component as unknown) === schema);
  if (!found) throw new Error('A schema has no name among the components');
  return refTo(found[0]);
}

/** Limits of an idempotency key. */
const { description: _, ...keyRules } = FIELDS['idempotencyKey'] ?? {};

function pathParameters(path: string, examples: readonly Example[]): JsonSchema[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: FIELDS[name]?.['description'],
    schema: { type: 'string', ...(name === 'key' ? keyRules : { minLength: 1 }) },
    ...(examples[0]?.path[name] === undefined ? {} : { example: examples[0].path[name] }),
  }));
}

function queryParameters({ query, dryRun, metadataQuery }: ApiOperation): JsonSchema[] {
  const properties = {
    ...(query ? propertiesOf(query) : {}),
    ...(dryRun ? propertiesOf(DryRunQuery) : {}),
  };
  const required = new Set(query ? (toJsonSchema(query, CONVERSION).required ?? []) : []);
  return [
    ...Object.entries(properties).map(([name, schema]) => {
      const meaning = FIELDS[`query.${name}`] ?? FIELDS[`request.${name}`] ?? FIELDS[name];
      if (!meaning) throw new Error(`No meaning is given for the parameter ${name}`);
      const { description, ...rest } = merged(schema, meaning);
      return { name, in: 'query', required: required.has(name), description, schema: rest };
    }),
    ...(metadataQuery
      ? [
          {
            name: 'metadata.NAME',
            in: 'query',
            required: false,
            description:
              'A pair of the metadata: put its name in place of NAME, such as `metadata.order=17`.',
            schema: { type: 'string', ...text(METADATA_VALUE_MAX_LENGTH) },
          },
        ]
      : []),
  ];
}

function propertiesOf(schema: v.GenericSchema): Record<string, JsonSchema> {
  return (toJsonSchema(schema, CONVERSION).properties ?? {}) as Record<string, JsonSchema>;
}

const SETS_COOKIE = new Set(['register', 'signIn', 'signInWithPasskey', 'signOut']);

function responsesOf(
  operation: ApiOperation,
  examples: readonly Example[],
): DocumentedOperation['responses'] {
  const { status, answer, formats = [], key, id } = operation;
  const setsCookie = SETS_COOKIE.has(id);
  const successes = examples.filter((example) => example.status < 400);
  const asJson = successes.filter((example) => typeof example.answer === 'object');
  return {
    [status]: {
      description: 'Done.',
      headers: {
        'X-Request-Id': header('RequestId'),
        ...limitHeaders(operation),
        ...(key ? { 'Idempotent-Replayed': header('Replayed') } : {}),
        ...(setsCookie ? { 'Set-Cookie': header('SessionCookie') } : {}),
      },
      ...(answer
        ? {
            content: {
              'application/json': {
                schema: named(answer),
                ...examplesOf(asJson, (example) => example.answer),
              },
              ...Object.fromEntries(formats.map((format) => [format, { schema: { type: 'string' } }])),
            },
          }
        : {}),
    },
    ...Object.fromEntries(
      [...codesByStatus(operation)].map(([failed, codes]) => [
        failed,
        problems(operation, { status: failed, codes, examples }),
      ]),
    ),
  };
}

/** Replaces equal responses of several operations by a reference to a component. */
function shareResponses(paths: OpenApi['paths']): Record<string, JsonSchema> {
  const shared: Record<string, JsonSchema> = {};
  const slots = Object.values(paths).flatMap((path) =>
    Object.values(path).flatMap(({ responses }) =>
      Object.entries(responses).map(([status, response]) => ({
        responses,
        status,
        text: JSON.stringify(response),
      })),
    ),
  );
  const names = new Map<string, string>();
  for (const { responses, status, text } of slots) {
    if (Number(status) < 400 || slots.filter((slot) => slot.text === text).length === 1) continue;
    const name = names.get(text) ?? nameOfResponse(status, Object.keys(shared));
    names.set(text, name);
    shared[name] = JSON.parse(text) as JsonSchema;
    responses[status] = { $ref: `#/components/responses/${name}` };
  }
  return shared;
}

function nameOfResponse(status: string, taken: readonly string[]): string {
  const phrase = (STATUS_CODES[status] ?? status).replaceAll(/[^A-Za-z]/g, '');
  const same = taken.filter((name) => name.replace(/\d+$/, '') === phrase).length;
  return same === 0 ? phrase : `${phrase}${same + 1}`;
}

/** Headers of the limit that all routes but those of health have. */
function limitHeaders({ group }: ApiOperation): Record<string, JsonSchema> {
  if (group === 'Server') return {};
  return { 'RateLimit-Policy': header('RateLimitPolicy'), RateLimit: header('RateLimit') };
}

function problems(
  operation: ApiOperation,
  { status, codes, examples }: { status: number; codes: readonly ErrorCode[]; examples: readonly Example[] },
) {
  const lines = codes.map((code) => `- \`${code}\`: ${errorCatalogue[code].meaning}.`);
  const mine = examples.filter((example) => example.status === status);
  return {
    description: lines.join('\n'),
    'x-codes': codes,
    headers: {
      'X-Request-Id': header('RequestId'),
      ...limitHeaders(operation),
      ...(status === 401 ? { 'WWW-Authenticate': header('Challenge') } : {}),
      ...(status === 429 || status === 503 ? { 'Retry-After': header('RetryAfter') } : {}),
    },
    content: {
      'application/problem+json': {
        schema: refTo(codes.includes('linked_transfer_failed') ? 'BatchProblem' : 'Problem'),
        ...examplesOf(mine, (example) => example.answer),
      },
    },
  };
}

/** All codes that an operation may answer, by status. */
function codesByStatus(operation: ApiOperation): ReadonlyMap<number, readonly ErrorCode[]> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codesOf(operation)) {
    const status = STATUS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return new Map([...byStatus].toSorted(([a], [b]) => a - b));
}

/** Routes that a person without a second factor may call, whatever their role. */
const SETUP_GROUPS: ReadonlySet<ApiOperation['group']> = new Set(['Sign-in', 'Second factors']);

function codesOf({ group, access, body, key, errors }: ApiOperation): ReadonlySet<ErrorCode> {
  const isWrite = body !== undefined;
  return new Set<ErrorCode>([
    'invalid_request',
    ...(access === 'none'
      ? []
      : ([
          'unauthenticated',
          'session_expired',
          'invalid_token',
          'key_expired',
          'insufficient_scope',
        ] as const)),
    ...(access === 'none' || SETUP_GROUPS.has(group) ? [] : (['second_factor_setup_required'] as const)),
    ...(access in ROLES_OF ? (['forbidden'] as const) : []),
    ...(isWrite
      ? ([
          'malformed_json',
          'body_too_large',
          'unsupported_media_type',
          'cross_site_request',
          'queue_full',
          'storage_full',
          'maintenance',
          'outcome_unknown',
        ] as const)
      : []),
    ...(key ? (['idempotency_key_reused'] as const) : []),
    ...errors,
    ...(group === 'Server' ? [] : (['too_many_requests'] as const)),
    'internal_error',
    'unavailable',
  ]);
}

function examplesOf(examples: readonly Example[], valueOf: (example: Example) => unknown): JsonSchema {
  const shown = examples.filter((example) => valueOf(example) !== undefined);
  if (shown.length === 0) return {};
  return {
    examples: Object.fromEntries(
      shown.map((example) => [nameOf(example.title), { summary: example.title, value: valueOf(example) }]),
    ),
  };
}

function nameOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
