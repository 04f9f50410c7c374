import { describe, expect, it, vi } from 'vitest';
import { sha256OfHex } from '../../adapters/system.ts';
import { sha256 } from '../../adapters/shared/sha256.ts';
import { verifyBooks } from '../../application/proofs/verify-books.ts';
import { Account } from '../../domain/entities/account.ts';
import type { Books } from '../../domain/books/working-books.ts';
import type { Decision } from '../../domain/books/changes.ts';
import { prefetchFor } from '../../domain/books/prefetch.ts';
import type { DecisionContext } from '../../domain/decisions/decision-context.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Decided } from '../../domain/books/outcome.ts';
import { decideInParts } from '../../domain/decisions/decide.ts';
import { NO_CHANGES, aPrefetch } from '../fixtures/bank.ts';
import {
  aCaptureCommand,
  aLimitCommand,
  anEraseTextCommand,
  aReverseCommand,
  aTransferCommand,
} from '../fixtures/commands.ts';
import { aCustomer, anAccount, aSession, aUser, aWelcome, freshId } from '../fixtures/builders.ts';
import { collectGarbage } from '../fixtures/garbage.ts';
import type { Subject } from './subject.ts';

class Fault extends Error {}

export function describeUnitsOfWork(subject: () => Subject): void {
  describe('a decision', () => {
    it('is written as a whole', async () => {
      const { bank, second } = subject();
      const account = anAccount({ balance: 5n, name: 'Rent', maximumBalance: 7n, minimumBalance: -3n });
      const message = aWelcome();
      const result = await bank.unitOfWork.transact(
        aPrefetch({ accountIds: [account.id] }),
        () => ({
          result: 'done',
          changes: { ...NO_CHANGES, accounts: [{ before: null, after: account }], messages: [message] },
        }),
        bank.deadline(),
      );

      expect(result).toBe('done');
      expect(await second.reads.account(account.id)).toStrictEqual(account);
      expect(await bank.messagesFor(message.recipientId)).toEqual([message]);
    });

    it('sees the requested accounts, and nothing for those that do not exist', async () => {
      const { bank } = subject();
      const account = anAccount({ balance: 5n });
      await bank.seed(account);
      const missing = freshId();

      const seen = await decided(bank, { accountIds: [account.id, missing] }, (books) => [
        books.account(account.id),
        books.account(missing),
      ]);
      expect(seen).toStrictEqual([account, undefined]);
    });

    it('sees the oldest active account of an owner in a currency: the one with the lowest id', async () => {
      const { bank } = subject();
      const ownerId = freshId();
      const [closed, frozen, dollars, oldest, younger] = [
        anAccount({ ownerId, status: 'closed' }),
        anAccount({ ownerId, status: 'frozen' }),
        anAccount({ ownerId, currency: 'USD' }),
        anAccount({ ownerId }),
        anAccount({ ownerId }),
      ];
      await bank.seed(younger, oldest, dollars, frozen, closed);

      const euros = { ownerId, currency: 'EUR' };
      const pounds = { ownerId, currency: 'GBP' };
      const seen = await decided(bank, { activeAccounts: [euros, pounds] }, (books) => [
        books.activeAccounts(euros),
        books.activeAccounts(pounds),
      ]);
      expect(seen.map(([first]) => first)).toStrictEqual([oldest, undefined]);
    });

    it('sees the requested number of oldest active accounts, lowest id first', async () => {
      const { bank } = subject();
      const ownerId = freshId();
      const active = [anAccount({ ownerId }), anAccount({ ownerId }), anAccount({ ownerId })];
      const frozen = anAccount({ ownerId, status: 'frozen' });
      await bank.seed(active[2]!, frozen, active[0]!, active[1]!);

      const euros = { ownerId, currency: 'EUR' };
      const seen = await decided(bank, { activeAccounts: [euros], activeCount: 2 }, (books) =>
        books.activeAccounts(euros).slice(0, 2),
      );
      expect(seen).toStrictEqual(active.slice(0, 2));
    });

    it("sees the number of an owner's accounts, including closed ones", async () => {
      const { bank } = subject();
      const [ownerId, nobody] = [freshId(), freshId()];
      await bank.seed(
        anAccount({ ownerId }),
        anAccount({ ownerId, status: 'closed' }),
        anAccount({ ownerId, currency: 'USD' }),
      );

      const seen = await decided(bank, { ownerIds: [ownerId, nobody] }, (books) => [
        books.accountCount(ownerId),
        books.accountCount(nobody),
      ]);
      expect(seen).toEqual([3, 0]);
    });

    it('sees the system account of a purpose in the currency of a requested account', async () => {
      const { bank } = subject();
      const funding = Account.openSystem({
        purpose: 'suspense',
        currency: 'ISK',
        at: bank.clock.now(),
      });
      const account = anAccount({ currency: 'ISK', exponent: 0 });
      await bank.seed(funding, account);

      const seen = await decided(bank, { accountIds: [account.id], purposes: ['suspense'] }, (books) =>
        books.account(funding.id),
      );
      expect(seen).toStrictEqual(funding);
    });

    it('sees the system account in the currency of the oldest active account that it requests', async () => {
      const { bank } = subject();
      const ownerId = freshId();
      const fees = Account.openSystem({
        purpose: 'fees',
        currency: 'ISK',
        at: bank.clock.now(),
      });
      await bank.seed(fees, anAccount({ ownerId, currency: 'ISK', exponent: 0 }));

      const seen = await decided(
        bank,
        { activeAccounts: [{ ownerId, currency: 'ISK' }], purposes: ['fees'] },
        (books) => books.account(fees.id),
      );
      expect(seen).toStrictEqual(fees);
    });

    it('takes effect as in its committed run, even if it runs several times', async () => {
      const { bank, second } = subject();
      const id = freshId();
      let runs = 0;
      const result = await bank.unitOfWork.transact(
        aPrefetch({ accountIds: [id] }),
        () => {
          runs += 1;
          return {
            result: runs,
            changes: {
              ...NO_CHANGES,
              accounts: [{ before: null, after: anAccount({ id, name: `run ${runs}` }) }],
            },
          };
        },
        bank.deadline(),
      );

      expect(result).toBe(runs);
      expect((await second.reads.account(id))?.name).toBe(`run ${runs}`);
    });

    it('runs each write alongside afterwards with its result, and a failed write rolls it back', async () => {
      const { bank, second } = subject();
      const attempt = async (id: string, last: (transaction: unknown, result: string) => void) => {
        const seen: string[] = [];
        const first = (_: unknown, result: string) => void seen.push(result);
        await bank.unitOfWork.transact(
          () => ({ ...aPrefetch({ accountIds: [id] })(), alongside: [first, last] }),
          () => ({
            result: id,
            changes: { ...NO_CHANGES, accounts: [{ before: null, after: anAccount({ id }) }] },
          }),
          bank.deadline(),
        );
        return seen;
      };
      const [kept, undone, fault] = [freshId(), freshId(), new Fault()];
      expect(await attempt(kept, () => {})).toEqual([kept]);
      expect((await second.reads.account(kept))?.id).toBe(kept);

      const failing = attempt(undone, () => {
        throw fault;
      });
      await expect(failing).rejects.toBe(fault);
      expect(await second.reads.account(undone)).toBeUndefined();
    });

    it('asks for its prefetch once, when its turn to write has come', async () => {
      const { bank } = subject();
      const events: string[] = [];
      const unit = (name: string) =>
        bank.unitOfWork.transact(
          () => {
            events.push(`${name} begins`);
            return aPrefetch({})();
          },
          () => {
            events.push(`${name} is decided`);
            return { result: undefined, changes: NO_CHANGES };
          },
          bank.deadline(),
        );
      await Promise.all(['one', 'two'].map(unit));
      // A decision may run again
      expect([...new Set(events)]).toEqual(['one begins', 'one is decided', 'two begins', 'two is decided']);
      expect(events.filter((event) => event.endsWith('begins'))).toHaveLength(2);
    });

    it('and its result are not kept in memory after later decisions', async () => {
      const { bank } = subject();
      const unit = async () => {
        const result = await bank.unitOfWork.transact(
          aPrefetch({}),
          () => ({ result: { of: 'a unit' }, changes: NO_CHANGES }),
          bank.deadline(),
        );
        return new WeakRef(result);
      };
      const first = await unit();
      for (let others = 0; others < 5; others++) await unit();
      // Not the object itself: a failed expectation would keep a reference to it
      await vi.waitFor(() => {
        collectGarbage();
        expect(first.deref() === undefined).toBe(true);
      });
    });

    it('fails if its prefetch throws, and the next one succeeds', async () => {
      const { bank } = subject();
      const fault = new Error('nothing is wanted');
      const ask = (): never => {
        throw fault;
      };
      const unit = () =>
        bank.unitOfWork.transact(ask, () => ({ result: 1, changes: NO_CHANGES }), bank.deadline());
      await expect(unit()).rejects.toBe(fault);
      await bank.seed(anAccount());
    });

    it('that throws writes nothing, and its error reaches the caller unchanged', async () => {
      const { bank } = subject();
      const fault = new Fault('of the decision');

      await expect(
        bank.unitOfWork.transact(
          aPrefetch({ accountIds: [freshId()] }),
          () => {
            throw fault;
          },
          bank.deadline(),
        ),
      ).rejects.toBe(fault);
    });

    it('past its deadline is unavailable and not written, or is written and reported as such', async () => {
      const { bank, second } = subject();
      const after = anAccount();
      const ended = await bank.unitOfWork
        .transact(
          aPrefetch({ accountIds: [after.id] }),
          () => ({
            result: 'written',
            changes: { ...NO_CHANGES, accounts: [{ before: null, after }] },
          }),
          bank.clock.now() - 1,
        )
        .catch((fault: PassbookError) => fault.code);
      const account = await second.reads.account(after.id);
      expect([ended, account?.id]).toEqual(account ? ['written', after.id] : ['unavailable', undefined]);
    });

    it('in parts is one unit, and each part continues from the parts before it', async () => {
      const { bank, store, second } = subject();
      const [alice, bob] = [aCustomer(), aCustomer()];
      const from = await bank.account(alice, { funds: 100n });
      const to = await bank.open(bob);
      const between = { actor: alice, sourceAccountId: from, destinationAccountId: to };
      const held = aTransferCommand({ ...between, amount: 30n, hold: { at: bank.clock.now() + 60_000 } });
      const paid = aTransferCommand({ ...between, amount: 5n, description: 'Lunch' });
      const commands = [
        held,
        paid,
        aCaptureCommand({ transferId: held.instruction.id, amount: 20n }),
        aReverseCommand({ transferId: paid.instruction.id, amount: 2n }),
        aLimitCommand({ accountId: to, maximumBalance: 25n }),
        anEraseTextCommand({ transferId: paid.instruction.id }),
        aTransferCommand({ ...between, amount: 3n }),
        aReverseCommand({ transferId: paid.instruction.id }),
        paid,
      ];
      const inParts = () =>
        bank.unitOfWork.transact(
          () => prefetchFor(commands, bank.deadline()),
          (books) => decideInParts(books, commands, { ...contextOf(bank), size: 1 }),
          bank.deadline(),
        );

      const first = await inParts();
      expect(first.map(briefly)).toEqual([
        'transferred',
        'transferred',
        'transferred',
        'transferred',
        'changed',
        'transferred',
        'exceeds_maximum_balance',
        'transferred',
        'replayed',
      ]);
      const keyed = (answers: readonly Decided[]) => answers.filter((_answer, index) => commands[index]?.key);
      const again = keyed(await inParts());
      expect(again.map(briefly)).toEqual(again.map(() => 'replayed'));
      expect(await bank.stateOf(from)).toEqual({ balance: 80n, held: 0n, available: 80n });
      expect(await bank.stateOf(to)).toEqual({ balance: 20n, held: 0n, available: 20n });
      expect((await second.reads.account(to))?.maximumBalance).toBe(25n);
      expect(await second.reads.transfer(held.instruction.id)).toMatchObject({ status: 'completed' });
      expect(await second.reads.transfer(paid.instruction.id)).toMatchObject({
        reversed: [5n, 5n],
        description: null,
      });
      expect((await bank.entriesOf(from)).map(({ step, posted }) => [step, posted])).toEqual([
        ['completed', 100n],
        ['held', 0n],
        ['completed', 5n],
        ['captured', 20n],
        ['completed', 2n],
        ['completed', 3n],
      ]);
      const ports = { reads: store.reads, scan: store.scan, digest: sha256, hexDigest: sha256OfHex };
      const { faults } = await verifyBooks(ports)();
      expect(faults.filter(({ accountId }) => accountId === from || accountId === to)).toEqual([]);
    });

    it('writes nothing of its first part if a later part throws', async () => {
      const { bank, second } = subject();
      const after = anAccount();
      const fault = new Fault('of the second part');
      const unit = decidedWith<never>(bank, { accountIds: [after.id] }, () => ({
        changes: { ...NO_CHANGES, accounts: [{ before: null, after }] },
        next: () => {
          throw fault;
        },
      }));
      await expect(unit).rejects.toBe(fault);
      expect(await second.reads.account(after.id)).toBeUndefined();
    });

    it('without changes is a decision too', async () => {
      const { bank } = subject();
      expect(await decided(bank, {}, () => 'nothing')).toBe('nothing');
    });

    it('inside a unit of work is a TypeError, and the unit rolls back', async () => {
      const { bank } = subject();
      const user = aUser();

      await expect(
        bank.unitOfWork.run(async ({ users }) => {
          await users.insert(user, 'hash');
          await decided(bank, {}, () => 'inside');
        }),
      ).rejects.toThrow(TypeError);
      expect(await bank.unitOfWork.run(({ users }) => users.byId(user.id))).toBeUndefined();
    });
  });

  describe('concurrent decisions', () => {
    it('on one account each see the changes of the one before', async () => {
      const { bank, otherBank } = subject();
      const account = anAccount({ maximumBalance: 0n });
      await bank.seed(account);

      await Promise.all(
        Array.from({ length: 30 }, (_, index) => raise(index % 2 === 0 ? bank : otherBank, account.id)),
      );
      expect((await bank.reads.account(account.id))?.maximumBalance).toBe(30n);
    });

    it('that read two accounts and each write one never both act on the same reads', async () => {
      const { bank, otherBank } = subject();
      for (let round = 0; round < 10; round++) {
        const pair = [anAccount(), anAccount()] as const;
        await bank.seed(...pair);
        const accountIds = pair.map(({ id }) => id);

        const froze = await Promise.all([
          decidedWith(bank, { accountIds }, (books) => freezeUnlessOneIs(books, accountIds, pair[0].id)),
          decidedWith(otherBank, { accountIds }, (books) => freezeUnlessOneIs(books, accountIds, pair[1].id)),
        ]);
        expect(froze.filter(Boolean)).toHaveLength(1);
      }
    });

    it("that open an owner's first account open only one", async () => {
      const { bank, otherBank } = subject();
      const ownerId = freshId();
      const opened = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          decidedWith(index % 2 === 0 ? bank : otherBank, { ownerIds: [ownerId] }, (books) => {
            const after = anAccount({ ownerId });
            return books.accountCount(ownerId) > 0
              ? { result: false, changes: NO_CHANGES }
              : { result: true, changes: { ...NO_CHANGES, accounts: [{ before: null, after }] } };
          }),
        ),
      );

      expect(opened.filter(Boolean)).toHaveLength(1);
      expect(await bank.reads.accountsOf(ownerId, { after: null, limit: 20 })).toHaveLength(1);
    });

    it('that create an account with the same id create only one', async () => {
      const { bank, otherBank } = subject();
      const id = freshId();
      const made = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          decidedWith(index % 2 === 0 ? bank : otherBank, { accountIds: [id] }, (books) => {
            const before = books.account(id);
            return before
              ? { result: false, changes: NO_CHANGES }
              : {
                  result: true,
                  changes: { ...NO_CHANGES, accounts: [{ before: null, after: anAccount({ id }) }] },
                };
          }),
        ),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
    });
  });

  describe('a unit of work', () => {
    it('that returns is committed: users, sessions and notifications', async () => {
      const { bank, second } = subject();
      const user = aUser();
      const session = aSession({ userId: user.id });
      const message = aWelcome({ recipientId: user.id });

      const result = await bank.unitOfWork.run(async (stores) => {
        await stores.users.insert(user, 'hash');
        await stores.sessions.insert(session);
        await stores.outbox.add(message);
        return 'done';
      });

      expect(result).toBe('done');
      expect(await second.unitOfWork.run(({ users }) => users.byId(user.id))).toStrictEqual(user);
      expect(await second.unitOfWork.run(({ sessions }) => sessions.find(session.id))).toStrictEqual({
        session,
        user,
      });
      expect(await bank.messagesFor(user.id)).toEqual([message]);
    });

    it('sees its own writes', async () => {
      const { bank } = subject();
      const user = aUser();
      const session = aSession({ userId: user.id });

      const seen = await bank.unitOfWork.run(async ({ users, sessions }) => {
        await users.insert(user, 'hash');
        await sessions.insert(session);
        await users.replace(user.grant('auditor'));
        await sessions.end(session.id, 5);
        return {
          byId: await users.byId(user.id),
          byEmail: await users.byEmail(user.email),
          found: await sessions.find(session.id),
        };
      });

      const auditor = aUser({ ...user, role: 'auditor' });
      expect(seen).toStrictEqual({
        byId: auditor,
        byEmail: { user: auditor, passwordHash: 'hash' },
        found: { session: { ...session, endedAt: 5 }, user: auditor },
      });
    });

    it('that throws leaves users, sessions and notifications exactly as before, and rethrows', async () => {
      const { bank } = subject();
      const [kept, added] = [aUser(), aUser()];
      const [open, started] = [aSession({ userId: kept.id }), aSession({ userId: kept.id })];
      const [waiting, written] = [aWelcome({ recipientId: kept.id }), aWelcome({ recipientId: kept.id })];
      await bank.unitOfWork.run(async ({ users, sessions, outbox }) => {
        await users.insert(kept, 'hash');
        await sessions.insert(open);
        await outbox.add(waiting);
      });
      const fault = new Fault('of the work');

      await expect(
        bank.unitOfWork.run(async ({ users, sessions, outbox }) => {
          await users.insert(added, 'hash');
          await users.replace(kept.grant('system'));
          await users.setPasswordHash(kept.id, 'another hash');
          await sessions.insert(started);
          await sessions.end(open.id, 5);
          await outbox.add(written);
          await outbox.markSent([waiting.id]);
          throw fault;
        }),
      ).rejects.toBe(fault);

      const found = await bank.unitOfWork.run(async ({ users, sessions }) => ({
        kept: await users.byEmail(kept.email),
        added: await users.byId(added.id),
        addedByEmail: await users.byEmail(added.email),
        open: await sessions.find(open.id),
        started: await sessions.find(started.id),
      }));
      expect(found).toStrictEqual({
        kept: { user: kept, passwordHash: 'hash' },
        added: undefined,
        addedByEmail: undefined,
        open: { session: open, user: kept },
        started: undefined,
      });
      expect(await bank.messagesFor(kept.id)).toEqual([waiting]);
    });

    it('that throws returns its claimed messages, with their attempt count', async () => {
      const { bank } = subject();
      await bank.takeMessages();
      const message = aWelcome();
      await bank.unitOfWork.run(({ outbox }) => outbox.add(message));
      const terms = { now: message.at, leaseUntil: message.at + 1000, limit: 10 };

      await expect(
        bank.unitOfWork.run(async ({ outbox }) => {
          await outbox.claim(terms);
          throw new Fault('after the claim');
        }),
      ).rejects.toThrow(Fault);
      expect(await bank.unitOfWork.run(({ outbox }) => outbox.claim(terms))).toEqual([
        { message, attempt: 1 },
      ]);
    });

    it('can run after one that failed', async () => {
      const { bank } = subject();
      const user = aUser();
      const attempt = (fails: boolean) =>
        bank.unitOfWork.run(async ({ users }) => {
          await users.insert(user, 'hash');
          if (fails) throw new Fault('the first time');
        });

      await expect(attempt(true)).rejects.toThrow(Fault);
      await attempt(false);
      expect(await bank.unitOfWork.run(({ users }) => users.byId(user.id))).toStrictEqual(user);
    });

    it('inside a unit of work is a TypeError', async () => {
      const { bank } = subject();
      await expect(bank.unitOfWork.run(() => bank.unitOfWork.run(async () => 'inside'))).rejects.toThrow(
        TypeError,
      );
    });

    it('may run beside another unit of work', async () => {
      const { bank } = subject();
      const results = await Promise.all([
        bank.unitOfWork.run(async () => 1),
        bank.unitOfWork.run(async () => 2),
        decided(bank, {}, () => 3),
      ]);
      expect(results).toEqual([1, 2, 3]);
    });
  });

  describe('a store', () => {
    it('passes its check if it can read and write', async () => {
      const { store, second } = subject();
      await expect(store.check()).resolves.toBeUndefined();
      await expect(second.check()).resolves.toBeUndefined();
    });

    it("reports a taken e-mail address with the ledger's own error code", async () => {
      const { bank } = subject();
      const user = aUser();
      await bank.unitOfWork.run(({ users }) => users.insert(user, 'hash'));
      await expect(
        bank.unitOfWork.run(({ users }) => users.insert(aUser({ email: user.email }), 'hash')),
      ).rejects.toEqual(new PassbookError('email_already_registered'));
    });
  });
}

