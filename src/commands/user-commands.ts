import { Argument } from 'commander';
import type { Command } from 'commander';
import { sha256 } from '../adapters/shared/sha256.ts';
import { systemClock, systemIds } from '../adapters/system.ts';
import { allPages } from '../application/all-pages.ts';
import type { Store } from '../application/ports/ledger-store.ts';
import { endSessions } from '../application/staff/end-sessions-of-user.ts';
import { lockUser, unlockUser } from '../application/staff/lock-user.ts';
import { sendResetLink } from '../application/staff/send-reset-link.ts';
import { findUser } from '../application/users/find-user.ts';
import type { UserRef } from '../application/users/find-user.ts';
import { grantRole } from '../application/users/grant-role.ts';
import { isUsable } from '../domain/entities/credential.ts';
import { isLive } from '../domain/entities/session.ts';
import type { Session } from '../domain/entities/session.ts';
import { ROLES } from '../domain/entities/user.ts';
import type { Role, User } from '../domain/entities/user.ts';
import type { CommandTools } from './command-tools.ts';
import { withExamples } from './help.ts';
import { tableLines } from './table.ts';
import { isoTime, isoTimeOrNull, minuteText } from './times.ts';

type Setting = Pick<CommandTools, 'withStore' | 'out'>;

type Options = { readonly json?: true };
type WithReason = Options & { readonly reason: string };

const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  list: ['passbook users list', 'passbook users list --json'],
  show: ['passbook users show ada@example.com'],
  grant: ['passbook users grant ada@example.com auditor --reason "audit of 2026"'],
  lock: ['passbook users lock ada@example.com --reason "lost phone"'],
  unlock: ['passbook users unlock ada@example.com --reason "phone found"'],
  'reset-password': ['passbook users reset-password ada@example.com'],
  sessions: ['passbook users sessions ada@example.com'],
  revoke: ['passbook users revoke ada@example.com'],
};

const USERS_PAGE = 200;
const runtime = { clock: systemClock, ids: systemIds, digest: sha256 };

/** Adds the commands about users. Each is safe to run while the server is running. */
export function addUserCommands(program: Command, { withStore, out }: Setting): void {
  const users = program
    .command('users')
    .summary('list, show, lock and grant roles to users')
    .description('Manage users.');
  const print = (options: Options, json: unknown, lines: readonly string[]): void => {
    for (const line of options.json ? [JSON.stringify(json)] : lines) out(line);
  };
  const command = (name: string, description: string): Command =>
    withExamples(
      users
        .command(name)
        .summary(summaryOf(description))
        .description(`${capitalised(description)}.`)
        .option('--json', 'print the result as JSON'),
      EXAMPLES[name] ?? [],
    );
  const about = (name: string, description: string): Command =>
    command(name, description).argument('<user>', 'e-mail address or id');

  command('list', 'list all users, in the order of registration').action(async (options: Options) => {
    await withStore(async (store) => {
      const all = await everyUser(store);
      print(options, { users: all.map(userJson) }, usersTable(all));
    });
  });

  about('show', 'show a user, with the numbers of their sessions and credentials').action(
    async (ref: string, options: Options) => {
      await withStore(async (store) => {
        const user = await findUser(store)(refOf(ref));
        const shown = { ...userJson(user), ...(await countsOf(store, user.id)) };
        print(options, shown, factLines(shown));
      });
    },
  );

  about('grant', 'grant a role to a user; takes effect within a second, in open sessions too')
    .addArgument(new Argument('<role>', 'role to grant').choices(ROLES))
    .option('--reason <text>', 'reason, for the audit log')
    .action(async (ref: string, role: Role, options: Options & { reason?: string }) => {
      await withStore(async ({ unitOfWork }) => {
        const terms = options.reason === undefined ? {} : { reason: options.reason };
        const user = await grantRole({ ...runtime, unitOfWork })(refOf(ref), role, terms);
        print(options, userJson(user), [`${user.email} now has the role ${user.role}`]);
      });
    });

  about('lock', 'lock a user out; ends their sessions and stops their API keys within a second')
    .requiredOption('--reason <text>', 'reason, which the user can read')
    .action(async (ref: string, options: WithReason) => {
      await withStore(async ({ unitOfWork }) => {
        const { reason } = options;
        const user = await lockUser({ ...runtime, unitOfWork })({ user: refOf(ref), reason });
        print(options, userJson(user), [`${user.email} is locked out`]);
      });
    });

  about('unlock', 'let a locked user in again')
    .requiredOption('--reason <text>', 'reason, which the user can read')
    .action(async (ref: string, options: WithReason) => {
      await withStore(async ({ unitOfWork }) => {
        const { reason } = options;
        const user = await unlockUser({ ...runtime, unitOfWork })({ user: refOf(ref), reason });
        print(options, userJson(user), [`${user.email} may sign in again`]);
      });
    });

  about('reset-password', 'mail a user a link with which they choose a new password').action(
    async (ref: string, options: Options) => {
      await withStore(async ({ unitOfWork }) => {
        const { user, expiresAt } = await sendResetLink({ ...runtime, unitOfWork })(refOf(ref));
        const json = { user: userJson(user), expiresAt: isoTimeOrNull(expiresAt) };
        print(options, json, [
          `A link for ${user.email} is in the outbox; it works until ${isoTimeOrNull(expiresAt)}`,
        ]);
      });
    },
  );

  about('sessions', "list a user's open sessions").action(async (ref: string, options: Options) => {
    await withStore(async (store) => {
      const user = await findUser(store)(refOf(ref));
      const sessions = await openSessions(store, user.id);
      print(options, { sessions: sessions.map(sessionJson) }, sessionsTable(sessions));
    });
  });

  about('revoke', "end a user's session, or all of them")
    .argument('[session]', 'id of the session; default: all of them')
    .action(async (ref: string, sessionId: string | undefined, options: Options) => {
      await withStore(async ({ unitOfWork }) => {
        const ended = await endSessions({ ...runtime, unitOfWork })(refOf(ref), sessionId);
        const count = ended.length === 1 ? '1 session has' : `${ended.length} sessions have`;
        print(options, { ended }, [`${count} ended`]);
      });
    });
}

