import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { Factors } from '../../../../application/factors/list-factors.ts';
import type { AccountView } from '../../../../application/views.ts';
import { deviceName } from '../../../../domain/entities/device-name.ts';
import { formatAccountNumber } from '../../../../domain/entities/account-number.ts';
import type { Credential } from '../../../../domain/entities/credential.ts';
import type { SecurityEvent } from '../../../../domain/entities/security-event.ts';
import type { Session } from '../../../../domain/entities/session.ts';
import type { User } from '../../../../domain/entities/user.ts';
import type { SignedInPageEnv } from '../../../shared/page-edge.ts';
import { queryOf } from '../../forms.ts';
import { sendPage } from '../../layout.tsx';
import { Empty, Fact, Facts } from '../../parts/fields.tsx';
import { Amount } from '../../parts/money.tsx';
import type { ConsolePorts } from '../../ports.ts';
import { mayDo, staffViewerOf, taskRequired } from '../access.ts';
import { SecurityEventList } from '../logs/security-event-list.tsx';
import {
  CardTable,
  Cell,
  DoneNote,
  LongId,
  Moment,
  pathWith,
  RecordHead,
  ShortId,
  StaffPager,
} from '../parts.tsx';
import { PersonBadge, roleText } from './people-page.tsx';

const ACCOUNTS_SHOWN = 25;
const EVENTS_SHOWN = 10;

const DONE: Readonly<Record<string, string>> = {
  locked: 'The person is locked out, and their sessions have ended.',
  unlocked: 'The person can sign in again.',
  ended: 'All sessions of the person have ended.',
  link: 'A mail with a link for a new password is on its way.',
  role: 'The role is changed. The person gets a mail about it.',
};

/** A person: their accounts, and as far as the role allows, sessions, factors, API keys and security events. */
export function personPageRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>().get(
    '/staff/people/:id',
    edge.sessionRequired,
    taskRequired('readPeople'),
    async (c) => {
      const caller = c.get('caller');
      const user = await bank.findUser({ id: c.req.param('id') });
      const query = queryOf(c);
      const cursor = query.text('cursor');
      const request = { limit: ACCOUNTS_SHOWN, ...(cursor === '' ? {} : { cursor }) };
      const maySeeEvents = mayDo(caller, 'readSecurityEvents');
      const maySeeSessions = maySeeEvents || mayDo(caller, 'lockPeople');
      const [accounts, sessions, factors, keys, events] = await Promise.all([
        bank.ledger.listAccounts(staffViewerOf(caller), user.id, request),
        maySeeSessions ? bank.listSessions(user.id) : null,
        maySeeSessions ? bank.listFactors(user.id) : null,
        maySeeEvents ? bank.listApiKeys(user.id) : null,
        maySeeEvents ? bank.listSecurityEvents(user.id, { limit: EVENTS_SHOWN }) : null,
      ]);
      const others = await bank.findUsers(events?.items.flatMap(({ actorId }) => actorId ?? []) ?? []);
      const path = `/staff/people/${encodeURIComponent(user.id)}`;
      return sendPage(c, ports, {
        title: user.name,
        section: 'people',
        children: (
          <>
            <RecordHead title={user.name} badge={<PersonBadge user={user} />}>
              <p class="lead">{user.erasedAt === null ? user.email : 'Personal data erased'}</p>
            </RecordHead>
            <DoneNote text={DONE[query.text('done')]} />
            <div class="stack">
              <PersonFacts user={user} sessions={sessions} factors={factors} />
              <PersonActions user={user} caller={caller} />
              <Accounts accounts={accounts.items} next={accounts.nextCursor} path={path} cursor={cursor} />
              {maySeeEvents && sessions && <Sessions sessions={sessions} />}
              {keys && keys.length > 0 && <ApiKeys keys={keys} />}
              {events && <Events events={events.items} users={others} user={user} />}
            </div>
          </>
        ),
      });
    },
  );
}

type PersonFactsProps = {
  readonly user: User;
  readonly sessions: readonly Session[] | null;
  readonly factors: Factors | null;
};

const PersonFacts: FC<PersonFactsProps> = ({ user, sessions, factors }) => (
  <section class="card" aria-label="Facts">
    <Facts>
      <Fact label="Role">{roleText(user.role)}</Fact>
      <Fact label="E-mail address">
        {user.emailVerifiedAt === null ? (
          'Not verified'
        ) : (
          <>
            Verified on <Moment at={user.emailVerifiedAt} />
          </>
        )}
      </Fact>
      {user.lockedAt !== null && (
        <Fact label="Locked">
          <Moment at={user.lockedAt} />
        </Fact>
      )}
      {factors && <Fact label="Second factors">{factorsText(factors)}</Fact>}
      {sessions && <Fact label="Open sessions">{sessions.length}</Fact>}
      <Fact label="Language and time zone">
        {user.language}, {user.timeZone}
      </Fact>
      <Fact label="Registered">
        <Moment at={user.createdAt} />
      </Fact>
      <Fact label="Id">
        <LongId text={user.id} />
      </Fact>
    </Facts>
  </section>
);

