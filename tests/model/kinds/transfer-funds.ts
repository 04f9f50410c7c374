import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '../../../src/domain/actor.ts';
import type { TransferRequest } from '../../../src/index.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, drawAccountId, drawAmount, drawCurrency, drawKey, drawText, OPERATORS } from '../draw.ts';
import { findAccount } from '../model.ts';
import { once, transferBetween } from '../model-rules.ts';
import { malformedField } from '../requests.ts';

type PlainTransfer = TransferRequest &
  Required<Pick<TransferRequest, 'sourceAccountId' | 'destinationAccountId' | 'amount'>>;

export type TransferDraw = { readonly actor: Actor; readonly request: PlainTransfer };

export const transferFundsKind: CommandKind<TransferDraw> = {
  name: 'transferFunds',
  weight: 50,
  door: 'write',

  generate(drawing, earlier) {
    const { random } = drawing;
    if (earlier.length > 0 && random.chance(0.12)) return again(drawing, random.pick(earlier));

    const actor = random.pick<Actor>(random.chance(0.85) ? CUSTOMERS : OPERATORS);
    const ownerId = actor.kind === 'user' ? actor.id : null;
    const sourceAccountId = drawAccountId(drawing, (account) => account.ownerId === ownerId);
    const source = findAccount(drawing.model, sourceAccountId);
    const destinationAccountId = random.chance(0.01)
      ? sourceAccountId
      : drawAccountId(
          drawing,
          ({ id, ownerId, currency }) =>
            id !== sourceAccountId && ownerId !== null && currency === source?.currency,
        );
    const parties = [source, findAccount(drawing.model, destinationAccountId)];
    const description = drawText(drawing, ['Rent, März 🏠', 'Lunch']);
    return {
      actor,
      request: {
        sourceAccountId,
        destinationAccountId,
        amount: drawAmount(drawing, { usual: 60, accounts: parties }),
        idempotencyKey: drawKey(drawing),
        ...(random.chance(0.15) && { currency: drawCurrency(drawing) }),
        ...(random.chance(0.005) && { currency: 'XXX' }),
        ...(description !== undefined && { description }),
        ...(random.chance(0.15) && { metadata: random.pick(METADATA) }),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }) => ledger.transferFunds(actor, request),

  runOnModel({ actor, request }, model, id) {
    const malformed = malformedField(request);
    if (malformed) return thrown('invalid_request', malformed);

    const { amount, currency = null, description = null, metadata = null } = request;
    const { sourceAccountId: sourceId, destinationAccountId: destinationId } = request;
    const fields = [
      ['sourceAccountId', sourceId],
      ['destinationAccountId', destinationId],
      ['amount', String(amount)],
      ['currency', currency],
      ['description', description],
      ['metadata', metadata && JSON.stringify(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))],
      ...PLAIN,
    ] as const;
    const draft = { id, kind: 'transfer', actor, amount, currency, description, metadata } as const;
    return once(model, { use: keyUse({ actor, request }), fields }, () =>
      transferBetween(model, draft, { sourceId, destinationId }),
    );
  },

  keyUse,
};

/** What a transfer that moves its money at once from one account to another does not have. */
const PLAIN = [
  ['legs', null],
  ['pending', null],
  ['expiresAt', null],
  ['expiresInSeconds', null],
] as const;

/** The two that say the same in another order are one request. */
const METADATA = [{}, { order: '17', 'x.y': '$ne' }, { 'x.y': '$ne', order: '17' }, { order: '18' }] as const;

function keyUse({ actor, request: { idempotencyKey: key } }: TransferDraw) {
  return { actor, operation: 'transfer', key } as const;
}

/** An earlier one: as it was, by another, or with another field or more. */
function again(drawing: Drawing, earlier: TransferDraw): TransferDraw {
  const { random } = drawing;
  const { actor, request } = earlier;
  const { idempotencyKey } = request;
  if (random.chance(0.4)) return earlier;
  if (random.chance(0.2)) return { actor: random.pick([...CUSTOMERS, ...OPERATORS]), request };
  if (random.chance(0.2)) return { actor, request: { ...request, idempotencyKey: drawKey(drawing) } };

  const changes = [
    { sourceAccountId: drawAccountId(drawing, () => true) },
    { destinationAccountId: drawAccountId(drawing, () => true) },
    { amount: request.amount + 1n },
    { currency: drawCurrency(drawing) },
    { description: 'Another' },
    { metadata: random.pick(METADATA) },
  ];
  const change = Object.assign({}, ...random.shuffled(changes).slice(0, random.integer(1, 2))) as object;
  const changed = { ...request, ...change, idempotencyKey };
  return isDeepStrictEqual(changed, request) ? earlier : { actor, request: changed };
}
