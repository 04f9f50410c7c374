import type { VoidRequest } from '../../../src/application/transfers/end-hold.ts';
import type { CommandKind } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, drawAgain, drawHoldEnder, drawKey, drawTransferId, OPERATORS } from '../draw.ts';
import type { Asked } from '../draw.ts';
import { once } from '../model-answers.ts';
import { release } from '../model-holds.ts';
import { malformedField } from '../requests.ts';

export const voidHoldKind: CommandKind<Asked<VoidRequest>> = {
  name: 'voidHold',
  weight: 5,
  door: 'write',
  hasDryRun: true,

  generate(drawing, earlier) {
    const draw = () => drawTransferId(drawing, ({ status }) => status === 'pending');
    const actors = [...CUSTOMERS, ...OPERATORS];
    const again = drawAgain(drawing, earlier, { actors, changes: () => [{ transferId: draw() }] });
    if (again) return again;

    const transferId = draw();
    return {
      actor: drawHoldEnder(drawing, transferId),
      request: { transferId, idempotencyKey: drawKey(drawing) },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }, options) => ledger.voidHold(actor, request, options),

  runOnModel({ actor, request }, model) {
    const malformed = malformedField(request, ['idempotencyKey']);
    if (malformed) return thrown('invalid_request', malformed);

    const { transferId } = request;
    const fields = [['transferId', transferId]] as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      release(model, { actor, transferId }),
    );
  },

  keyUse,
};

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<VoidRequest>) {
  return { actor, operation: 'void', key } as const;
}
