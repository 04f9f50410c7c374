import type { Actor } from '../../src/domain/actor.ts';
import type { Customer } from '../support/builders.ts';
import type { Drawing } from './command.ts';
import { BOUND, COUNTER_BOUND, fundsOf } from './model.ts';
import type { ModelAccount } from './model.ts';

/** Their ids are an embedder's to choose. */
export const CUSTOMERS: readonly Customer[] = [
  { kind: 'user', id: 'alice', name: 'Alice' },
  { kind: 'user', id: 'bob' },
  { kind: 'user', id: '$carol.$ne', name: 'Zoë 🏦' },
];

export const OPERATORS: readonly Extract<Actor, { kind: 'system' }>[] = [
  { kind: 'system' },
  { kind: 'system', id: 'operator' },
  { kind: 'system', id: 'clerk', scope: 'payroll' },
];

export const AUDITOR = { kind: 'auditor', id: 'auditor' } as const;

const UNKNOWN_IDS = ['019bc0de-ffff-7000-8000-000000000000', 'no-such-account', '$ne'] as const;

/** Never one that is malformed. */
export function drawCurrency({ random }: Drawing): string {
  return random.chance(0.75) ? 'EUR' : random.pick(['USD', 'JPY', 'BHD']);
}

/** As a rule of one that is liked; now and then of another, or of none. */
export function drawAccountId(drawing: Drawing, isLiked: (account: ModelAccount) => boolean): string {
  const { random, model } = drawing;
  const liked = random.chance(0.92) ? model.accounts.filter(isLiked) : [];
  const some = liked.length === 0 ? model.accounts : liked;
  return some.length === 0 || random.chance(0.02) ? random.pick(UNKNOWN_IDS) : random.pick(some).id;
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

/** A key of its own, or one that was used before, whoever used it and for what. */
export function drawKey({ random, model, id }: Drawing): string {
  if (random.chance(0.01)) return random.pick(['', 'ü', 'k'.repeat(256)]);
  const used = model.keyUses;
  if (used.length > 0 && random.chance(0.06)) return random.pick(used).key;
  return random.chance(0.02) ? `${'$'.repeat(219)}${id}` : `~ ${id}`;
}

/** Seldom one that is malformed. */
export function drawText({ random }: Drawing, texts: readonly string[]): string | undefined {
  if (random.chance(0.005)) return random.pick(['', 'two\nlines']);
  return random.chance(0.15) ? random.pick(texts) : undefined;
}
