/** A request for one transfer, alone or in a batch: how it is drawn, its malformed fields, and its meaning. */
import type { LegRequest, TransferRequestFields } from '../../src/application/transfers/transfer-request.ts';
import type { Actor } from '../../src/domain/actor.ts';
import { drawIdOrNumber, withIds } from './account-numbers.ts';
import type { Drawing } from './command.ts';
import { drawAccountId, drawAmount, drawCurrency, drawExternalId, drawReference, drawText } from './draw.ts';
import { BOUND, fundsOf, sumOf } from './model.ts';
import type { Model, ModelAccount, ModelMetadata, RequestFields } from './model.ts';
import type { ModelOrder } from './model-orders.ts';
import { malformedField } from './requests.ts';

const DAY_MS = 86_400_000;
const LONGEST_MS = 31 * DAY_MS;
const USUAL_MS = 7 * DAY_MS;

export function drawOrder(drawing: Drawing, actor: Actor): TransferRequestFields {
  const { random } = drawing;
  const description = drawText(drawing, ['Rent, März 🏠', 'Lunch']);
  const reference = drawReference(drawing);
  const externalId = drawExternalId(drawing);
  const hasLegs = random.chance(0.15);
  return {
    ...(hasLegs ? { legs: drawLegs(drawing, actor) } : drawPair(drawing, actor)),
    ...(!hasLegs && random.chance(0.4) && drawHold(drawing)),
    ...(random.chance(0.15) && { currency: drawCurrency(drawing) }),
    ...(random.chance(0.005) && { currency: 'XXX' }),
    ...(random.chance(0.003) && { pending: true }),
    ...(random.chance(0.003) && { expiresInSeconds: 5 }),
    ...(description !== undefined && { description }),
    ...(reference !== undefined && { reference }),
    ...(externalId !== undefined && { externalId }),
    ...(random.chance(0.15) && { metadata: random.pick(METADATA) }),
  };
}

/** The two that say the same in another order are one request. */
export const METADATA = [
  {},
  { order: '17', 'x.y': '$ne' },
  { 'x.y': '$ne', order: '17' },
  { order: '18' },
] as const;

function drawPair(drawing: Drawing, actor: Actor): TransferRequestFields {
  const { random, model } = drawing;
  const sourceAccountId = drawOwn(drawing, actor);
  const source = model.accounts.get(sourceAccountId);
  const destinationAccountId = random.chance(0.01)
    ? sourceAccountId
    : drawOther(drawing, source, [sourceAccountId]);
  const accounts = [source, model.accounts.get(destinationAccountId)];
  return {
    sourceAccountId: drawIdOrNumber(drawing, sourceAccountId),
    destinationAccountId: drawIdOrNumber(drawing, destinationAccountId),
    amount: drawAmount(drawing, { usual: 60, accounts }),
  };
}

/** One account on one side, two or three on the other. */
function drawLegs(drawing: Drawing, actor: Actor): readonly LegRequest[] {
  const { random, model } = drawing;
  const one = drawOwn(drawing, actor);
  const [side, opposite] = random.pick([
    ['debit', 'credit'],
    ['debit', 'credit'],
    ['credit', 'debit'],
  ] as const);
  const ids = [one];
  const others = Array.from({ length: random.integer(2, 3) }, (): LegRequest => {
    const like = model.accounts.get(one);
    const accountId =
      opposite === 'debit' ? drawOwn(drawing, actor, like?.currency) : drawOther(drawing, like, ids);
    ids.push(accountId);
    const accounts = [model.accounts.get(accountId)];
    const amount = drawAmount(drawing, { usual: 20, accounts });
    return { accountId: drawIdOrNumber(drawing, accountId), direction: opposite, amount };
  });
  const uneven = random.chance(0.01) ? 1n : 0n;
  const amount = sumOf(others) + uneven;
  const legs = [{ accountId: drawIdOrNumber(drawing, one), direction: side, amount }, ...others];
  return random.chance(0.5) ? legs : random.shuffled(legs);
}

function drawOwn(drawing: Drawing, actor: Actor, currency?: string): string {
  const own = actor.kind === 'user' ? actor.id : null;
  const canPay = drawing.random.chance(0.7);
  return drawAccountId(
    drawing,
    (account) =>
      account.ownerId === own &&
      (currency === undefined || account.currency === currency) &&
      (!canPay || (account.status === 'active' && fundsOf(account).available > 0n)),
  );
}

function drawOther(drawing: Drawing, source: ModelAccount | undefined, not: readonly string[]): string {
  const isOpen = drawing.random.chance(0.8);
  return drawAccountId(
    drawing,
    ({ id, ownerId, currency, status }) =>
      !not.includes(id) &&
      ownerId !== null &&
      currency === source?.currency &&
      (!isOpen || status !== 'closed'),
  );
}

