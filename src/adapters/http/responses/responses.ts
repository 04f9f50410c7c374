import type { CheckpointView } from '../../../application/ports/checkpoints.ts';
import type { BalanceView } from '../../../application/accounts/get-account.ts';
import type { MonthlyStatement } from '../../../application/reporting/list-statements.ts';
import type { TrialBalanceView } from '../../../application/reporting/get-trial-balance.ts';
import type { KeyView } from '../../../application/transfers/get-transfer.ts';
import type { DryRunTransferView } from '../../../application/dry-run.ts';
import type { NamedCounterparty } from '../../../application/payees/name-counterparties.ts';
import type { EntryView } from '../../../application/reporting/list-entries.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import type {
  AccountJson,
  AuditRecordJson,
  BalanceJson,
  BalancesJson,
  CheckpointJson,
  DryRunTransactionJson,
  EntryJson,
  Json,
  MonthlyStatementJson,
  StatementHeadJson,
  StatementLineJson,
  TrialBalanceJson,
  UserJson,
} from './bodies.ts';
import type { AccountView, TransferView } from '../../../application/views.ts';
import { isoDay } from '../../../domain/calendar.ts';
import type { AuditRecord } from '../../../domain/integrity/audit-log.ts';
import type { Balances } from '../../../domain/books/outcome.ts';
import type { Instant } from '../../../domain/time.ts';
import type { TrialBalanceRow } from '../../../domain/reporting/trial-balance.ts';
import type { User } from '../../../domain/entities/user.ts';
import { STATEMENT_FORMATS } from '../requests/queries.ts';
import type { StatementFormat } from '../requests/queries.ts';
import type { IssuedLine, IssuedStatement } from '../statement/issued-statement.ts';

/**
 * JSON of each record, listed field by field so that a new internal field stays private. Every amount in it is within
 * plus or minus 2^53 - 1, so a JSON number is exact.
 */
export function userShape({ id, name, email, role, createdAt }: User): Json<typeof UserJson> {
  return { id, name, email, role, createdAt: timeShape(createdAt) };
}

export function accountShape(account: AccountView): Json<typeof AccountJson> {
  return {
    id: account.accountId,
    number: account.number,
    name: account.name,
    currency: account.currency,
    currencyExponent: account.exponent,
    class: account.class,
    status: account.status,
    balance: Number(account.balance),
    held: Number(account.held),
    available: Number(account.available),
    minimumBalance: account.minimumBalance === null ? null : Number(account.minimumBalance),
    ...(account.maximumBalance === null ? {} : { maximumBalance: Number(account.maximumBalance) }),
    ...omitAbsent({ externalId: account.externalId, metadata: account.metadata }),
    createdAt: timeShape(account.createdAt),
  };
}

export function balanceShape(balance: BalanceView): Json<typeof BalanceJson> {
  return {
    accountId: balance.accountId,
    currency: balance.currency,
    currencyExponent: balance.exponent,
    balance: Number(balance.balance),
    held: Number(balance.held),
    available: Number(balance.available),
    at: timeShape(balance.at),
  };
}

/** The balance at a requested instant. */
export function balanceAtShape(balance: BalanceView): Json<typeof BalanceJson> {
  return { ...balanceShape(balance), final: balance.final };
}

export function entryShape(entry: EntryView): Json<typeof EntryJson> {
  return {
    accountId: entry.accountId,
    sequence: entry.sequence,
    transactionId: entry.transferId,
    kind: entry.kind,
    step: entry.step,
    direction: entry.direction,
    amount: Number(entry.amount),
    balance: Number(entry.balance),
    held: Number(entry.held),
    at: timeShape(entry.at),
    hash: entry.hash,
    ...omitAbsent({
      counterparty: counterpartyShape(entry.counterparty),
      description: entry.description,
      reference: entry.reference,
    }),
  };
}

function counterpartyShape(counterparty: NamedCounterparty | null) {
  if (counterparty === null) return null;
  const { name, account, number = null, more = 0 } = counterparty;
  return { name, account, ...omitAbsent({ number, more: more || null }) };
}

/** A statement without its lines. Sums may exceed 2^53 - 1, so they are strings. */
export function statementShape(statement: IssuedStatement): Json<typeof StatementHeadJson> {
  return {
    number: statement.number,
    accountId: statement.accountId,
    ...omitAbsent({
      accountNumber: statement.accountNumber,
      accountName: statement.accountName,
      accountHolder: statement.holder,
    }),
    currency: statement.currency,
    currencyExponent: statement.exponent,
    from: timeShape(statement.from),
    to: timeShape(statement.to),
    final: statement.final,
    openingBalance: Number(statement.opening),
    totalIn: statement.totalIn.toString(),
    totalOut: statement.totalOut.toString(),
    closingBalance: Number(statement.closing),
    held: Number(statement.held),
    available: Number(statement.available),
    holds: statement.holds.map((hold) => ({
      transactionId: hold.transferId,
      amount: Number(hold.amount),
      placedAt: timeShape(hold.placedAt),
      expiresAt: timeShape(hold.expiresAt),
      ...omitAbsent({
        counterparty: counterpartyShape(hold.counterparty),
        description: hold.description,
        reference: hold.reference,
      }),
    })),
  };
}

export function statementLineShape(line: IssuedLine): Json<typeof StatementLineJson> {
  return {
    sequence: line.sequence,
    transactionId: line.transferId,
    kind: line.kind,
    at: timeShape(line.at),
    flow: line.flow,
    amount: Number(line.amount),
    balance: Number(line.balance),
    ...omitAbsent({
      counterparty: counterpartyShape(line.counterparty),
      description: line.description,
      reference: line.reference,
    }),
  };
}

