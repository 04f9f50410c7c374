import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { AccountView } from '../../../application/views.ts';
import type { KeyedOperation } from '../../../application/transfers/get-transfer.ts';
import { formatAccountNumber } from '../../../domain/entities/account-number.ts';
import { isIdentifier } from '../../../domain/actor.ts';
import { isIdempotencyKey } from '../../../domain/books/idempotency.ts';
import type { User } from '../../../domain/entities/user.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { queryOf } from '../forms.ts';
import { sendPage } from '../layout.tsx';
import { Empty, Field } from '../parts/fields.tsx';
import { Amount } from '../parts/money.tsx';
import type { ConsolePorts } from '../ports.ts';
import { mayDo, staffActorOf, staffViewerOf, taskRequired } from './access.ts';
import { PersonBadge, roleText } from './people/people-page.tsx';
import { ShortId } from './parts.tsx';

const PEOPLE_FOUND = 20;
const QUERY_MAX_LENGTH = 254;

/** One record that a search found. */
type Hit = {
  readonly kind: 'Person' | 'Account' | 'Transfer' | 'API key' | 'Idempotency key';
  readonly id: string;
  readonly href: string;
  readonly user?: User;
  readonly account?: AccountView;
};

/** One box for all records. An exact identifier goes straight to its record. */
export function searchPageRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  const { ledger } = bank;
  return new Hono<SignedInPageEnv>().get(
    '/staff/search',
    edge.sessionRequired,
    taskRequired('readPeople'),
    async (c) => {
      const text = queryOf(c).text('q').slice(0, QUERY_MAX_LENGTH);
      const caller = c.get('caller');
      const people = text === '' ? null : await bank.searchPeople(text, { limit: PEOPLE_FOUND });
      const records = text === '' ? [] : await findRecords(caller, text);
      const hits: readonly Hit[] = [...(people?.users ?? []).map(personHit), ...records];
      const [only] = hits;
      const isExact = hits.length === 1 && (people?.isExact || records.length === 1);
      if (only && isExact) return c.redirect(only.href, 303);
      return sendPage(c, ports, {
        title: 'Search',
        section: 'people',
        children: (
          <>
            <div class="head">
              <h1>Search</h1>
              <a href="/staff/people">All people</a>
            </div>
            <section class="card" aria-label="Search">
              <form method="get" action="/staff/search" role="search" class="row">
                <Field
                  name="q"
                  label="Name, e-mail address, account number or id"
                  value={text}
                  maxlength={QUERY_MAX_LENGTH}
                  autofocus={text === ''}
                />
                <button class="button">Search</button>
              </form>
              {text !== '' && hits.length > 0 && <Hits hits={hits} isPartial={people?.isPartial ?? false} />}
              {hits.length === 0 && (
                <>
                  <h2 class="hidden">Result</h2>
                  <Nothing text={text} user={caller} />
                </>
              )}
            </section>
          </>
        ),
      });
    },
  );

  /** Finds the records other than people that have the text as an identifier, as far as the role may read them. */
  async function findRecords(user: User, text: string): Promise<readonly Hit[]> {
    const viewer = staffViewerOf(user);
    const isId = isIdentifier(text);
    const found = await Promise.all([
      attempt(() => ledger.getAccount(viewer, text)).then(accountHit),
      isId ? attempt(() => ledger.findAccount(viewer, text)).then(accountHit) : null,
      ...(mayDo(user, 'readTransfers') && isId
        ? [
            attempt(() => ledger.getTransfer(viewer, text)).then(transferHit),
            attempt(() => ledger.findTransfer(viewer, text)).then(transferHit),
          ]
        : []),
      mayDo(user, 'readSecurityEvents') && isId ? bank.findApiKey(text).then(apiKeyHit) : null,
      ...(isIdempotencyKey(text)
        ? operationsOf(user).map((operation) => findByKey(user, text, operation))
        : []),
    ]);
    const hits = found.filter((hit) => hit !== null);
    return hits.filter(({ href }, index) => hits.findIndex((one) => one.href === href) === index);
  }

  /** Finds the transfer of an idempotency key of the bank's own commands. */
  async function findByKey(user: User, key: string, operation: KeyedOperation): Promise<Hit | null> {
    const found = await attempt(() => ledger.findTransferByKey(staffActorOf(user), key, operation));
    if (!found?.transfer) return null;
    const { transferId } = found.transfer;
    return { kind: 'Idempotency key', id: key, href: `/staff/transfers/${encodeURIComponent(transferId)}` };
  }
}