/** The part before a semicolon or a comma. */
function summaryOf(description: string): string {
  return description.split(/[;,] /, 1)[0] ?? description;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function refOf(text: string): UserRef {
  return text.includes('@') ? text : { id: text };
}

async function everyUser({ unitOfWork }: Store): Promise<readonly User[]> {
  const all: User[] = [];
  const pages = allPages((page) => unitOfWork.run(({ users }) => users.page(page)), {
    idOf: ({ id }) => id,
    limit: USERS_PAGE,
  });
  for await (const page of pages) all.push(...page);
  return all;
}

async function openSessions({ unitOfWork }: Store, userId: string): Promise<readonly Session[]> {
  const open = await unitOfWork.run(({ sessions }) => sessions.openOf(userId));
  return open.filter((session) => isLive(session, systemClock.now()));
}

async function countsOf(store: Store, userId: string) {
  const sessions = await openSessions(store, userId);
  return store.unitOfWork.run(async ({ credentials }) => {
    const [keys, passkeys, apps] = [
      await credentials.ofUser(userId, 'api_key'),
      await credentials.ofUser(userId, 'passkey'),
      await credentials.ofUser(userId, 'totp'),
    ];
    return {
      sessions: sessions.length,
      apiKeys: keys.filter((key) => isUsable(key, systemClock.now())).length,
      passkeys: passkeys.length,
      authenticatorApps: apps.filter(({ content }) => content.confirmedAt !== null).length,
    };
  });
}

function userJson(user: User) {
  const { id, name, email, role, language, timeZone } = user;
  return {
    id,
    name,
    email,
    role,
    state: stateOf(user),
    createdAt: isoTime(user.createdAt),
    emailVerifiedAt: isoTimeOrNull(user.emailVerifiedAt),
    lockedAt: isoTimeOrNull(user.lockedAt),
    erasedAt: isoTimeOrNull(user.erasedAt),
    language,
    timeZone,
  };
}

function sessionJson({ id, createdAt, lastUsedAt, expiresAt, address, device, methods }: Session) {
  const times = {
    createdAt: isoTime(createdAt),
    lastUsedAt: isoTime(lastUsedAt),
    expiresAt: isoTime(expiresAt),
  };
  return { id, ...times, address, device, methods };
}

function usersTable(users: readonly User[]): readonly string[] {
  const rows = users.map((user) => [user.email, user.name, user.role, stateOf(user), dayOf(user.createdAt)]);
  return tableLines({ head: ['EMAIL', 'NAME', 'ROLE', 'STATE', 'SINCE'], cut: [30, 18] }, rows);
}

function sessionsTable(sessions: readonly Session[]): readonly string[] {
  const rows = sessions.map(({ id, lastUsedAt, address }) => [
    id,
    minuteText(lastUsedAt),
    address ?? 'unknown',
  ]);
  return tableLines({ head: ['SESSION', 'LAST USED (UTC)', 'ADDRESS'], cut: [36, 16, 24] }, rows);
}

function factLines(facts: Readonly<Record<string, string | number | null>>): readonly string[] {
  const rows = Object.entries(facts).map(([name, value]) => [name, String(value ?? '-')]);
  return tableLines({ cut: [18, 60] }, rows);
}

function stateOf({ lockedAt, erasedAt }: User): 'active' | 'locked' | 'erased' {
  if (erasedAt !== null) return 'erased';
  return lockedAt === null ? 'active' : 'locked';
}

function dayOf(instant: number): string {
  return isoTime(instant).slice(0, 10);
}