function contextOf(bank: Door): DecisionContext {
  return { now: bank.clock.now(), digest: sha256, notify: true, dryRun: false };
}

function briefly(answer: Decided): string {
  if ('malformed' in answer) return 'malformed';
  if ('conflict' in answer) return 'conflict';
  const { replayed, outcome } = answer;
  if (replayed) return 'replayed';
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

type Door = Subject['bank'];
type SomePrefetch = Parameters<typeof aPrefetch>[0];

function decidedWith<R>(bank: Door, some: SomePrefetch, decide: (books: Books) => Decision<R>): Promise<R> {
  return bank.unitOfWork.transact(aPrefetch(some), decide, bank.deadline());
}

function decided<R>(bank: Door, some: SomePrefetch, read: (books: Books) => R): Promise<R> {
  return decidedWith(bank, some, (books) => ({ result: read(books), changes: NO_CHANGES }));
}

function raise(bank: Door, accountId: string): Promise<void> {
  return decidedWith(bank, { accountIds: [accountId] }, (books) => {
    const before = books.account(accountId) ?? null;
    const after = Account.restore({
      ...(before as Account),
      maximumBalance: (before?.maximumBalance ?? 0n) + 1n,
    });
    return { result: undefined, changes: { ...NO_CHANGES, accounts: [{ before, after }] } };
  });
}

function freezeUnlessOneIs(books: Books, accountIds: readonly string[], id: string): Decision<boolean> {
  if (accountIds.some((one) => books.account(one)?.status === 'frozen')) {
    return { result: false, changes: NO_CHANGES };
  }
  const before = books.account(id) as Account;
  const after = Account.restore({ ...before, status: 'frozen' });
  return { result: true, changes: { ...NO_CHANGES, accounts: [{ before, after }] } };
}
