import type { ApiDirection, ApiScope, ApiLeg, ApiTransactionKind, ApiTransactionStatus } from './types.ts';

/** The requests of the API, without their keys. Amounts are in minor units, from 1n to 9,007,199,254,740,991n. */

/** An address and a password to sign in with, and a second factor if the user has one. */
export type ApiCredentials = { readonly email: string; readonly password: string } & ApiSecondFactor;

/** Either a code of the authenticator app or a recovery code, or a passkey's answer. */
export type ApiSecondFactor = {
  readonly code?: string | undefined;
  readonly passkey?: ApiPasskeyAnswer | undefined;
};

/** A passkey's answer to a challenge. */
export type ApiPasskeyAnswer = {
  readonly challengeId: string;
  /** The browser's PublicKeyCredential, by its `toJSON()`. */
  readonly credential: ApiAssertion;
};

/** The JSON of a credential from `navigator.credentials.get`. */
export type ApiAssertion = ApiPublicKeyCredential & {
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
    readonly userHandle?: string | null | undefined;
  };
};

/** The JSON of a credential from `navigator.credentials.create`. */
export type ApiAttestation = ApiPublicKeyCredential & {
  readonly response: {
    readonly clientDataJSON: string;
    readonly attestationObject: string;
    readonly transports?: readonly string[] | undefined;
  };
};

/** The fields of every PublicKeyCredential. */
export type ApiPublicKeyCredential = {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly authenticatorAttachment?: string | null | undefined;
  readonly clientExtensionResults?: Readonly<Record<string, unknown>> | undefined;
};

/** A new passkey. */
export type ApiNewPasskey = {
  readonly name: string;
  readonly challengeId: string;
  readonly credential: ApiAttestation;
};

/** An order to confirm: a transfer or a batch, by all of its credits in order. */
export type ApiOrder = {
  /** Default: transfer. */
  readonly operation?: 'transfer' | 'batch' | undefined;
  readonly payments: readonly ApiPayment[];
  /** Key under which the order will be sent. */
  readonly idempotencyKey: string;
};

/** One credit of an order. */
export type ApiPayment = { readonly toAccount: string; readonly amount: bigint; readonly currency: string };

/** A confirmation, which an order takes above the bank's limit. */
export type ApiConfirmed = { readonly confirmation?: string | undefined };

/** A new customer. */
export type ApiRegistration = {
  /** 1 to 100 printable characters. Payees see it. */
  readonly name: string;
  /** A plain ASCII address of at most 254 characters. */
  readonly email: string;
  /** 8 to 256 characters. */
  readonly password: string;
};

/** A new account. */
export type ApiNewAccount = {
  /** ISO 4217 code. Default: the server's currency. */
  readonly currency?: string | undefined;
  /** 1 to 60 printable characters. */
  readonly name?: string | undefined;
  /** At most 20 pairs. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** 1 to 255 visible ASCII characters, unique. For the role `system`. */
  readonly externalId?: string | undefined;
};

/** New metadata of an account. */
export type ApiAccountMetadata = {
  /** All pairs of the account. Null removes them. */
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Goes to the audit log. */
  readonly reason?: string | undefined;
};

/** The closing of an account. */
export type ApiClosing = {
  /** Another account of the same owner and currency, which gets the rest of the balance. */
  readonly sweepTo?: string | undefined;
  /** Goes to the audit log. */
  readonly reason?: string | undefined;
};

