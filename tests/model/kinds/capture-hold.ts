import type { CaptureRequest } from '../../../src/application/transfers/end-hold.ts';
import type { CommandKind } from '../command.ts';
import { thrown } from '../command.ts';
import {
  CUSTOMERS,
  drawAgain,
  drawHoldEnder,
  drawKey,
  drawPart,
  drawTransferId,
  OPERATORS,
} from '../draw.ts';
import type { Asked } from '../draw.ts';
import { legsOn, sumOf } from '../model.ts';
import { once } from '../model-answers.ts';
import { capture } from '../model-holds.ts';
import { malformedField } from '../requests.ts';

export const captureHoldKind: CommandKind<Asked<CaptureRequest>> = {
  name: 'captureHold',
  weight: 10,
  door: 'write',
  hasDryRun: true,

  generate(drawing, earlier) {
    const again = drawAgain(drawing, earlier, {
      actors: [...CUSTOMERS, ...OPERATORS],
      changes: ({ amount = 0n }) => [
        { amount: amount + 1n },
        { transferId: drawTransferId(drawing, ({ status }) => status === 'pending') },
      ],
    });
    if (again) return again;

    const transferId = drawTransferId(drawing, ({ status }) => status === 'pending');
    const hold = drawing.model.transfers.get(transferId);
    const amount = drawPart(drawing, hold ? sumOf(legsOn('debit', hold)) : 5n);
    return {
      actor: drawHoldEnder(drawing, transferId),
      request: { transferId, ...(amount !== undefined && { amount }), idempotencyKey: drawKey(drawing) },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }, options) => ledger.captureHold(actor, request, options),

  runOnModel({ actor, request }, model) {
    const malformed = malformedField(request, ['amount', 'idempotencyKey']);
    if (malformed) return thrown('invalid_request', malformed);

    const { transferId, amount = null } = request;
    const fields = [
      ['transferId', transferId],
      ['amount', amount?.toString() ?? null],
    ] as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      capture(model, { actor, transferId, amount }),
    );
  },

  keyUse,
};

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<CaptureRequest>) {
  return { actor, operation: 'capture', key } as const;
}
