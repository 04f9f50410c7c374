import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { EntryView } from '../../../../application/reporting/list-entries.ts';
import type { AccountRecord } from '../../../../application/staff/inspect-account.ts';
import type { AuditRecord } from '../../../../domain/integrity/audit-log.ts';
import { normalSideOf } from '../../../../domain/entities/account.ts';
import type { EntryStep } from '../../../../domain/entities/counters.ts';
import type { TransferKind } from '../../../../domain/entities/transfer.ts';
import type { User } from '../../../../domain/entities/user.ts';
import type { SignedInPageEnv } from '../../../shared/page-edge.ts';
import { queryOf } from '../../forms.ts';
import { sendPage } from '../../layout.tsx';
import { Empty, Fact, Facts } from '../../parts/fields.tsx';
import { Amount, BalanceChange } from '../../parts/money.tsx';
import type { ConsolePorts, PageContext } from '../../ports.ts';
import { mayDo, staffViewerOf, taskRequired } from '../access.ts';
import { AuditList, auditNames } from '../logs/audit-list.tsx';
import type { AuditNames } from '../logs/audit-list.tsx';
import {
  AccountLink,
  CardTable,
  Cell,
  DoneNote,
  LongId,
  OutsideFacts,
  Moment,
  pathWith,
  PersonLink,
  RecordHead,
  recordTitle,
  StaffPager,
} from '../parts.tsx';
import type { NamedAccount } from '../parts.tsx';

const ENTRIES_SHOWN = 25;
const AUDIT_SHOWN = 10;

const DONE: Readonly<Record<string, string>> = {
  frozen: 'The account is frozen.',
  unfrozen: 'The account is no longer frozen.',
  limits: 'The limits are set.',
  funded: 'The money was added.',
  withdrawn: 'The money was taken out.',
  closed: 'The account is closed.',
};

/** An account with its balances, owner, limits, entries and audit records. */
export function accountRecordRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>().get(
    '/staff/accounts/:id',
    edge.sessionRequired,
    taskRequired('readAccounts'),
    async (c) => {
      const caller = c.get('caller');
      const account = await bank.inspectAccount(staffViewerOf(caller), c.req.param('id'));
      const query = queryOf(c);
      const cursor = query.text('cursor');
      const [owners, entries, audit] = await Promise.all([
        bank.findUsers(account.ownerId === null ? [] : [account.ownerId]),
        mayDo(caller, 'readTransfers') ? readEntries(c, account, cursor) : null,
        mayDo(caller, 'readAudit') && cursor === '' ? readAudit(c, account) : null,
      ]);
      const path = `/staff/accounts/${encodeURIComponent(account.accountId)}`;
      return sendPage(c, ports, {
        title: `Account ${recordTitle(account)}`,
        section: 'people',
        children: (
          <>
            <RecordHead title={recordTitle(account)} badge={<AccountBadge account={account} />}>
              {account.name !== null && <p class="lead">{account.name}</p>}
            </RecordHead>
            <DoneNote text={DONE[query.text('done')]} />
            <div class="stack">
              <AccountFacts account={account} owners={owners} />
              <AccountActions account={account} user={caller} />
              {entries && <Entries {...entries} account={account} path={path} cursor={cursor} />}
              {audit && (
                <AuditCard {...audit} path={pathWith('/staff/audit', { account: account.accountId })} />
              )}
            </div>
          </>
        ),
      });
    },
  );

  async function readEntries(c: PageContext, { accountId }: AccountRecord, cursor: string) {
    const viewer = staffViewerOf(c.get('caller'));
    const request = { limit: ENTRIES_SHOWN, ...(cursor === '' ? {} : { cursor }) };
    const page = await bank.ledger.listEntries(viewer, accountId, request);
    const others = page.items.flatMap(({ counterparty }) => counterparty?.account ?? []);
    return { page, accounts: await bank.inspectAccounts(viewer, others) };
  }

  async function readAudit(c: PageContext, { accountId }: AccountRecord) {
    const viewer = staffViewerOf(c.get('caller'));
    const { items, nextCursor } = await bank.recentAudit(viewer, { limit: AUDIT_SHOWN }, { accountId });
    return { records: items, names: await auditNames(c, ports, items), hasMore: nextCursor !== null };
  }
}