type Texts = {
  /** ISO 4217 code. If given, every account must have it. */
  readonly currency?: string | undefined;
  /** 1 to 280 printable characters. Both parties see it. */
  readonly description?: string | undefined;
  /** 1 to 35 printable characters, such as the number of an invoice. Both parties see it. */
  readonly reference?: string | undefined;
  /** 1 to 255 visible ASCII characters, unique. For the role `system`. */
  readonly externalId?: string | undefined;
  /** At most 20 pairs. The initiator and the system see them. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
};

/** A transfer from one account to another, or a hold. */
export type ApiPairTransfer = Texts & {
  readonly fromAccount: string;
  readonly toAccount: string;
  readonly amount: bigint;
  /** True reserves the amount as a hold. */
  readonly pending?: boolean | undefined;
  /** End of a hold: RFC 3339. Default: 7 days from now. */
  readonly expiresAt?: string | undefined;
  /** End of a hold, in seconds from now: 1 to 2,678,400. */
  readonly expiresInSeconds?: number | undefined;
};

/** A transfer between one account and many: one debit and many credits, or many debits and one credit. */
export type ApiLegsTransfer = Texts & { readonly legs: readonly ApiLeg[] };

/** A transfer, a hold, or a transfer of several legs. */
export type ApiTransferRequest = ApiPairTransfer | ApiLegsTransfer;

/** A transfer by itself, with a confirmation if the amount is large. */
export type ApiSingleTransfer = ApiTransferRequest & ApiConfirmed;

/** Up to 1,000 transfers under one key. */
export type ApiBatchRequest = ApiConfirmed & {
  readonly transfers: readonly ApiTransferRequest[];
  /** True: all succeed or none does. Default: each succeeds or fails alone. */
  readonly linked?: boolean | undefined;
};

/** The capture of a hold. */
export type ApiCapture = {
  /** Default: the whole hold. */
  readonly amount?: bigint | undefined;
};

/** The reversal of a transaction. */
export type ApiReversal = {
  /** Default: all that is left to reverse. */
  readonly amount?: bigint | undefined;
  /** 1 to 280 printable characters. */
  readonly description?: string | undefined;
  /** 1 to 35 printable characters, such as the number of an invoice. Both parties see it. */
  readonly reference?: string | undefined;
  /** 1 to 255 visible ASCII characters, unique. For the role `system`. */
  readonly externalId?: string | undefined;
};

/** Money that enters the bank. Needs `toAccount` or `userId`, not both. */
export type ApiInitialFunds = {
  readonly toAccount?: string | undefined;
  /** Stands for that user's oldest active account in the currency. */
  readonly userId?: string | undefined;
  readonly amount: bigint;
  /** ISO 4217 code. Default: the server's currency. */
  readonly currency?: string | undefined;
  /** 1 to 280 printable characters. */
  readonly description?: string | undefined;
  /** 1 to 35 printable characters, such as the number of an invoice. Both parties see it. */
  readonly reference?: string | undefined;
  /** 1 to 255 visible ASCII characters, unique. For the role `system`. */
  readonly externalId?: string | undefined;
};

/** Money that leaves the bank. Needs `fromAccount` or `userId`, not both. */
export type ApiWithdrawal = {
  readonly fromAccount?: string | undefined;
  /** Stands for that user's oldest active account in the currency. */
  readonly userId?: string | undefined;
  readonly amount: bigint;
  /** ISO 4217 code. Default: the server's currency. */
  readonly currency?: string | undefined;
  /** 1 to 280 printable characters. */
  readonly description?: string | undefined;
  /** 1 to 35 printable characters, such as the number of an invoice. Both parties see it. */
  readonly reference?: string | undefined;
  /** 1 to 255 visible ASCII characters, unique. For the role `system`. */
  readonly externalId?: string | undefined;
};

/** An exchange between two currencies. The two amounts set the rate. */
export type ApiExchange = {
  readonly fromAccount: string;
  readonly toAccount: string;
  readonly fromAmount: bigint;
  readonly toAmount: bigint;
  /** 1 to 280 printable characters. */
  readonly description?: string | undefined;
  /** 1 to 35 printable characters, such as the number of an invoice. Both parties see it. */
  readonly reference?: string | undefined;
};

/** The freezing of an account. */
export type ApiFreeze = {
  /** Goes to the audit log. */
  readonly reason: string;
  /** True stops credits too. */
  readonly credits?: boolean | undefined;
};

/** A reason for the audit log: 1 to 280 printable characters. */
export type ApiReason = { readonly reason: string };

/** New limits of an account. */
export type ApiLimits = {
  /** Negative for an overdraft. */
  readonly minimumBalance: bigint;
  /** Missing or null: no maximum. */
  readonly maximumBalance?: bigint | null | undefined;
  /** Goes to the audit log. */
  readonly reason: string;
};

/** An operation whose keys can be looked up. The last three need the role `system`. */
export type ApiKeyedOperation =
  | 'transfer'
  | 'batch'
  | 'capture'
  | 'void'
  | 'reverse'
  | 'initial_funds'
  | 'withdrawal'
  | 'exchange';

/** The part of a list to read. */
export type ApiPaging = {
  /** Items that one request fetches: 1 to 200. Default: 50. */
  readonly pageSize?: number | undefined;
  /** The `nextCursor` of the page after which to go on. */
  readonly cursor?: string | undefined;
};

/** A period: days or instants (RFC 3339), from inclusive, to exclusive. */
export type ApiPeriod = {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

/** A period whose days are those of a time zone of the IANA database. Default: UTC. */
export type ApiStatementPeriod = ApiPeriod & { readonly timeZone?: string | undefined };

/** Filters of entries and transactions. All of them must match. */
export type ApiHistoryFilter = ApiPaging &
  ApiPeriod & {
    readonly direction?: ApiDirection | undefined;
    /** The account on the other side as the caller sees it: a whole id, or its last four characters. */
    readonly counterparty?: string | undefined;
    /** Inclusive, in minor units. */
    readonly minAmount?: bigint | undefined;
    /** Inclusive, in minor units. */
    readonly maxAmount?: bigint | undefined;
    readonly status?: ApiTransactionStatus | undefined;
    readonly kind?: ApiTransactionKind | undefined;
    /** Pairs of the metadata, as far as the caller may see it. */
    readonly metadata?: Readonly<Record<string, string>> | undefined;
    /** The whole reference. */
    readonly reference?: string | undefined;
  };

/** A filter of transactions. With an external id, the other conditions are ignored. */
export type ApiTransactionFilter = ApiHistoryFilter & { readonly externalId?: string | undefined };

/** A filter of one's accounts. With an external id, the account that has it. */
export type ApiAccountFilter = ApiPaging & { readonly externalId?: string | undefined };

/** An API key to make. */
export type ApiNewKeyRequest = {
  /** A name by which the user recognises it. */
  readonly name: string;
  /** The user's password. */
  readonly password: string;
  readonly scopes: readonly ApiScope[];
  /** Ids of the accounts that it may touch. Default: all, future ones too. */
  readonly accounts?: readonly string[] | undefined;
  /** Largest amount of one transaction, in minor units. Default: no limit. */
  readonly transferLimit?: bigint | undefined;
  /** 1 to 366. Default: 90. */
  readonly expiresInDays?: number | undefined;
};
