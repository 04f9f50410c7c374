import type { CommandKind } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, OPERATORS } from '../draw.ts';
import { keyTextOf } from '../model.ts';
import type { KeyUse } from '../model.ts';
import { retryOf } from '../model-answers.ts';
import { viewTransfer } from '../model-views.ts';

const OPERATIONS = ['transfer', 'initial_funds', 'withdrawal'] as const;
type Asked = (typeof OPERATIONS)[number];

type KeyDraw = { readonly use: KeyUse & { operation: Asked } };

/** Asks what a key did: one that was used, by whom it was or by another, or one that was not. */
export const findByKeyKind: CommandKind<KeyDraw> = {
  name: 'findTransferByKey',
  weight: 9,
  door: 'read',

  generate({ random, model: { keyUses } }) {
    const used = keyUses.length > 0 && random.chance(0.9) ? random.pick(keyUses) : undefined;
    const actor = used && random.chance(0.7) ? used.actor : random.pick([...CUSTOMERS, ...OPERATORS]);
    const same = OPERATIONS.find((one) => one === used?.operation);
    const operation = same && random.chance(0.9) ? same : random.pick(OPERATIONS);
    return { use: { actor, operation, key: used?.key ?? 'never used' } };
  },

  runOnLedger: ({ use: { actor, operation, key } }, { ledger }) =>
    ledger.findTransferByKey(actor, key, operation),

  runOnModel({ use }, model) {
    const kept = model.kept.get(keyTextOf(use));
    if (!kept) return thrown('idempotency_key_not_found');

    const { outcome } = kept;
    if ('made' in outcome) return today(outcome.made.id);
    if (!('code' in outcome)) throw new TypeError('Such a key is of one transfer');
    const { code, rejected } = outcome;
    return rejected ? today(rejected.id) : { transfer: null, code, retry: retryOf(code) };

    function today(id: string) {
      const transfer = model.transfers.get(id);
      return { transfer: transfer && viewTransfer(transfer, use.actor, model.now) };
    }
  },
};
