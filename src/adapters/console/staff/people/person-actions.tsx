import { Hono } from 'hono';
import { ROLES } from '../../../../domain/entities/user.ts';
import type { Role, User } from '../../../../domain/entities/user.ts';
import { invalid } from '../../../../domain/errors.ts';
import type { SignedInPageEnv } from '../../../shared/page-edge.ts';
import { Fact, Facts, Select } from '../../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../../ports.ts';
import { staffOriginIn } from '../access.ts';
import { ReasonField, staffActionRoutes } from '../action.tsx';
import type { StaffAction } from '../action.tsx';
import { reasonIn } from '../records/account-actions.tsx';
import { roleText } from './people-page.tsx';

/** Pages with which the staff locks people out, ends their sessions, helps with passwords and grants roles. */
export function personActionRoutes(ports: ConsolePorts) {
  return new Hono<SignedInPageEnv>()
    .route('/', staffActionRoutes(ports, lock(ports)))
    .route('/', staffActionRoutes(ports, unlock(ports)))
    .route('/', staffActionRoutes(ports, endAllSessions(ports)))
    .route('/', staffActionRoutes(ports, resetLink(ports)))
    .route('/', staffActionRoutes(ports, grant(ports)));
}

function ofPerson({ bank, edge }: ConsolePorts) {
  return {
    shared: {
      section: 'people',
      load: (c: PageContext) => bank.findUser({ id: c.req.param('id') ?? '' }),
      record: (user: User) => ({ href: pathOf(user), name: user.name }),
    },
    actorIn: (c: PageContext) => staffOriginIn(c, edge),
  } as const;
}

function pathOf({ id }: User): string {
  return `/staff/people/${encodeURIComponent(id)}`;
}

function lock(ports: ConsolePorts): StaffAction<User, { reason: string }> {
  const { shared, actorIn } = ofPerson(ports);
  return {
    ...shared,
    task: 'lockPeople',
    path: '/staff/people/:id/lock',
    title: 'Lock the person out',
    isGrave: true,
    button: 'Lock out',
    fields: ['reason'],
    Inputs: ({ typed }) => <ReasonField typed={typed} hint="The person reads it in their security events." />,
    read: (fields) => ({ reason: reasonIn(fields) }),
    preview: async (c, { subject, order }) => {
      const sessions = await ports.bank.listSessions(subject.id);
      return (
        <Facts>
          <Fact label="Person">
            {subject.name}, {subject.email}
          </Fact>
          <Fact label="Then">
            The person cannot sign in, {sessionsText(sessions.length)}, and API keys stop. The accounts stay
            as they are.
          </Fact>
          <Fact label="Reason">{order.reason}</Fact>
        </Facts>
      );
    },
    act: async (c, { subject, order }) => {
      await ports.bank.lockUser({ user: { id: subject.id }, reason: order.reason, ...actorIn(c) });
      return `${pathOf(subject)}?done=locked`;
    },
  };
}

/** The end of a person's sessions as a part of a sentence. */
function sessionsText(count: number): string {
  if (count === 0) return 'no session is open';
  return count === 1 ? 'the open session ends' : `${count} open sessions end`;
}

function unlock(ports: ConsolePorts): StaffAction<User, { reason: string }> {
  const { shared, actorIn } = ofPerson(ports);
  return {
    ...shared,
    task: 'lockPeople',
    path: '/staff/people/:id/unlock',
    title: 'Let the person in again',
    button: 'Let in again',
    fields: ['reason'],
    Inputs: ({ typed }) => <ReasonField typed={typed} hint="The person reads it in their security events." />,
    read: (fields) => ({ reason: reasonIn(fields) }),
    preview: (_, { subject, order }) => (
      <Facts>
        <Fact label="Person">
          {subject.name}, {subject.email}
        </Fact>
        <Fact label="Then">The person can sign in with the same password and second factor as before.</Fact>
        <Fact label="Reason">{order.reason}</Fact>
      </Facts>
    ),
    act: async (c, { subject, order }) => {
      await ports.bank.unlockUser({ user: { id: subject.id }, reason: order.reason, ...actorIn(c) });
      return `${pathOf(subject)}?done=unlocked`;
    },
  };
}