const AccountBadge: FC<{ account: Pick<AccountRecord, 'status' | 'creditsFrozen' | 'purpose'> }> = ({
  account,
}) => {
  const { status, creditsFrozen, purpose } = account;
  if (status === 'frozen')
    return <span class="badge bad">{creditsFrozen ? 'Frozen, credits too' : 'Frozen'}</span>;
  if (status === 'closed') return <span class="badge plain">Closed</span>;
  return <span class="badge">{purpose === null ? 'Active' : 'The bank’s own'}</span>;
};

const AccountFacts: FC<{ account: AccountRecord; owners: ReadonlyMap<string, User> }> = ({
  account,
  owners,
}) => {
  const { currency, exponent, minimumBalance, maximumBalance, metadata } = account;
  const money = { currency, exponent };
  return (
    <section class="card" aria-label="Facts">
      <dl class="sums">
        <div>
          <dt>Balance</dt>
          <dd>
            <Amount amount={account.balance} {...money} />
          </dd>
        </div>
        <div>
          <dt>Reserved</dt>
          <dd>
            <Amount amount={account.held} {...money} />
          </dd>
        </div>
        <div>
          <dt>Available</dt>
          <dd>
            <Amount amount={account.available} {...money} />
          </dd>
        </div>
      </dl>
      <Facts>
        <Fact label="Owner">
          {account.ownerId === null ? 'The bank' : <PersonLink id={account.ownerId} users={owners} />}
        </Fact>
        <Fact label="Currency">{currency}</Fact>
        <Fact label="Lowest available balance">
          {minimumBalance === null ? 'No limit' : <Amount amount={minimumBalance} {...money} />}
        </Fact>
        <Fact label="Highest balance">
          {maximumBalance === null ? 'No limit' : <Amount amount={maximumBalance} {...money} />}
        </Fact>
        <Fact label="Opened">
          <Moment at={account.createdAt} />
        </Fact>
        <Fact label="Id">
          <LongId text={account.accountId} />
        </Fact>
        <OutsideFacts externalId={account.externalId} metadata={metadata} />
        <Fact label="Last entry">
          {account.sequence === 0 ? (
            'None yet'
          ) : (
            <>
              Number {account.sequence}, <Moment at={account.latestAt} />
              <details>
                <summary>Hash of the chain</summary>
                <LongId text={account.head} />
              </details>
            </>
          )}
        </Fact>
      </Facts>
    </section>
  );
};

/** Links to the actions that the role allows and the status permits. */
const AccountActions: FC<{ account: AccountRecord; user: User }> = ({ account, user }) => {
  const { accountId, status, ownerId } = account;
  if (status === 'closed' || ownerId === null) return null;
  const links = [
    mayDo(user, 'administerAccounts') && status === 'active' && (['freeze', 'Freeze'] as const),
    mayDo(user, 'administerAccounts') && status === 'frozen' && (['unfreeze', 'Unfreeze'] as const),
    mayDo(user, 'administerAccounts') && status === 'frozen' && (['freeze', 'Change the freeze'] as const),
    mayDo(user, 'administerAccounts') && (['limits', 'Set limits'] as const),
    mayDo(user, 'moveFunds') && (['fund', 'Add money'] as const),
    mayDo(user, 'moveFunds') && (['withdraw', 'Take money out'] as const),
    mayDo(user, 'closeAccounts') && (['close', 'Close'] as const),
  ].filter((link) => link !== false);
  if (links.length === 0) return null;
  return (
    <nav class="actions flat" aria-label="Actions">
      {links.map(([path, text]) => (
        <a class="button quiet small" href={`/staff/accounts/${encodeURIComponent(accountId)}/${path}`}>
          {text}
        </a>
      ))}
    </nav>
  );
};

const KIND_NAMES: Readonly<Record<TransferKind, string>> = {
  transfer: 'Transfer',
  initial_funds: 'Money added',
  withdrawal: 'Money taken out',
  reversal: 'Reversal',
};

