import * as v from 'valibot';
import { secondFactor } from './second-factor-bodies.ts';
import { AmountBody, BalanceLimit, BATCH, InstantText, LEGS, listOf } from './schemas.ts';

const key = { idempotencyKey: v.optional(v.string()) };

export const RegistrationBody = v.strictObject({ name: v.string(), email: v.string(), password: v.string() });
export const CredentialsBody = v.strictObject({
  email: v.string(),
  password: v.string(),
  ...secondFactor,
});

const metadata = v.record(v.string(), v.string());

/** Only the system may set an external id: it is unique among everybody's. */
const externalId = { externalId: v.optional(v.string()) };

export const NewAccountBody = v.strictObject({
  currency: v.optional(v.string()),
  name: v.optional(v.string()),
  metadata: v.optional(metadata),
  ...externalId,
  ...key,
});

export const AccountMetadataBody = v.strictObject({
  metadata: v.nullable(metadata),
  reason: v.optional(v.string()),
  ...key,
});

export const RenameBody = v.strictObject({ name: v.nullable(v.string()) });

export const ClosingBody = v.strictObject({
  sweepTo: v.optional(v.string()),
  reason: v.optional(v.string()),
  ...key,
});

const INTEGER_RULE = 'must be an integer';

const texts = { description: v.optional(v.string()), reference: v.optional(v.string()) };

const shared = {
  currency: v.optional(v.string()),
  ...texts,
  metadata: v.optional(metadata),
  ...externalId,
};

const confirmed = { confirmation: v.optional(v.string()) };

const pair = {
  fromAccount: v.string(),
  toAccount: v.string(),
  amount: AmountBody,
  ...shared,
  pending: v.optional(v.boolean()),
  expiresAt: v.optional(InstantText),
  expiresInSeconds: v.optional(v.pipe(v.number(INTEGER_RULE), v.integer(INTEGER_RULE))),
};

export const LegBody = v.strictObject({
  account: v.string(),
  direction: v.picklist(['debit', 'credit'], 'must be debit or credit'),
  amount: AmountBody,
});

const severalLegs = {
  legs: listOf(LegBody, LEGS),
  ...shared,
};

export const BatchedPairBody = v.strictObject(pair);
export const PairBody = v.strictObject({ ...pair, ...confirmed, ...key });
export const BatchedLegsBody = v.strictObject(severalLegs);
export const LegsBody = v.strictObject({ ...severalLegs, ...confirmed, ...key });

/** Selects the schema by the presence of `legs`, so that errors refer to the form that was meant. */
export const TransferBody = v.lazy((input) => (hasLegs(input) ? LegsBody : PairBody));

/** A transfer of a batch, which has no key of its own. */
export const BatchedTransferBody = v.lazy((input) => (hasLegs(input) ? BatchedLegsBody : BatchedPairBody));

export const BatchBody = v.strictObject({
  transfers: listOf(BatchedTransferBody, BATCH),
  linked: v.optional(v.boolean()),
  ...confirmed,
  ...key,
});

export const InitialFundsBody = v.strictObject({
  toAccount: v.optional(v.string()),
  userId: v.optional(v.string()),
  amount: AmountBody,
  currency: v.optional(v.string()),
  ...texts,
  ...externalId,
  ...key,
});

export const CaptureBody = v.strictObject({ amount: v.optional(AmountBody), ...key });
export const VoidBody = v.strictObject(key);
export const ReversalBody = v.strictObject({
  amount: v.optional(AmountBody),
  ...texts,
  ...externalId,
  ...key,
});

export const WithdrawalBody = v.strictObject({
  fromAccount: v.optional(v.string()),
  userId: v.optional(v.string()),
  amount: AmountBody,
  currency: v.optional(v.string()),
  ...texts,
  ...externalId,
  ...key,
});

export const ExchangeBody = v.strictObject({
  fromAccount: v.string(),
  toAccount: v.string(),
  fromAmount: AmountBody,
  toAmount: AmountBody,
  ...texts,
  ...key,
});

export const FreezeBody = v.strictObject({ reason: v.string(), credits: v.optional(v.boolean()), ...key });
export const UnfreezeBody = v.strictObject({ reason: v.string(), ...key });
export const ErasureBody = v.strictObject({ reason: v.string() });
export const LimitsBody = v.strictObject({
  minimumBalance: BalanceLimit,
  maximumBalance: v.optional(v.nullable(BalanceLimit)),
  reason: v.string(),
  ...key,
});

function hasLegs(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'legs' in input;
}
