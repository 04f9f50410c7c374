import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { sha256OfHex } from '../../../src/adapters/system.ts';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import { systemAccountId } from '../../../src/domain/entities/account.ts';
import { readCheckpoint } from '../../../src/domain/integrity/checkpoint.ts';
import type { Checkpoint } from '../../../src/domain/integrity/checkpoint.ts';
import { checkStatementProof } from '../../../src/domain/integrity/statement-proof.ts';
import type { StatementProof } from '../../../src/domain/integrity/statement-proof.ts';
import { AUDITOR, TestBank, SYSTEM, transferIdOf } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock, JANUARY } from '../../../src/testing/fixtures/builders.ts';
import type { Customer } from '../../../src/testing/fixtures/builders.ts';
import { MemoryCheckpoints } from '../../support/checkpoints.ts';

const DAY = 86_400_000;

function checked(proof: unknown, checkpoint: Checkpoint = checkpointOf(proof)) {
  return checkStatementProof(proof, checkpoint, { digest: sha256, hexDigest: sha256OfHex });
}

function checkpointOf(proof: unknown): Checkpoint {
  const checkpoint = readCheckpoint(JSON.parse((proof as StatementProof).checkpoint));
  if (!checkpoint) throw new TypeError('It is signed');
  return checkpoint;
}

/** A bank in which Alice pays Bob 1, 2, 3, 4, 5 on the first days of a month, with a checkpoint after them, and once more. */
async function someDays() {
  const clock = new FixedClock();
  const store = createMemoryStore();
  const bank = new TestBank({ store, clock, checkpoints: new MemoryCheckpoints().ports });
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const from = await bank.account(alice, { funds: 100n });
  const to = await bank.account(bob);
  for (const amount of [1n, 2n, 3n, 4n, 5n]) {
    clock.advance(DAY);
    await bank.ledger.transferFunds(alice, {
      sourceAccountId: from,
      destinationAccountId: to,
      amount,
      description: `day ${amount}`,
      metadata: { secret: 'of Alice' },
      idempotencyKey: `day ${amount}`,
    });
  }
  clock.advance(DAY);
  await bank.ledger.makeCheckpoint();
  clock.advance(DAY);
  await bank.pay(alice, { from, to, amount: 6n });
  return { bank, clock, alice, bob, from, to };
}

async function exported(
  viewer: Customer,
  accountId: string,
  { bank }: { bank: TestBank },
): Promise<StatementProof> {
  const period = { from: JANUARY + 2 * DAY, to: JANUARY + 4 * DAY };
  return bank.ledger.exportStatement(viewer, { accountId, ...period });
}

