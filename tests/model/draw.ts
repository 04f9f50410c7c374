import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '../../src/domain/actor.ts';
import type { Customer } from '../../src/testing/fixtures/builders.ts';
import { withIds, withNumbers } from './account-numbers.ts';
import type { Drawing } from './command.ts';
import { BOUND, COUNTER_BOUND, fundsOf } from './model.ts';
import type { ModelAccount, ModelTransfer } from './model.ts';

/** Their ids are an embedder's to choose. */
export const CUSTOMERS: readonly Customer[] = [
  { kind: 'user', id: 'alice', name: 'Alice' },
  { kind: 'user', id: 'bob' },
  { kind: 'user', id: '$carol.$ne', name: 'Zoë 🏦' },
];

export type SystemActor = Extract<Actor, { kind: 'system' }>;

export const OPERATORS: readonly SystemActor[] = [
  { kind: 'system' },
  { kind: 'system', id: 'operator' },
  { kind: 'system', id: 'clerk', scope: 'payroll' },
];

export const AUDITOR = { kind: 'auditor', id: 'auditor' } as const;

const UNKNOWN_IDS = ['019bc0de-ffff-7000-8000-000000000000', 'no-such-account', '$ne'] as const;

/** An operator as a rule; now and then a customer, who may not. */
export function drawOperator({ random }: Drawing): SystemActor {
  return random.pick<Actor>(random.chance(0.97) ? OPERATORS : CUSTOMERS) as SystemActor;
}

/** Never one that is malformed. */
export function drawCurrency({ random }: Drawing): string {
  return random.chance(0.75) ? 'EUR' : random.pick(['USD', 'JPY', 'BHD']);
}

/** As a rule of one that is liked; now and then of another, or of none. */
export function drawAccountId(drawing: Drawing, isLiked: (account: ModelAccount) => boolean): string {
  const { random, model } = drawing;
  const all = [...model.accounts.values()];
  const liked = random.chance(0.94) ? all.filter(isLiked) : [];
  const some = liked.length === 0 ? all : liked;
  return some.length === 0 || random.chance(0.02) ? random.pick(UNKNOWN_IDS) : random.pick(some).id;
}

/** As a rule of one of the latest that are liked; now and then of any, or of none. */
export function drawTransferId(drawing: Drawing, isLiked: (transfer: ModelTransfer) => boolean): string {
  const { random, model } = drawing;
  const all = [...model.transfers.values()];
  const liked = random.chance(0.85) ? all.filter(isLiked).slice(-20) : [];
  const some = liked.length === 0 ? all : liked;
  return some.length === 0 || random.chance(0.02) ? random.pick(UNKNOWN_IDS) : random.pick(some).id;
}

/** Who received a transfer as a rule, or an operator; now and then anybody. */
export function drawHoldEnder({ random, model }: Drawing, transferId: string): Actor {
  const payee = model.transfers.get(transferId)?.legs.find(({ direction }) => direction === 'credit');
  const owner = CUSTOMERS.find(({ id }) => id === payee?.ownerId);
  if (owner && random.chance(0.5)) return owner;
  return random.pick<Actor>(random.chance(0.75) ? OPERATORS : CUSTOMERS);
}

/** Up to `usual`; or around what some account has or can take; sometimes none at all, or all there can be. */
export function drawAmount(
  { random }: Drawing,
  { usual, accounts }: { usual: number; accounts: readonly (ModelAccount | undefined)[] },
): bigint {
  if (random.chance(0.01)) return random.pick([0n, -1n, BOUND, BOUND + 1n]);
  const account = random.pick(accounts);
  if (!account || random.chance(0.75)) return BigInt(random.integer(1, usual));

  const { counters, balance, available, awaited } = fundsOf(account);
  const { minimumBalance: least, maximumBalance: most } = account;
  const untilFull = [counters.debitsPosted, counters.creditsPosted].map((counter) => COUNTER_BOUND - counter);
  const around = random.pick([
    ...untilFull.filter((left) => left < 1000n),
    available - (least === null || random.chance(0.1) ? -BOUND : least),
    (most === null || random.chance(0.1) ? BOUND : most) - balance - awaited,
  ]);
  const isRemote = around > BOUND / 2n && random.chance(0.8);
  const amount = (isRemote ? 1000n : around) + BigInt(random.integer(-1, 1));
  return amount < 1n ? 1n : amount > BOUND ? BOUND : amount;
}

