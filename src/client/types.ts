import type { ErrorCode, FieldError, Retry } from '../domain/errors.ts';

/**
 * The records of the API as the client gives and takes them. They are the server's JSON, with every amount as a
 * `bigint`. They name no schema, so that a program needs no package to compile against them. The compiler holds them
 * equal to the server's schemas.
 */

/** Role of a user: a customer, an operator of the bank, or an auditor. */
export type ApiRole = 'customer' | 'support' | 'auditor' | 'operator' | 'system';

/** A person who can sign in. */
export type ApiUser = {
  readonly id: string;
  /** Shown to payees. */
  readonly name: string;
  readonly email: string;
  readonly role: ApiRole;
  /** RFC 3339, in UTC. */
  readonly createdAt: string;
};

/** Further facts about the user. */
export type ApiProfile = {
  readonly emailVerified: boolean;
  readonly language: string;
  readonly timeZone: string;
};

/** The outcome of an erasure. */
export type ApiErasure = {
  readonly closedAccounts: readonly string[];
  /** Accounts that stay open in the books, each with the code of the reason. */
  readonly openAccounts: readonly { readonly accountId: string; readonly code: ErrorCode }[];
  /** Records that stay. */
  readonly keptInBooks: readonly ('transactions' | 'payerNames')[];
};

/** A user as the staff sees them. Times are RFC 3339, in UTC. */
export type ApiStaffUser = ApiUser & {
  readonly emailVerifiedAt?: string;
  readonly lockedAt?: string;
  readonly erasedAt?: string;
};

/** Kinds of security events. */
export type ApiSecurityAction =
  | 'registered'
  | 'signed_in'
  | 'sign_in_refused'
  | 'signed_out'
  | 'session_revoked'
  | 'refresh_token_reused'
  | 'email_verified'
  | 'email_change_requested'
  | 'email_changed'
  | 'password_changed'
  | 'password_reset_requested'
  | 'password_reset'
  | 'profile_changed'
  | 'data_exported'
  | 'user_erased'
  | 'totp_added'
  | 'totp_removed'
  | 'recovery_codes_made'
  | 'recovery_code_used'
  | 'passkey_added'
  | 'passkey_removed'
  | 'order_confirmed'
  | 'confirmation_refused'
  | 'api_key_made'
  | 'api_key_revoked'
  | 'role_granted'
  | 'user_locked'
  | 'user_unlocked'
  | 'mail_retried'
  | 'access_denied';

/** An event of somebody's sign-ins and credentials. */
export type ApiSecurityEvent = {
  readonly id: string;
  /** RFC 3339, in UTC. */
  readonly at: string;
  readonly action: ApiSecurityAction;
  readonly userId?: string;
  readonly actorId?: string;
  readonly sessionId?: string;
  readonly address?: string;
  readonly device?: string;
  readonly details: Readonly<Record<string, string>>;
};

/** A user and the token of the new session. */
export type ApiSession = {
  readonly user: ApiUser;
  /** A secret. The client keeps it in memory alone. */
  readonly token: string;
};

/** A running session of a person. Times are RFC 3339, in UTC. */
export type ApiLiveSession = {
  readonly id: string;
  /** Whether it is the session of this client. */
  readonly current: boolean;
  /** Kind of browser and system, such as "Firefox on Linux". */
  readonly device: string | null;
  readonly address: string | null;
  readonly createdAt: string;
  /** Accurate to five minutes. */
  readonly lastUsedAt: string;
  readonly methods: readonly ('password' | 'passkey' | 'totp' | 'recovery_code')[];
  readonly expiresAt: string;
};

/** Part of what an API key can allow. */
export type ApiScope = 'read' | 'transfer' | 'hold' | 'payees' | 'admin';

