import { PassbookError } from '../../domain/errors.ts';
import type { Credential, CredentialKind } from '../../domain/entities/credential.ts';
import type { Origin, SecurityEvent } from '../../domain/entities/security-event.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Payee } from '../../domain/payees/payee.ts';
import type { Instant } from '../../domain/time.ts';
import { allPages } from '../all-pages.ts';
import { ownTurn } from '../event-loop.ts';
import type { Ledger } from '../ledger.ts';
import type { ListRequest, Page } from '../page.ts';
import { PAGE_LIMIT_MAX } from '../page.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { NameCounterparties } from '../payees/name-counterparties.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { securityEvent } from '../users/security-events.ts';
import type { AccountView, TransferView } from '../views.ts';

/** A credential without its secrets. */
export type ExportedCredential = {
  readonly kind: CredentialKind;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  /** Name that the user gave it; the address for a link in a mail; null for all others. */
  readonly label: string | null;
};

/** All data stored about a person. Lists of unbounded length come page by page. */
export type PersonalData = {
  readonly user: User;
  /** Sessions that have not ended. */
  readonly sessions: readonly Session[];
  readonly credentials: readonly ExportedCredential[];
  securityEvents(): AsyncGenerator<readonly SecurityEvent[], void>;
  /** Saved payees, and those that only remember a confirmed name. */
  payees(): AsyncGenerator<readonly Payee[], void>;
  accounts(): AsyncGenerator<readonly AccountView[], void>;
  transactions(): AsyncGenerator<readonly TransferView[], void>;
};

const KINDS = Object.keys({
  email_verification: true,
  password_reset: true,
  email_change: true,
  passkey: true,
  totp: true,
  recovery_code: true,
  challenge: true,
  api_key: true,
} satisfies Record<CredentialKind, true>) as CredentialKind[];

/** Reads all data stored about a user, and records that they took it. @throws PassbookError `unavailable` */
export function exportData(ports: {
  unitOfWork: UnitOfWork;
  ledger: Pick<Ledger, 'listAccounts' | 'listTransfers'>;
  counterparties: NameCounterparties;
  clock: Clock;
  ids: IdGenerator;
}) {
  const { unitOfWork, ledger, counterparties } = ports;
  return async (request: { userId: string; sessionId: string; origin: Origin }): Promise<PersonalData> => {
    const { userId } = request;
    const viewer = { kind: 'user', id: userId } as const;
    const found = await unitOfWork.run(async ({ users, sessions, credentials, securityEvents }) => {
      const user = await users.byId(userId);
      if (!user) throw new PassbookError('user_not_found');
      await securityEvents.append(securityEvent(ports, 'data_exported', request));
      const kept: Credential[] = [];
      for (const kind of KINDS) kept.push(...(await credentials.ofUser(userId, kind)));
      return { user, sessions: await sessions.openOf(userId), credentials: kept.map(withoutSecrets) };
    });
    return {
      ...found,
      securityEvents: () =>
        allPages(
          ({ after, limit }) =>
            unitOfWork.run(({ securityEvents }) => securityEvents.list({ userId, before: after, limit })),
          { idOf: ({ id }) => id, limit: PAGE_LIMIT_MAX },
        ),
      payees: () =>
        allPages((page) => unitOfWork.run(({ payees }) => payees.page(userId, page)), {
          idOf: ({ id }) => id,
          limit: PAGE_LIMIT_MAX,
        }),
      accounts: () => pagesOf((terms) => ledger.listAccounts(viewer, userId, terms)),
      transactions: () =>
        pagesOf(async (terms) => {
          const page = await ledger.listTransfers(viewer, terms);
          return { ...page, items: await counterparties.transfers(viewer, page.items) };
        }),
    };
  };
}

function withoutSecrets(credential: Credential): ExportedCredential {
  const { kind, createdAt, expiresAt } = credential;
  return { kind, createdAt, expiresAt, label: labelOf(credential) };
}

function labelOf({ content }: Credential): string | null {
  if ('name' in content) return content.name;
  return 'email' in content ? content.email : null;
}

async function* pagesOf<T>(
  read: (terms: ListRequest) => Promise<Page<T>>,
): AsyncGenerator<readonly T[], void> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await read({ limit: PAGE_LIMIT_MAX, ...(cursor === undefined ? {} : { cursor }) });
    yield page.items;
    cursor = page.nextCursor;
    await ownTurn();
  }
}
