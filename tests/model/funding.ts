/** What money that comes into the bank and money that leaves it have in common. */
import { drawIdOrNumber, withIds } from './account-numbers.ts';
import type { Drawing } from './command.ts';
import { thrown } from './command.ts';
import {
  CUSTOMERS,
  drawAccountId,
  drawAgain,
  drawAmount,
  drawCurrency,
  drawExternalId,
  drawKey,
  drawOperator,
  drawReference,
  drawText,
  OPERATORS,
} from './draw.ts';
import type { Asked, SystemActor } from './draw.ts';
import type { KeyUse, Model } from './model.ts';
import { once } from './model-answers.ts';
import { placeOrder } from './model-orders.ts';
import type { AccountRef, ModelOrder } from './model-orders.ts';
import { malformedField } from './requests.ts';

type Field = 'sourceAccountId' | 'destinationAccountId';
type Funding = { readonly [Name in Field]?: string } & {
  readonly userId?: string;
  readonly amount: bigint;
  readonly currency?: string;
  readonly description?: string;
  readonly reference?: string;
  readonly externalId?: string;
  readonly idempotencyKey: string;
};
type AskedFunding = Asked<Funding, SystemActor>;

export function drawFunding(
  drawing: Drawing,
  earlier: readonly AskedFunding[],
  { field, usual, text }: { field: Field; usual: number; text: string },
): AskedFunding {
  const { random, model } = drawing;
  const again = drawAgain(drawing, earlier, {
    actors: OPERATORS,
    changes: ({ amount }) => [
      { amount: amount + 1n },
      { currency: drawCurrency(drawing) },
      { description: 'Another' },
      { reference: 'Another' },
      { externalId: 'another' },
    ],
  });
  if (again) return again;

  const accountId = drawAccountId(drawing, ({ ownerId }) => ownerId !== null);
  const userId = random.chance(0.05) ? 'nobody' : random.pick(CUSTOMERS).id;
  const description = drawText(drawing, [text]);
  const reference = drawReference(drawing);
  const externalId = drawExternalId(drawing);
  return {
    actor: drawOperator(drawing),
    request: {
      ...(random.chance(0.7) ? { [field]: drawIdOrNumber(drawing, accountId) } : { userId }),
      amount: drawAmount(drawing, { usual, accounts: [model.accounts.get(accountId)] }),
      idempotencyKey: drawKey(drawing),
      ...(random.chance(0.3) && { currency: drawCurrency(drawing) }),
      ...(description !== undefined && { description }),
      ...(reference !== undefined && { reference }),
      ...(externalId !== undefined && { externalId }),
      ...(random.chance(0.01) && { [field]: accountId, userId: 'bob' }),
    },
  };
}

export function runFunding(
  model: Model,
  { actor, request: typed }: AskedFunding,
  { id, kind, field }: { id: string; kind: 'initial_funds' | 'withdrawal'; field: Field },
): unknown {
  if (!isSystem(actor)) return thrown('forbidden');
  const request = withIds(model, typed);
  const { [field]: accountId = null, userId = null, amount } = request;
  const { description = null, reference = null, externalId = null } = request;
  if ((accountId === null) === (userId === null)) return thrown('invalid_request', field);
  const texts = ['description', 'reference', 'externalId'] as const;
  const malformed = malformedField(typed, [field, 'amount', 'currency', ...texts, 'idempotencyKey']);
  if (malformed) return thrown('invalid_request', malformed);

  const currency = request.currency ?? (userId === null ? null : model.terms.defaultCurrency);
  const fields = [
    [field, accountId],
    ['userId', userId],
    ['amount', String(amount)],
    ['currency', currency],
    ['description', description],
    ['reference', reference],
    ['externalId', externalId],
  ] as const;
  const customer: AccountRef =
    accountId === null ? { ownerId: userId ?? '', currency: currency ?? '' } : { accountId };
  const funding: AccountRef = { purpose: 'funding' };
  const [source, destination] = kind === 'withdrawal' ? [customer, funding] : [funding, customer];
  const order: ModelOrder = {
    id,
    kind,
    legs: [
      { account: source, direction: 'debit', amount },
      { account: destination, direction: 'credit', amount },
    ],
    currency,
    hold: null,
    description,
    reference,
    externalId,
    metadata: null,
  };
  return once(model, { actor, use: keyUseOf({ actor, request }, kind), fields }, () =>
    placeOrder(model, { actor, order, batchId: null }),
  );
}

/** A customer may try, too. */
function isSystem({ kind }: { readonly kind: string }): boolean {
  return kind === 'system';
}

export function keyUseOf(
  { actor, request: { idempotencyKey: key } }: AskedFunding,
  operation: 'initial_funds' | 'withdrawal',
): KeyUse {
  return { actor, operation, key };
}
