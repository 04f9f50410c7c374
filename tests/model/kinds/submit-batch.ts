import type { BatchRequest } from '../../../src/application/transfers/submit-batch.ts';
import type { Actor } from '../../../src/domain/actor.ts';
import type { CommandKind } from '../command.ts';
import { nthId, thrown } from '../command.ts';
import { CUSTOMERS, drawAgain, drawKey, OPERATORS } from '../draw.ts';
import type { Asked } from '../draw.ts';
import type { RequestFields } from '../model.ts';
import { once } from '../model-answers.ts';
import { placeLinked, placeOrder } from '../model-orders.ts';
import { drawOrder, faultOf, fieldsOf, isOverdue, orderOf } from '../order-requests.ts';
import { malformedField } from '../requests.ts';

/** Several transfers under one key, each by itself or all or nothing. */
export const submitBatchKind: CommandKind<Asked<BatchRequest>> = {
  name: 'submitBatch',
  weight: 10,
  door: 'write',
  hasDryRun: true,

  generate(drawing, earlier) {
    const { random } = drawing;
    const actors = [...CUSTOMERS, ...OPERATORS];
    const again = drawAgain(drawing, earlier, {
      actors,
      changes: ({ linked, transfers }) => [
        { linked: !linked },
        { transfers: transfers.toReversed() },
        { transfers: transfers.slice(1) },
      ],
    });
    if (again) return again;

    const actor = random.pick<Actor>(random.chance(0.85) ? CUSTOMERS : OPERATORS);
    const length = random.chance(0.01) ? 0 : random.integer(1, 4);
    return {
      actor,
      request: {
        transfers: Array.from({ length }, () => drawOrder(drawing, actor)),
        ...(random.chance(0.6) && { linked: random.chance(0.8) }),
        idempotencyKey: drawKey(drawing),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }, options) => ledger.submitBatch(actor, request, options),

  runOnModel({ actor, request }, model, id) {
    const { transfers, linked = false } = request;
    if (transfers.length === 0) return thrown('invalid_request', 'transfers');
    const faults = transfers.flatMap((one, index) => {
      const fault = faultOf(one, model.now);
      return fault === undefined ? [] : [`transfers.${index}.${fault}`];
    });
    if (faults.length > 0) return thrown('invalid_request', ...faults);
    const malformed = malformedField(request, ['idempotencyKey']);
    if (malformed) return thrown('invalid_request', malformed);

    const texts = transfers.map((one) => textsOf(fieldsOf(model, one)));
    const fields = [
      ['transfers', JSON.stringify(texts)],
      ['linked', String(linked)],
    ] as const;
    const batchId = nthId(id, transfers.length);
    const all = transfers.map((one, index) => {
      return { actor, order: orderOf(model, one, nthId(id, index)), batchId };
    });
    const overdue = transfers.flatMap((one, index) =>
      isOverdue(one, model.now) ? `transfers.${index}.expiresAt` : [],
    );
    return once(model, { actor, use: keyUse({ actor, request }), fields, overdue }, () => ({
      members: linked ? placeLinked(model, all) : all.map((ordered) => placeOrder(model, ordered)),
    }));
  },

  keyUse,
};

/** Reference and external id came later: where both are left out, the request is what it was before. */
const FIRST_FIELDS = 10;

function textsOf(fields: RequestFields): readonly (string | null)[] {
  const texts = fields.map(([, value]) => value);
  while (texts.length > FIRST_FIELDS && texts.at(-1) === null) texts.pop();
  return texts;
}

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<BatchRequest>) {
  return { actor, operation: 'batch', key } as const;
}
