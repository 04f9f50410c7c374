import type { ReversalRequest } from '../../../src/application/transfers/end-hold.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { thrown } from '../command.ts';
import {
  CUSTOMERS,
  drawAgain,
  drawExternalId,
  drawHoldEnder,
  drawKey,
  drawPart,
  drawReference,
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
        { reference: 'Another' },
        { externalId: 'another' },
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
    const reference = drawReference(drawing);
    const externalId = drawExternalId(drawing);
    return {
      actor: drawHoldEnder(drawing, transferId),
      request: {
        transferId,
        ...(amount !== undefined && { amount }),
        ...(description !== undefined && { description }),
        ...(reference !== undefined && { reference }),
        ...(externalId !== undefined && { externalId }),
        idempotencyKey: drawKey(drawing),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }, options) => ledger.reverseTransfer(actor, request, options),

  runOnModel({ actor, request }, model, id) {
    const texts = ['description', 'reference', 'externalId'] as const;
    const malformed = malformedField(request, ['amount', ...texts, 'idempotencyKey']);
    if (malformed) return thrown('invalid_request', malformed);

    const { transferId, amount = null, description = null, reference = null, externalId = null } = request;
    const fields = [
      ['transferId', transferId],
      ['amount', amount?.toString() ?? null],
      ['description', description],
      ['reference', reference],
      ['externalId', externalId],
    ] as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      reverse(model, { id, actor, transferId, amount, description, reference, externalId }),
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
