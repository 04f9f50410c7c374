import * as v from 'valibot';
import { DIRECTIONS, KINDS, STATUSES } from '../../../application/reporting/history-filter.ts';
import { ROLES } from '../../../domain/entities/user.ts';
import { errorCatalogue } from '../../../domain/errors.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import { STATEMENT_FORMATS } from '../requests/queries.ts';

/**
 * Schemas of the JSON in answers. The server never parses its own answers: the types of the mappers, of the client and
 * of the OpenAPI document come from here.
 */

/** The type of a schema's JSON. */
export type Json<S extends v.GenericSchema> = v.InferOutput<S>;

export const Time = v.pipe(v.string(), v.isoTimestamp());
export const Id = v.string();
/** An amount or balance in minor units. */
export const MinorUnits = v.pipe(v.number(), v.safeInteger());
/** A sum that may exceed 2^53 - 1. */
const SumText = v.pipe(v.string(), v.regex(/^\d+$/));
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const HashText = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

export const UserJson = v.strictObject({
  id: Id,
  name: v.string(),
  email: v.string(),
  role: v.picklist(ROLES),
  createdAt: Time,
});

export const SignedInJson = v.strictObject({ user: UserJson, token: v.string() });

export const AccountJson = v.strictObject({
  id: Id,
  number: v.nullable(v.string()),
  name: v.nullable(v.string()),
  currency: v.string(),
  currencyExponent: Count,
  class: v.picklist(['asset', 'liability', 'equity', 'income', 'expense']),
  status: v.picklist(['active', 'frozen', 'closed']),
  balance: MinorUnits,
  held: MinorUnits,
  available: MinorUnits,
  minimumBalance: v.nullable(MinorUnits),
  maximumBalance: v.exactOptional(MinorUnits),
  externalId: v.exactOptional(v.string()),
  metadata: v.exactOptional(v.record(v.string(), v.string())),
  createdAt: Time,
});

export const BalanceJson = v.strictObject({
  accountId: Id,
  currency: v.string(),
  currencyExponent: Count,
  balance: MinorUnits,
  held: MinorUnits,
  available: MinorUnits,
  at: Time,
  final: v.exactOptional(v.boolean()),
});

export const CounterpartyJson = v.strictObject({
  name: v.nullable(v.string()),
  account: v.string(),
  number: v.exactOptional(v.string()),
  more: v.exactOptional(Count),
});

export const EntryJson = v.strictObject({
  accountId: Id,
  sequence: Count,
  transactionId: Id,
  kind: v.picklist(KINDS),
  step: v.picklist(['completed', 'held', 'captured', 'voided', 'expired']),
  direction: v.picklist(DIRECTIONS),
  amount: MinorUnits,
  balance: MinorUnits,
  held: MinorUnits,
  at: Time,
  hash: HashText,
  counterparty: v.exactOptional(CounterpartyJson),
  description: v.exactOptional(v.string()),
  reference: v.exactOptional(v.string()),
});

export const StatementHoldJson = v.strictObject({
  transactionId: Id,
  amount: MinorUnits,
  placedAt: Time,
  expiresAt: Time,
  counterparty: v.exactOptional(CounterpartyJson),
  description: v.exactOptional(v.string()),
  reference: v.exactOptional(v.string()),
});

export const StatementLineJson = v.strictObject({
  sequence: Count,
  transactionId: Id,
  kind: v.picklist(KINDS),
  at: Time,
  flow: v.picklist(['in', 'out']),
  amount: MinorUnits,
  balance: MinorUnits,
  counterparty: v.exactOptional(CounterpartyJson),
  description: v.exactOptional(v.string()),
  reference: v.exactOptional(v.string()),
});

/** A statement without its lines, which are streamed. */
export const StatementHeadJson = v.strictObject({
  number: v.string(),
  accountId: Id,
  accountNumber: v.exactOptional(v.string()),
  accountName: v.exactOptional(v.string()),
  accountHolder: v.exactOptional(v.string()),
  currency: v.string(),
  currencyExponent: Count,
  from: Time,
  to: Time,
  final: v.boolean(),
  openingBalance: MinorUnits,
  totalIn: SumText,
  totalOut: SumText,
  closingBalance: MinorUnits,
  held: MinorUnits,
  available: MinorUnits,
  holds: v.array(StatementHoldJson),
});

export const StatementJson = v.strictObject({
  ...StatementHeadJson.entries,
  lines: v.array(StatementLineJson),
});

