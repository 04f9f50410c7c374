/*
 * Compact JSON texts for stores, with amounts as strings, as JSON has no bigint. Long data that is never searched costs
 * a store less as one text than as fields.
 */
import { Account } from '../../domain/entities/account.ts';
import type { AccountState } from '../../domain/entities/account.ts';
import type { NormalisedRequest } from '../../domain/books/idempotency.ts';
import type { Gathered, MailHour } from '../../domain/entities/mail-hour.ts';
import type {
  DigestMessage,
  DigestTotal,
  Notification,
  SecurityNotification,
  TransferNotification,
  WelcomeNotification,
} from '../../domain/entities/notification.ts';
import type { Balances } from '../../domain/books/outcome.ts';

/** Null fields are omitted: a comparison treats a missing field as null. */
export function requestToText({ version, fields }: NormalisedRequest): string {
  return JSON.stringify([version, ...fields.filter(([, value]) => value !== null)]);
}

export function requestFromText(text: string): NormalisedRequest {
  const [version, ...fields] = JSON.parse(text) as [1, ...(readonly [string, string])[]];
  return { version, fields };
}

type BalancesJson = [accountId: string, balance: string, held: string, available: string];

export function balancesToText(balances: readonly Balances[]): string {
  return JSON.stringify(
    balances.map(
      ({ accountId, balance, held, available }): BalancesJson => [
        accountId,
        balance.toString(),
        held.toString(),
        available.toString(),
      ],
    ),
  );
}

export function balancesFromText(text: string): readonly Balances[] {
  return (JSON.parse(text) as BalancesJson[]).map(([accountId, balance, held, available]) => ({
    accountId,
    balance: BigInt(balance),
    held: BigInt(held),
    available: BigInt(available),
  }));
}

type TransferMessageJson = Omit<TransferNotification, 'amount' | 'balances'> & {
  readonly amount: string;
  readonly balances: readonly {
    readonly accountId: string;
    readonly balance: string;
    /** Absent in a message of an older version. */
    readonly held?: string;
  }[];
};

type GatheredJson = {
  readonly listed: readonly TransferMessageJson[];
  readonly totals: readonly (Omit<DigestTotal, 'amount'> & { readonly amount: string })[];
};

type DigestJson = Omit<DigestMessage, keyof Gathered> & GatheredJson;
type MessageJson = TransferMessageJson | DigestJson | WelcomeNotification | SecurityNotification;

export function messagesToText(messages: readonly Notification[]): string {
  return JSON.stringify(messages.map(messageToJson));
}

export function messagesFromText(text: string): readonly Notification[] {
  return (JSON.parse(text) as MessageJson[]).map(messageFromJson);
}

function messageToJson(message: Notification): MessageJson {
  if (message.kind === 'welcome' || message.kind === 'security') return message;
  if (message.kind === 'digest') return { ...message, ...gatheredToJson(message) };
  return transferMessageToJson(message);
}

function messageFromJson(json: MessageJson): Notification {
  if (json.kind === 'welcome' || json.kind === 'security') return json;
  if (json.kind === 'digest') return { ...json, ...gatheredFromJson(json) };
  return transferMessageFromJson(json);
}

function transferMessageToJson(message: TransferNotification): TransferMessageJson {
  return {
    ...message,
    amount: message.amount.toString(),
    balances: message.balances.map(({ accountId, balance, held }) => ({
      accountId,
      balance: balance.toString(),
      ...(held === undefined ? {} : { held: held.toString() }),
    })),
  };
}

function transferMessageFromJson(json: TransferMessageJson): TransferNotification {
  return {
    ...json,
    amount: BigInt(json.amount),
    balances: json.balances.map(({ accountId, balance, held }) => ({
      accountId,
      balance: BigInt(balance),
      ...(held === undefined ? {} : { held: BigInt(held) }),
    })),
  };
}

function gatheredToJson({ listed, totals }: Gathered): GatheredJson {
  return {
    listed: listed.map(transferMessageToJson),
    totals: totals.map((total) => ({ ...total, amount: total.amount.toString() })),
  };
}

function gatheredFromJson({ listed, totals }: GatheredJson): Gathered {
  return {
    listed: listed.map(transferMessageFromJson),
    totals: totals.map((total) => ({ ...total, amount: BigInt(total.amount) })),
  };
}

/** All fields of a mail hour except its recipient. */
export function mailHourToText({ since, sent, gathered }: MailHour): string {
  return JSON.stringify({ since, sent, gathered: gatheredToJson(gathered) });
}

export function mailHourFromText(recipientId: string, text: string): MailHour {
  const { since, sent, gathered } = JSON.parse(text) as Pick<MailHour, 'since' | 'sent'> & {
    readonly gathered: GatheredJson;
  };
  return { recipientId, since, sent, gathered: gatheredFromJson(gathered) };
}

type AddedFields = 'number' | 'externalId' | 'metadata';

type AccountJson = Omit<AccountState, 'minimumBalance' | 'maximumBalance' | 'counters' | AddedFields> & {
  readonly [F in AddedFields]?: AccountState[F];
} & {
  readonly minimumBalance: string | null;
  readonly maximumBalance: string | null;
  readonly counters: Readonly<Record<keyof AccountState['counters'], string>>;
};

/** The current state of an account. */
export function accountToText(account: Account): string {
  const { minimumBalance, maximumBalance, counters } = account;
  const json: AccountJson = {
    ...account,
    minimumBalance: minimumBalance?.toString() ?? null,
    maximumBalance: maximumBalance?.toString() ?? null,
    counters: {
      debitsPosted: counters.debitsPosted.toString(),
      creditsPosted: counters.creditsPosted.toString(),
      debitsPending: counters.debitsPending.toString(),
      creditsPending: counters.creditsPending.toString(),
    },
  };
  return JSON.stringify(json);
}

export function accountFromText(text: string): Account {
  const json = JSON.parse(text) as AccountJson;
  const { minimumBalance, maximumBalance, counters } = json;
  return Account.restore({
    ...json,
    // Absent in texts from before accounts had them
    number: json.number ?? null,
    externalId: json.externalId ?? null,
    metadata: json.metadata ?? null,
    minimumBalance: minimumBalance === null ? null : BigInt(minimumBalance),
    maximumBalance: maximumBalance === null ? null : BigInt(maximumBalance),
    counters: {
      debitsPosted: BigInt(counters.debitsPosted),
      creditsPosted: BigInt(counters.creditsPosted),
      debitsPending: BigInt(counters.debitsPending),
      creditsPending: BigInt(counters.creditsPending),
    },
  });
}
