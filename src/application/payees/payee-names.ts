import type { AccountOfPayee, PayeeReads } from '../ports/payee-store.ts';

/** A payee as their payer sees them. `number` is the whole number of the account, in canonical form. */
export type PayeeName = { readonly name: string | null; readonly number: string | null };

/**
 * Names the payees behind accounts that a user has paid or checked, in one read. The name is the user's label, else the
 * name that a check confirmed, else the owner's display name. Of an erased owner only the label is left.
 * The caller must know that the user has paid each of `accountIds`. An account among `unpaidIds` has a name and a number
 * only if the user has checked or saved it.
 */
export function payeeNames({ reads }: { reads: PayeeReads }) {
  return async (
    userId: string,
    accountIds: readonly string[],
    unpaidIds: readonly string[] = [],
  ): Promise<ReadonlyMap<string, PayeeName>> => {
    const paid = new Set(accountIds);
    const wanted = [...new Set([...accountIds, ...unpaidIds])];
    const found = wanted.length === 0 ? [] : await reads.accountsOfPayees(userId, wanted);
    return new Map(
      found
        .filter(({ accountId, payee }) => paid.has(accountId) || payee !== null)
        .map((one) => [
          one.accountId,
          { name: nameOf(one, { isPaid: paid.has(one.accountId) }), number: one.number },
        ]),
    );
  };
}

function nameOf({ owner, payee }: AccountOfPayee, { isPaid }: { isPaid: boolean }): string | null {
  const label = payee?.label ?? null;
  if (label !== null || owner.erasedAt !== null) return label;
  return payee?.confirmedName ?? (isPaid ? owner.name : null);
}