/** A statement of a whole month, with the path of each format. */
export const MonthlyStatementJson = v.strictObject({
  number: v.string(),
  from: Time,
  to: Time,
  timeZone: v.string(),
  final: v.boolean(),
  currency: v.string(),
  currencyExponent: Count,
  openingBalance: MinorUnits,
  closingBalance: MinorUnits,
  links: v.strictObject(v.entriesFromList([...STATEMENT_FORMATS, 'proof'], v.string())),
});

export const LegJson = v.strictObject({
  account: Id,
  direction: v.picklist(DIRECTIONS),
  amount: MinorUnits,
});

export const CodeJson = v.picklist(Object.keys(errorCatalogue) as ErrorCode[]);
export const RetryJson = v.picklist(['same_key', 'new_key', 'never']);

const transaction = {
  kind: v.picklist(KINDS),
  status: v.picklist(STATUSES),
  fromAccount: v.nullable(Id),
  toAccount: v.nullable(Id),
  amount: MinorUnits,
  currency: v.exactOptional(v.string()),
  currencyExponent: v.exactOptional(Count),
  description: v.exactOptional(v.string()),
  reference: v.exactOptional(v.string()),
  externalId: v.exactOptional(v.string()),
  metadata: v.exactOptional(v.record(v.string(), v.string())),
  counterparty: v.exactOptional(CounterpartyJson),
  amountCaptured: v.exactOptional(MinorUnits),
  amountReversed: v.exactOptional(MinorUnits),
  expiresAt: v.exactOptional(Time),
  reverses: v.exactOptional(Id),
  legs: v.exactOptional(v.array(LegJson)),
  batchId: v.exactOptional(Id),
  code: v.exactOptional(CodeJson),
  createdAt: Time,
  completedAt: v.exactOptional(Time),
};

export const TransactionJson = v.strictObject({ id: Id, ...transaction });
/** A transaction of a dry run, which is not stored. */
export const DryRunTransactionJson = v.strictObject(transaction);

export const BalancesJson = v.strictObject({
  accountId: Id,
  balance: MinorUnits,
  held: MinorUnits,
  available: MinorUnits,
});

const True = v.literal(true);

export const TransferResultJson = v.strictObject({
  transaction: TransactionJson,
  balances: v.array(BalancesJson),
});
export const DryRunResultJson = v.strictObject({
  dryRun: True,
  transaction: DryRunTransactionJson,
  balances: v.array(BalancesJson),
});

export const FieldErrorJson = v.strictObject({ field: v.string(), message: v.string() });

const problem = {
  type: v.string(),
  title: v.string(),
  status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)),
  detail: v.string(),
  message: v.string(),
  code: CodeJson,
  retry: RetryJson,
  dryRun: v.exactOptional(True),
  transactionId: v.exactOptional(Id),
  errors: v.exactOptional(v.array(FieldErrorJson)),
  methods: v.exactOptional(v.array(v.picklist(['totp', 'passkey', 'recovery_code']))),
  component: v.exactOptional(v.string()),
  since: v.exactOptional(Time),
};

export const ProblemJson = v.strictObject(problem);
export const BatchMemberJson = v.union([
  TransferResultJson,
  DryRunResultJson,
  v.strictObject({ problem: ProblemJson }),
]);
/** The problem of a failed linked batch. */
export const BatchProblemJson = v.strictObject({
  ...problem,
  results: v.exactOptional(v.array(BatchMemberJson)),
});

export const BatchResultJson = v.strictObject({
  dryRun: v.exactOptional(True),
  results: v.array(BatchMemberJson),
});

export const TransactionAnswer = v.strictObject({ transaction: TransactionJson });

export const KeyedRefusalJson = v.strictObject({
  transaction: v.null(),
  code: CodeJson,
  retry: RetryJson,
});

/** The outcomes of a batch's key, in the order of the batch. */
export const KeyedBatchJson = v.strictObject({
  results: v.array(v.union([TransactionAnswer, KeyedRefusalJson])),
});

/** The outcome of a key: a transaction, a refusal that kept none, or those of a batch. */
export const KeyOutcomeJson = v.union([TransactionAnswer, KeyedRefusalJson, KeyedBatchJson]);

const ActorJson = v.strictObject({ kind: v.picklist(['user', 'system']), id: v.nullable(Id) });

