/**
 * A bank in a process of its own, to be killed. It opens the given database, and reports the result of each request
 * once that is committed.
 */
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { TransferRequest } from '../../../src/application/transfers/transfer-funds.ts';
import type { TransferResult } from '../../../src/application/views.ts';
import type { Actor } from '../../../src/domain/actor.ts';
import { createLedger } from '../../../src/index.ts';
import { hasOwnWrite } from './own-writes.ts';

export type Order =
  | { readonly open: string; readonly threadThreshold: number }
  | { readonly actor: Actor; readonly request: TransferRequest }
  | { readonly close: true };

export type Report =
  | { readonly loaded: true }
  | { readonly key: string; readonly result: TransferResult }
  | { readonly failed: string };

let bank: ReturnType<typeof openBank> | undefined;

async function openBank(path: string, threadThreshold = Infinity) {
  const store = await openSqliteStore({ path, threadThreshold });
  return { store, ledger: createLedger({ store, notify: true }) };
}

async function obey(order: Order): Promise<void> {
  if ('open' in order) {
    bank = openBank(order.open, order.threadThreshold);
    await bank;
    return;
  }
  if (!bank) throw new TypeError('The bank is not open');
  const { store, ledger } = await bank;
  if ('close' in order) {
    await ledger.close();
    await store.close();
    process.disconnect();
  } else {
    const { idempotencyKey: key } = order.request;
    const result = await ledger.transferFunds(
      order.actor,
      order.request,
      hasOwnWrite(key) ? { alongside: (tx) => void tx.run('INSERT INTO own_writes VALUES (?)', key) } : {},
    );
    report({ key: order.request.idempotencyKey, result });
  }
}

function report(what: Report): void {
  process.send?.(what);
}

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.on('message', (order: Order) => {
    obey(order).catch((fault: unknown) => report({ failed: String(fault) }));
  });
  report({ loaded: true });
} else {
  const { store } = await openBank(path);
  await store.close();
}