/** An API key, without its secret. */
export type ApiKey = {
  readonly id: string;
  readonly name: string;
  /** Beginning of the key. */
  readonly prefix: string;
  readonly scopes: readonly ApiScope[];
  /** Ids of the accounts that it may touch. Absent: all. */
  readonly accounts?: readonly string[];
  /** Largest amount of one transaction, in minor units. Absent: no limit. */
  readonly transferLimit?: bigint;
  /** RFC 3339, in UTC. */
  readonly createdAt: string;
  /** RFC 3339, in UTC. */
  readonly expiresAt: string;
  /** RFC 3339, in UTC, to within five minutes. Absent: never used. */
  readonly lastUsedAt?: string;
};

/** A new API key. No later answer shows its secret. */
export type ApiNewKey = { readonly apiKey: ApiKey; readonly secret: string };

/** An account. Amounts are in minor units: 500n is 5.00 in a currency with two decimals. */
export type ApiAccount = {
  readonly id: string;
  /** The number for people, which stands for the id in every request. Null for a system account. */
  readonly number: string | null;
  /** The owner's own name for it. */
  readonly name: string | null;
  /** ISO 4217 code. */
  readonly currency: string;
  /** Number of decimals of the currency. */
  readonly currencyExponent: number;
  readonly class: 'asset' | 'liability' | 'equity' | 'income' | 'expense';
  readonly status: 'active' | 'frozen' | 'closed';
  readonly balance: bigint;
  /** Reserved by holds. */
  readonly held: bigint;
  /** Balance minus held. */
  readonly available: bigint;
  /** Negative for an overdraft. Null for a system account. */
  readonly minimumBalance: bigint | null;
  /** Absent without a maximum. */
  readonly maximumBalance?: bigint;
  /** Set by the bank's own programs. */
  readonly externalId?: string;
  /** Pairs that the owner and the bank set. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** RFC 3339, in UTC. */
  readonly createdAt: string;
};

/** The balance of an account, in minor units. */
export type ApiBalance = {
  readonly accountId: string;
  /** ISO 4217 code. */
  readonly currency: string;
  /** Number of decimals of the currency. */
  readonly currencyExponent: number;
  readonly balance: bigint;
  /** Reserved by holds. */
  readonly held: bigint;
  /** Balance minus held. */
  readonly available: bigint;
  /** RFC 3339, in UTC. */
  readonly at: string;
  /** Set with `at` in the request: true once the answer can no longer change. */
  readonly final?: boolean;
};

/** Balances of an account of the caller right after a transaction, in minor units. */
export type ApiBalancesAfter = {
  readonly accountId: string;
  readonly balance: bigint;
  /** Reserved by holds. */
  readonly held: bigint;
  /** Balance minus held. */
  readonly available: bigint;
};

/** The answer to a check of a payee. */
export type ApiPayeeCheck = {
  readonly result: 'match' | 'close_match' | 'no_match';
  /** The owner's name. Only for a close match. */
  readonly name?: string;
};

/** A saved payee. */
export type ApiPayee = {
  readonly id: string;
  readonly accountId: string;
  /** Account number without spaces. */
  readonly number: string;
  /** The user's own words. */
  readonly label: string | null;
  /** The owner's name at the latest check that matched. */
  readonly confirmedName: string | null;
  /** RFC 3339, in UTC. */
  readonly savedAt: string;
};

/** A saved payee, with the answer to the check if a name was given. */
export type ApiSavedPayee = { readonly payee: ApiPayee; readonly check?: ApiPayeeCheck };

/** The other side of a transaction, as far as the caller may see it. */
export type ApiCounterparty = {
  readonly name: string | null;
  /** Whole id, or its last four characters. */
  readonly account: string;
  /** The whole account number. Only the payer sees it. */
  readonly number?: string;
  /** Number of further accounts on that side. */
  readonly more?: number;
};

/** Kind of a transaction. */
export type ApiTransactionKind = 'transfer' | 'initial_funds' | 'withdrawal' | 'reversal';
/** Status of a transaction. A `pending` one is a hold. */
export type ApiTransactionStatus = 'completed' | 'pending' | 'voided' | 'expired' | 'rejected';
/** Side of an account that an entry or a leg changes. */
export type ApiDirection = 'debit' | 'credit';