export const AuditRecordJson = v.strictObject({
  sequence: Count,
  at: Time,
  actor: ActorJson,
  action: v.picklist([
    'account_frozen',
    'account_unfrozen',
    'account_closed',
    'account_limited',
    'account_metadata_changed',
    'text_erased',
    'role_granted',
  ]),
  accountId: v.exactOptional(Id),
  transactionId: v.exactOptional(Id),
  userId: v.exactOptional(Id),
  reason: v.exactOptional(v.string()),
  changes: v.array(
    v.strictObject({ field: v.string(), before: v.nullable(v.string()), after: v.nullable(v.string()) }),
  ),
  hash: HashText,
});

export const CheckpointJson = v.strictObject({
  number: Count,
  at: Time,
  accounts: Count,
  root: HashText,
  previous: HashText,
  audit: v.strictObject({ sequence: Count, hash: HashText }),
  digest: HashText,
  signed: v.string(),
});

const sides = { debits: SumText, credits: SumText };

export const TrialBalanceJson = v.strictObject({
  at: Time,
  final: v.boolean(),
  currencies: v.array(
    v.strictObject({
      currency: v.string(),
      currencyExponent: Count,
      systemAccounts: v.array(
        v.strictObject({
          accountId: Id,
          purpose: v.picklist(['funding', 'settlement', 'fees', 'exchange', 'suspense']),
          ...sides,
        }),
      ),
      customers: v.strictObject({ accounts: Count, ...sides }),
      ...sides,
      balanced: v.boolean(),
    }),
  ),
});

export const HealthJson = v.strictObject({ status: v.literal('ok') });
export const ReadinessJson = v.strictObject({
  status: v.picklist(['ok', 'maintenance']),
  since: v.exactOptional(Time),
});

/** A place in a list: null after its last page. */
const nextCursor = v.nullable(v.string());

export const UserAnswer = v.strictObject({ user: UserJson });
export const AccountAnswer = v.strictObject({ account: AccountJson });
export const AccountsAnswer = v.strictObject({ accounts: v.array(AccountJson), nextCursor });
export const EntriesAnswer = v.strictObject({ entries: v.array(EntryJson), nextCursor });
export const StatementsAnswer = v.strictObject({
  statements: v.array(MonthlyStatementJson),
  nextCursor,
});
export const StatementAnswer = v.strictObject({ statement: StatementJson });
export const TransactionsAnswer = v.strictObject({ transactions: v.array(TransactionJson), nextCursor });
export const TransferAnswer = v.union([TransferResultJson, DryRunResultJson]);
export const AuditAnswer = v.strictObject({ records: v.array(AuditRecordJson), nextCursor });
export const CheckpointAnswer = v.strictObject({ checkpoint: CheckpointJson });
export const CheckpointsAnswer = v.strictObject({ checkpoints: v.array(CheckpointJson), nextCursor });

/** An instant of a proof, in milliseconds since 1970. */
const Millis = v.pipe(v.number(), v.safeInteger());

const ShownTextJson = v.strictObject({ salt: v.string(), text: v.string() });

export const ProvenEntryJson = v.strictObject({
  version: v.picklist([1, 2]),
  sequence: Count,
  step: EntryJson.entries.step,
  direction: v.picklist(DIRECTIONS),
  posted: v.string(),
  pending: v.string(),
  after: v.strictObject({
    debitsPosted: SumText,
    creditsPosted: SumText,
    debitsPending: SumText,
    creditsPending: SumText,
  }),
  at: Millis,
  transfer: v.strictObject({
    id: Id,
    kind: v.picklist(KINDS),
    currency: v.nullable(v.string()),
    createdAt: Millis,
    expiresAt: v.nullable(Millis),
    reverses: v.nullable(Id),
    batchId: v.nullable(Id),
  }),
  seal: v.strictObject({
    parties: HashText,
    description: v.string(),
    metadata: v.string(),
    reference: v.string(),
  }),
  description: v.nullable(ShownTextJson),
  reference: v.nullable(ShownTextJson),
  hash: HashText,
});

export const StatementProofJson = v.strictObject({
  format: v.literal('passbook statement proof'),
  version: v.literal(2),
  period: v.strictObject({ from: Millis, to: Millis }),
  previousHash: HashText,
  opening: v.nullable(ProvenEntryJson),
  entries: v.array(ProvenEntryJson),
  following: v.nullable(ProvenEntryJson),
  digests: v.array(HashText),
  leaf: v.string(),
  inclusion: v.strictObject({ index: Count, size: Count, path: v.array(HashText) }),
  checkpoint: v.string(),
});
