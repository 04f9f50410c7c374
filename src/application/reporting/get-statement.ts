import type { Account } from '../../domain/entities/account.ts';
import type { Viewer } from '../../domain/actor.ts';
import { invalid } from '../../domain/errors.ts';
import { flowOf, heldSideOf, totalsBetween } from '../../domain/reporting/statement.ts';
import type { Flow, StatementTotals } from '../../domain/reporting/statement.ts';
import type { Instant } from '../../domain/time.ts';
import type { TransferKind } from '../../domain/entities/transfer.ts';
import { entryAt, isFinal, linesUpTo, openHolds, readOwnAccount } from './account-at.ts';
import type { ClockPorts } from './account-at.ts';
import type { BookLine, LedgerReads } from '../ports/ledger-store.ts';
import { requireInstant, requirePeriod } from '../validation.ts';
import { viewCounterpartyOf } from '../views.ts';
import type { CounterpartyView } from '../views.ts';

export type StatementRequest = {
  /** Start of the period, inclusive. Default: the account's opening. */
  readonly from?: Instant;
  /** End of the period, exclusive. Default: now. If it is in the future, the statement ends now. */
  readonly to?: Instant;
};

/** A posted change of the balance. Amounts are in minor units. */
export type StatementLine = {
  readonly sequence: number;
  readonly transferId: string;
  readonly kind: TransferKind;
  readonly at: Instant;
  readonly counterparty: CounterpartyView | null;
  readonly description: string | null;
  readonly reference: string | null;
  readonly flow: Flow;
  readonly amount: bigint;
  /** Balance after the change. */
  readonly balance: bigint;
};

/** A hold that reserved money of the account at the end of the period, regardless of its status since. */
export type OutstandingHold = {
  readonly transferId: string;
  readonly amount: bigint;
  readonly counterparty: CounterpartyView | null;
  readonly description: string | null;
  readonly reference: string | null;
  readonly placedAt: Instant;
  readonly expiresAt: Instant;
};

export type Statement = StatementTotals & {
  readonly accountId: string;
  readonly accountNumber: string | null;
  /** The account's present name. */
  readonly accountName: string | null;
  /** Null for an account of the bank itself. */
  readonly ownerId: string | null;
  readonly currency: string;
  readonly exponent: number;
  /** When the statement was read. */
  readonly readAt: Instant;
  readonly from: Instant;
  readonly to: Instant;
  /** Whether the statement can no longer change. */
  readonly final: boolean;
  /** Held amount at the end of the period. `available` and `holds` are as of the same instant, oldest hold first. */
  readonly held: bigint;
  readonly available: bigint;
  readonly holds: readonly OutstandingHold[];
  /** Number of entries in the period, which is at least the number of lines. */
  readonly entryCount: number;
  /** Yields the lines in ascending order, in chunks read on demand. Memory use does not grow with the period. */
  lines(): AsyncGenerator<readonly StatementLine[], void>;
};

/** Number of lines that take about 5 ms to read and render. */
const LINES_PAGE = 100;

/**
 * Reads the statement of a period. Its opening balance equals the closing balance of the preceding period. Beside the
 * account's name, nothing in it changes later.
 * @throws PassbookError `account_not_found` if it does not exist or is another's; `invalid_request`, naming `from` or
 *   `to`; `unavailable`, as `lines` does
 */
export function getStatement(ports: ClockPorts & { reads: LedgerReads }) {
  const { reads, clock } = ports;
  return async (viewer: Viewer, accountId: string, request: StatementRequest = {}): Promise<Statement> => {
    const now = clock.now();
    const account = await readOwnAccount(reads, { viewer, accountId });
    const { to = now + 1 } = request;
    const { from = Math.min(account.createdAt, to) } = request;
    requireInstant('from', from);
    requireInstant('to', to);
    if (Number(request.from) > now) throw invalid('from', 'must not be in the future');
    requirePeriod({ from, to });
    const end = Math.min(to - 1, now);
    const isOld = isFinal(ports, { field: 'to', at: end, now });

    const [before, after] = await Promise.all([
      entryAt(reads, account, from - 1).then((entry) => account.afterEntry(entry)),
      entryAt(reads, account, end).then((entry) => account.afterEntry(entry)),
    ]);
    const holds = await outstandingHolds(reads, after, { at: end, viewer });
    const totals = totalsBetween(before, after);
    const held = holds.reduce((sum, { amount }) => sum + amount, 0n);
    const { currency, exponent } = account;
    const period = { after: before.sequence, until: after.sequence, viewer };
    return {
      accountId: account.id,
      accountNumber: account.number,
      accountName: account.name,
      ownerId: account.ownerId,
      currency,
      exponent,
      readAt: now,
      from,
      to,
      final: isOld && !reads.mayBeBehind,
      ...totals,
      held,
      available: totals.closing - held,
      holds,
      entryCount: after.sequence - before.sequence,
      lines: () => linesOfPeriod(reads, account, period),
    };
  };
}

async function* linesOfPeriod(
  reads: LedgerReads,
  account: Account,
  { after, until, viewer }: { after: number; until: number; viewer: Viewer },
): AsyncGenerator<readonly StatementLine[], void> {
  for await (const lines of linesUpTo(reads, account.id, { after, until, page: LINES_PAGE })) {
    const posted = lines.filter(({ entry }) => entry.posted > 0n);
    if (posted.length > 0) yield posted.map((line) => statementLine(account, line, viewer));
  }
}

function statementLine(account: Account, { entry, transfer }: BookLine, viewer: Viewer): StatementLine {
  return {
    sequence: entry.sequence,
    transferId: transfer.id,
    kind: transfer.kind,
    at: entry.at,
    counterparty: viewCounterpartyOf(transfer, { viewer, accountId: account.id }),
    description: transfer.description,
    reference: transfer.reference,
    flow: flowOf(account, entry.direction),
    amount: entry.posted,
    balance: account.afterEntry(entry).balance,
  };
}

/** Returns the outstanding holds, oldest first. */
async function outstandingHolds(
  reads: LedgerReads,
  then: Account,
  { at, viewer }: { at: Instant; viewer: Viewer },
): Promise<readonly OutstandingHold[]> {
  if (then.held === 0n) return [];
  const side = heldSideOf(then);
  const found: { readonly placed: number; readonly hold: OutstandingHold }[] = [];
  for await (const { transfer, placed } of openHolds(reads, then, at)) {
    const leg = transfer.legs.find(({ accountId, direction }) => accountId === then.id && direction === side);
    if (!leg || Number(transfer.expiresAt) <= at) continue;
    found.push({
      placed,
      hold: {
        transferId: transfer.id,
        amount: leg.amount,
        counterparty: viewCounterpartyOf(transfer, { viewer, accountId: then.id }),
        description: transfer.description,
        reference: transfer.reference,
        placedAt: transfer.createdAt,
        expiresAt: Number(transfer.expiresAt),
      },
    });
  }
  return found.sort((a, b) => a.placed - b.placed).map(({ hold }) => hold);
}