/** One change of one account, in minor units. */
export type ApiEntry = {
  readonly accountId: string;
  /** Number within the account, from 1. */
  readonly sequence: number;
  readonly transactionId: string;
  readonly kind: ApiTransactionKind;
  readonly step: 'completed' | 'held' | 'captured' | 'voided' | 'expired';
  readonly direction: ApiDirection;
  readonly amount: bigint;
  /** The account's balance after the entry. */
  readonly balance: bigint;
  /** The account's held amount after the entry. */
  readonly held: bigint;
  /** RFC 3339, in UTC. */
  readonly at: string;
  /** Link to the hash chain: SHA-256 in hexadecimal. */
  readonly hash: string;
  readonly counterparty?: ApiCounterparty;
  readonly description?: string;
  readonly reference?: string;
};

/** A hold that was open at the end of a statement's period. */
export type ApiStatementHold = {
  readonly transactionId: string;
  /** In minor units. */
  readonly amount: bigint;
  /** RFC 3339, in UTC. */
  readonly placedAt: string;
  /** RFC 3339, in UTC. */
  readonly expiresAt: string;
  readonly counterparty?: ApiCounterparty;
  readonly description?: string;
  /** Text that both sides see, such as an invoice number. */
  readonly reference?: string;
};

/** A posted change in a statement, in minor units. */
export type ApiStatementLine = {
  /** Number of the entry within the account. */
  readonly sequence: number;
  readonly transactionId: string;
  readonly kind: ApiTransactionKind;
  /** RFC 3339, in UTC. */
  readonly at: string;
  readonly flow: 'in' | 'out';
  readonly amount: bigint;
  /** The account's balance after the line. */
  readonly balance: bigint;
  readonly counterparty?: ApiCounterparty;
  readonly description?: string;
  /** Text that both sides see, such as an invoice number. */
  readonly reference?: string;
};

/** An account's statement, oldest line first. Amounts are in minor units. */
export type ApiStatement = {
  /** Derives from the period: 2026-11 for a whole month. */
  readonly number: string;
  readonly accountId: string;
  /** Without spaces. */
  readonly accountNumber?: string;
  readonly accountName?: string;
  /** Name of the account's owner. */
  readonly accountHolder?: string;
  /** ISO 4217 code. */
  readonly currency: string;
  /** Number of decimals of the currency. */
  readonly currencyExponent: number;
  /** RFC 3339, in UTC, inclusive. */
  readonly from: string;
  /** RFC 3339, in UTC, exclusive. */
  readonly to: string;
  /** True if the statement can no longer change. */
  readonly final: boolean;
  readonly openingBalance: bigint;
  readonly totalIn: bigint;
  readonly totalOut: bigint;
  readonly closingBalance: bigint;
  /** Reserved by holds at the end of the period. */
  readonly held: bigint;
  /** Closing balance minus held. */
  readonly available: bigint;
  readonly holds: readonly ApiStatementHold[];
  readonly lines: readonly ApiStatementLine[];
};

/** The statement of a whole month. Amounts are in minor units. */
export type ApiMonthlyStatement = {
  /** Year and month, such as 2026-11. */
  readonly number: string;
  /** RFC 3339, in UTC, inclusive. */
  readonly from: string;
  /** RFC 3339, in UTC, exclusive. */
  readonly to: string;
  /** Time zone of the month, as a name of the IANA database. */
  readonly timeZone: string;
  /** True if the statement can no longer change. */
  readonly final: boolean;
  /** ISO 4217 code. */
  readonly currency: string;
  /** Number of decimals of the currency. */
  readonly currencyExponent: number;
  readonly openingBalance: bigint;
  readonly closingBalance: bigint;
  /** Path of the statement in each format, and of its proof. */
  readonly links: Readonly<Record<ApiStatementFormat | 'proof', string>>;
};