/** Operations whose keys the API looks up for the role, among those that the bank itself makes. */
function operationsOf(user: User): readonly KeyedOperation[] {
  if (mayDo(user, 'moveFunds')) return ['initial_funds', 'withdrawal', 'reverse', 'capture', 'void'];
  return mayDo(user, 'reverse') ? ['reverse'] : [];
}

const NOT_FOUND: readonly string[] = [
  'account_not_found',
  'transfer_not_found',
  'idempotency_key_not_found',
  'invalid_request',
];

async function attempt<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PassbookError && NOT_FOUND.includes(error.code)) return null;
    throw error;
  }
}

function personHit(user: User): Hit {
  return { kind: 'Person', id: user.id, href: `/staff/people/${encodeURIComponent(user.id)}`, user };
}

function accountHit(account: AccountView | null): Hit | null {
  if (account === null) return null;
  const id = account.accountId;
  return { kind: 'Account', id, href: `/staff/accounts/${encodeURIComponent(id)}`, account };
}

function transferHit(transfer: { readonly transferId: string } | null): Hit | null {
  if (transfer === null) return null;
  const id = transfer.transferId;
  return { kind: 'Transfer', id, href: `/staff/transfers/${encodeURIComponent(id)}` };
}

function apiKeyHit(key: { readonly id: string; readonly userId: string } | undefined): Hit | null {
  if (key === undefined) return null;
  return {
    kind: 'API key',
    id: key.id,
    href: `/staff/people/${encodeURIComponent(key.userId)}#key-${key.id}`,
  };
}

const Hits: FC<{ hits: readonly Hit[]; isPartial: boolean }> = ({ hits, isPartial }) => (
  <>
    <h2 class="gap">{hits.length === 1 ? '1 record' : `${hits.length} records`}</h2>
    <ul class="rows">
      {hits.map((hit) => (
        <li>
          <a class="row-link" href={hit.href}>
            {titleOf(hit)}
          </a>
          <span class="sub">
            {hit.user ? (
              `${hit.user.role === 'customer' ? '' : `${roleText(hit.user.role)} · `}${hit.user.email}`
            ) : (
              <>
                {hit.kind} · <ShortId id={hit.id} />
              </>
            )}
          </span>
          <span class="end">
            {hit.user && <PersonBadge user={hit.user} />}
            {hit.account && (
              <Amount
                amount={hit.account.balance}
                currency={hit.account.currency}
                exponent={hit.account.exponent}
              />
            )}
          </span>
        </li>
      ))}
    </ul>
    {isPartial && <p class="fine">There may be more people. Type more of the name, or the e-mail address.</p>}
  </>
);

function titleOf({ kind, user, account }: Hit): string {
  if (user) return user.name;
  if (!account) return kind;
  return account.number === null ? 'Account of the bank' : formatAccountNumber(account.number);
}

const Nothing: FC<{ text: string; user: User }> = ({ text, user }) => (
  <Empty title={text === '' ? 'What can be found' : 'Nothing was found'}>
    <ul class="plain">
      <li>People by a part of their name, by e-mail address or by id</li>
      <li>Accounts by number, id or external id</li>
      {mayDo(user, 'readTransfers') && <li>Transfers by id or external id</li>}
      {operationsOf(user).length > 0 && <li>Transfers by the idempotency key of a command of the bank</li>}
      {mayDo(user, 'readSecurityEvents') && <li>API keys by id</li>}
    </ul>
    {text !== '' && <p>Ids and numbers must be whole. Check each digit, or try a shorter part of a name.</p>}
  </Empty>
);
