import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { MonthlyStatement } from '../../../application/reporting/list-statements.ts';
import type { AccountView } from '../../../application/views.ts';
import { isoDay } from '../../../domain/calendar.ts';
import type { Day } from '../../../domain/calendar.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { accountTitle, ownAccount } from '../accounts.ts';
import { FaultBox, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { queryOf } from '../forms.ts';
import type { Fields } from '../forms.ts';
import { sendPage, usePage } from '../layout.tsx';
import { Empty, Field } from '../parts/fields.tsx';
import { Amount } from '../parts/money.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { calendarOf, monthText } from '../text.ts';
import { dayAfter, readPeriod, statementPath } from './period.ts';
import type { TypedPeriod } from './period.ts';
import { selfOf } from './self.ts';

const MONTHS_A_PAGE = 24;

/** The statements of an account: its months, this month so far, and any other period. */
export function statementsRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>().get('/accounts/:id/statements', edge.sessionRequired, async (c) => {
    const { id, timeZone } = c.get('caller');
    const { account } = await ownAccount(ports, { userId: id, accountId: c.req.param('id') });
    const query = queryOf(c);
    const { items, nextCursor } = await bank.ledger.listStatements(selfOf(c), account.accountId, {
      limit: MONTHS_A_PAGE,
      timeZone,
      ...(query.has('cursor') ? { cursor: query.text('cursor') } : {}),
    });
    const { period, fault } = readChoice(c, query);
    const isFirst = !query.has('cursor');
    return sendPage(c, ports, {
      title: `Statements of ${accountTitle(account)}`,
      section: 'account',
      children: (
        <>
          <p class="crumb">
            <a href={`/accounts/${account.accountId}`}>{accountTitle(account)}</a>
          </p>
          <div class="head">
            <h1>Statements</h1>
          </div>
          <div class="stack">
            {isFirst && <ThisMonth account={account} />}
            <Months account={account} months={items} next={nextCursor} />
            <OtherPeriod account={account} period={period} typed={query} fault={fault} />
            <p class="fine">
              The proof is a file with which anybody can check, without trusting the bank, that the entries of
              the statement are complete and were not changed since the bank signed its books.
            </p>
          </div>
        </>
      ),
    });
  });

  /** The period that the form asks for, if it is one. */
  function readChoice(c: PageContext, query: Fields): { period?: TypedPeriod; fault?: FaultText } {
    const period = { from: query.text('from'), to: query.text('to') };
    if (period.from === '' && period.to === '') return {};
    try {
      const { from = -Infinity, to = Infinity } = readPeriod(period, c.get('caller').timeZone);
      if (from < to && from <= ports.clock.now()) return { period };
      c.status(400);
      return {
        fault: { title: 'The period has no days yet', advice: 'Choose a first day before the last.' },
      };
    } catch (error) {
      return { fault: shownFault(error, c, ports) };
    }
  }
}

const FORMATS = [
  ['html', 'View and print'],
  ['pdf', 'PDF'],
  ['csv', 'CSV'],
  ['camt053', 'camt.053'],
  ['ofx', 'OFX'],
] as const;

const Files: FC<{ account: AccountView; period: TypedPeriod; about: string; hasProof?: boolean }> = ({
  account: { accountId },
  period,
  about,
  hasProof = true,
}) => {
  const { timeZone } = usePage();
  return (
    <span class="files">
      {FORMATS.map(([format, text]) => (
        <a href={statementPath(accountId, { period, timeZone, format })}>
          {text} <span class="hidden">of {about}</span>
        </a>
      ))}
      {hasProof && (
        <a href={statementPath(accountId, { period, timeZone })}>
          Proof <span class="hidden">of {about}</span>
        </a>
      )}
    </span>
  );
};

const ThisMonth: FC<{ account: AccountView }> = ({ account }) => {
  const { timeZone, now } = usePage();
  const today = calendarOf(timeZone).dayOf(now);
  const period = { from: isoDay({ ...today, day: 1 }), to: isoDay(today) };
  return (
    <section class="card" aria-labelledby="this-month">
      <div class="card-head">
        <h2 id="this-month">This month so far</h2>
        <span>
          Balance <Amount {...account} amount={account.balance} />
        </span>
      </div>
      <Files account={account} period={period} about="this month" hasProof={false} />
    </section>
  );
};

type MonthsProps = {
  readonly account: AccountView;
  readonly months: readonly MonthlyStatement[];
  readonly next: string | null;
};

const Months: FC<MonthsProps> = ({ account, months, next }) => {
  const { currency, exponent } = account;
  return (
    <section class="card" aria-labelledby="months">
      <h2 id="months">Months</h2>
      {months.length === 0 ? (
        <Empty title="No month is over yet">
          <p>The first statement of a whole month appears here when the month has ended.</p>
        </Empty>
      ) : (
        <table class="stacked">
          <thead>
            <tr>
              <th scope="col">Month</th>
              <th scope="col" class="num">
                At the start
              </th>
              <th scope="col" class="num">
                At the end
              </th>
              <th scope="col">Statement</th>
            </tr>
          </thead>
          <tbody>
            {months.map((month) => (
              <tr>
                <td class="month">{monthText(month.firstDay)}</td>
                <td class="num" data-label="Start">
                  <Amount amount={month.opening} currency={currency} exponent={exponent} />
                </td>
                <td class="num" data-label="End">
                  <Amount amount={month.closing} currency={currency} exponent={exponent} />
                </td>
                <td>
                  <Files account={account} period={periodOfMonth(month)} about={monthText(month.firstDay)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {next !== null && (
        <p class="actions">
          <a
            class="button quiet small"
            href={`/accounts/${account.accountId}/statements?cursor=${encodeURIComponent(next)}`}
          >
            Show earlier months
          </a>
        </p>
      )}
    </section>
  );
};

function periodOfMonth({ firstDay, nextDay }: MonthlyStatement): TypedPeriod {
  const last: Day = dayAfter({ ...nextDay, day: nextDay.day - 2 });
  return { from: isoDay(firstDay), to: isoDay(last) };
}

type OtherProps = {
  readonly account: AccountView;
  readonly period: TypedPeriod | undefined;
  readonly typed: Fields;
  readonly fault: FaultText | undefined;
};

const OtherPeriod: FC<OtherProps> = ({ account, period, typed, fault }) => (
  <section class="card" aria-labelledby="other-period" id="period">
    <h2 id="other-period">Another period</h2>
    <FaultBox fault={fault} />
    <form method="get" action={`/accounts/${account.accountId}/statements#period`} class="row filter">
      <Field name="from" label="First day" type="date" value={typed.text('from')} required />
      <Field name="to" label="Last day" type="date" value={typed.text('to')} required />
      <p class="actions">
        <button class="button small">Make the statement</button>
      </p>
    </form>
    {period && (
      <p class="after" role="status">
        Your statement is ready: <Files account={account} period={period} about="the period" />
      </p>
    )}
  </section>
);