/** Format of a statement. */
export type ApiStatementFormat = 'json' | 'csv' | 'html' | 'pdf' | 'camt053' | 'ofx';

/** A statement with its proof: a file that `passbook verify-statement` checks without the server. */
export type ApiStatementProof = {
  readonly format: 'passbook statement proof';
  readonly version: 2;
  readonly [field: string]: unknown;
};

/** One side of a transaction with several legs. */
export type ApiLeg = {
  /** The account's id. */
  readonly account: string;
  readonly direction: ApiDirection;
  /** In minor units. */
  readonly amount: bigint;
};

/** A transaction of a dry run. It is not stored, so it has no id. Amounts are in minor units. */
export type ApiDryRunTransaction = {
  readonly kind: ApiTransactionKind;
  readonly status: ApiTransactionStatus;
  /** Null where the caller may not see it. */
  readonly fromAccount: string | null;
  /** Null where the caller may not see it. */
  readonly toAccount: string | null;
  /** The whole amount. With several legs, the sum of the legs that the caller sees. */
  readonly amount: bigint;
  /** ISO 4217 code. */
  readonly currency?: string;
  /** Number of decimals of the currency. */
  readonly currencyExponent?: number;
  readonly description?: string;
  readonly reference?: string;
  /** Set by the bank's own programs. */
  readonly externalId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The side that the caller may not see in full. */
  readonly counterparty?: ApiCounterparty;
  /** The captured part of a hold. */
  readonly amountCaptured?: bigint;
  /** The reversed part. Only the paying side sees it. */
  readonly amountReversed?: bigint;
  /** End of a hold: RFC 3339, in UTC. */
  readonly expiresAt?: string;
  /** Id of the original transaction, on a reversal. */
  readonly reverses?: string;
  /** With more than two legs: those that the caller sees. */
  readonly legs?: readonly ApiLeg[];
  readonly batchId?: string;
  /** Error code of a rejected transaction. */
  readonly code?: ErrorCode;
  /** RFC 3339, in UTC. */
  readonly createdAt: string;
  /** RFC 3339, in UTC. */
  readonly completedAt?: string;
};

/** A stored transaction. Amounts are in minor units. */
export type ApiTransaction = ApiDryRunTransaction & { readonly id: string };

/** A transaction that was made, and the balances of the caller's own accounts right after it. */
export type ApiTransferResult = {
  readonly transaction: ApiTransaction;
  readonly balances: readonly ApiBalancesAfter[];
};

/** The transaction that a request would make, and the balances that would follow. */
export type ApiDryRunResult = {
  readonly dryRun: true;
  readonly transaction: ApiDryRunTransaction;
  readonly balances: readonly ApiBalancesAfter[];
};

/** An error as the server describes it (RFC 9457). */
export type ApiProblem = {
  readonly type: string;
  readonly title: string;
  /** HTTP status. */
  readonly status: number;
  /** Explanation for people. It may change. */
  readonly detail: string;
  /** Copy of `detail`. */
  readonly message: string;
  readonly code: ErrorCode;
  readonly retry: Retry;
  /** Set for a dry run. */
  readonly dryRun?: true;
  /** The rejected transaction that was kept. */
  readonly transactionId?: string;
  readonly errors?: readonly FieldError[];
  /** Where a second factor is required: those that the user has set up. */
  readonly methods?: readonly ApiSecondFactorMethod[];
  /** While the bank refuses changes: the part that fails, such as `store`. Absent during maintenance. */
  readonly component?: string;
  /** While the bank refuses changes: since when. */
  readonly since?: string;
};

/** Kind of a second factor. */
export type ApiSecondFactorMethod = 'totp' | 'passkey' | 'recovery_code';

/** A passkey. */
export type ApiPasskey = {
  readonly id: string;
  readonly name: string;
  /** RFC 3339, in UTC. */
  readonly createdAt: string;
  /** RFC 3339, in UTC. Null: not yet used. */
  readonly lastUsedAt: string | null;
};

