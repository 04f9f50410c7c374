import { API_KEY_SCOPES, isUsable, ofKind } from '../../domain/entities/credential.ts';
import type { ApiKeyScope, Credential } from '../../domain/entities/credential.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import { isText } from '../../domain/text.ts';
import { invalid, PassbookError } from '../../domain/errors.ts';
import { lookUpNumbers, replaceNumber } from '../accounts/account-ids.ts';
import type { LedgerReads, Stores, UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { ApiKeyFormat, PasswordHasher } from '../ports/user-store.ts';
import type { Person } from '../factors/factor-ports.ts';
import { provePassword } from '../factors/prove-password.ts';
import { requireAmount } from '../validation.ts';
import { NO_ORIGIN, securityEvent, securityNotification } from '../users/security-events.ts';
import type { ApiKeyCache } from '../users/session-cache.ts';

const DAY_MS = 24 * 3_600_000;
const DAYS = 90;
export const API_KEY_DAYS_MAX = 366;
export const API_KEY_NAME_MAX_LENGTH = 60;
export const API_KEY_ACCOUNTS_MAX = 50;
const KEYS_MAX = 20;

export type ApiKeyRequest = {
  readonly name: string;
  /** The owner's. A session alone, which may be stolen, makes no key that outlives it. */
  readonly password: string;
  readonly scopes: readonly ApiKeyScope[];
  /** Ids of the owner's accounts that the key may touch. Default: all of them, future ones too. */
  readonly accounts?: readonly string[];
  /** Largest amount of one transaction, in minor units. Default: no limit. */
  readonly transferLimit?: bigint;
  /** Default: 90; at most 366. */
  readonly expiresInDays?: number;
};

type Ports = {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly recentKeys: ApiKeyCache;
};

/**
 * Makes an API key, with which a program acts as its owner. The key is returned once: the store keeps its digest.
 * @throws PassbookError `invalid_credentials`, `second_factor_required`
 * @throws PassbookError `invalid_request`, `account_not_found`, `api_key_limit_reached`, `unavailable`
 */
export function makeApiKey(
  ports: Ports & {
    readonly reads: LedgerReads;
    readonly apiKeyFormat: ApiKeyFormat;
    readonly hasher: PasswordHasher;
    readonly onCommit: () => void;
  },
) {
  return async (
    person: Person,
    request: ApiKeyRequest,
  ): Promise<{ apiKey: Credential<'api_key'>; secret: string }> => {
    const { user, session, origin } = person;
    const [userId, sessionId] = [user.id, session.id];
    const secret = ports.apiKeyFormat.make();
    const drawn = newApiKey(ports, { ...request, userId }, secret);
    await provePassword(ports, person, request.password);
    const accounts = await readOwnAccounts(ports.reads, { userId, accounts: request.accounts });
    const apiKey = { ...drawn, content: { ...drawn.content, accounts } };

    const { prefix, scopes, name } = apiKey.content;
    const details = { keyId: apiKey.id, prefix, scopes: scopes.join(' ') };
    await ports.unitOfWork.run(async ({ credentials, securityEvents, outbox }) => {
      const made = await credentials.ofUser(userId, 'api_key');
      if (made.filter((key) => isUsable(key, ports.clock.now())).length >= KEYS_MAX) {
        throw new PassbookError('api_key_limit_reached', { subject: `at most ${KEYS_MAX}` });
      }
      await credentials.insert(apiKey);
      await securityEvents.append(
        securityEvent(ports, 'api_key_made', { userId, sessionId, origin, details }),
      );
      await outbox.add(
        securityNotification(ports, 'api_key_made', {
          recipientId: userId,
          origin,
          details: { name, prefix, scopes: scopes.join(', ') },
        }),
      );
    });
    ports.onCommit();
    return { apiKey, secret };
  };
}

/** Lists the user's API keys, oldest first. @throws PassbookError `unavailable` */
export function listOwnApiKeys({ unitOfWork }: Pick<Ports, 'unitOfWork'>) {
  return (userId: string): Promise<readonly Credential<'api_key'>[]> =>
    unitOfWork.run(({ credentials }) => credentials.ofUser(userId, 'api_key'));
}

/**
 * Revokes a key of the user: at once in this process, and within a second in others.
 * @throws PassbookError `api_key_not_found`, `unavailable`
 */
export function revokeApiKey(ports: Ports) {
  return async (request: {
    userId: string;
    keyId: string;
    sessionId?: string;
    origin?: Origin;
  }): Promise<void> => {
    const { userId, keyId, sessionId = null, origin = NO_ORIGIN } = request;
    const revoked = await ports.unitOfWork.run(async ({ credentials, securityEvents }) => {
      const key = ofKind(await credentials.find(keyId), 'api_key');
      if (key?.userId !== userId || !(await credentials.remove(keyId))) {
        throw new PassbookError('api_key_not_found');
      }
      const details = { keyId, prefix: key.content.prefix };
      await securityEvents.append(
        securityEvent(ports, 'api_key_revoked', { userId, sessionId, origin, details }),
      );
      return key;
    });
    ports.recentKeys.forget(revoked.digest ?? '');
  };
}

/** Revokes all keys of the user. After the commit the caller must call `ApiKeyCache.forgetUser`. */
export async function revokeApiKeysOf(
  ports: Pick<Ports, 'clock' | 'ids'>,
  { credentials, securityEvents }: Pick<Stores, 'credentials' | 'securityEvents'>,
  { userId, actorId, origin }: { userId: string; actorId: string | null; origin: Origin },
): Promise<void> {
  for (const { id, content } of await credentials.ofUser(userId, 'api_key')) {
    await credentials.remove(id);
    const details = { keyId: id, prefix: content.prefix };
    await securityEvents.append(
      securityEvent(ports, 'api_key_revoked', { userId, actorId, origin, details }),
    );
  }
}

function newApiKey(
  { apiKeyFormat, clock, ids }: { apiKeyFormat: ApiKeyFormat; clock: Clock; ids: IdGenerator },
  request: ApiKeyRequest & { userId: string },
  secret: string,
): Credential<'api_key'> {
  const { userId, expiresInDays = DAYS, transferLimit } = request;
  const name = request.name.trim();
  if (!isText(name, API_KEY_NAME_MAX_LENGTH)) {
    throw invalid('name', `must be 1 to ${API_KEY_NAME_MAX_LENGTH} printable characters`);
  }
  const scopes = API_KEY_SCOPES.filter((scope) => request.scopes.includes(scope));
  if (scopes.length === 0) throw invalid('scopes', `must be one or more of ${API_KEY_SCOPES.join(', ')}`);
  if (!Number.isSafeInteger(expiresInDays) || expiresInDays < 1 || expiresInDays > API_KEY_DAYS_MAX) {
    throw invalid('expiresInDays', `must be an integer from 1 to ${API_KEY_DAYS_MAX}`);
  }
  const now = clock.now();
  return {
    id: ids.newId(),
    userId,
    kind: 'api_key',
    digest: apiKeyFormat.digestOf(secret) ?? null,
    createdAt: now,
    expiresAt: now + expiresInDays * DAY_MS,
    content: {
      name,
      prefix: apiKeyFormat.shownOf(secret),
      scopes,
      accounts: null,
      transferLimit:
        transferLimit === undefined ? null : requireAmount(transferLimit, 'transferLimit').toString(),
      lastUsedAt: null,
    },
  };
}

/** Returns the ids of the accounts that a key may touch, which are named by id or number; null for all. */
async function readOwnAccounts(
  reads: LedgerReads,
  { userId, accounts }: { userId: string; accounts: readonly string[] | undefined },
): Promise<readonly string[] | null> {
  if (accounts === undefined) return null;
  if (accounts.length < 1 || accounts.length > API_KEY_ACCOUNTS_MAX) {
    throw invalid('accounts', `must be a list of 1 to ${API_KEY_ACCOUNTS_MAX}`);
  }
  const idOf = await lookUpNumbers(reads, accounts);
  const ids = accounts.map((id, index) => replaceNumber(`accounts.${index}`, id, idOf));
  const found = await Promise.all(ids.map((id) => reads.account(id)));
  if (found.some((account) => account?.ownerId !== userId)) throw new PassbookError('account_not_found');
  return [...new Set(ids)];
}
