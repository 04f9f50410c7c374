import { isUsable, ofKind } from '../../domain/entities/credential.ts';
import type { Credential } from '../../domain/entities/credential.ts';
import { isActive } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';
import type { ApiKeyFormat } from '../ports/user-store.ts';
import type { ApiKeyCache } from '../users/session-cache.ts';

/** Accuracy of the last use of a key. */
const USE_MS = 5 * 60_000;

type Ports = {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly apiKeyFormat: ApiKeyFormat;
  readonly recentKeys: ApiKeyCache;
};

/**
 * Returns a valid API key with the current state of its owner. A text without the right checksum costs no read.
 * @throws PassbookError `key_expired`; `invalid_token` for any other invalid key, and where the owner is locked out
 */
export function authenticateKey(ports: Ports) {
  const { clock, apiKeyFormat, recentKeys } = ports;
  const noteUse = useNotes(ports);
  return async (secret: string): Promise<{ user: User; key: Credential<'api_key'> }> => {
    const digest = apiKeyFormat.digestOf(secret);
    const found = digest === undefined ? undefined : await recentKeys.find(digest);
    if (!found || !isActive(found.user)) throw new PassbookError('invalid_token');
    const now = clock.now();
    if (!isUsable(found.key, now)) throw new PassbookError('key_expired');

    noteUse(found.key, now);
    return found;
  };
}

/** Stores the last use of keys every few minutes, while requests go on. A failure leaves it to a later use. */
function useNotes({ unitOfWork, recentKeys }: Ports) {
  const writing = new Set<string>();

  async function write({ id, digest }: Credential<'api_key'>, now: Instant): Promise<void> {
    try {
      await unitOfWork.run(async ({ credentials }) => {
        const key = ofKind(await credentials.find(id), 'api_key');
        if (key) await credentials.replace({ ...key, content: { ...key.content, lastUsedAt: now } });
      });
      recentKeys.forget(digest ?? '');
    } catch {
      // The request that used the key does not depend on it
    } finally {
      writing.delete(id);
    }
  }

  return (key: Credential<'api_key'>, now: Instant): void => {
    const { lastUsedAt } = key.content;
    if (writing.has(key.id) || (lastUsedAt !== null && now < lastUsedAt + USE_MS)) return;
    writing.add(key.id);
    void write(key, now);
  };
}
