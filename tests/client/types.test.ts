import { describe, expect, test } from 'vitest';
import type * as v from 'valibot';
import { operations } from '../../src/adapters/http/api/operations.ts';
import type * as bodies from '../../src/adapters/http/requests/bodies.ts';
import type * as profileJson from '../../src/adapters/http/responses/profile-bodies.ts';
import type * as factorJson from '../../src/adapters/http/responses/second-factor-bodies.ts';
import type * as apiKeys from '../../src/adapters/http/responses/api-key-bodies.ts';
import type * as payees from '../../src/adapters/http/responses/payee-bodies.ts';
import type * as staff from '../../src/adapters/http/responses/staff-bodies.ts';
import type * as json from '../../src/adapters/http/responses/bodies.ts';
import type { SessionJson } from '../../src/adapters/http/responses/session-bodies.ts';
import type { AMOUNTS, SUMS, WithBigints } from '../../src/client/amounts.ts';
import { AMOUNTS as amounts, SUMS as sums } from '../../src/client/amounts.ts';
import type * as api from '../../src/client/index.ts';
import type { BodyOf, KeyedRoute, QueryOf } from '../../src/client/routes.ts';

/** The client's written types against the server's schemas. They are checked by the compiler, not by a run. */

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;
/** Only this form, written out, sees an optional field that one side lacks. */
type Same<A, B> =
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  (<T>() => T extends Frozen<A> ? 1 : 2) extends <T>() => T extends Frozen<B> ? 1 : 2 ? true : false;
/** Does not compile if one of them is false. */
type All<Answers extends readonly true[]> = Answers;
type Answer<S extends v.GenericSchema> = WithBigints<v.InferOutput<S>>;
type Input<S extends v.GenericSchema> = WithBigints<v.InferInput<S>>;
type Flat<T> = { [K in keyof T]: T[K] };
type DeepFlat<T> = T extends object ? { [K in keyof T]: DeepFlat<T[K]> } : T;
type Filter = Omit<
  QueryOf<'GET /api/transactions'>,
  'limit' | 'minAmount' | 'maxAmount' | `metadata.${string}`
>;

type Records = All<
  [
    Same<api.ApiUser, Answer<typeof json.UserJson>>,
    Same<api.ApiProfile, Answer<typeof profileJson.ProfileJson>>,
    Same<api.ApiErasure, Answer<typeof profileJson.ErasureAnswer>>,
    Same<api.ApiLiveSession, Answer<typeof SessionJson>>,
    Same<Flat<api.ApiStaffUser>, Answer<typeof staff.StaffUserJson>>,
    Same<api.ApiSecurityEvent, Answer<typeof staff.SecurityEventJson>>,
    Same<api.ApiKey, Answer<typeof apiKeys.ApiKeyJson>>,
    Same<api.ApiNewKey, Answer<typeof apiKeys.NewApiKeyAnswer>>,
    Same<api.ApiPayee, Answer<typeof payees.PayeeJson>>,
    Same<api.ApiPayeeCheck, Answer<typeof payees.PayeeCheckJson>>,
    Same<api.ApiSavedPayee, Answer<typeof payees.SavedPayeeAnswer>>,
    Same<api.ApiAccount, Answer<typeof json.AccountJson>>,
    Same<api.ApiBalance, Answer<typeof json.BalanceJson>>,
    Same<api.ApiBalancesAfter, Answer<typeof json.BalancesJson>>,
    Same<api.ApiEntry, Answer<typeof json.EntryJson>>,
    Same<api.ApiStatement, Answer<typeof json.StatementJson>>,
    Same<DeepFlat<api.ApiMonthlyStatement>, DeepFlat<Answer<typeof json.MonthlyStatementJson>>>,
    Same<Flat<api.ApiTransaction>, Answer<typeof json.TransactionJson>>,
    Same<api.ApiDryRunTransaction, Answer<typeof json.DryRunTransactionJson>>,
    Same<api.ApiFactors, Answer<typeof factorJson.FactorsJson>>,
    Same<api.ApiTotpSetup, Answer<typeof factorJson.TotpSetupJson>>,
    Same<api.ApiConfirmation, Answer<typeof factorJson.ConfirmationJson>>,
    Same<api.ApiProblem, Answer<typeof json.ProblemJson> extends infer P ? Omit<P, 'results'> : never>,
    Same<api.ApiBatchResult, Answer<typeof json.BatchResultJson>>,
    Same<api.ApiKeyOutcome, Answer<typeof json.KeyOutcomeJson>>,
    Same<api.ApiAuditRecord, Answer<typeof json.AuditRecordJson>>,
    Same<api.ApiCheckpoint, Answer<typeof json.CheckpointJson>>,
    Same<api.ApiTrialBalance, Answer<typeof json.TrialBalanceJson>>,
  ]
