import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { PassbookError } from '../../domain/errors.ts';
import { isSaved } from '../../domain/payees/payee.ts';
import type { SavedPayee } from '../../domain/payees/payee.ts';
import { Cursors, invalidCursor } from '../cursor.ts';
import { readPage } from '../page.ts';
import type { ListRequest, Page } from '../page.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { PayeeStore } from '../ports/payee-store.ts';
import { requireLabel } from './save-payee.ts';

export const PAYEE_ORDERS = ['label', 'age'] as const;
export type PayeeOrder = (typeof PAYEE_ORDERS)[number];

/**
 * Lists the user's saved payees: by label, those without one last, or by age, the oldest first. Default: by label.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function listPayees({ unitOfWork, digest }: { unitOfWork: UnitOfWork; digest: Digest }) {
  return async (
    userId: string,
    { order = 'label', ...request }: ListRequest & { readonly order?: PayeeOrder } = {},
  ): Promise<Page<SavedPayee>> => {
    const { compare, textOf, placeIn } = order === 'label' ? BY_LABEL : BY_AGE;
    const cursors = new Cursors(digest, ['payees', userId, order]);
    // A user has few enough to sort them all
    const page = await readPage(request, cursors, async ({ after, limit }) => {
      const place = after === null ? null : placeIn(after);
      const saved = await unitOfWork.run(({ payees }) => payees.savedOf(userId));
      return saved
        .filter((payee) => place === null || compare(payee, place) > 0)
        .toSorted(compare)
        .slice(0, limit)
        .map((payee) => ({ id: textOf(payee), payee }));
    });
    return { ...page, items: page.items.map(({ payee }) => payee) };
  };
}

/**
 * Sets the label of a saved payee. Null removes it.
 * @throws PassbookError `invalid_request`, `payee_not_found`, `unavailable`
 */
export function relabelPayee({ unitOfWork }: { unitOfWork: UnitOfWork }) {
  return async (request: { userId: string; payeeId: string; label: string | null }): Promise<SavedPayee> => {
    const label = request.label === null ? null : requireLabel(request.label);
    return unitOfWork.run(async ({ payees }) => {
      const payee = { ...(await requireSaved(payees, request)), label };
      await payees.keep(payee);
      return payee;
    });
  };
}

/**
 * Forgets a saved payee, with its label and its confirmed name.
 * @throws PassbookError `payee_not_found`, `unavailable`
 */
export function removePayee({ unitOfWork }: { unitOfWork: UnitOfWork }) {
  return (request: { userId: string; payeeId: string }): Promise<void> =>
    unitOfWork.run(async ({ payees }) => payees.remove((await requireSaved(payees, request)).id));
}

async function requireSaved(
  payees: PayeeStore,
  { userId, payeeId }: { userId: string; payeeId: string },
): Promise<SavedPayee> {
  const payee = await payees.find(payeeId);
  if (payee?.userId !== userId || !isSaved(payee)) throw new PassbookError('payee_not_found');
  return payee;
}

/** A place in a list, which exists even after its payee is forgotten. */
type Place = Pick<SavedPayee, 'label' | 'id'>;

const BY_AGE = {
  compare: (a: Place, b: Place): number => compareIds(a, b),
  textOf: ({ id }: Place): string => id,
  placeIn: (text: string): Place => ({ label: null, id: text }),
};

const BY_LABEL = {
  compare(a: Place, b: Place): number {
    if (a.label === null || b.label === null) {
      return Number(a.label === null) - Number(b.label === null) || compareIds(a, b);
    }
    return collator.compare(a.label, b.label) || compareIds(a, b);
  },
  /** A cursor holds ASCII only: the label is in base64, of two bytes for each code unit. */
  textOf: ({ label, id }: Place): string => `${id}:${btoa(Array.from(label ?? '', toBytes).join(''))}`,
  placeIn(text: string): Place {
    const [, id, label] = /^([^:]+):([A-Za-z0-9+/]*={0,2})$/.exec(text) ?? [];
    if (id === undefined || label === undefined) throw invalidCursor();
    return { id, label: label === '' ? null : fromBytes(atob(label)) };
  },
};

const collator = new Intl.Collator('en', { numeric: true });

function compareIds(a: Place, b: Place): number {
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** @param character one or two code units */
function toBytes(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return String.fromCharCode(...units.flatMap((unit) => [unit >> 8, unit & 0xff]));
}

function fromBytes(bytes: string): string {
  const units = Array.from({ length: bytes.length >> 1 }, (_, at) => {
    return (bytes.charCodeAt(2 * at) << 8) | bytes.charCodeAt(2 * at + 1);
  });
  return String.fromCharCode(...units);
}