describe('the proof of a statement', () => {
  it('shows the entries of the period and the balances around them, and is checked with the checkpoint alone', async () => {
    const days = await someDays();
    const proof = await exported(days.bob, days.to, days);

    const result = checked(JSON.parse(JSON.stringify(proof)));
    expect(result).toMatchObject({ ok: true, statement: { openingBalance: 1n, closingBalance: 6n } });
    if (!result.ok) throw new TypeError(result.reason);
    expect(result.statement.account).toMatchObject({ id: days.to, ownerId: days.bob.id, sequence: 5 });
    expect(
      result.statement.entries.map(({ sequence, posted, description }) => [
        sequence,
        posted,
        description?.text,
      ]),
    ).toEqual([
      [2, '2', 'day 2'],
      [3, '3', 'day 3'],
    ]);
    // One entry after the period is shown, the last up to the checkpoint is a digest, and the one after it is nothing
    expect([proof.opening?.sequence, proof.following?.sequence, proof.digests.length]).toEqual([1, 4, 1]);
  });

  it('shows no data of others: no other account, owner, name or metadata', async () => {
    const days = await someDays();
    const text = JSON.stringify(await exported(days.bob, days.to, days));
    for (const foreign of [days.from, days.alice.id, 'Alice', 'secret', systemAccountId('funding', 'EUR')]) {
      expect(text).not.toContain(foreign);
    }
  });

  it('covers the whole checkpoint by default', async () => {
    const { bank, alice, from, clock } = await someDays();
    const proof = await bank.ledger.exportStatement(alice, { accountId: from });
    expect(proof.period).toEqual({ from: JANUARY, to: clock.now() - DAY });
    expect(checked(proof)).toMatchObject({
      ok: true,
      statement: { openingBalance: 0n, closingBalance: 85n },
    });
    expect([proof.opening, proof.entries.length, proof.following]).toEqual([null, 6, null]);
  });

  it('exists for an account without entries, and for a period without entries', async () => {
    const days = await someDays();
    const { bank, bob, clock, alice } = days;
    const empty = await bank.open(bob);
    clock.advance(1);
    await bank.ledger.makeCheckpoint();
    expect(checked(await bank.ledger.exportStatement(bob, { accountId: empty }))).toMatchObject({
      ok: true,
      statement: { openingBalance: 0n, closingBalance: 0n, entries: [] },
    });
    const period = { from: JANUARY + 2 * DAY + 1, to: JANUARY + 3 * DAY };
    const between = await bank.ledger.exportStatement(alice, { accountId: days.from, ...period });
    expect(checked(between)).toMatchObject({
      ok: true,
      statement: { openingBalance: 97n, closingBalance: 97n, entries: [] },
    });
  });

  it('remains valid after a text is erased, and no longer shows it', async () => {
    const { bank, alice, bob, from, to, clock } = await someDays();
    const transferId = transferIdOf(
      await bank.ledger.transferFunds(alice, {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 1n,
        description: 'Never said',
        idempotencyKey: 'secret',
      }),
    );
    clock.advance(DAY);
    await bank.ledger.makeCheckpoint();
    await bank.ledger.eraseText(SYSTEM, { transferId, reason: 'on demand' });
    const proof = await bank.ledger.exportStatement(bob, { accountId: to });
    expect(checked(proof)).toMatchObject({ ok: true });
    expect(JSON.stringify(proof)).not.toContain('Never said');
  });

  it('is available to the owner, the system and an auditor alone', async () => {
    const { bank, alice, to } = await someDays();
    await expect(bank.ledger.exportStatement(alice, { accountId: to })).rejects.toMatchObject({
      code: 'account_not_found',
    });
    for (const viewer of [SYSTEM, AUDITOR]) {
      expect(checked(await bank.ledger.exportStatement(viewer, { accountId: to }))).toMatchObject({
        ok: true,
      });
    }
  });

  it('extends no further than the newest checkpoint', async () => {
    const { bank, bob, to, clock } = await someDays();
    const code = 'checkpoint_not_found';
    const late = { accountId: to, to: clock.now() };
    await expect(bank.ledger.exportStatement(bob, late)).rejects.toMatchObject({ code });
    const opened = await bank.open(bob);
    await expect(bank.ledger.exportStatement(bob, { accountId: opened })).rejects.toMatchObject({ code });
    const reversed = { accountId: to, from: JANUARY + DAY, to: JANUARY };
    await expect(bank.ledger.exportStatement(bob, reversed)).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it.each<[string, (proof: StatementProof) => unknown, string]>([
    ['another amount', (proof) => withEntry(proof, { posted: '20' }), 'entry 2 is not what its hash covers'],
    [
      'another description',
      (proof) => withEntry(proof, { description: { salt: proof.entries[0]!.description!.salt, text: 'x' } }),
      'entry 2 has another description',
    ],
    [
      'an entry left out at the beginning',
      (proof) => ({ ...proof, entries: proof.entries.slice(1) }),
      'entry 3 does not follow the one before it',
    ],
    [
      'an entry left out at the end',
      (proof) => ({ ...proof, entries: proof.entries.slice(0, 1) }),
      'entry 4 does not follow the one before it',
    ],
    [
      'the end shown as digests alone',
      (proof) => ({
        ...proof,
        entries: [proof.entries[0]],
        following: null,
        digests: [...'abc'].map((one) => one.repeat(64)),
      }),
      'it does not lead to the head that was signed',
    ],
    [
      'a wider period',
      (proof) => ({ ...proof, period: { ...proof.period, to: JANUARY + 5 * DAY } }),
      'entries after it may be left out',
    ],
    [
      'an earlier period',
      (proof) => ({ ...proof, period: { ...proof.period, from: JANUARY } }),
      'entries before it may be left out',
    ],
    [
      'a narrower period',
      (proof) => ({ ...proof, period: { ...proof.period, to: JANUARY + 3 * DAY } }),
      'an entry is not of its period',
    ],
    [
      'another previous hash',
      (proof) => ({ ...proof, previousHash: 'f'.repeat(64) }),
      'its first entry follows another',
    ],
    [
      'another leaf',
      (proof) => ({ ...proof, leaf: proof.leaf.replace(' active ', ' closed ') }),
      'the checkpoint does not contain the account as shown',
    ],
    [
      'another place',
      (proof) => ({ ...proof, inclusion: { ...proof.inclusion, index: 0 } }),
      'the checkpoint does not contain the account as shown',
    ],
    [
      'another tree',
      (proof) => ({ ...proof, inclusion: { ...proof.inclusion, size: 99 } }),
      'its tree is not as large as that of the checkpoint',
    ],
    [
      'a line feed in an id',
      (proof) => withEntry(proof, { transfer: { ...proof.entries[0]!.transfer, id: 'a\nb' } }),
      'it is not a statement proof of version 1 or 2',
    ],
    ['nothing', () => null, 'it is not a statement proof of version 1 or 2'],
  ])('is refused with %s', async (_, forge, reason) => {
    const days = await someDays();
    const proof = await exported(days.bob, days.to, days);
    expect(checked(forge(proof), checkpointOf(proof))).toEqual({ ok: false, reason });
  });

  it('is refused with any other checkpoint', async () => {
    const days = await someDays();
    const proof = await exported(days.bob, days.to, days);
    const other = await days.bank.ledger.makeCheckpoint();
    expect(checked(proof, other)).toMatchObject({ ok: false });
  });
});

function withEntry(
  proof: StatementProof,
  change: Partial<StatementProof['entries'][number]>,
): StatementProof {
  return {
    ...proof,
    entries: proof.entries.map((entry, index) => (index === 0 ? { ...entry, ...change } : entry)),
  };
}

describe('checkpoints', () => {
  it('are numbered, and each refers to the one before it', async () => {
    const { bank, clock } = await someDays();
    const second = await bank.ledger.makeCheckpoint();
    const third = await bank.ledger.makeCheckpoint();
    const page = await bank.ledger.listCheckpoints(SYSTEM, { limit: 2 });
    expect(page.items).toEqual([third, second]);
    const rest = await bank.ledger.listCheckpoints(SYSTEM, { limit: 2, cursor: page.nextCursor ?? '' });
    expect([...page.items, ...rest.items].map(({ number }) => number)).toEqual([3, 2, 1]);
    expect([third.previous, second.previous]).toEqual([second.digest, rest.items[0]?.digest]);
    expect(rest.items[0]).toMatchObject({ previous: '0'.repeat(64), accounts: 3, at: clock.now() - DAY });
    expect(second.digest).toBe(sha256(second.signed));
  });

  it('that are made concurrently follow one another', async () => {
    const { bank } = await someDays();
    const made = await Promise.all(Array.from({ length: 4 }, () => bank.ledger.makeCheckpoint()));
    expect(made.map(({ number }) => number)).toEqual([2, 3, 4, 5]);
    expect(made.slice(1).map(({ previous }) => previous)).toEqual(
      made.slice(0, -1).map(({ digest }) => digest),
    );
  });

  it('require a ledger with checkpoints configured', async () => {
    const bank = new TestBank({ store: createMemoryStore(), clock: new FixedClock() });
    await expect(bank.ledger.makeCheckpoint()).rejects.toThrow('without checkpoints');
  });
});
