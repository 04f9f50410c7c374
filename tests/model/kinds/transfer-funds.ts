import type { Actor } from '../../../src/domain/actor.ts';
import type { TransferRequest } from '../../../src/index.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, drawAccountId, drawAgain, drawCurrency, drawKey, OPERATORS } from '../draw.ts';
import type { Asked } from '../draw.ts';
import { once } from '../model-answers.ts';
import { placeOrder } from '../model-orders.ts';
import { drawOrder, faultOf, fieldsOf, isOverdue, METADATA, orderOf } from '../order-requests.ts';
import { malformedField } from '../requests.ts';

/** From one account to another or between several, at once or as a hold. */
export const transferFundsKind: CommandKind<Asked<TransferRequest>> = {
  name: 'transferFunds',
  weight: 50,
  door: 'write',
  hasDryRun: true,

  generate(drawing, earlier) {
    const actors = [...CUSTOMERS, ...OPERATORS];
    const again = drawAgain(drawing, earlier, { actors, changes: (request) => changesOf(drawing, request) });
    if (again) return again;

    const actor = drawing.random.pick<Actor>(drawing.random.chance(0.85) ? CUSTOMERS : OPERATORS);
    return { actor, request: { ...drawOrder(drawing, actor), idempotencyKey: drawKey(drawing) } };
  },

  runOnLedger: ({ actor, request }, { ledger }, options) => ledger.transferFunds(actor, request, options),

  runOnModel({ actor, request }, model, id) {
    const fault = faultOf(request, model.now) ?? malformedField(request, ['idempotencyKey']);
    if (fault) return thrown('invalid_request', fault);

    const overdue = isOverdue(request, model.now) ? ['expiresAt'] : [];
    return once(
      model,
      { actor, use: keyUse({ actor, request }), fields: fieldsOf(model, request), overdue },
      () => placeOrder(model, { actor, order: orderOf(model, request, id), batchId: null }),
    );
  },

  keyUse,
};

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<TransferRequest>) {
  return { actor, operation: 'transfer', key } as const;
}

function changesOf(drawing: Drawing, { amount, legs }: TransferRequest): readonly Partial<TransferRequest>[] {
  const shared = [
    { currency: drawCurrency(drawing) },
    { description: 'Another' },
    { reference: 'Another' },
    { externalId: 'another' },
    { metadata: drawing.random.pick(METADATA) },
  ];
  if (legs) return [...shared, { legs: legs.toReversed() }];
  return [
    ...shared,
    { sourceAccountId: drawAccountId(drawing, () => true) },
    { destinationAccountId: drawAccountId(drawing, () => true) },
    { amount: (amount ?? 0n) + 1n },
    { pending: true, expiresInSeconds: 2 },
  ];
}
