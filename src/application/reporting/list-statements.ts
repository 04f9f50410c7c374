import type { Viewer } from '../../domain/actor.ts';
import { Calendar, firstOfMonth, isoMonth, monthNumber } from '../../domain/calendar.ts';
import type { Day } from '../../domain/calendar.ts';
import type { Account } from '../../domain/entities/account.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { Instant } from '../../domain/time.ts';
import { Cursors, invalidCursor } from '../cursor.ts';
import { readPage } from '../page.ts';
import type { ListRequest, Page } from '../page.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { entriesAsOf, isFinal, readOwnAccount } from './account-at.ts';
import type { ClockPorts } from './account-at.ts';
import { statementNumber } from './statement-number.ts';

export type StatementsRequest = ListRequest & {
  /** Time zone whose months these are, as a name of the IANA database, or a function that finds the owner's. Default: UTC. */
  readonly timeZone?: string | ((ownerId: string) => Promise<string | undefined>);
};

/** The statement of a whole month. Amounts are in minor units. */
export type MonthlyStatement = {
  readonly accountId: string;
  readonly currency: string;
  readonly exponent: number;
  readonly number: string;
  /** First day of the month, and of the month after it. */
  readonly firstDay: Day;
  readonly nextDay: Day;
  readonly timeZone: string;
  readonly from: Instant;
  readonly to: Instant;
  /** Whether the statement can no longer change. */
  readonly final: boolean;
  readonly opening: bigint;
  readonly closing: bigint;
};

const MONTH = /^(\d{4})-(\d{2})$/;

/**
 * Lists the whole months of an account up to now, newest first, from the month of its opening on. Nothing is stored
 * about them. The number of reads does not depend on the number of months.
 * @throws PassbookError `account_not_found` if it does not exist or is another's; `invalid_request`
 */
export function listStatements(ports: ClockPorts & { reads: LedgerReads; digest: Digest }) {
  const { reads, clock, digest } = ports;
  return async (
    viewer: Viewer,
    accountId: string,
    { timeZone = 'UTC', ...request }: StatementsRequest = {},
  ): Promise<Page<MonthlyStatement>> => {
    const now = clock.now();
    const account = await readOwnAccount(reads, { viewer, accountId });
    const calendar = new Calendar(await zoneOf(account, timeZone));
    const first = monthNumber(calendar.dayOf(account.createdAt));
    const running = monthNumber(calendar.dayOf(now));
    const cursors = new Cursors(digest, ['statements', account.id, calendar.timeZone]);
    const page = await readPage(request, cursors, ({ after, limit }) => {
      const end = after === null ? running : Math.min(monthOf(after), running);
      const months = Array.from(
        { length: Math.max(0, Math.min(limit, end - first)) },
        (_, at) => end - 1 - at,
      );
      return Promise.resolve(months.map((month) => ({ id: isoMonth(firstOfMonth(month)), month })));
    });
    const months = page.items.map(({ month }) => month);
    const balances = await balancesAtStarts(reads, account, { months, calendar });
    const items = months.map((month): MonthlyStatement => {
      const [firstDay, nextDay] = [firstOfMonth(month), firstOfMonth(month + 1)];
      const [start, end] = [balances.get(month), balances.get(month + 1)];
      if (!start || !end) throw new TypeError(`The month ${isoMonth(firstDay)} has no balance`);
      const { at: from, balance: opening } = start;
      const { at: to, balance: closing } = end;
      const { currency, exponent } = account;
      const number = statementNumber({ from, to }, calendar);
      const final = isFinal(ports, { field: 'to', at: to - 1, now }) && !reads.mayBeBehind;
      return {
        accountId: account.id,
        currency,
        exponent,
        number,
        firstDay,
        nextDay,
        timeZone: calendar.timeZone,
        from,
        to,
        final,
        opening,
        closing,
      };
    });
    return { items, nextCursor: page.nextCursor };
  };
}

async function zoneOf(
  { ownerId }: Account,
  timeZone: NonNullable<StatementsRequest['timeZone']>,
): Promise<string> {
  if (typeof timeZone === 'string') return timeZone;
  return (ownerId === null ? undefined : await timeZone(ownerId)) ?? 'UTC';
}

type BalanceAt = { readonly at: Instant; readonly balance: bigint };

/** Returns the balances at the starts of these months and of the month after each. */
async function balancesAtStarts(
  reads: LedgerReads,
  account: Account,
  { months, calendar }: { months: readonly number[]; calendar: Calendar },
): Promise<ReadonlyMap<number, BalanceAt>> {
  const bounds = [...new Set(months.flatMap((month) => [month, month + 1]))];
  const starts = bounds.map((month) => calendar.startOf(firstOfMonth(month)));
  const entries = await entriesAsOf(
    reads,
    account,
    starts.map((at) => at - 1),
  );
  return new Map(
    bounds.map((month, index) => [
      month,
      { at: starts[index] ?? 0, balance: account.afterEntry(entries[index] ?? null).balance },
    ]),
  );
}

/** @throws PassbookError `invalid_request` for a cursor of another list */
function monthOf(id: string): number {
  const [, year, month] = MONTH.exec(id) ?? [];
  if (year === undefined) throw invalidCursor();
  return monthNumber({ year: Number(year), month: Number(month) });
}
