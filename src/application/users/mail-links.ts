import type { Credential } from '../../domain/entities/credential.ts';
import { isUsable, ofKind } from '../../domain/entities/credential.ts';
import type { SecurityNotice } from '../../domain/entities/notification.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import { isActive } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Stores } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { CredentialStore, LinkTokens } from '../ports/user-store.ts';
import { securityNotification } from './security-events.ts';

const HOUR_MS = 3_600_000;

/** Lifetimes of the links in mails. */
const LIFETIME_MS = {
  email_verification: 24 * HOUR_MS,
  password_reset: HOUR_MS,
  email_change: 24 * HOUR_MS,
} as const;

export type LinkKind = keyof typeof LIFETIME_MS;

/** Makes the credential that a link in a mail proves. The link is mailed to `email`. */
export function newLink(
  { clock, ids }: { readonly clock: Clock; readonly ids: IdGenerator },
  kind: LinkKind,
  { userId, email }: { userId: string; email: string },
): Credential<LinkKind> {
  const now = clock.now();
  return {
    id: ids.newId(),
    userId,
    kind,
    digest: null,
    createdAt: now,
    expiresAt: now + LIFETIME_MS[kind],
    content: { email },
  };
}

/** Makes a link, voids the user's older ones of its kind, and writes the mail that brings it to `email`. */
export async function mailLink(
  ports: { readonly clock: Clock; readonly ids: IdGenerator },
  { credentials, outbox }: Pick<Stores, 'credentials' | 'outbox'>,
  terms: { kind: LinkKind; notice: SecurityNotice; userId: string; email: string; origin: Origin },
): Promise<Credential<LinkKind>> {
  const { kind, notice, userId, email, origin } = terms;
  const link = newLink(ports, kind, { userId, email });
  await voidLinks(credentials, userId, [kind]);
  await credentials.insert(link);
  const mail = { recipientId: userId, origin, email, linkId: link.id };
  await outbox.add(securityNotification(ports, notice, mail));
  return link;
}

export async function voidLinks(
  credentials: CredentialStore,
  userId: string,
  kinds: readonly LinkKind[],
): Promise<void> {
  for (const kind of kinds) {
    for (const { id } of await credentials.ofUser(userId, kind)) await credentials.remove(id);
  }
}

/**
 * Returns the credential of a genuine, unused and unexpired link, without using it.
 * @throws PassbookError `link_not_valid` for any other token
 */
export async function findLink(
  { links, clock }: { readonly links: LinkTokens; readonly clock: Clock },
  { credentials }: Pick<Stores, 'credentials'>,
  { kind, token }: { kind: LinkKind; token: string },
): Promise<Credential<LinkKind>> {
  const id = links.idOf(token);
  const link = id === undefined ? undefined : ofKind(await credentials.find(id), kind);
  if (!link || !isUsable(link, clock.now())) throw new PassbookError('link_not_valid');
  return link;
}

/**
 * Finds a link and uses it up: of any number of units with one link, one commits.
 * @throws PassbookError `link_not_valid`
 */
export async function useLink(
  ports: { readonly links: LinkTokens; readonly clock: Clock },
  stores: Pick<Stores, 'credentials'>,
  presented: { kind: LinkKind; token: string },
): Promise<Credential<LinkKind>> {
  const link = await findLink(ports, stores, presented);
  if (!(await stores.credentials.remove(link.id))) throw new PassbookError('link_not_valid');
  return link;
}

/**
 * Returns the user of a link that proves their present address.
 * @throws PassbookError `link_not_valid` if the user may not act, or has another address by now
 */
export async function ownerOf(
  { users }: Pick<Stores, 'users'>,
  { userId, content }: Credential<LinkKind>,
): Promise<User> {
  const user = await users.byId(userId);
  if (!user || !isActive(user) || user.email !== content.email) throw new PassbookError('link_not_valid');
  return user;
}
