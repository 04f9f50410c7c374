import type { CommandKind } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, OPERATORS } from '../draw.ts';
import { keyTextOf } from '../model.ts';
import type { KeyUse } from '../model.ts';
import { viewTransfer } from '../model-views.ts';

type KeyDraw = { readonly use: KeyUse & { operation: 'transfer' | 'initial_funds' } };

/** Asks what a key did: one that was used, by whom it was or by another, or one that was not. */
export const findByKeyKind: CommandKind<KeyDraw> = {
  name: 'findTransferByKey',
  weight: 4,
  door: 'read',

  generate({ random, model: { keyUses } }) {
    const used = keyUses.length > 0 && random.chance(0.9) ? random.pick(keyUses) : undefined;
    const actor = used && random.chance(0.7) ? used.actor : random.pick([...CUSTOMERS, ...OPERATORS]);
    const operation =
      used && used.operation !== 'open_account' && random.chance(0.9)
        ? used.operation
        : random.pick(['transfer', 'initial_funds'] as const);
    return { use: { actor, operation, key: used?.key ?? 'never used' } };
  },

  runOnLedger: ({ use: { actor, operation, key } }, { ledger }) =>
    ledger.findTransferByKey(actor, key, operation),

  runOnModel({ use }, model) {
    const kept = model.kept.get(keyTextOf(use));
    if (!kept) return thrown('idempotency_key_not_found');

    const { transfer, transferId, code, retry } = kept.answer as {
      transfer?: { transferId: string };
      transferId?: string | null;
      code?: string;
      retry?: string;
    };
    const id = transfer?.transferId ?? transferId;
    const found = model.transfers.find((one) => one.id === id);
    return found ? { transfer: viewTransfer(found, use.actor) } : { transfer: null, code, retry };
  },
};
