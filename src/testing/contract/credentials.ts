import { describe, expect, it } from 'vitest';
import type { Stores } from '../../application/ports/ledger-store.ts';
import { aSecurityEvent, aUser, anApiKey, freshId, JANUARY } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

export function describeCredentials(subject: () => Subject): void {
  const run = <R>(work: (stores: Stores) => Promise<R>): Promise<R> => subject().bank.unitOfWork.run(work);
  const runElsewhere = <R>(work: (stores: Stores) => Promise<R>): Promise<R> =>
    subject().otherBank.unitOfWork.run(work);

  describe('credentials', () => {
    it('are found by id, digest and user, with every field as written', async () => {
      const key = anApiKey();
      const bare = { ...anApiKey({ userId: key.userId, expiresAt: null }), digest: null };
      await run(async ({ credentials }) => {
        await credentials.insert(bare);
        await credentials.insert(key);
      });
      const found = await runElsewhere(async ({ credentials }) => ({
        byId: await credentials.find(bare.id),
        byDigest: await credentials.byDigest('api_key', key.digest ?? ''),
        ofOtherKind: await credentials.byDigest('passkey', key.digest ?? ''),
        ofUser: await credentials.ofUser(key.userId, 'api_key'),
        passkeys: await credentials.ofUser(key.userId, 'passkey'),
      }));
      expect(found).toStrictEqual({
        byId: bare,
        byDigest: key,
        ofOtherKind: undefined,
        ofUser: [key, bare],
        passkeys: [],
      });
    });

    it('that do not exist are not found, and are not created by a replacement', async () => {
      const key = anApiKey();
      const found = await run(async ({ credentials }) => {
        await credentials.replace(key);
        return [await credentials.find(key.id), await credentials.byDigest('api_key', key.digest ?? '')];
      });
      expect(found).toEqual([undefined, undefined]);
    });

    it('are replaced in every field', async () => {
      const key = anApiKey();
      await run(({ credentials }) => credentials.insert(key));
      const used = { ...key, expiresAt: null, content: { ...key.content, lastUsedAt: JANUARY + 5 } };
      await run(({ credentials }) => credentials.replace(used));
      expect(await runElsewhere(({ credentials }) => credentials.find(key.id))).toStrictEqual(used);
    });

    it('are removed once, by the first unit that removes them', async () => {
      const key = anApiKey();
      await run(({ credentials }) => credentials.insert(key));
      const removed = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 === 0 ? run : runElsewhere)(({ credentials }) => credentials.remove(key.id)),
        ),
      );
      expect(removed.filter(Boolean)).toHaveLength(1);
      expect(await run(({ credentials }) => credentials.find(key.id))).toBeUndefined();
    });

    it('are restored if the unit that removed or changed them rolls back', async () => {
      const [removed, changed, added] = [anApiKey(), anApiKey(), anApiKey()];
      await run(async ({ credentials }) => {
        await credentials.insert(removed);
        await credentials.insert(changed);
      });
      await expect(
        run(async ({ credentials }) => {
          await credentials.remove(removed.id);
          await credentials.replace({ ...changed, expiresAt: 1 });
          await credentials.insert(added);
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      const found = await run(({ credentials }) =>
        Promise.all([removed, changed, added].map(({ id }) => credentials.find(id))),
      );
      expect(found).toStrictEqual([removed, changed, undefined]);
    });

    it('of one user are removed without those of others', async () => {
      const [gone, kept] = [anApiKey(), anApiKey()];
      await run(async ({ credentials }) => {
        await credentials.insert(gone);
        await credentials.insert(kept);
        await credentials.removeOf(gone.userId);
      });
      expect(await runElsewhere(({ credentials }) => credentials.find(gone.id))).toBeUndefined();
      expect(await runElsewhere(({ credentials }) => credentials.find(kept.id))).toStrictEqual(kept);
    });

    it('are deleted after they expire, a limited number at a time', async () => {
      const expired = [anApiKey({ expiresAt: 40 }), anApiKey({ expiresAt: 50 }), anApiKey({ expiresAt: 45 })];
      const kept = [anApiKey({ expiresAt: 51 }), anApiKey({ expiresAt: null })];
      const deleteExpired = (limit: number) =>
        run(({ credentials }) => credentials.deleteExpired({ until: 50, limit }));
      await deleteExpired(100); // Credentials of other tests
      await run(async ({ credentials }) => {
        for (const one of [...expired, ...kept]) await credentials.insert(one);
      });
      expect([await deleteExpired(2), await deleteExpired(2), await deleteExpired(2)]).toEqual([2, 1, 0]);
      const found = await runElsewhere(({ credentials }) =>
        Promise.all([...expired, ...kept].map(({ id }) => credentials.find(id))),
      );
      expect(found).toStrictEqual([undefined, undefined, undefined, ...kept]);
    });
  });

  describe('API keys', () => {
    it('are read outside a transaction, each with the current state of its owner', async () => {
      const user = aUser();
      const [key, expired] = [anApiKey({ userId: user.id }), anApiKey({ userId: user.id, expiresAt: 1 })];
      await run(async ({ users, credentials }) => {
        await users.insert(user, 'hash');
        await credentials.insert(key);
        await credentials.insert(expired);
      });
      const locked = user.lock(JANUARY);
      await run(({ users }) => users.replace(locked));
      const digests = [key, expired].map(({ digest }) => digest ?? '');
      const found = await subject().otherBank.reads.apiKeys([...digests, 'unknown']);
      expect(found.toSorted((a, b) => (a.key.id < b.key.id ? -1 : 1))).toStrictEqual([
        { key, user: locked },
        { key: expired, user: locked },
      ]);
    });
  });

  describe('security events', () => {
    it('are listed newest first, for one user and for all, page by page', async () => {
      const userId = freshId();
      const [first, second, third] = [
        aSecurityEvent({ userId }),
        aSecurityEvent({ userId: null, actorId: null, sessionId: null, address: null, device: null }),
        aSecurityEvent({ userId }),
      ];
      await run(async ({ securityEvents }) => {
        for (const event of [first, second, third]) await securityEvents.append(event);
      });
      const list = (of: string | null, before: string | null, limit: number) =>
        runElsewhere(({ securityEvents }) => securityEvents.list({ userId: of, before, limit }));
      expect(await list(userId, null, 10)).toStrictEqual([third, first]);
      expect(await list(userId, third.id, 10)).toStrictEqual([first]);
      expect(await list(userId, null, 1)).toStrictEqual([third]);
      expect((await list(null, freshId(), 3)).map(({ id }) => id)).toEqual([third.id, second.id, first.id]);
    });

    it('lose their personal data when their user is erased, but are kept', async () => {
      const userId = freshId();
      const [event, other] = [aSecurityEvent({ userId }), aSecurityEvent()];
      await run(async ({ securityEvents }) => {
        await securityEvents.append(event);
        await securityEvents.append(other);
      });
      await run(({ securityEvents }) => securityEvents.eraseOf(userId));
      const listOf = (of: string | null) =>
        runElsewhere(({ securityEvents }) => securityEvents.list({ userId: of, before: null, limit: 9 }));
      expect(await listOf(userId)).toStrictEqual([{ ...event, address: null, device: null, details: {} }]);
      expect(await listOf(other.userId)).toStrictEqual([other]);
    });
  });
}
