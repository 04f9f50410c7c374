import * as v from 'valibot';
import { PayeeRecordJson } from './payee-bodies.ts';
import { AccountJson, CodeJson, TransactionJson, UserJson } from './bodies.ts';

const Time = v.pipe(v.string(), v.isoTimestamp());
const Text = v.nullable(v.string());

export const ProfileJson = v.strictObject({
  emailVerified: v.boolean(),
  language: v.string(),
  timeZone: v.string(),
});

export const MeAnswer = v.strictObject({ user: UserJson, profile: ProfileJson });

/** An account that an erasure could not close, with the reason. */
export const OpenAccountJson = v.strictObject({ accountId: v.string(), code: CodeJson });

export const ErasureAnswer = v.strictObject({
  closedAccounts: v.array(v.string()),
  openAccounts: v.array(OpenAccountJson),
  keptInBooks: v.array(v.picklist(['transactions', 'payerNames'])),
});

export const SessionRecordJson = v.strictObject({
  id: v.string(),
  createdAt: Time,
  expiresAt: Time,
  lastUsedAt: Time,
  methods: v.array(v.string()),
  address: Text,
  device: Text,
});

export const CredentialRecordJson = v.strictObject({
  kind: v.string(),
  createdAt: Time,
  expiresAt: v.nullable(Time),
  label: Text,
});

export const EventRecordJson = v.strictObject({
  id: v.string(),
  at: Time,
  action: v.string(),
  sessionId: Text,
  address: Text,
  device: Text,
  details: v.record(v.string(), v.string()),
});

export const PersonalDataJson = v.strictObject({
  ...MeAnswer.entries,
  sessions: v.array(SessionRecordJson),
  credentials: v.array(CredentialRecordJson),
  securityEvents: v.array(EventRecordJson),
  payees: v.array(PayeeRecordJson),
  accounts: v.array(AccountJson),
  transactions: v.array(TransactionJson),
});