function endAllSessions(ports: ConsolePorts): StaffAction<User, null> {
  const { shared, actorIn } = ofPerson(ports);
  return {
    ...shared,
    task: 'lockPeople',
    path: '/staff/people/:id/end-sessions',
    title: 'End all sessions',
    isGrave: true,
    button: 'End all sessions',
    fields: [],
    Inputs: () => <p>The person is signed out on all devices, and can sign in again.</p>,
    read: () => null,
    preview: async (_, { subject }) => {
      const sessions = await ports.bank.listSessions(subject.id);
      return (
        <Facts>
          <Fact label="Person">
            {subject.name}, {subject.email}
          </Fact>
          <Fact label="Open sessions">{sessions.length} → 0</Fact>
        </Facts>
      );
    },
    act: async (c, { subject }) => {
      await ports.bank.endSessions({ id: subject.id }, undefined, actorIn(c));
      return `${pathOf(subject)}?done=ended`;
    },
  };
}

function resetLink(ports: ConsolePorts): StaffAction<User, null> {
  const { shared, actorIn } = ofPerson(ports);
  return {
    ...shared,
    task: 'lockPeople',
    path: '/staff/people/:id/reset-link',
    title: 'Send a link for a new password',
    button: 'Send the link',
    fields: [],
    Inputs: ({ subject }) => <p>A mail with a link goes to {subject.email}. Older links end.</p>,
    read: () => null,
    preview: (_, { subject }) => (
      <Facts>
        <Fact label="Mail to">{subject.email}</Fact>
        <Fact label="Then">The person chooses a new password. The present one works until then.</Fact>
      </Facts>
    ),
    act: async (c, { subject }) => {
      await ports.edge.countMail(c, subject.email);
      await ports.bank.sendResetLink({ id: subject.id }, actorIn(c));
      return `${pathOf(subject)}?done=link`;
    },
  };
}

function grant(ports: ConsolePorts): StaffAction<User, { role: Role; reason: string }> {
  const { shared, actorIn } = ofPerson(ports);
  return {
    ...shared,
    task: 'grantRoles',
    path: '/staff/people/:id/role',
    title: 'Change the role',
    isGrave: true,
    button: 'Change the role',
    fields: ['role', 'reason'],
    initial: ({ role }) => ({ role }),
    Inputs: ({ typed }) => (
      <>
        <Select
          name="role"
          label="Role"
          value={typed['role'] ?? ''}
          options={ROLES.map((role) => ({ value: role, text: roleText(role) }))}
        />
        <ReasonField typed={typed} />
      </>
    ),
    read: (fields) => {
      const role = ROLES.find((one) => one === fields.text('role'));
      if (role === undefined) throw invalid('role', 'must be one of the list');
      return { role, reason: reasonIn(fields) };
    },
    preview: (_, { subject, order }) => {
      if (order.role === subject.role) throw invalid('role', 'is the present one: choose another');
      return (
        <Facts>
          <Fact label="Person">
            {subject.name}, {subject.email}
          </Fact>
          <Fact label="Role">
            {roleText(subject.role)} → <strong>{roleText(order.role)}</strong>
          </Fact>
          <Fact label="Then">{ROLE_MEANS[order.role]} API keys of the person end.</Fact>
          <Fact label="Reason">{order.reason}</Fact>
        </Facts>
      );
    },
    act: async (c, { subject, order }) => {
      const { role, reason } = order;
      // A form that is sent twice grants once
      if (role !== subject.role)
        await ports.bank.grantRole({ id: subject.id }, role, { reason, ...actorIn(c) });
      return `${pathOf(subject)}?done=role`;
    },
  };
}

const ROLE_MEANS: Readonly<Record<Role, string>> = {
  customer: 'The person uses their own accounts.',
  support: 'The person reads people, and accounts with their balances.',
  auditor: 'The person reads everything but metadata, and changes nothing.',
  operator: 'The person freezes accounts, sets limits, returns money and locks people out.',
  system: 'The person acts as the bank: they may do everything, and grant roles.',
};
