import type { ReversalRequest } from '../../../src/application/transfers/end-hold.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { thrown } from '../command.ts';
import {
  CUSTOMERS,
  drawAgain,
  drawHoldEnder,
  drawKey,
  drawPart,
  drawText,
  drawTransferId,
  OPERATORS,
} from '../draw.ts';
import type { Asked } from '../draw.ts';
import { legsOn, reversedOf, sumOf } from '../model.ts';
import { once } from '../model-answers.ts';
import { reverse } from '../model-reversals.ts';
import { malformedField } from '../requests.ts';

export const reverseTransferKind: CommandKind<Asked<ReversalRequest>> = {
  name: 'reverseTransfer',
  weight: 10,
  door: 'write',
  hasDryRun: true,

  generate(drawing, earlier) {
    const again = drawAgain(drawing, earlier, {
      actors: [...CUSTOMERS, ...OPERATORS],
      changes: ({ amount = 0n }) => [
        { amount: amount + 1n },
        { description: 'Another' },
        { transferId: drawReversible(drawing) },
      ],
    });
    if (again) return again;

    const transferId = drawReversible(drawing);
    const transfer = drawing.model.transfers.get(transferId);
    const left = transfer
      ? (transfer.amountCaptured ?? sumOf(legsOn('debit', transfer))) -
        legsOn('debit', transfer).reduce((sum, leg) => sum + reversedOf(leg, transfer), 0n)
      : 5n;
    const amount = drawPart(drawing, left);
    const description = drawText(drawing, ['Sorry']);
    return {
      actor: drawHoldEnder(drawing, transferId),
      request: {
        transferId,
        ...(amount !== undefined && { amount }),
        ...(description !== undefined && { description }),
        idempotencyKey: drawKey(drawing),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }, options) => ledger.reverseTransfer(actor, request, options),

  runOnModel({ actor, request }, model, id) {
    const malformed = malformedField(request, ['amount', 'description', 'idempotencyKey']);
    if (malformed) return thrown('invalid_request', malformed);

    const { transferId, amount = null, description = null } = request;
    const fields = [
      ['transferId', transferId],
      ['amount', amount?.toString() ?? null],
      ['description', description],
    ] as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      reverse(model, { id, actor, transferId, amount, description }),
    );
  },

  keyUse,
};

/** Those of several legs, which are the harder ones to divide, as often as the others. */
function drawReversible(drawing: Drawing): string {
  const isLarge = drawing.random.chance(0.5);
  return drawTransferId(
    drawing,
    ({ kind, status, legs }) =>
      status === 'completed' && kind !== 'reversal' && (isLarge ? legs.length > 2 : legs.length === 2),
  );
}

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<ReversalRequest>) {
  return { actor, operation: 'reverse', key } as const;
}
