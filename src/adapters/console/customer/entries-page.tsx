import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { EntryView } from '../../../application/reporting/list-entries.ts';
import { KINDS, STATUSES } from '../../../application/reporting/history-filter.ts';
import type { HistoryFilter } from '../../../application/reporting/history-filter.ts';
import type { AccountView } from '../../../application/views.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { accountTitle, ownAccount } from '../accounts.ts';
import { readAmount } from '../amount-input.ts';
import { FaultBox, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { queryOf } from '../forms.ts';
import type { Fields } from '../forms.ts';
import { sendPage, usePage } from '../layout.tsx';
import { EntryList } from '../parts/entry-list.tsx';
import { Empty, Field, Select } from '../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { exampleAmount, isoDayOf } from '../text.ts';
import { kindText } from './kinds.ts';
import { readPeriod, statementPath } from './period.ts';
import { selfOf } from './self.ts';

const ENTRIES_A_PAGE = 50;

const FILTERS = ['from', 'to', 'direction', 'min', 'max', 'kind', 'status', 'reference'] as const;
type Filters = Readonly<Record<(typeof FILTERS)[number], string>>;

const STATUS_NAMES: Readonly<Record<(typeof STATUSES)[number], string>> = {
  completed: 'Paid',
  pending: 'Reserved',
  voided: 'Reservation cancelled',
  expired: 'Reservation expired',
  rejected: 'Not sent',
};

/** All entries of an account, with filters. */
export function entriesRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>().get('/accounts/:id/entries', edge.sessionRequired, async (c) => {
    const { accounts, account } = await ownAccount(ports, {
      userId: c.get('caller').id,
      accountId: c.req.param('id'),
    });
    const query = queryOf(c);
    const filters = Object.fromEntries(FILTERS.map((name) => [name, query.text(name)])) as Filters;
    const { found, fault } = await find(c, { account, filters, query });
    const own = new Map(accounts.map((one) => [one.accountId, one]));
    const isFirst = !query.has('cursor');
    const isFollowed = c.req.header('hx-request') === 'true';
    return sendPage(c, ports, {
      title: `Entries of ${accountTitle(account)}`,
      section: 'account',
      children: (
        <>
          <p class="crumb">
            <a href={`/accounts/${account.accountId}`}>{accountTitle(account)}</a>
          </p>
          <div class="head">
            <h1>Entries</h1>
            <Tools account={account} filters={filters} hasFault={fault !== undefined} />
          </div>
          <div class="stack">
            <section class="card" aria-label="Search">
              <FaultBox fault={fault} />
              <FilterForm account={account} filters={filters} />
            </section>
            {found && (
              <section class="card" aria-label="Entries">
                {!isFirst && (
                  <p class="fine">
                    <a href={pathOf(account, filters)}>Back to the newest entries</a>
                  </p>
                )}
                <div class="entries-page">
                  {found.entries.length > 0 ? (
                    <EntryList
                      entries={found.entries}
                      account={account}
                      own={own}
                      {...(isFollowed ? { openDay: query.text('day') } : {})}
                    />
                  ) : (
                    found.next === null && <NoEntries filters={filters} />
                  )}
                  <More account={account} filters={filters} {...found} lastDay={query.text('day')} />
                </div>
              </section>
            )}
          </div>
        </>
      ),
    });
  });

  async function find(
    c: PageContext,
    { account, filters, query }: { account: AccountView; filters: Filters; query: Fields },
  ): Promise<{ found?: Found; fault?: FaultText }> {
    const viewer = selfOf(c);
    try {
      const page = await bank.ledger.listEntries(viewer, account.accountId, {
        ...filterOf(filters, { account, timeZone: c.get('caller').timeZone }),
        limit: ENTRIES_A_PAGE,
        ...(query.has('cursor') ? { cursor: query.text('cursor') } : {}),
      });
      const entries = await bank.counterparties.entries(viewer, page.items);
      return { found: { entries, next: page.nextCursor } };
    } catch (error) {
      return { fault: shownFault(error, c, ports) };
    }
  }
}

type Found = { readonly entries: readonly EntryView[]; readonly next: string | null };

/** @throws PassbookError `invalid_request` */
function filterOf(
  filters: Filters,
  { account: { exponent }, timeZone }: { account: AccountView; timeZone: string },
): HistoryFilter {
  const { direction, min, max, kind, status, reference } = filters;
  return {
    ...readPeriod(filters, timeZone),
    ...(direction === 'debit' || direction === 'credit' ? { direction } : {}),
    ...(min === '' ? {} : { minAmount: amountIn('minAmount', { text: min, exponent }) }),
    ...(max === '' ? {} : { maxAmount: amountIn('maxAmount', { text: max, exponent }) }),
    ...(isOneOf(KINDS, kind) ? { kind } : {}),
    ...(isOneOf(STATUSES, status) ? { status } : {}),
    ...(reference === '' ? {} : { reference }),
  };
}

