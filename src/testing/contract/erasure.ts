import { describe, expect, it } from 'vitest';
import { sha256 } from '../../adapters/shared/sha256.ts';
import { sealTransfer } from '../../domain/integrity/hash-chain.ts';
import { codeOf, transferIdOf } from '../fixtures/bank.ts';
import { expectWholeChain } from '../fixtures/books.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

const OPERATOR = { kind: 'system', id: 'operator' } as const;
const TEXT = 'What should be forgotten';

export function describeErasure(subject: () => Subject): void {
  describe('erasing the texts of a transfer', () => {
    it('removes them everywhere, and keeps the chain valid', async () => {
      const { bank, second } = subject();
      const { alice, bob, from, to, transferId, key } = await withTexts(subject());
      const before = (await bank.reads.transfer(transferId))!;
      const seal = sealTransfer(before, sha256);

      const erased = await bank.ledger.eraseText(OPERATOR, { transferId, reason: 'Asked by Bob' });
      expect(erased).toMatchObject({
        ok: true,
        replayed: false,
        transfer: { transferId, description: null, metadata: null },
        balances: [],
      });

      const { description, metadata } = seal;
      const reference = null;
      expect({ ...(await second.reads.transfer(transferId)) }).toEqual({
        ...before,
        description: null,
        metadata: null,
        erased: { description, metadata, reference },
      });
      for (const viewer of [alice, bob]) {
        expect(await bank.ledger.getTransfer(viewer, transferId)).toMatchObject({
          description: null,
          metadata: null,
        });
      }
      for (const accountId of [from, to]) {
        const account = (await second.reads.account(accountId))!;
        await expectWholeChain(second.reads, account, await bank.entriesOf(accountId));
      }
      expect(show(await second.reads.record(key))).not.toContain('forgotten');
      const messages = (await bank.takeMessages()).filter(
        (one) => 'transferId' in one && one.transferId === transferId,
      );
      expect(messages).toHaveLength(2);
      expect(show(messages)).not.toContain('forgotten');
    });

    it('keeps its key: the same request is replayed, and a different one is refused', async () => {
      const { bank, otherBank } = subject();
      const { alice, transferId, request } = await withTexts(subject());
      await bank.ledger.eraseText(OPERATOR, { transferId, reason: 'Asked by Bob' });

      const again = await otherBank.ledger.transferFunds(alice, request);
      expect(again).toMatchObject({ ok: true, replayed: true, transfer: { transferId, description: null } });
      for (const [field, value] of [
        ['description', 'Another'],
        ['metadata', { a: '2' }],
      ] as const) {
        expect(await bank.ledger.transferFunds(alice, { ...request, [field]: value })).toMatchObject({
          code: 'idempotency_key_reused',
          field,
        });
      }
    });

    it('is recorded in the audit log with digests', async () => {
      const { bank, clock } = subject();
      const { transferId } = await withTexts(subject());
      const { description, metadata } = sealTransfer((await bank.reads.transfer(transferId))!, sha256);
      await bank.ledger.eraseText(OPERATOR, { transferId, reason: 'Asked by Bob' });

      const log = await bank.reads.audit({ after: null, limit: 10_000 });
      expect(log.filter((record) => record.transferId === transferId)).toEqual([
        {
          sequence: expect.any(Number) as number,
          at: clock.now(),
          actor: OPERATOR,
          action: 'text_erased',
          accountId: null,
          transferId,
          reason: 'Asked by Bob',
          changes: [
            ['description', description, null],
            ['metadata', metadata, null],
          ],
          hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        },
      ]);
    });

    it('works for one transfer of a batch, a rejected transfer, and a hold in any state', async () => {
      const { bank, second } = subject();
      const { alice, bob, from, to, transferId: first } = await withTexts(subject());
      const order = { sourceAccountId: from, destinationAccountId: to, description: TEXT };
      const idempotencyKey = freshId();
      const batch = await bank.ledger.submitBatch(alice, {
        transfers: [
          { ...order, amount: 1n },
          { ...order, amount: 2n, description: 'What may stay' },
          { ...order, amount: 99_999n },
        ],
        idempotencyKey,
      });
      const ids = (batch.members ?? []).map((one) => (one.ok ? one.transfer.transferId : one.transferId));
      const held = await bank.hold(alice, { from, to, amount: 3n, description: TEXT });
      for (const transferId of [first, ids[0], ids[2], held]) {
        const request = { transferId: transferId ?? '', reason: 'Asked by Bob' };
        expect(codeOf(await bank.ledger.eraseText(OPERATOR, request))).toBeNull();
      }
      expect(codeOf(await bank.capture(bob, held, 2n))).toBeNull();

      const key = { scope: `user:${alice.id}`, operation: 'batch', key: idempotencyKey } as const;
      const record = show(await second.reads.record(key));
      expect(record).not.toContain('forgotten');
      expect(record).toContain('What may stay');
      expect(show(await second.reads.transfer(held))).not.toContain('forgotten');
      const ofBob = (await bank.takeMessages()).filter(({ recipientId }) => recipientId === bob.id);
      expect(ofBob).toHaveLength(5);
      expect(show(ofBob)).not.toContain('forgotten');
    });

    it('is refused if there is no text, and if the text is erased already', async () => {
      const { bank } = subject();
      const { alice, from, to, transferId } = await withTexts(subject());
      const plain = transferIdOf(await bank.pay(alice, { from, to, amount: 1n }));
      const erase = async (id: string) =>
        codeOf(await bank.ledger.eraseText(OPERATOR, { transferId: id, reason: 'Asked by Bob' }));
      expect(await erase(transferId)).toBeNull();
      expect(await erase(transferId)).toBe('nothing_to_erase');
      expect(await erase(plain)).toBe('nothing_to_erase');
      expect(await erase(freshId())).toBe('transfer_not_found');
      await expect(bank.ledger.eraseText(OPERATOR, { transferId, reason: '' })).rejects.toMatchObject({
        code: 'invalid_request',
      });
      const asOwner = bank.ledger.eraseText(alice as never, { transferId, reason: 'mine' });
      await expect(asOwner).rejects.toMatchObject({ code: 'forbidden' });
    });
  });
}

async function withTexts({ bank }: Subject) {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const from = await bank.account(alice, { funds: 1_000n });
  const to = await bank.open(bob);
  const request = {
    sourceAccountId: from,
    destinationAccountId: to,
    amount: 10n,
    description: TEXT,
    metadata: { a: 'forgotten too' },
    idempotencyKey: freshId(),
  };
  const transferId = transferIdOf(await bank.ledger.transferFunds(alice, request));
  const key = { scope: `user:${alice.id}`, operation: 'transfer', key: request.idempotencyKey } as const;
  return { alice, bob, from, to, request, transferId, key };
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner));
}
