import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { EntryView } from '../../../application/reporting/list-entries.ts';
import type { AccountView, TransferView } from '../../../application/views.ts';
import type { Viewer } from '../../../domain/actor.ts';
import type { User } from '../../../domain/entities/user.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { accountTitle, numberText, ownAccount, ownAccounts } from '../accounts.ts';
import { queryOf } from '../forms.ts';
import { Form, isStaff, sendPage, usePage } from '../layout.tsx';
import { BalanceChart } from '../parts/balance-chart.tsx';
import type { DayBalance } from '../parts/balance-chart.tsx';
import { EntryList } from '../parts/entry-list.tsx';
import { Empty } from '../parts/fields.tsx';
import { Amount } from '../parts/money.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { calendarOf, momentText, moneyText } from '../text.ts';
import type { Reader } from '../text.ts';
import { isPosted } from './kinds.ts';

const ENTRIES_SHOWN = 25;
const PENDING_SHOWN = 20;
const CHART_DAYS = 30;

/** The first page of a customer: an account with its money, what is pending, and what happened. */
export function accountPageRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  const { ledger } = bank;
  return new Hono<SignedInPageEnv>()
    .get('/', async (c, next) => {
      // Programs get a list of links from the API
      if (!(c.req.header('accept') ?? '').includes('text/html')) return next();
      return edge.sessionRequired(c, async () => {
        c.res = await sendFirst(c);
      });
    })
    .get('/accounts/:id', edge.sessionRequired, async (c) => {
      const about = { userId: c.get('caller').id, accountId: c.req.param('id') };
      // Before the accounts, so that the feed reports a change between the two reads
      const version = await bank.accountsVersion(c.get('caller').id);
      return sendAccount(c, { ...(await ownAccount(ports, about)), version });
    });

  async function sendFirst(c: PageContext): Promise<Response> {
    if (isStaff(c.get('caller').role)) return c.redirect('/staff', 303);
    const version = await bank.accountsVersion(c.get('caller').id);
    const accounts = await ownAccounts(ports, c.get('caller').id);
    const account = accounts.find(({ status }) => status !== 'closed') ?? accounts[0];
    return account ? sendAccount(c, { accounts, account, version }) : sendWelcome(c);
  }

  async function sendAccount(c: PageContext, { accounts, account, version }: Chosen): Promise<Response> {
    const { id, timeZone } = c.get('caller');
    const viewer = { kind: 'user', id } as const;
    const [days, page, pending] = await Promise.all([
      readDays(account, { viewer, timeZone }),
      ledger.listEntries(viewer, account.accountId, { limit: ENTRIES_SHOWN }),
      bank.listPending(viewer, account.accountId, { limit: PENDING_SHOWN }),
    ]);
    const [entries, holds] = await Promise.all([
      bank.counterparties.entries(viewer, page.items),
      bank.counterparties.transfers(
        viewer,
        pending.toSorted((one, other) => other.createdAt - one.createdAt),
      ),
    ]);
    const own = new Map(accounts.map((one) => [one.accountId, one]));
    const seen = seenIn(c);
    return sendPage(c, ports, {
      title: accountTitle(account),
      section: 'account',
      liveSince: version,
      children: (
        <>
          <p id="news" class="hidden" role="status">
            {newsOf(entries, { seen, account, reader: c.get('caller') })}
          </p>
          <div
            id="live"
            hx-get={`${c.req.path}?seen=${entries[0]?.sequence ?? 0}`}
            hx-trigger="changed from:#feed"
            hx-select="#live"
            hx-select-oob="#news:innerHTML"
            hx-swap="outerHTML"
          >
            <h1 class="hidden">{accountTitle(account)}</h1>
            <AccountChips accounts={accounts} chosen={account} />
            <div class="stack">
              <BalanceCard account={account} days={days} />
              <Pending holds={holds} />
              <Recent
                account={account}
                entries={entries}
                own={own}
                hasMore={page.nextCursor !== null}
                seen={seen}
              />
            </div>
          </div>
        </>
      ),
    });
  }

  /** Balances at the end of each of the last days. The last one is the balance now. */
  async function readDays(
    { accountId, balance, createdAt }: AccountView,
    { viewer, timeZone }: { viewer: Viewer; timeZone: string },
  ): Promise<readonly DayBalance[]> {
    const calendar = calendarOf(timeZone);
    const now = ports.clock.now();
    const today = calendar.dayOf(now);
    const starts = Array.from({ length: CHART_DAYS }, (_, index) =>
      calendar.startOf({ ...today, day: today.day - CHART_DAYS + 1 + index }),
    );
    const ends = starts.slice(1).filter((end) => end > createdAt);
    const lasts = ends.map((end) => end - 1);
    const balances = await bank.balancesAt(viewer, accountId, lasts);
    return [...lasts.map((at, index) => ({ at, balance: balances[index] ?? balance })), { at: now, balance }];
  }

  function sendWelcome(c: PageContext): Response | Promise<Response> {
    return sendPage(c, ports, {
      title: 'Welcome',
      section: 'account',
      children: <Welcome user={c.get('caller')} />,
    });
  }

  function BalanceCard({ account, days }: { account: AccountView; days: readonly DayBalance[] }) {
    const { currency, exponent, available, held, accountId, status } = account;
    return (
      <section class="card" aria-labelledby="available">
        <div class="balance">
          <span class="label" id="available">
            Available
          </span>
          <strong class="big">
            <Amount amount={available} currency={currency} exponent={exponent} />
          </strong>
          <span class="held">
            {held > 0n ? (
              <>
                <Amount amount={held} currency={currency} exponent={exponent} /> reserved, balance{' '}
                <Amount amount={account.balance} currency={currency} exponent={exponent} />
              </>
            ) : (
              'Nothing is reserved'
            )}
          </span>
          {status === 'active' && (
            <div class="act">
              <a class="button" href={`/send?from=${accountId}`}>
                Send
              </a>
            </div>
          )}
        </div>
        {status !== 'active' && <p class="note warn">{STATUS_NOTES[status]}</p>}
        <BalanceChart days={days} currency={currency} exponent={exponent} />
        <p class="links">
          <span>
            Account number <span class="number">{numberText(account)}</span>
          </span>
          <span class="link-list">
            <a href={`/accounts/${accountId}/statements`}>Statements</a>{' '}
            <a href={`/accounts/${accountId}/settings`}>Settings</a>
          </span>
        </p>
        {ports.offersPlayMoney && status === 'active' && account.balance === 0n && (
          <Form action={`/accounts/${accountId}/play-money`} class="inline">
            <input type="hidden" name="key" value={crypto.randomUUID()} />
            <p class="note">
              This bank is not in production. <button class="link">Take play money</button> to try it.
            </p>
          </Form>
        )}
      </section>
    );
  }
}