/** Short ones as a rule, around now and around the most there can be now and then. */
function drawHold({ random, model: { now } }: Drawing): TransferRequestFields {
  const pending = true;
  if (random.chance(0.1)) return { pending };
  if (random.chance(0.4)) {
    return { pending, expiresInSeconds: random.pick([1, 1, 1, 2, 60, 61, 86_400, LONGEST_MS / 1000]) };
  }
  const ahead = [1, 2, 5, 5, 1000, 1000, 60_000, 60_001, DAY_MS];
  const edges = [0, -1, LONGEST_MS, LONGEST_MS + 1];
  return { pending, expiresAt: now + random.pick(random.chance(0.93) ? ahead : edges) };
}

/** The first field at fault, at the instant at which it is asked. */
export function faultOf(request: TransferRequestFields, now: number): string | undefined {
  return (
    (request.legs
      ? faultOfLegs(request.legs)
      : malformedField(request, ['sourceAccountId', 'destinationAccountId', 'amount'])) ??
    faultOfHold(request, now) ??
    malformedField(request, ['currency', 'description', 'reference', 'externalId'])
  );
}

function faultOfLegs(legs: readonly LegRequest[]): string | undefined {
  for (const [index, leg] of legs.entries()) {
    const malformed = malformedField(leg, ['accountId', 'amount']);
    if (malformed) return `legs.${index}.${malformed}`;
  }
  const [debited, credited] = ['debit', 'credit'].map((side) =>
    sumOf(legs.filter(({ direction }) => direction === side)),
  );
  return debited !== credited || Number(debited) > Number(BOUND) ? 'legs' : undefined;
}

function faultOfHold(request: TransferRequestFields, now: number): string | undefined {
  const { pending, expiresAt, expiresInSeconds } = request;
  if (!pending) return expiresInSeconds === undefined ? undefined : 'expiresInSeconds';
  if (expiresAt !== undefined && expiresInSeconds !== undefined) return 'expiresInSeconds';
  if (expiresAt !== undefined && expiresAt > now + LONGEST_MS) return 'expiresAt';
  return request.legs ? 'pending' : undefined;
}

/** Whether the hold would have expired before it is placed. */
export function isOverdue({ expiresAt }: TransferRequestFields, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** What is kept of it under a key, in the order in which a difference is named. */
export function fieldsOf(model: Model, typed: TransferRequestFields): RequestFields {
  const request = withIds(model, typed);
  const { amount, metadata, legs, pending, expiresAt, expiresInSeconds } = request;
  const usual = expiresAt === undefined ? USUAL_MS / 1000 : undefined;
  const inSeconds = pending ? (expiresInSeconds ?? usual) : undefined;
  return [
    ['sourceAccountId', request.sourceAccountId ?? null],
    ['destinationAccountId', request.destinationAccountId ?? null],
    ['amount', amount?.toString() ?? null],
    ['currency', request.currency ?? null],
    ['description', request.description ?? null],
    ['metadata', textOfMetadata(metadata)],
    [
      'legs',
      legs ? JSON.stringify(legs.map((leg) => [leg.accountId, leg.direction, leg.amount.toString()])) : null,
    ],
    ['pending', pending ? 'true' : null],
    ['expiresAt', expiresAt?.toString() ?? null],
    ['expiresInSeconds', inSeconds?.toString() ?? null],
    ['reference', request.reference ?? null],
    ['externalId', request.externalId ?? null],
  ];
}

export function orderOf(model: Model, typed: TransferRequestFields, id: string): ModelOrder {
  const request = withIds(model, typed);
  const { sourceAccountId = '', destinationAccountId = '', amount = 0n, legs } = request;
  const pair: readonly LegRequest[] = [
    { accountId: sourceAccountId, direction: 'debit', amount },
    { accountId: destinationAccountId, direction: 'credit', amount },
  ];
  const { expiresAt: at, expiresInSeconds: inSeconds = USUAL_MS / 1000 } = request;
  return {
    id,
    kind: 'transfer',
    legs: (legs ?? pair)
      .map(({ accountId, direction, amount }) => ({ account: { accountId }, direction, amount }))
      .sort((a, b) => Number(a.direction === 'credit') - Number(b.direction === 'credit')),
    currency: request.currency ?? null,
    hold: !request.pending ? null : at === undefined ? { inSeconds } : { at },
    description: request.description ?? null,
    reference: request.reference ?? null,
    externalId: request.externalId ?? null,
    metadata: pairsOf(request.metadata),
  };
}

/** Metadata without pairs is no metadata. */
export function pairsOf(metadata: ModelMetadata | null | undefined): ModelMetadata | null {
  return metadata && Object.keys(metadata).length > 0 ? metadata : null;
}

/** The same in whatever order its pairs were given. */
export function textOfMetadata(metadata: ModelMetadata | null | undefined): string | null {
  const pairs = pairsOf(metadata);
  return pairs && JSON.stringify(Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1)));
}