/** @param path the path of the account's statement, to which the formats of a month lead */
export function monthlyStatementShape(
  statement: MonthlyStatement,
  path: string,
): Json<typeof MonthlyStatementJson> {
  const { firstDay, nextDay, timeZone } = statement;
  const period = new URLSearchParams({ from: isoDay(firstDay), to: isoDay(nextDay), timeZone }).toString();
  const formats = Object.fromEntries(
    STATEMENT_FORMATS.map((format) => [format, `${path}?${period}&format=${format}`]),
  ) as Record<StatementFormat, string>;
  return {
    number: statement.number,
    from: timeShape(statement.from),
    to: timeShape(statement.to),
    timeZone,
    final: statement.final,
    currency: statement.currency,
    currencyExponent: statement.exponent,
    openingBalance: Number(statement.opening),
    closingBalance: Number(statement.closing),
    links: { ...formats, proof: `${path}-proof?${period}` },
  };
}

/** Sums of the whole bank may exceed 2^53 - 1, so they are strings. */
export function trialBalanceShape({
  at,
  final,
  currencies,
}: TrialBalanceView): Json<typeof TrialBalanceJson> {
  return {
    at: timeShape(at),
    final,
    currencies: currencies.map(({ currency, exponent, rows, debits, credits, isBalanced }) => ({
      currency,
      currencyExponent: exponent,
      systemAccounts: rows.flatMap(({ accountId, purpose, debits, credits }) =>
        accountId === null || purpose === null
          ? []
          : { accountId, purpose, ...sidesShape({ debits, credits }) },
      ),
      customers: customersShape(rows),
      ...sidesShape({ debits, credits }),
      balanced: isBalanced,
    })),
  };
}

function customersShape(rows: readonly TrialBalanceRow[]) {
  const row = rows.find(({ accountId }) => accountId === null);
  const { accounts = 0, debits = 0n, credits = 0n } = row ?? {};
  return { accounts, ...sidesShape({ debits, credits }) };
}

function sidesShape({ debits, credits }: { debits: bigint; credits: bigint }) {
  return { debits: debits.toString(), credits: credits.toString() };
}

/** Balances of an account of the caller, as of a transfer. */
export function balancesShape({ accountId, balance, held, available }: Balances): Json<typeof BalancesJson> {
  return { accountId, balance: Number(balance), held: Number(held), available: Number(available) };
}

/** A transfer. One of a dry run has no id. */
export function transactionShape(
  transfer: TransferView | DryRunTransferView,
): Json<typeof DryRunTransactionJson> & { id?: string } {
  return {
    ...omitAbsent({ id: transfer.transferId }),
    kind: transfer.kind,
    status: transfer.status,
    /** Null for a payee, who sees the `counterparty`. */
    fromAccount: transfer.sourceAccountId,
    toAccount: transfer.destinationAccountId,
    amount: Number(transfer.amount),
    ...omitAbsent({
      currency: transfer.currency,
      currencyExponent: transfer.exponent,
      description: transfer.description,
      reference: transfer.reference,
      externalId: transfer.externalId,
      metadata: transfer.metadata,
      counterparty: counterpartyShape(transfer.counterparty),
      amountCaptured: numberShape(transfer.amountCaptured),
      amountReversed: numberShape(transfer.amountReversed || null),
      expiresAt: transfer.expiresAt === null ? null : timeShape(transfer.expiresAt),
      reverses: transfer.reverses,
      legs: transfer.legs?.map(legShape) ?? null,
      batchId: transfer.batchId,
      code: transfer.code,
    }),
    createdAt: timeShape(transfer.createdAt),
    ...omitAbsent({ completedAt: transfer.completedAt === null ? null : timeShape(transfer.completedAt) }),
  };
}

/** The outcome of a key: a transaction, or a refusal that kept none. */
export function keyOutcomeShape(found: KeyView) {
  return found.transfer === null
    ? { transaction: null, code: found.code, retry: found.retry }
    : { transaction: transactionShape(found.transfer) };
}

function legShape({ accountId, direction, amount }: NonNullable<TransferView['legs']>[number]) {
  return { account: accountId, direction, amount: Number(amount) };
}

export function auditShape(record: AuditRecord): Json<typeof AuditRecordJson> {
  const { sequence, at, actor, action, accountId, transferId, userId, reason, changes, hash } = record;
  return {
    sequence,
    at: timeShape(at),
    actor,
    action,
    ...omitAbsent({ accountId, transactionId: transferId, userId, reason }),
    // Amounts are strings, because before and after may hold any type of field
    changes: changes.map(([field, before, after]) => ({ field, before, after })),
    hash,
  };
}

export function checkpointShape(checkpoint: CheckpointView): Json<typeof CheckpointJson> {
  const { number, at, accounts, root, previous, audit, digest, signed } = checkpoint;
  return { number, at: timeShape(at), accounts, root, previous, audit, digest, signed };
}

function numberShape(amount: bigint | null): number | null {
  return amount === null ? null : Number(amount);
}

/** The latest text, cached because most times in one response are equal. */
let latest = { at: 0, text: new Date(0).toISOString() };

/** The instant in RFC 3339, in UTC with milliseconds. */
export function timeShape(at: Instant): string {
  if (latest.at !== at) latest = { at, text: new Date(at).toISOString() };
  return latest.text;
}
