import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newCheckpointKey, publicCheckpointKey } from '../../src/adapters/security/index.ts';
import { formatAccountNumber } from '../../src/domain/entities/account-number.ts';
import { readConfig } from '../../src/config.ts';
import { addProofCommands } from '../../src/commands/proof-commands.ts';
import { TestBank, transferIdOf } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock, JANUARY } from '../../src/testing/fixtures/builders.ts';
import { oldProof } from '../support/golden-proof.ts';
import { aTamperedMemory } from '../support/tamper.ts';

const DESCRIPTION = 'Rent, reference "RE 18"';

/** The commands over a store in memory, which none of them closes. */
describe('the commands that prove the books', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-proof-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function someBooks() {
    const { store, tamper } = aTamperedMemory();
    const bank = new TestBank({ store, clock: new FixedClock() });
    const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
    const from = await bank.account(alice, { funds: 10_000n });
    const to = await bank.open(bob);
    const paid = transferIdOf(
      await bank.ledger.transferFunds(alice, {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 2_500n,
        description: DESCRIPTION,
        reference: 'RE 17',
        externalId: 'order-17',
        idempotencyKey: 'rent',
      }),
    );
    const env: Record<string, string> = { DATA_DIR: folder };
    const passbook = async (...args: string[]) => {
      const said = { out: [] as string[], progress: [] as string[], failed: false };
      const program = new Command().exitOverride();
      addProofCommands(program, {
        config: () => readConfig(env, { reader: 'commands' }),
        withStore: (work) => work(store),
        out: (line) => said.out.push(line),
        write: async (text) => void said.out.push(text),
        progress: (line) => said.progress.push(line),
        fail: () => {
          said.failed = true;
        },
      });
      await program.parseAsync(args, { from: 'user' });
      return said;
    };
    return { bank, tamper, from, to, paid, env, passbook };
  }

  it('verify books that are whole, and say how much was looked at', async () => {
    const { passbook } = await someBooks();
    const seen = '3 accounts, 4 entries, 2 transfers, 2 keys';
    expect(await passbook('verify')).toEqual({
      out: [`The books are whole: ${seen}, 0 audit records`],
      progress: [seen],
      failed: false,
    });
    expect((await passbook('verify', '--json')).out.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        ok: true,
        faults: [],
        verified: { accounts: 3, entries: 4, transfers: 2, records: 2, auditRecords: 0 },
      },
    ]);
  });

  it('verify books that are not, naming the first fault of each kind and where it lies', async () => {
    const { passbook, tamper, from, paid } = await someBooks();
    await tamper.transfer(paid, { description: 'Loan' });
    const { out, failed } = await passbook('verify');
    expect(failed).toBe(true);
    expect(out[0]).toBe(
      'FAULT entry_hash: an entry or its transfer does not match its hash: ' +
        `accountId ${from}, sequence 2, transferId ${paid} (and 1 more)`,
    );
    expect(out.at(-1)).toMatch(/^The books are NOT whole: 3 accounts, /);
    const json = await passbook('verify', '--json');
    expect(json.failed).toBe(true);
    expect(JSON.parse(json.out[0] ?? '')).toMatchObject({
      ok: false,
      faults: [{ kind: 'entry_hash', count: 2 }, {}],
    });
  });

  it('make checkpoints, and verify the books by one', async () => {
    const { passbook, tamper, to, bank } = await someBooks();
    const first = await passbook('checkpoint');
    const path = join(folder, 'checkpoints', '1.jws');
    expect(first.out).toEqual([
      `Checkpoint 1 of 3 accounts is in ${path}: give a copy to someone outside the bank`,
      (await readFile(path, 'utf8')).trim(),
    ]);
    await passbook('checkpoint');
    await bank.fund(to, 1n);
    const [key = ''] = (await passbook('checkpoint-key')).out;
    await writeFile(join(folder, 'key.jwk'), key);
    for (const given of [[], ['--key', key], ['--key', join(folder, 'key.jwk')]]) {
      expect((await passbook('verify', '--checkpoint', path, ...given)).out).toEqual([
        'The books are whole: 3 accounts, 6 entries, 3 transfers, 3 keys, 0 audit records',
      ]);
    }
    const elsewhere = join(folder, 'from-the-auditor.jws');
    await writeFile(elsewhere, first.out[1] ?? '');
    await expect(passbook('verify', '--checkpoint', elsewhere)).rejects.toThrow('ENOENT');
    const manifest = join(folder, 'checkpoints', '1.manifest');
    expect(await passbook('verify', '--checkpoint', elsewhere, '--manifest', manifest)).toMatchObject({
      failed: false,
    });
    const other = await publicCheckpointKey(newCheckpointKey());
    await expect(passbook('verify', '--checkpoint', path, '--key', other)).rejects.toThrow(
      'is not a checkpoint signed with this key',
    );

    await tamper.account(to, { ownerId: 'mallory' });
    const found = await passbook('verify', '--checkpoint', path);
    expect([found.failed, found.out.some((line) => line.startsWith('FAULT checkpoint_account'))]).toEqual([
      true,
      true,
    ]);
  });

  it('verify old checkpoints and statements by the old key alone, after the key is rotated', async () => {
    const { passbook, env, bank, from, to } = await someBooks();
    const statementOf = (number: number) => join(folder, `${number}.json`);
    const prove = async (number: number) => {
      await passbook('checkpoint');
      await passbook('export-statement', from, '--out', statementOf(number));
      const [key = ''] = (await passbook('checkpoint-key')).out;
      return key;
    };
    const oldKey = await prove(1);
    env['CHECKPOINT_KEY'] = newCheckpointKey();
    await bank.fund(to, 1n);
    const newKey = await prove(2);

    for (const [number, key, other] of [
      [1, oldKey, newKey],
      [2, newKey, oldKey],
    ] as const) {
      const statement = statementOf(number);
      const verify = ['verify', '--checkpoint', join(folder, 'checkpoints', `${number}.jws`), '--key'];
      // The second one also follows the first one, which the old key has signed
      expect((await passbook(...verify, key)).failed).toBe(false);
      await expect(passbook(...verify, other)).rejects.toThrow('is not a checkpoint signed with this key');
      expect((await passbook('verify-statement', statement, '--key', key)).failed).toBe(false);
      expect((await passbook('verify-statement', statement, '--key', other)).failed).toBe(true);
    }
  });

  it('find a checkpoint that does not follow the one before it', async () => {
    const { passbook } = await someBooks();
    await passbook('checkpoint');
    await passbook('checkpoint');
    await rm(join(folder, 'checkpoints', '1.jws'));
    await rm(join(folder, 'checkpoints', '1.manifest'));
    await writeFile(join(folder, 'checkpoints', '1.jws'), 'another\n');
    const { out, failed } = await passbook('verify', '--checkpoint', join(folder, 'checkpoints', '2.jws'));
    expect([failed, out[0]]).toEqual([
      true,
      'FAULT checkpoint_previous: the checkpoint does not follow the one before it: number 2',
    ]);
  });

  it('export the entries of a period between two days of UTC, and take no day that does not exist', async () => {
    const { passbook, to } = await someBooks();
    await passbook('checkpoint');
    const { out, failed } = await passbook(
      'export-statement',
      to,
      '--from',
      '2026-01-01',
      '--to',
      '2026-01-15',
    );
    expect(failed).toBe(false);
    expect(JSON.parse(out.join('\n'))).toMatchObject({
      period: { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 15) },
      entries: [],
    });
    for (const option of ['--from', '--to']) {
      await expect(passbook('export-statement', to, option, '2026-02-30')).rejects.toThrow(
        '"2026-02-30" must have a day that is in the calendar',
      );
    }
  });

  it('export a statement with its proof, and verify it with no books at all', async () => {
    const { passbook, bank, to, from } = await someBooks();
    await passbook('checkpoint');
    const file = join(folder, 'statement.json');
    expect(await passbook('export-statement', to, '--out', file)).toMatchObject({ out: [], failed: false });
    const [key = ''] = (await passbook('checkpoint-key')).out;
    const { out, failed } = await passbook('verify-statement', file, '--key', key);
    expect(failed).toBe(false);
    expect(out.slice(1, 4)).toEqual([
      'opening balance 0',
      `1 ${new Date(JANUARY).toISOString()} completed credit 2500, reference "RE 17", description ${JSON.stringify(DESCRIPTION)}`,
      'closing balance 2500',
    ]);
    const { number } = (await bank.reads.account(to))!;
    expect(out[0]).toContain(
      `Proven: account ${to}, number ${formatAccountNumber(number!)}, from ${new Date(JANUARY).toISOString()} to `,
    );

    const text = await readFile(file, 'utf8');
    for (const foreign of [from, 'order-17']) expect(text).not.toContain(foreign);
    await writeFile(file, text.replace('"posted": "2500"', '"posted": "250"'));
    expect(await passbook('verify-statement', file, '--key', key)).toMatchObject({
      out: ['NOT PROVEN: entry 1 is not what its hash covers'],
      failed: true,
    });
    await writeFile(file, text);
    const other = await publicCheckpointKey(newCheckpointKey());
    expect(await passbook('verify-statement', file, '--key', other)).toMatchObject({
      out: ['NOT PROVEN: its checkpoint is not signed with this key'],
      failed: true,
    });
    await writeFile(file, '{}');
    await expect(passbook('verify-statement', file, '--key', key)).rejects.toThrow(
      'is not a statement proof',
    );
  });

  it('verify a statement of version 1, exported before version 2', async () => {
    const { passbook } = await someBooks();
    const { proof, publicKey } = oldProof();
    const file = join(folder, 'statement.json');
    await writeFile(file, JSON.stringify(proof));
    expect(await passbook('verify-statement', file, '--key', publicKey)).toMatchObject({
      out: [
        `Proven: account ${proof.leaf.split(' ')[0]} from 2026-01-15T10:00:01.000Z to 2026-01-15T10:00:02.000Z, in minor units of EUR`,
        'opening balance 100',
        '2 2026-01-15T10:00:01.000Z completed debit 30, description "Miete März 🏠"',
        '3 2026-01-15T10:00:01.000Z held debit 0',
        '4 2026-01-15T10:00:01.000Z captured debit 15',
        'closing balance 55',
        'by checkpoint 1 of 2026-01-15T10:00:03.000Z',
      ],
      failed: false,
    });
  });

  it('erase the texts of a transaction', async () => {
    const { passbook, paid, bank } = await someBooks();
    expect((await passbook('erase-text', paid, '--reason', 'On demand')).out).toEqual([
      `Erased the description, reference and metadata of ${paid}`,
    ]);
    expect(await bank.reads.transfer(paid)).toMatchObject({ description: null, reference: null });
    expect((await passbook('verify')).failed).toBe(false);
    await expect(passbook('erase-text', paid, '--reason', 'Again')).rejects.toThrow('nothing_to_erase');
  });
});
