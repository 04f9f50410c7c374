import { appendFile, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Store } from 'passbook-ledger';
import { storeContract } from 'passbook-ledger/testing';
import { openJsonFileStore } from '../../examples/custom-store/json-file-store.ts';
import { SYSTEM, TestBank, transferIdOf } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../src/testing/fixtures/builders.ts';
import { wholeBooks } from '../support/whole-books.ts';

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
afterAll(() => rm(folder, { recursive: true }));

storeContract('the example of a custom store', ({ clock }) =>
  openJsonFileStore({ path: join(folder, 'contract.json'), clock }),
);

describe('the file of the example', () => {
  it('gives all books back when it is opened again', async () => {
    const path = join(folder, 'whole.json');
    const { bank, store } = await open(path);
    await wholeBooks(bank, store);
    const before = await everythingIn(store);
    await store.close();

    const again = await open(path);
    expect(await everythingIn(again.store)).toStrictEqual(before);
    expect((await again.bank.ledger.verifyBooks()).faults).toEqual([]);
    await again.store.close();
  });

  it('leaves out a commit whose line has no end', async () => {
    const path = join(folder, 'torn.json');
    const { bank, store } = await open(path);
    const accountId = await bank.open(aCustomer());
    await store.close();
    await appendFile(path, `[["accounts","${accountId}",nul`);

    const again = await open(path);
    expect(await again.store.reads.account(accountId)).toMatchObject({ id: accountId });
    await again.bank.fund(accountId, 5n);
    await again.store.close();
    const last = await open(path);
    expect(await last.bank.balanceOf(accountId)).toBe(5n);
    await last.store.close();
  });

  it('keeps no erased text', async () => {
    const path = join(folder, 'erased.json');
    const { bank, store, pay } = await openWithPayment(path);
    const transferId = await pay('A secret');
    expect(await readFile(path, 'utf8')).toContain('A secret');

    await bank.ledger.eraseText(SYSTEM, { transferId, reason: 'asked for' });
    expect(await readFile(path, 'utf8')).not.toContain('A secret');
    await store.close();
  });

  it('has no commit that failed, and all later ones', async () => {
    const [place, away] = [await mkdtemp(join(folder, 'place-')), join(folder, 'away')];
    const path = join(place, 'books.json');
    const { bank, store, pay } = await openWithPayment(path);
    const transferId = await pay('A text');
    const erase = { transferId, reason: 'asked for' };
    await rename(place, away);
    await expect(bank.ledger.eraseText(SYSTEM, erase)).rejects.toMatchObject({ code: 'outcome_unknown' });
    await expect(store.check()).rejects.toMatchObject({ code: 'unavailable' });
    await rename(away, place);
    const later = await pay('Later');
    await store.close();

    const again = await open(path);
    expect(await again.store.reads.transfer(transferId)).toMatchObject({ description: 'A text' });
    expect(await again.store.reads.transfer(later)).toMatchObject({ description: 'Later' });
    await again.store.close();
  });
});

async function open(path: string) {
  const clock = new FixedClock();
  const store = await openJsonFileStore({ path, clock });
  return { store, bank: new TestBank({ store, clock }) };
}

async function openWithPayment(path: string) {
  const { store, bank } = await open(path);
  const alice = aCustomer('Alice');
  const [from, to] = [await bank.account(alice, { funds: 100n }), await bank.open(aCustomer('Bob'))];
  const pay = async (description: string) =>
    transferIdOf(await bank.pay(alice, { from, to, amount: 1n, description }));
  return { store, bank, pay };
}

async function everythingIn({ reads, scan }: Store) {
  const page = { after: null, limit: 1_000 };
  return {
    accounts: await scan.accountsPage(page),
    transfers: await scan.transfersPage(page),
    records: await scan.recordsPage(page),
    audit: await reads.audit(page),
  };
}