/** The second factors of a user. */
export type ApiFactors = {
  /** Whether an authenticator app is set up. */
  readonly totp: boolean;
  /** Number of recovery codes that are left. */
  readonly recoveryCodes: number;
  readonly passkeys: readonly ApiPasskey[];
};

/** The secret of a new authenticator app. */
export type ApiTotpSetup = {
  readonly secret: string;
  /** An otpauth:// address. */
  readonly uri: string;
  /** The address as an SVG picture. */
  readonly qr: string;
};

/** A challenge for a passkey. */
export type ApiPasskeyQuestion = {
  readonly challengeId: string;
  /** Options of `navigator.credentials.create` or `get`, in JSON. */
  readonly options: Readonly<Record<string, unknown>>;
};

/** The confirmation of an order. */
export type ApiConfirmation = {
  readonly confirmation: string;
  /** RFC 3339, in UTC. */
  readonly expiresAt: string;
};

/** Result of one transfer of a batch. */
export type ApiBatchMember = ApiTransferResult | ApiDryRunResult | { readonly problem: ApiProblem };

/** Results of a batch, one for each transfer in the order of the request. */
export type ApiBatchResult = {
  /** Set for a dry run. */
  readonly dryRun?: true;
  readonly results: readonly ApiBatchMember[];
};

/** A transaction as it stands today, or a refusal that kept none. */
export type ApiOutcome =
  | { readonly transaction: ApiTransaction }
  | { readonly transaction: null; readonly code: ErrorCode; readonly retry: Retry };

/** Outcome of a key. For a batch or an exchange, one for each of its transactions. */
export type ApiKeyOutcome = ApiOutcome | { readonly results: readonly ApiOutcome[] };

/** A record of the audit log. */
export type ApiAuditRecord = {
  /** Number of the record, from 1. */
  readonly sequence: number;
  /** RFC 3339, in UTC. */
  readonly at: string;
  readonly actor: { readonly kind: 'user' | 'system'; readonly id: string | null };
  readonly action:
    | 'account_frozen'
    | 'account_unfrozen'
    | 'account_closed'
    | 'account_limited'
    | 'account_metadata_changed'
    | 'text_erased'
    | 'role_granted';
  readonly accountId?: string;
  readonly transactionId?: string;
  readonly userId?: string;
  readonly reason?: string;
  /** Changed fields, with their values as text. */
  readonly changes: readonly {
    readonly field: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
  /** Link to the chain: SHA-256 in hexadecimal. */
  readonly hash: string;
};

/** A checkpoint of the whole ledger. Hashes are SHA-256 in hexadecimal. */
export type ApiCheckpoint = {
  readonly number: number;
  /** RFC 3339, in UTC. */
  readonly at: string;
  /** Number of accounts. */
  readonly accounts: number;
  /** Root of the tree of accounts. */
  readonly root: string;
  /** Digest of the checkpoint before. */
  readonly previous: string;
  /** End of the audit log. */
  readonly audit: { readonly sequence: number; readonly hash: string };
  readonly digest: string;
  /** The checkpoint as a signed token. */
  readonly signed: string;
};

/** Sums of the whole bank by currency, in minor units. */
export type ApiTrialBalance = {
  /** RFC 3339, in UTC. */
  readonly at: string;
  /** True once the answer can no longer change. */
  readonly final: boolean;
  readonly currencies: readonly {
    /** ISO 4217 code. */
    readonly currency: string;
    /** Number of decimals of the currency. */
    readonly currencyExponent: number;
    readonly systemAccounts: readonly {
      readonly accountId: string;
      readonly purpose: 'funding' | 'settlement' | 'fees' | 'exchange' | 'suspense';
      readonly debits: bigint;
      readonly credits: bigint;
    }[];
    /** All customers' accounts together. */
    readonly customers: { readonly accounts: number; readonly debits: bigint; readonly credits: bigint };
    readonly debits: bigint;
    readonly credits: bigint;
    /** True if debits equal credits. */
    readonly balanced: boolean;
  }[];
};