/** The newest entry that a page has shown before it asked again. Infinity: the page is drawn for the first time. */
function seenIn(c: PageContext): number {
  const text = queryOf(c).text('seen');
  return /^\d{1,15}$/.test(text) ? Number(text) : Infinity;
}

/** A sentence about the money that has arrived since the page was drawn, for screen readers. */
function newsOf(
  entries: readonly EntryView[],
  { seen, account, reader }: { seen: number; account: AccountView; reader: Reader },
): string {
  const { currency, exponent } = account;
  return entries
    .filter((entry) => entry.sequence > seen && entry.direction === 'credit' && isPosted(entry))
    .map((entry) => {
      const sum = moneyText({ amount: entry.amount, currency, exponent }, reader);
      const name = entry.counterparty?.name;
      return typeof name === 'string' ? `${sum} arrived from ${name}` : `${sum} arrived`;
    })
    .join('. ');
}

type Chosen = {
  readonly accounts: readonly AccountView[];
  readonly account: AccountView;
  /** State of the accounts when they were read, or a little earlier. */
  readonly version: string;
};

const STATUS_NOTES: Readonly<Record<Exclude<AccountView['status'], 'active'>, string>> = {
  frozen: 'The bank has frozen this account: no money can be sent from it. Ask the bank for the reason.',
  closed: 'This account is closed. Its entries and statements stay.',
};

const AccountChips: FC<{ accounts: readonly AccountView[]; chosen: AccountView }> = ({
  accounts,
  chosen,
}) => (
  <nav class="chips" aria-label="Accounts">
    {accounts.map((account) => (
      <a
        class="chip"
        href={`/accounts/${account.accountId}`}
        aria-current={account.accountId === chosen.accountId ? 'page' : undefined}
      >
        {accountTitle(account)}
      </a>
    ))}
    <a class="chip" href="/accounts/new">
      + New account
    </a>
  </nav>
);

const Pending: FC<{ holds: readonly TransferView[] }> = ({ holds }) => {
  const page = usePage();
  if (holds.length === 0) return null;
  return (
    <section class="card" aria-labelledby="pending">
      <h2 id="pending">Pending</h2>
      <ul class="rows">
        {holds.map((hold) => (
          <li>
            <a class="row-link" href={`/transfers/${hold.transferId}`}>
              {hold.counterparty?.name ?? 'Reservation'}
            </a>
            <span class="sub">
              {hold.expiresAt === null ? 'Reserved' : `Reserved until ${momentText(hold.expiresAt, page)}`}
              {hold.description && ` · ${hold.description}`}
            </span>
            <span class="end">
              <Amount amount={hold.amount} currency={hold.currency ?? ''} exponent={hold.exponent ?? 0} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};

type RecentProps = {
  readonly account: AccountView;
  readonly entries: readonly EntryView[];
  readonly own: ReadonlyMap<string, AccountView>;
  readonly hasMore: boolean;
  readonly seen: number;
};

const Recent: FC<RecentProps> = ({ account, entries, own, hasMore, seen }) => (
  <section class="card" aria-labelledby="recent">
    <div class="card-head">
      <h2 id="recent">Entries</h2>
      <a href={`/accounts/${account.accountId}/entries`}>Search and filter</a>
    </div>
    {entries.length === 0 ? (
      <Empty title="Nothing has happened yet">
        <p>
          Give people your account number to be paid: <span class="number">{numberText(account)}</span>
        </p>
      </Empty>
    ) : (
      <EntryList entries={entries} account={account} own={own} seen={seen} />
    )}
    {hasMore && (
      <p class="actions">
        <a class="button quiet" href={`/accounts/${account.accountId}/entries`}>
          Show all entries
        </a>
      </p>
    )}
  </section>
);

const Welcome: FC<{ user: User }> = ({ user }) => (
  <section class="card narrow">
    <h1>Welcome, {user.name}</h1>
    <p class="lead">
      Open your first account. It has a number of its own, with which anybody here can pay you.
    </p>
    <p class="actions">
      <a class="button" href="/accounts/new">
        Open an account
      </a>
    </p>
  </section>
);
