import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { Role, User } from '../../../../domain/entities/user.ts';
import type { SignedInPageEnv } from '../../../shared/page-edge.ts';
import { queryOf } from '../../forms.ts';
import { sendPage } from '../../layout.tsx';
import { Empty, Field } from '../../parts/fields.tsx';
import type { ConsolePorts } from '../../ports.ts';
import { taskRequired } from '../access.ts';
import { CardTable, Cell, Moment, pathWith, StaffPager } from '../parts.tsx';

const PEOPLE_SHOWN = 50;

/** All people in the order of their registration, or those that match a text. */
export function peoplePageRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>().get(
    '/staff/people',
    edge.sessionRequired,
    taskRequired('readPeople'),
    async (c) => {
      const query = queryOf(c);
      const [filter, cursor] = [query.text('q').slice(0, 254), query.text('cursor')];
      const found = filter === '' ? null : await bank.searchPeople(filter, { limit: PEOPLE_SHOWN });
      const page = found
        ? { items: found.users, nextCursor: null }
        : await bank.listUsers({ limit: PEOPLE_SHOWN, ...(cursor === '' ? {} : { cursor }) });
      return sendPage(c, ports, {
        title: 'People',
        section: 'people',
        children: (
          <>
            <div class="head">
              <h1>People</h1>
              <a href="/staff/search">Search everything</a>
            </div>
            <section class="card" aria-label="People">
              <form class="row" method="get" action="/staff/people" role="search">
                <Field name="q" label="Part of a name or e-mail address" value={filter} maxlength={254} />
                <button class="button quiet">Filter</button>
              </form>
              <h2 class="hidden">Result</h2>
              {page.items.length === 0 ? (
                <Empty title="Nobody matches">
                  <p>Try a shorter part of the name, or the whole e-mail address.</p>
                </Empty>
              ) : (
                <PeopleTable users={page.items} />
              )}
              {found?.isPartial && (
                <p class="fine">There may be more people. Type more of the name, or the e-mail address.</p>
              )}
              <StaffPager
                first={cursor === '' ? undefined : '/staff/people'}
                next={page.nextCursor && pathWith('/staff/people', { cursor: page.nextCursor })}
              />
            </section>
          </>
        ),
      });
    },
  );
}

const PeopleTable: FC<{ users: readonly User[] }> = ({ users }) => (
  <CardTable
    caption="People"
    columns={[{ name: 'Name' }, { name: 'E-mail address' }, { name: 'Role' }, { name: 'Registered' }]}
  >
    <tbody>
      {users.map((user) => (
        <tr>
          <Cell label="Name" class="title">
            <a href={`/staff/people/${encodeURIComponent(user.id)}`}>{user.name}</a>{' '}
            <PersonBadge user={user} />
          </Cell>
          <Cell label="E-mail">{user.erasedAt === null ? user.email : 'Erased'}</Cell>
          <Cell label="Role">{roleText(user.role)}</Cell>
          <Cell label="Registered">
            <Moment at={user.createdAt} />
          </Cell>
        </tr>
      ))}
    </tbody>
  </CardTable>
);

/** A badge of a person who cannot sign in. Nothing for all others. */
export const PersonBadge: FC<{ user: User }> = ({ user }) => {
  if (user.erasedAt !== null) return <span class="badge plain">Erased</span>;
  return user.lockedAt === null ? null : <span class="badge bad">Locked</span>;
};

const ROLE_TEXTS: Readonly<Record<Role, string>> = {
  customer: 'Customer',
  support: 'Support',
  auditor: 'Auditor',
  operator: 'Operator',
  system: 'System',
};

export function roleText(role: Role): string {
  return ROLE_TEXTS[role];
}