function factorsText({ totpSince, passkeys, recoveryCodes }: Factors): string {
  const factors = [
    ...(totpSince === null ? [] : ['authenticator app']),
    ...(passkeys.length === 0 ? [] : [passkeys.length === 1 ? '1 passkey' : `${passkeys.length} passkeys`]),
  ];
  if (factors.length === 0) return 'None';
  return `${factors.join(', ')}; ${recoveryCodes} recovery codes left`;
}

/** Links to the actions that the reader's role allows for this person. */
const PersonActions: FC<{ user: User; caller: User }> = ({ user, caller }) => {
  if (user.id === caller.id || user.erasedAt !== null) return null;
  const path = `/staff/people/${encodeURIComponent(user.id)}`;
  const mayLock = mayDo(caller, 'lockPeople') && (caller.role === 'system' || user.role !== 'system');
  const isLocked = user.lockedAt !== null;
  const links = [
    mayLock && !isLocked && (['lock', 'Lock out'] as const),
    mayLock && isLocked && (['unlock', 'Let in again'] as const),
    mayLock && !isLocked && (['end-sessions', 'End all sessions'] as const),
    mayLock && !isLocked && (['reset-link', 'Send a link for a new password'] as const),
    mayDo(caller, 'grantRoles') && (['role', 'Change the role'] as const),
  ].filter((link) => link !== false);
  if (links.length === 0) return null;
  return (
    <nav class="actions flat" aria-label="Actions">
      {links.map(([name, text]) => (
        <a class="button quiet small" href={`${path}/${name}`}>
          {text}
        </a>
      ))}
    </nav>
  );
};

type AccountsProps = {
  readonly accounts: readonly AccountView[];
  readonly next: string | null;
  readonly path: string;
  readonly cursor: string;
};

const Accounts: FC<AccountsProps> = ({ accounts, next, path, cursor }) => (
  <section class="card" aria-labelledby="accounts">
    <h2 id="accounts">Accounts</h2>
    {accounts.length === 0 ? (
      <Empty title="No accounts">
        <p>The person has not opened an account.</p>
      </Empty>
    ) : (
      <CardTable
        caption="Accounts, oldest first"
        columns={[
          { name: 'Number' },
          { name: 'Name' },
          { name: 'Reserved', isAmount: true },
          { name: 'Balance', isAmount: true },
        ]}
      >
        <tbody>
          {accounts.map(({ accountId, number, name, status, balance, held, currency, exponent }) => (
            <tr>
              <Cell label="Number" class="title">
                <a class="number" href={`/staff/accounts/${encodeURIComponent(accountId)}`}>
                  {number === null ? accountId : formatAccountNumber(number)}
                </a>{' '}
                {status !== 'active' && (
                  <span class={status === 'frozen' ? 'badge bad' : 'badge plain'}>
                    {status === 'frozen' ? 'Frozen' : 'Closed'}
                  </span>
                )}
              </Cell>
              <Cell label="Name">{name ?? `${currency} account`}</Cell>
              <Cell label="Reserved" class="num">
                <Amount amount={held} currency={currency} exponent={exponent} />
              </Cell>
              <Cell label="Balance" class="num">
                <Amount amount={balance} currency={currency} exponent={exponent} />
              </Cell>
            </tr>
          ))}
        </tbody>
      </CardTable>
    )}
    <StaffPager
      first={cursor === '' ? undefined : path}
      next={next && pathWith(path, { cursor: next })}
      label="More accounts"
    />
  </section>
);

const Sessions: FC<{ sessions: readonly Session[] }> = ({ sessions }) => (
  <section class="card" aria-labelledby="sessions">
    <h2 id="sessions">Open sessions</h2>
    {sessions.length === 0 ? (
      <p>The person is not signed in anywhere.</p>
    ) : (
      <ul class="rows">
        {sessions.map((session) => (
          <li>
            <span>{deviceName(session.device) ?? 'Unknown device'}</span>
            <span class="sub">
              {session.address ?? 'Unknown address'} · signed in <Moment at={session.createdAt} /> · last used{' '}
              <Moment at={session.lastUsedAt} />
            </span>
          </li>
        ))}
      </ul>
    )}
  </section>
);

const ApiKeys: FC<{ keys: readonly Credential<'api_key'>[] }> = ({ keys }) => (
  <section class="card" aria-labelledby="keys">
    <h2 id="keys">API keys</h2>
    <ul class="rows">
      {keys.map(({ id, createdAt, expiresAt, content }) => (
        <li id={`key-${id}`}>
          <span>
            {content.name} <code>{content.prefix}…</code>
          </span>
          <span class="sub">
            {content.scopes.join(', ')} · id <ShortId id={id} /> · made <Moment at={createdAt} />
            {expiresAt !== null && (
              <>
                , expires <Moment at={expiresAt} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  </section>
);

type EventsProps = {
  readonly events: readonly SecurityEvent[];
  readonly users: ReadonlyMap<string, User>;
  readonly user: User;
};

const Events: FC<EventsProps> = ({ events, users, user }) => (
  <section class="card" aria-labelledby="events">
    <div class="card-head">
      <h2 id="events">Security events</h2>
      <a href={pathWith('/staff/security-events', { person: user.id })}>Show all</a>
    </div>
    {events.length === 0 ? (
      <p>Nothing has happened yet.</p>
    ) : (
      <SecurityEventList events={events} users={users} isOfOne />
    )}
  </section>
);
