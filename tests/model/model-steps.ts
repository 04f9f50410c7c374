/** How a transfer's steps are written into the books of its accounts, and how holds end by themselves. */
import { countersOf, latestInstantOf, DEADLINE_MS, pendingHoldsOn, statusAt } from './model.ts';
import type { Counters, Model, ModelAccount, ModelTransfer } from './model.ts';

/** Writes one entry for each leg, all of one instant, and keeps the transfer's new state. */
export function writeStep(
  model: Model,
  transfer: ModelTransfer,
  { step, at }: { step: 'completed' | 'held' | 'captured' | 'voided' | 'expired'; at: number },
): ModelTransfer {
  for (const { accountId, direction: side, amount } of transfer.legs) {
    const account = accountNamed(model, accountId);
    const posted =
      step === 'completed' ? amount : step === 'captured' ? (transfer.amountCaptured ?? amount) : 0n;
    const pending = step === 'completed' ? 0n : amount;
    const after = added(countersOf(account), {
      [`${side}sPosted`]: posted,
      [`${side}sPending`]: step === 'held' ? pending : -pending,
    });
    account.entries.push({ transferId: transfer.id, step, side, posted, pending, after, at });
  }
  model.transfers.set(transfer.id, transfer);
  return transfer;
}

function added(before: Counters, more: Partial<Counters>): Counters {
  return {
    debitsPosted: before.debitsPosted + (more.debitsPosted ?? 0n),
    creditsPosted: before.creditsPosted + (more.creditsPosted ?? 0n),
    debitsPending: before.debitsPending + (more.debitsPending ?? 0n),
    creditsPending: before.creditsPending + (more.creditsPending ?? 0n),
  };
}

/** Now, but not before the last entry on any of them. */
export function instantFor(model: Model, accounts: readonly ModelAccount[]): number {
  return Math.max(model.now, ...accounts.map(latestInstantOf));
}

export function instantOf(model: Model, transfer: ModelTransfer): number {
  return instantFor(model, accountsIn(model, transfer));
}

export function accountsIn(model: Model, { legs }: ModelTransfer): readonly ModelAccount[] {
  return legs.map(({ accountId }) => accountNamed(model, accountId));
}

/** Writes the expiry of the due holds on accounts before a command touches them, at one instant for all of them. */
export function settle(model: Model, accounts: readonly ModelAccount[]): void {
  const at = instantFor(model, accounts);
  for (const account of accounts) {
    // Of what is due later than a command may take, nothing is known yet
    const now = Math.min(at, model.now + DEADLINE_MS);
    const due = pendingHoldsOn(model, account.id).filter((hold) => statusAt(hold, now) === 'expired');
    for (const hold of due) expire(model, hold, at);
  }
}

/** As if the expiry of all that is due were written: so every answer counts it. */
export function countersWithoutDue(model: Model, account: ModelAccount): Counters {
  const now = Math.min(instantFor(model, [account]), model.now + DEADLINE_MS);
  const due = pendingHoldsOn(model, account.id).filter((hold) => statusAt(hold, now) === 'expired');
  const legs = due.flatMap((hold) => hold.legs).filter(({ accountId }) => accountId === account.id);
  return legs.reduce(
    (sofar, { direction, amount }) =>
      added(sofar, direction === 'debit' ? { debitsPending: -amount } : { creditsPending: -amount }),
    countersOf(account),
  );
}

export function expire(model: Model, hold: ModelTransfer, notBefore: number): void {
  const at = Math.max(notBefore, instantOf(model, hold));
  writeStep(model, { ...hold, status: 'expired' }, { step: 'expired', at });
}

/** @throws TypeError where there is none: of an account that has entries, or a leg, there is one */
export function accountNamed(model: Model, id: string): ModelAccount {
  const account = model.accounts.get(id);
  if (!account) throw new TypeError(`The model has no account ${id}`);
  return account;
}