const STEP_NAMES: Readonly<Record<EntryStep, string>> = {
  completed: '',
  held: ', reserved',
  captured: ', captured',
  voided: ', reservation cancelled',
  expired: ', reservation expired',
};

/** Kind of a transfer, and the step of it that an entry is about. */
function stepText({ kind, step }: { kind: TransferKind; step: EntryStep }): string {
  return `${KIND_NAMES[kind]}${STEP_NAMES[step]}`;
}

export function transferKindText(kind: TransferKind): string {
  return KIND_NAMES[kind];
}

type EntriesProps = {
  readonly page: { readonly items: readonly EntryView[]; readonly nextCursor: string | null };
  readonly accounts: ReadonlyMap<string, NamedAccount>;
  readonly account: AccountRecord;
  readonly path: string;
  readonly cursor: string;
};

const Entries: FC<EntriesProps> = ({ page, accounts, account, path, cursor }) => (
  <section class="card" aria-labelledby="entries">
    <h2 id="entries">Entries</h2>
    {page.items.length === 0 ? (
      <Empty title="There are no entries">
        <p>The account has not moved any money yet.</p>
      </Empty>
    ) : (
      <CardTable
        caption="Entries, newest first"
        columns={[
          { name: 'No.' },
          { name: 'Time' },
          { name: 'Transfer' },
          { name: 'Other account' },
          { name: 'Amount', isAmount: true },
          { name: 'Balance', isAmount: true },
        ]}
      >
        <tbody>
          {page.items.map((entry) => (
            <EntryRecord entry={entry} account={account} accounts={accounts} />
          ))}
        </tbody>
      </CardTable>
    )}
    <StaffPager
      first={cursor === '' ? undefined : path}
      next={page.nextCursor && pathWith(path, { cursor: page.nextCursor })}
      label="Older entries"
    />
  </section>
);

const EntryRecord: FC<Pick<EntriesProps, 'account' | 'accounts'> & { entry: EntryView }> = ({
  entry,
  account,
  accounts,
}) => {
  const { currency, exponent } = account;
  const money = { currency, exponent };
  const isPosted = entry.step === 'completed' || entry.step === 'captured';
  const takes = entry.direction !== normalSideOf(account.class);
  return (
    <tr class={isPosted ? undefined : 'passing'}>
      <Cell label="No.">{entry.sequence}</Cell>
      <Cell label="Time">
        <Moment at={entry.at} />
      </Cell>
      <Cell label="Transfer" class="title">
        <a href={`/staff/transfers/${encodeURIComponent(entry.transferId)}`}>{stepText(entry)}</a>
        {entry.description !== null && <span class="sub">{entry.description}</span>}
      </Cell>
      <Cell label="With">
        {entry.counterparty && <AccountLink id={entry.counterparty.account} accounts={accounts} />}
        {entry.counterparty && entry.counterparty.more > 0 && ` and ${entry.counterparty.more} more`}
      </Cell>
      <Cell label="Amount" class="num">
        {isPosted ? (
          <BalanceChange amount={takes ? -entry.amount : entry.amount} {...money} />
        ) : (
          <Amount amount={entry.amount} {...money} />
        )}
      </Cell>
      <Cell label="Balance" class="num">
        <Amount amount={entry.balance} {...money} />
      </Cell>
    </tr>
  );
};

/** The audit records about one record of the bank. */
export const AuditCard: FC<{
  records: readonly AuditRecord[];
  names: AuditNames;
  hasMore: boolean;
  path: string;
}> = ({ records, names, hasMore, path }) =>
  records.length === 0 && !hasMore ? null : (
    <section class="card" aria-labelledby="audit">
      <div class="card-head">
        <h2 id="audit">What the staff did</h2>
        <a href={path}>Open the audit log</a>
      </div>
      {records.length > 0 ? (
        <AuditList records={records} names={names} />
      ) : (
        <p>Nothing among the newest records. Older ones are in the audit log.</p>
      )}
    </section>
  );