function isOneOf<T extends string>(all: readonly T[], text: string): text is T {
  return all.some((one) => one === text);
}

function amountIn(field: string, { text, exponent }: { text: string; exponent: number }): bigint {
  const amount = readAmount(text, exponent);
  if (amount !== undefined) return amount;
  const message = `must be a number above zero, such as ${exampleAmount(exponent)}`;
  throw new PassbookError('invalid_request', { errors: [{ field, message }] });
}

function setFilters(filters: Filters): readonly [string, string][] {
  return FILTERS.flatMap((name) =>
    filters[name] === '' ? [] : ([[name, filters[name]]] satisfies [string, string][]),
  );
}

function pathOf({ accountId }: AccountView, filters: Filters, more: Record<string, string> = {}): string {
  const query = new URLSearchParams([...setFilters(filters), ...Object.entries(more)]);
  return `/accounts/${accountId}/entries${query.size === 0 ? '' : `?${query}`}`;
}

const FilterForm: FC<{ account: AccountView; filters: Filters }> = ({ account, filters }) => {
  const isSet = setFilters(filters).length > 0;
  const { min, max, kind, status, reference } = filters;
  const hasMore = [min, max, kind, status, reference].some((text) => text !== '');
  const any = { value: '', text: 'All' };
  return (
    <form method="get" action={`/accounts/${account.accountId}/entries`} class="row filter">
      <Field name="from" label="From" type="date" value={filters.from} />
      <Field name="to" label="To" type="date" value={filters.to} />
      <Select
        name="direction"
        label="Direction"
        value={filters.direction}
        options={[any, { value: 'credit', text: 'Money in' }, { value: 'debit', text: 'Money out' }]}
      />
      <details open={hasMore}>
        <summary>More filters</summary>
        <div class="row">
          <Field
            name="min"
            label={`At least (${account.currency})`}
            value={filters.min}
            inputmode="decimal"
          />
          <Field name="max" label={`At most (${account.currency})`} value={filters.max} inputmode="decimal" />
          <Select
            name="kind"
            label="Kind"
            value={filters.kind}
            options={[any, ...KINDS.map((kind) => ({ value: kind, text: kindText(kind) }))]}
          />
          <Select
            name="status"
            label="State"
            value={filters.status}
            options={[
              any,
              ...STATUSES.filter((status) => status !== 'rejected').map((status) => ({
                value: status,
                text: STATUS_NAMES[status],
              })),
            ]}
          />
          <Field name="reference" label="Reference" value={filters.reference} maxlength={35} />
        </div>
      </details>
      <p class="actions">
        <button class="button small">Search</button>
        {isSet && (
          <a class="button quiet small" href={`/accounts/${account.accountId}/entries`}>
            Show all
          </a>
        )}
      </p>
    </form>
  );
};

/** Files of the period that is shown. They hold all its posted entries, whatever the other filters. */
const Tools: FC<{ account: AccountView; filters: Filters; hasFault: boolean }> = ({
  account,
  filters,
  hasFault,
}) => {
  const { timeZone } = usePage();
  if (hasFault) return null;
  const path = (format: string) => statementPath(account.accountId, { period: filters, timeZone, format });
  return (
    <p class="tools">
      <a href={path('csv')}>Export the period as CSV</a>
      <a href={path('html')}>Print the period</a>
    </p>
  );
};

const NoEntries: FC<{ filters: Filters }> = ({ filters }) =>
  setFilters(filters).length > 0 ? (
    <Empty title="No entry matches">
      <p>Choose a longer period, or take a filter away.</p>
    </Empty>
  ) : (
    <Empty title="Nothing has happened yet">
      <p>Entries appear here as soon as money arrives or is sent.</p>
    </Empty>
  );

type MoreProps = Found & {
  readonly account: AccountView;
  readonly filters: Filters;
  readonly lastDay: string;
};

/** The link to older entries. A script follows it when it comes into view. */
const More: FC<MoreProps> = ({ account, filters, entries, next, lastDay }) => {
  const page = usePage();
  const last = entries.at(-1);
  if (next === null) return null;
  const day = last ? isoDayOf(last.at, page) : lastDay;
  const path = pathOf(account, filters, { cursor: next, day });
  return (
    <p class="more" hx-get={path} hx-trigger="revealed" hx-select=".entries-page" hx-swap="outerHTML">
      <a class="button quiet small" href={path}>
        {last ? 'Show more' : 'Search on in older entries'}
      </a>
    </p>
  );
};
