import { describe, expect, it } from 'vitest';
import type { SessionReads } from '../../../src/application/ports/user-store.ts';
import { SessionCache } from '../../../src/application/users/session-cache.ts';
import { aSession, aUser, FixedClock } from '../../../src/testing/fixtures/builders.ts';

function aReader(count: number) {
  const clock = new FixedClock();
  const all = Array.from({ length: count }, () => {
    const user = aUser();
    return { user, session: aSession({ userId: user.id }) };
  });
  const asked: string[][] = [];
  const during: (() => void)[] = [];
  const reads: SessionReads = {
    sessions: async (ids) => {
      asked.push(ids.map((id) => String(all.findIndex(({ session }) => session.id === id))));
      for (const act of during.splice(0)) act();
      return all.filter(({ session }) => ids.includes(session.id));
    },
    apiKeys: async () => [],
  };
  const recent = new SessionCache({ reads, clock });
  const find = (index: number) => recent.find(all[index]?.session.id ?? 'nobody');
  return { clock, all, asked, during, recent, find };
}

describe('recent sessions', () => {
  it('are read once for all who ask at once, each with its own', async () => {
    const { asked, find, all } = aReader(3);
    expect(await Promise.all([find(0), find(1), find(0), find(7)])).toEqual([
      all[0],
      all[1],
      all[0],
      undefined,
    ]);
    expect(asked).toEqual([['0', '1', '-1']]);
  });

  it('are remembered for half a second, and not an instant longer', async () => {
    const { asked, find, clock } = aReader(1);
    await find(0);
    clock.advance(499);
    await find(0);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    await find(0);
    expect(asked).toHaveLength(2);
  });

  it('take along who was here since and will be old soon, and nobody else', async () => {
    const { asked, find, clock } = aReader(4);
    await Promise.all([find(0), find(1)]);
    clock.advance(10);
    await find(2);
    await find(0);
    clock.advance(240);
    await find(3);
    expect(asked.at(-1)).toEqual(['3', '0']);
    clock.advance(300);
    await find(0);
    expect(asked).toHaveLength(3);
  });

  it('are forgotten when told so, and what was read meanwhile is not remembered', async () => {
    const { asked, find, recent, all, during } = aReader(1);
    const id = all[0]?.session.id ?? '';
    await find(0);
    recent.forget(id);
    during.push(() => recent.forget(id));
    await find(0);
    await find(0);
    expect(asked).toHaveLength(3);
    recent.forgetAll();
    await find(0);
    expect(asked).toHaveLength(4);
  });

  it('of one user are forgotten together, and those of others stay', async () => {
    const { asked, find, recent, all } = aReader(2);
    await Promise.all([find(0), find(1)]);
    recent.forgetUser(all[0]?.user.id ?? '');
    await find(1);
    expect(asked).toHaveLength(1);
    await find(0);
    expect(asked).toEqual([['0', '1'], ['0']]);
  });

  it('whose clock was set back are read anew', async () => {
    const { asked, find, clock } = aReader(1);
    await find(0);
    clock.advance(-1000);
    await find(0);
    expect(asked).toHaveLength(2);
  });

  it('that cannot be read fail for all who asked, and are asked for again', async () => {
    const { find, during, asked } = aReader(1);
    during.push(() => {
      throw new Error('gone');
    });
    const both = await Promise.allSettled([find(0), find(0)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await find(0)).toBeDefined();
    expect(asked).toHaveLength(2);
  });
});
