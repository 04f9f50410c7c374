import type { ClientSession, Document } from 'mongodb';
import { NOTHING_PENDING } from '../../../domain/entities/counters.ts';
import type { PendingSums } from '../../../domain/entities/counters.ts';
import type { Instant } from '../../../domain/time.ts';
import type { Collections } from '../schema/collections.ts';
import type { TransferDocument } from '../documents/transfer-document.ts';
import type { ReadOptions } from '../transactions/read-route.ts';

/** Sums that fall due on an account at one instant. Everything that was due before the decision is one step. */
type DueStep = { readonly at: Instant; readonly sums: PendingSums };

/** Sums of due holds by account, for any instant within a decision. */
export class DueSteps {
  readonly #steps: ReadonlyMap<string, readonly DueStep[]>;

  constructor(steps: ReadonlyMap<string, readonly DueStep[]>) {
    this.#steps = steps;
  }

  static none(): DueSteps {
    return new DueSteps(new Map());
  }

  by(accountId: string, until: Instant): PendingSums {
    let { debits, credits } = NOTHING_PENDING;
    for (const { at, sums } of this.#steps.get(accountId) ?? []) {
      if (at > until) continue;
      debits += sums.debits;
      credits += sums.credits;
    }
    return { debits, credits };
  }
}

type Group = { readonly _id: { readonly account: string; readonly at: Date }; readonly sum: bigint };

/**
 * Sums due holds by two covering indexes: one step for all that is due by `now`, then one for each instant up to
 * `until`.
 */
export async function findDue(
  { transfers }: Pick<Collections, 'transfers'>,
  { ids, now, until }: { ids: readonly string[]; now: Instant; until: Instant },
  options: ReadOptions = {},
): Promise<DueSteps> {
  const steps = new Map<string, DueStep[]>();
  if (ids.length === 0) return new DueSteps(steps);

  for (const side of ['debits', 'credits'] as const) {
    const pipeline = sumsOf(side, { ids, now, until });
    const groups = await transfers.aggregate<Group>(pipeline, options).toArray();
    for (const { _id, sum } of groups) {
      const step = { at: _id.at.getTime(), sums: { ...NOTHING_PENDING, [side]: sum } };
      const sofar = steps.get(_id.account);
      if (sofar) sofar.push(step);
      else steps.set(_id.account, [step]);
    }
  }
  return new DueSteps(steps);
}

function sumsOf(
  side: keyof PendingSums,
  { ids, now, until }: { ids: readonly string[]; now: Instant; until: Instant },
): Document[] {
  const account = side === 'debits' ? 'reserved.debited' : 'reserved.credited';
  const at = { $cond: [{ $lte: ['$expiresAt', new Date(now)] }, new Date(now), '$expiresAt'] };
  return [
    { $match: { [account]: { $in: [...ids] }, expiresAt: { $lte: new Date(until) }, status: 'pending' } },
    { $group: { _id: { account: `$${account}`, at }, sum: { $sum: '$reserved.amount' } } },
  ];
}

/** Finds the pending holds of each account that expire first. Takes one round trip per account. */
export async function findFirstHolds(
  { transfers }: Pick<Collections, 'transfers'>,
  { ids, limit }: { ids: readonly string[]; limit: number },
  session: ClientSession,
): Promise<ReadonlyMap<string, readonly TransferDocument[]>> {
  const found = new Map<string, readonly TransferDocument[]>();
  for (const id of ids) {
    const holds = transfers
      .find({ status: 'pending', 'legs.accountId': id }, { session, batchSize: limit + 1 })
      .sort({ expiresAt: 1, _id: 1 })
      .limit(limit);
    found.set(id, await holds.toArray());
  }
  return found;
}
