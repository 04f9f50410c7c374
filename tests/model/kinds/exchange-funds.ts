import type { ExchangeRequest } from '../../../src/application/transfers/exchange-funds.ts';
import { drawIdOrNumber, withIds } from '../account-numbers.ts';
import type { CommandKind } from '../command.ts';
import { nthId, thrown } from '../command.ts';
import {
  drawAccountId,
  drawAgain,
  drawAmount,
  drawKey,
  drawReference,
  drawText,
  OPERATORS,
} from '../draw.ts';
import type { Asked, SystemActor } from '../draw.ts';
import { once } from '../model-answers.ts';
import { placeLinked } from '../model-orders.ts';
import type { AccountRef } from '../model-orders.ts';
import { malformedField } from '../requests.ts';

/** Two linked transfers, through the bank's own account of each currency. */
export const exchangeFundsKind: CommandKind<Asked<ExchangeRequest, SystemActor>> = {
  name: 'exchangeFunds',
  weight: 5,
  door: 'write',
  hasDryRun: true,

  generate(drawing, earlier) {
    const { random, model } = drawing;
    const again = drawAgain(drawing, earlier, {
      actors: OPERATORS,
      changes: ({ sourceAmount, destinationAmount }) => [
        { sourceAmount: sourceAmount + 1n },
        { destinationAmount: destinationAmount + 1n },
        { description: 'Another' },
        { reference: 'Another' },
      ],
    });
    if (again) return again;

    const sourceAccountId = drawAccountId(drawing, ({ ownerId }) => ownerId !== null);
    const source = model.accounts.get(sourceAccountId);
    const destinationAccountId = drawAccountId(
      drawing,
      ({ ownerId, currency }) => ownerId !== null && currency !== source?.currency,
    );
    const destination = model.accounts.get(destinationAccountId);
    const description = drawText(drawing, ['For the journey']);
    const reference = drawReference(drawing);
    return {
      actor: random.pick(OPERATORS),
      request: {
        sourceAccountId: drawIdOrNumber(drawing, sourceAccountId),
        destinationAccountId: drawIdOrNumber(drawing, destinationAccountId),
        sourceAmount: drawAmount(drawing, { usual: 60, accounts: [source] }),
        destinationAmount: drawAmount(drawing, { usual: 60, accounts: [destination] }),
        ...(description !== undefined && { description }),
        ...(reference !== undefined && { reference }),
        idempotencyKey: drawKey(drawing),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }, options) => ledger.exchangeFunds(actor, request, options),

  runOnModel({ actor, request: typed }, model, id) {
    const malformed = malformedField(typed, [
      'sourceAccountId',
      'destinationAccountId',
      'sourceAmount',
      'destinationAmount',
      'description',
      'reference',
      'idempotencyKey',
    ]);
    if (malformed) return thrown('invalid_request', malformed);

    const request = withIds(model, typed);
    const { sourceAccountId, destinationAccountId, sourceAmount, destinationAmount } = request;
    const { description = null, reference = null } = request;
    const fields = [
      ['sourceAccountId', sourceAccountId],
      ['destinationAccountId', destinationAccountId],
      ['sourceAmount', String(sourceAmount)],
      ['destinationAmount', String(destinationAmount)],
      ['description', description],
      ['reference', reference],
    ] as const;
    const ordered = (index: number, [from, to]: readonly [AccountRef, AccountRef], amount: bigint) => {
      const legs = [
        { account: from, direction: 'debit', amount },
        { account: to, direction: 'credit', amount },
      ] as const;
      const texts = { description, reference, externalId: null, metadata: null };
      const shared = { kind: 'transfer', currency: null, hold: null, ...texts } as const;
      return { actor, order: { id: nthId(id, index), legs, ...shared }, batchId: id };
    };
    const bank = { purpose: 'exchange' } as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () => ({
      members: placeLinked(model, [
        ordered(1, [{ accountId: sourceAccountId }, bank], sourceAmount),
        ordered(2, [bank, { accountId: destinationAccountId }], destinationAmount),
      ]),
    }));
  },

  keyUse,
};

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<ExchangeRequest, SystemActor>) {
  return { actor, operation: 'exchange', key } as const;
}