>;

type Requests = All<
  [
    Same<DeepFlat<api.ApiCredentials>, DeepFlat<BodyOf<'POST /api/auth/login'>>>,
    Same<DeepFlat<api.ApiNewPasskey>, DeepFlat<BodyOf<'POST /api/auth/passkeys'>>>,
    Same<api.ApiRegistration, BodyOf<'POST /api/auth/register'>>,
    Same<api.ApiNewAccount, BodyOf<'POST /api/accounts'>>,
    Same<api.ApiAccountMetadata, BodyOf<'PUT /api/accounts/{accountId}/metadata'>>,
    Same<api.ApiPayeeQuestion, BodyOf<'POST /api/payees/check'>>,
    Same<api.ApiNewPayee, BodyOf<'POST /api/payees'>>,
    Same<api.ApiClosing, BodyOf<'POST /api/accounts/{accountId}/close'>>,
    Same<Flat<api.ApiPairTransfer>, Input<typeof bodies.BatchedPairBody>>,
    Same<api.ApiLeg, Input<typeof bodies.LegBody>>,
    // The schemas read lists item by item, so their type of an item is unknown
    Same<Flat<Omit<api.ApiLegsTransfer, 'legs'>>, Omit<Input<typeof bodies.BatchedLegsBody>, 'legs'>>,
    Same<Omit<api.ApiBatchRequest, 'transfers'>, Omit<BodyOf<'POST /api/transactions/batch'>, 'transfers'>>,
    Same<api.ApiCapture, BodyOf<'POST /api/transactions/{transactionId}/capture'>>,
    Same<api.ApiReversal, BodyOf<'POST /api/transactions/{transactionId}/reverse'>>,
    Same<api.ApiInitialFunds, BodyOf<'POST /api/transactions/system/initial-funds'>>,
    Same<api.ApiWithdrawal, BodyOf<'POST /api/system/withdrawals'>>,
    Same<api.ApiExchange, BodyOf<'POST /api/system/exchanges'>>,
    Same<api.ApiFreeze, BodyOf<'POST /api/system/accounts/{accountId}/freeze'>>,
    Same<api.ApiReason, BodyOf<'POST /api/system/accounts/{accountId}/unfreeze'>>,
    Same<api.ApiLimits, BodyOf<'PUT /api/system/accounts/{accountId}/limits'>>,
    Same<api.IntentRoute, KeyedRoute>,
    Same<api.ApiKeyedOperation | undefined, QueryOf<'GET /api/transactions/by-key/{key}'>['operation']>,
    Same<keyof api.ApiTransactionFilter, keyof Filter | 'pageSize' | 'minAmount' | 'maxAmount' | 'metadata'>,
  ]
>;

describe('The client’s types', () => {
  test('equal the schemas of the server', () => {
    const isSame: (Records | Requests)[number] = true;
    expect(isSame).toBe(true);
  });

  test('have only bigints as amounts of an answer, and no other number', () => {
    const numbers = new Set<string>();
    const digits = new Set<string>();
    for (const operation of Object.values(operations)) {
      if ('answer' in operation) collect(operation.answer, { numbers, digits });
    }

    const others = [
      'accounts',
      'currencyExponent',
      'more',
      'number',
      'recoveryCodes',
      'sequence',
      'status',
      // Instants and numbers of a proof, which is a file of its own
      'at',
      'createdAt',
      'expiresAt',
      'from',
      'index',
      'size',
      'to',
    ];
    const inRequests: readonly (typeof AMOUNTS)[number][] = ['fromAmount', 'toAmount'];
    expect(numbers).toEqual(new Set([...amounts.filter((name) => !inRequests.includes(name)), ...others]));
    const ofProofs = ['creditsPending', 'creditsPosted', 'debitsPending', 'debitsPosted'];
    expect(digits).toEqual(new Set<string>([...(sums satisfies typeof SUMS), ...ofProofs]));
  });
});

type Node = {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Node>>;
  readonly item?: Node;
  readonly wrapped?: Node;
  readonly options?: readonly unknown[];
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[];
};

/** Collects the names of fields that are numbers, and of fields that are decimal text. */
function collect(
  schema: Node,
  found: { readonly numbers: Set<string>; readonly digits: Set<string> },
  name = '',
): void {
  if (schema.type === 'number') found.numbers.add(name);
  if (schema.pipe?.some(({ requirement }) => String(requirement) === '/^\\d+$/')) found.digits.add(name);
  for (const [field, entry] of Object.entries(schema.entries ?? {})) collect(entry, found, field);
  if (schema.item) collect(schema.item, found, name);
  if (schema.wrapped) collect(schema.wrapped, found, name);
  if (schema.type === 'union')
    for (const option of schema.options ?? []) collect(option as Node, found, name);
}
