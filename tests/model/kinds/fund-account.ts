import type { Actor } from '../../../src/domain/actor.ts';
import type { InitialFundsRequest } from '../../../src/index.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, drawAccountId, drawAmount, drawCurrency, drawKey, drawText, OPERATORS } from '../draw.ts';
import { accountsOf, findAccount } from '../model.ts';
import { bringIn, once } from '../model-rules.ts';
import { malformedField } from '../requests.ts';

/** A user may try, too. */
export type FundingDraw = { readonly actor: Actor; readonly request: InitialFundsRequest };

export const fundAccountKind: CommandKind<FundingDraw> = {
  name: 'fundAccount',
  weight: 14,
  door: 'write',

  generate(drawing, earlier) {
    const { random, model } = drawing;
    if (earlier.length > 0 && random.chance(0.15)) return again(drawing, random.pick(earlier));

    const actor = random.pick<Actor>(random.chance(0.99) ? OPERATORS : CUSTOMERS);
    const accountId = drawAccountId(drawing, ({ ownerId }) => ownerId !== null);
    const destination: Pick<InitialFundsRequest, 'destinationAccountId' | 'userId'> = random.chance(0.5)
      ? { destinationAccountId: accountId }
      : { userId: random.chance(0.05) ? 'nobody' : random.pick(CUSTOMERS).id };
    const description = drawText(drawing, ['Welcome']);
    return {
      actor,
      request: {
        ...destination,
        amount: drawAmount(drawing, { usual: 500, accounts: [findAccount(model, accountId)] }),
        idempotencyKey: drawKey(drawing),
        ...(random.chance(0.3) && { currency: drawCurrency(drawing) }),
        ...(description !== undefined && { description }),
        // Neither, or both
        ...(random.chance(0.01) && { destinationAccountId: accountId, userId: 'bob' }),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }) =>
    ledger.fundAccount(actor as Extract<Actor, { kind: 'system' }>, request),

  runOnModel({ actor, request }, model, id) {
    if (actor.kind !== 'system') return thrown('forbidden');
    const { destinationAccountId = null, userId = null, amount, description = null } = request;
    if ((destinationAccountId === null) === (userId === null)) {
      return thrown('invalid_request', 'destinationAccountId');
    }
    const malformed = malformedField(request);
    if (malformed) return thrown('invalid_request', malformed);

    const currency = request.currency ?? (userId === null ? null : model.terms.defaultCurrency);
    const fields = [
      ['destinationAccountId', destinationAccountId],
      ['userId', userId],
      ['amount', String(amount)],
      ['currency', currency],
      ['description', description],
    ] as const;
    const draft = {
      id,
      kind: 'initial_funds',
      actor,
      amount,
      currency,
      description,
      metadata: null,
    } as const;
    return once(model, { use: keyUse({ actor, request }), fields }, () => {
      const destination =
        userId === null
          ? findAccount(model, destinationAccountId ?? '')
          : accountsOf(model, userId).find((one) => one.currency === currency && one.status === 'active');
      return bringIn(model, draft, destination);
    });
  },

  keyUse,
};

function keyUse({ actor, request: { idempotencyKey: key } }: FundingDraw) {
  return { actor, operation: 'initial_funds', key } as const;
}

/** An earlier one: as it was, by another operator, or with another field. */
function again(drawing: Drawing, earlier: FundingDraw): FundingDraw {
  const { random } = drawing;
  const { actor, request } = earlier;
  if (random.chance(0.4)) return earlier;
  if (random.chance(0.4)) return { actor: random.pick(OPERATORS), request };
  const change = random.pick([
    { amount: request.amount + 1n },
    { currency: drawCurrency(drawing) },
    { description: 'Another' },
  ]);
  return { actor, request: { ...request, ...change } };
}
