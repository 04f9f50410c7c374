import { describe, expect, it } from 'vitest';
import type { AccountState } from '../../domain/entities/account.ts';
import type { TransferView } from '../../application/views.ts';
import { AUDITOR, codeOf, SYSTEM, transferIdOf } from '../fixtures/bank.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

/** Privacy rules: the facts that other users may see. */
export function describePrivacy(subject: () => Subject): void {
  describe('the ledger', () => {
    it("makes another's account or transfer look nonexistent in every request", async () => {
      const { bank } = subject();
      const { alice, from, to, transferId } = await paid(subject());
      const hold = await bank.hold(alice, { from, to, amount: 1n });
      const eve = aCustomer('Eve');
      const hers = await bank.account(eve, { funds: 100n });
      const missing = freshId();
      const { ledger } = bank;
      const resultOf = (attempt: Promise<unknown>) => attempt.catch(String);
      const attempts = (account: string, transfer: string, pending: string) => [
        ledger.getAccount(eve, account),
        ledger.getBalance(eve, account),
        ledger.getTransfer(eve, transfer),
        ledger.getTransfer(eve, pending),
        bank.pay(eve, { from: account, to: hers, amount: 1n }),
        bank.place(eve, { from: account, to: hers, amount: 1n }),
        bank.capture(eve, pending),
        bank.capture(eve, transfer),
        bank.void(eve, pending),
        bank.reverse(eve, transfer),
        bank.reverse(eve, pending),
        ledger.closeAccount(eve, { accountId: account }),
        ledger.closeAccount(eve, { accountId: hers, sweepTo: account }),
        ledger.renameAccount(eve, { accountId: account, name: 'mine' }),
      ];
      const anothers = await Promise.all(attempts(from, transferId, hold).map(resultOf));
      const none = await Promise.all(attempts(missing, missing, missing).map(resultOf));
      expect(anothers).toStrictEqual(none);
      expect((await ledger.listTransfers(eve)).items.map(({ amount }) => amount)).toEqual([100n]);
    });

    it('treats an id of an unknown form as not found', async () => {
      const { bank } = subject();
      const { alice, from } = await paid(subject());
      for (const id of ['nothing', '$ne', '{"$gt":""}', '../accounts', '0', 'a'.repeat(255)]) {
        await expect(bank.ledger.getAccount(alice, id)).rejects.toMatchObject({ code: 'account_not_found' });
        await expect(bank.ledger.getTransfer(alice, id)).rejects.toMatchObject({
          code: 'transfer_not_found',
        });
        expect(codeOf(await bank.capture(alice, id))).toBe('transfer_not_found');
        expect(codeOf(await bank.void(SYSTEM, id))).toBe('transfer_not_found');
        expect(codeOf(await bank.reverse(SYSTEM, id))).toBe('transfer_not_found');
        expect(codeOf(await bank.pay(alice, { from, to: id, amount: 1n }))).toBe(
          'destination_account_not_found',
        );
        expect(codeOf(await bank.pay(alice, { from: id, to: from, amount: 1n }))).toBe(
          'source_account_not_found',
        );
        expect(codeOf(await bank.ledger.closeAccount(alice, { accountId: id }))).toBe('account_not_found');
      }
    });

    it.each<[code: string, change: Partial<AccountState>]>([
      ['destination_account_closed', { status: 'closed' }],
      ['destination_account_frozen', { status: 'frozen', creditsFrozen: true }],
      ['exceeds_maximum_balance', { maximumBalance: 1n }],
      [
        'amount_overflow',
        {
          counters: {
            creditsPosted: 9_007_199_254_740_991n,
            debitsPosted: 0n,
            debitsPending: 0n,
            creditsPending: 0n,
          },
        },
      ],
    ])(
      'shows a stranger only destination_account_unavailable; the owner and the system learn %s',
      async (code, change) => {
        const { bank } = subject();
        const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
        const from = await bank.account(alice, { funds: 100n });
        const to = await bank.account(bob, change);
        const own = await bank.account(bob, { funds: 100n });
        for (const send of [bank.pay.bind(bank), bank.place.bind(bank)]) {
          const refused = await send(alice, { from, to, amount: 5n });
          expect(refused).toMatchObject({
            ok: false,
            code: 'destination_account_unavailable',
            retry: 'new_key',
          });
          const transferId = refused.ok ? '' : refused.transferId!;
          expect(await bank.ledger.getTransfer(alice, transferId)).toMatchObject({
            code: 'destination_account_unavailable',
          });
          expect((await bank.ledger.listTransfers(alice)).items[0]).toMatchObject({
            code: 'destination_account_unavailable',
          });
          expect(await bank.ledger.getTransfer(SYSTEM, transferId)).toMatchObject({ code });
          expect(await bank.ledger.getTransfer(AUDITOR, transferId)).toMatchObject({ code });
          expect(codeOf(await send(bob, { from: own, to, amount: 5n }))).toBe(code);
          expect(codeOf(await send(SYSTEM, { from, to, amount: 5n }))).toBe(code);
        }
      },
    );

    it("hides the state of the payer's account from the payee who reverses a payment", async () => {
      const { bank } = subject();
      const { alice, bob, from, transferId } = await paid(subject());
      for (const change of [
        { status: 'closed' },
        { status: 'frozen', creditsFrozen: true },
        { maximumBalance: 0n },
      ] as const) {
        await bank.alter(from, { status: 'active', creditsFrozen: false, maximumBalance: null, ...change });
        const refused = await bank.reverse(bob, transferId);
        expect(refused).toMatchObject({ ok: false, code: 'destination_account_unavailable' });
        const kept = refused.ok ? '' : refused.transferId!;
        expect(await bank.ledger.getTransfer(bob, kept)).toMatchObject({
          code: 'destination_account_unavailable',
          destinationAccountId: null,
        });
        await expect(bank.ledger.getTransfer(alice, kept)).rejects.toMatchObject({
          code: 'transfer_not_found',
        });
      }
    });

    it("skips the balance rules of another's account in a dry run, so that it reveals none of them", async () => {
      const { bank } = subject();
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 100n });
      const full = await bank.account(bob, { maximumBalance: 1n });
      const own = await bank.account(alice, { maximumBalance: 1n });
      const dry = async (actor: typeof alice | typeof SYSTEM, destinationAccountId: string) =>
        codeOf(
          await bank.ledger.transferFunds(
            actor,
            { sourceAccountId: from, destinationAccountId, amount: 5n, idempotencyKey: freshId() },
            { dryRun: true },
          ),
        );
      expect(await dry(alice, full)).toBeNull();
      expect(await dry(alice, own)).toBe('exceeds_maximum_balance');
      expect(await dry(SYSTEM, full)).toBe('exceeds_maximum_balance');
      await bank.alter(full, { status: 'closed' });
      expect(await dry(alice, full)).toBe('destination_account_unavailable');
    });

    it("shows the payee the payer's display name and the last four characters of the account, also for a hold", async () => {
      const { bank } = subject();
      const { alice, bob, from, to, transferId } = await paid(subject());
      const hold = await bank.hold(alice, { from, to, amount: 1n });
      for (const id of [transferId, hold]) {
        expect(await bank.ledger.getTransfer(bob, id)).toMatchObject({
          sourceAccountId: null,
          destinationAccountId: to,
          counterparty: { name: 'Alice', account: from.slice(-4) },
        });
      }
    });

    it('shows the payer their own input, and no name', async () => {
      const { bank } = subject();
      const { alice, from, to, transferId } = await paid(subject());
      expect(await bank.ledger.getTransfer(alice, transferId)).toMatchObject({
        sourceAccountId: from,
        destinationAccountId: to,
        counterparty: null,
      });
      const bySystem = transferIdOf(await bank.pay(SYSTEM, { from, to, amount: 1n }));
      expect(await bank.ledger.getTransfer(alice, bySystem)).toMatchObject({
        sourceAccountId: from,
        destinationAccountId: null,
        counterparty: { name: null, account: to.slice(-4) },
      });
    });

    it("hides another's user id and private account name in every view and notification", async () => {
      const { bank, clock } = subject();
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 100n, name: 'Secret of Alice' });
      const to = await bank.account(bob, { name: 'Secret of Bob' });
      await bank.takeMessages();
      const transferId = transferIdOf(await bank.pay(alice, { from, to, amount: 10n }));
      const hold = await bank.hold(alice, { from, to, amount: 5n });
      const answers = [await bank.capture(bob, hold), await bank.reverse(bob, transferId, 4n)];
      await bank.hold(alice, { from, to, amount: 5n, expiresInSeconds: 1 });
      clock.advance(1000);
      await bank.pay(alice, { from, to, amount: 1000n });
      const messages = await bank.takeMessages();
      for (const [reader, other, otherAccount] of [
        [bob, alice, from],
        [alice, bob, null],
      ] as const) {
        const views: unknown[] = [
          ...(await bank.ledger.listTransfers(reader)).items,
          ...messages.filter((message) => message.recipientId === reader.id),
        ];
        if (reader === bob) views.push(...answers);
        const text = JSON.stringify(views, (_, value: unknown) =>
          typeof value === 'bigint' ? `${value}` : value,
        );
        expect(text).not.toContain(other.id);
        expect(text).not.toContain('Secret');
        // The payer typed the payee's account, but the payee never saw the payer's
        if (otherAccount) expect(text).not.toContain(otherAccount);
      }
    });

    it('shows a description to both sides, and metadata to the initiator and the system alone', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await paid(subject());
      const terms = { description: 'Rent', metadata: { order: '17' } };
      const hold = await bank.hold(alice, { from, to, amount: 1n, ...terms });
      const view = (transferId: string, viewer: Parameters<typeof bank.ledger.getTransfer>[0]) =>
        bank.ledger.getTransfer(viewer, transferId);
      const captured = await bank.capture(bob, hold);
      expect(captured).toMatchObject({ ok: true, transfer: { description: 'Rent', metadata: null } });
      expect(await view(hold, alice)).toMatchObject(terms);
      expect(await view(hold, SYSTEM)).toMatchObject(terms);
      expect(await view(hold, bob)).toMatchObject({ ...terms, metadata: null });
      expect(await view(hold, AUDITOR)).toMatchObject({ ...terms, metadata: null });

      const bySystem = transferIdOf(
        await bank.ledger.transferFunds(SYSTEM, {
          sourceAccountId: from,
          destinationAccountId: to,
          amount: 1n,
          ...terms,
          idempotencyKey: freshId(),
        }),
      );
      expect(await view(bySystem, alice)).toMatchObject({ ...terms, metadata: null });
    });

    it('shows a party of several legs only their own legs and their own part of a reversal', async () => {
      const { bank } = subject();
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const [hers, his] = [
        await bank.account(alice, { funds: 100n }),
        await bank.account(bob, { funds: 100n }),
      ];
      const to = await bank.account(aCustomer('Carol'));
      const transferId = transferIdOf(
        await bank.ledger.transferFunds(SYSTEM, {
          legs: [
            { accountId: hers, direction: 'debit', amount: 10n },
            { accountId: his, direction: 'debit', amount: 30n },
            { accountId: to, direction: 'credit', amount: 40n },
          ],
          idempotencyKey: freshId(),
        }),
      );
      await bank.reverse(SYSTEM, transferId, 20n);
      const seen = async (viewer: typeof alice): Promise<Partial<TransferView>> => {
        const { amount, legs, amountReversed } = await bank.ledger.getTransfer(viewer, transferId);
        return { amount, legs, amountReversed };
      };
      expect(await seen(alice)).toEqual({
        amount: 10n,
        legs: [{ accountId: hers, direction: 'debit', amount: 10n }],
        amountReversed: 5n,
      });
      expect(await seen(bob)).toEqual({
        amount: 30n,
        legs: [{ accountId: his, direction: 'debit', amount: 30n }],
        amountReversed: 15n,
      });
    });

    it('shows a rejection to its initiator, the system and auditors alone, and notifies nobody', async () => {
      const { bank } = subject();
      const { alice, bob, from, to, transferId } = await paid(subject());
      await bank.takeMessages();
      await bank.alter(to, { minimumBalance: 30n });
      const rejected = [
        [alice, await bank.place(alice, { from, to, amount: 1000n })],
        [bob, await bank.reverse(bob, transferId)],
        [null, await bank.pay(SYSTEM, { from, to, amount: 1000n })],
      ] as const;
      for (const [initiator, refused] of rejected) {
        const id = refused.ok ? '' : refused.transferId!;
        for (const viewer of [alice, bob]) {
          const view = bank.ledger.getTransfer(viewer, id);
          if (viewer === initiator) expect(await view).toMatchObject({ status: 'rejected' });
          else await expect(view).rejects.toMatchObject({ code: 'transfer_not_found' });
          const listed = (await bank.ledger.listTransfers(viewer)).items.map((item) => item.transferId);
          expect(listed.includes(id)).toBe(viewer === initiator);
        }
        expect(await bank.ledger.getTransfer(SYSTEM, id)).toMatchObject({ code: 'insufficient_funds' });
        expect(await bank.ledger.getTransfer(AUDITOR, id)).toMatchObject({ code: 'insufficient_funds' });
      }
      expect(await bank.takeMessages()).toEqual([]);
    });

    it("limits the balances in an answer to the caller's own accounts", async () => {
      const { bank } = subject();
      const { alice, bob, from, to, transferId } = await paid(subject());
      const balances = (result: Awaited<ReturnType<typeof bank.pay>>) =>
        result.ok ? result.balances.map(({ accountId }) => accountId) : result.code;
      const hold = () => bank.hold(alice, { from, to, amount: 1n });
      expect(balances(await bank.place(alice, { from, to, amount: 1n }))).toEqual([from]);
      expect(balances(await bank.capture(bob, await hold()))).toEqual([to]);
      expect(balances(await bank.void(bob, await hold()))).toEqual([to]);
      expect(balances(await bank.capture(SYSTEM, await hold()))).toEqual([]);
      expect(balances(await bank.reverse(bob, transferId, 1n))).toEqual([to]);
      expect(balances(await bank.reverse(SYSTEM, transferId, 1n))).toEqual([]);
    });
  });
}

/** Makes a transfer of 30 of Alice's 100 EUR to Bob. */
async function paid({ bank }: Subject) {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const from = await bank.account(alice, { funds: 100n });
  const to = await bank.account(bob);
  return { alice, bob, from, to, transferId: transferIdOf(await bank.pay(alice, { from, to, amount: 30n })) };
}