/** Some of a whole, all of it, or more than that; or nothing said. */
export function drawPart({ random }: Drawing, whole: bigint): bigint | undefined {
  if (random.chance(0.01)) return 0n;
  const most = whole < 1n ? 1 : whole > 1000n ? 1000 : Number(whole);
  return random.weighted<{ weight: number; of: bigint | undefined }>([
    { weight: 5, of: undefined },
    { weight: 8, of: BigInt(random.integer(1, most)) },
    { weight: 1, of: whole < 1n ? 1n : whole },
    { weight: 2, of: whole < 0n ? 1n : whole + 1n },
  ]).of;
}

/** A new key, or one that any caller used before for any command. */
export function drawKey({ random, model, id }: Drawing): string {
  if (random.chance(0.01)) return random.pick(['', 'ü', 'k'.repeat(256)]);
  const used = model.keyUses;
  if (used.length > 0 && random.chance(0.06)) return random.pick(used).key;
  return random.chance(0.02) ? `${'$'.repeat(219)}${id}` : `~ ${id}`;
}

/** Where one may be left out. */
export function drawOptionalKey(drawing: Drawing): { idempotencyKey?: string } {
  return drawing.random.chance(0.7) ? { idempotencyKey: drawKey(drawing) } : {};
}

/** Seldom one that is malformed. */
export function drawText({ random }: Drawing, texts: readonly string[]): string | undefined {
  if (random.chance(0.005)) return random.pick(['', 'two\nlines']);
  return random.chance(0.15) ? random.pick(texts) : undefined;
}

/** Of 35 characters at most; seldom of more. */
export function drawReference(drawing: Drawing): string | undefined {
  const { random } = drawing;
  return random.chance(0.003)
    ? 'r'.repeat(36)
    : drawText(drawing, ['INV-2026-17', 'Größe 38', 'r'.repeat(35)]);
}

/** A new one, or one that an account or a transfer has, or that was left by one; seldom one that is malformed. */
export function drawExternalId({ random, model, id }: Drawing, share = 0.12): string | undefined {
  if (random.chance(0.003)) return random.pick(['', 'two words']);
  if (!random.chance(share)) return undefined;
  const all = [...model.accounts.values(), ...model.transfers.values()];
  const used = all.flatMap(({ externalId }) => externalId ?? []);
  return used.length > 0 && random.chance(0.3) ? random.pick(used) : `${id}.${random.integer(1, 3)}`;
}

/** As the system must give one: seldom missing. */
export function drawReason({ random }: Drawing): { reason?: string } {
  return random.chance(0.02) ? {} : { reason: random.pick(['Asked by the court', 'Geprüft ✓']) };
}

export type Asked<Request, Asker = Actor> = { readonly actor: Asker; readonly request: Request };

/** Now and then an earlier one: as it was, by another, under another key, or changed in a name, a field or two. */
export function drawAgain<Request extends { idempotencyKey?: string }, Asker extends Actor>(
  drawing: Drawing,
  earlier: readonly Asked<Request, Asker>[],
  {
    actors,
    changes,
  }: { actors: readonly Asker[]; changes: (request: Request) => readonly Partial<Request>[] },
): Asked<Request, Asker> | undefined {
  const { random, model } = drawing;
  if (earlier.length === 0 || !random.chance(0.18)) return undefined;
  const again = random.pick(earlier);
  const { actor, request } = again;
  if (random.chance(0.4)) return again;
  if (random.chance(0.1)) return { actor, request: withIds(model, request) };
  if (random.chance(0.1)) return { actor, request: withNumbers(model, request) };
  if (random.chance(0.2)) return { actor: random.pick(actors), request };
  if (random.chance(0.2)) return { actor, request: { ...request, idempotencyKey: drawKey(drawing) } };

  const some = random.shuffled(changes(request)).slice(0, random.integer(1, 2));
  const changed = some.reduce<Request>((sofar, change) => ({ ...sofar, ...change }), request);
  return isDeepStrictEqual(changed, request) ? again : { actor, request: changed };
}
