import type { PayeeCheck } from '../../../application/payees/check-payee.ts';
import type { NamedCounterparty } from '../../../application/payees/name-counterparties.ts';
import type { AccountView, TransferView } from '../../../application/views.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { SavedPayee } from '../../../domain/payees/payee.ts';
import { accountTitle } from '../accounts.ts';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { selfOf } from './self.ts';
import type { SendState } from './send-state.ts';

/** The account that a payment goes to, and how well the bank knows its name. */
export type Recipient = {
  /** Id or number of the account. */
  readonly account: string;
  readonly name: string;
  /** Null if the payer may not see it. */
  readonly number: string | null;
  readonly standing: 'own' | 'match' | 'close_match' | 'no_match' | 'saved' | 'unchecked' | 'paid';
  /** Name that a check has confirmed, if it differs from `name`. */
  readonly confirmedName: string | null;
  /** The payment to repeat. */
  readonly model: TransferView | null;
};

const PAYEES_A_PAGE = 200;

/** Yields a person's saved payees by label. */
export async function* savedPayees(
  { bank }: Pick<ConsolePorts, 'bank'>,
  userId: string,
): AsyncGenerator<SavedPayee, void> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const request = { limit: PAYEES_A_PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const page = await bank.listPayees(userId, request);
    yield* page.items;
    cursor = page.nextCursor;
  }
}

/** @throws PassbookError `payee_not_found` */
export async function findPayee(
  ports: Pick<ConsolePorts, 'bank'>,
  { userId, matches }: { userId: string; matches: (payee: SavedPayee) => boolean },
): Promise<SavedPayee> {
  for await (const payee of savedPayees(ports, userId)) if (matches(payee)) return payee;
  throw new PassbookError('payee_not_found');
}

type Checked = PayeeCheck & { readonly userId: string; readonly number: string; readonly given: string };

/** Seals the answer to a check, so that the next pages need no further one. */
export function sealCheck({ formTokens }: Pick<ConsolePorts, 'formTokens'>, checked: Checked): string {
  return formTokens.seal(JSON.stringify(checked));
}

/**
 * Finds the recipient that the fields name. Undefined if they name none, or if a check of the name is too old.
 * @throws PassbookError `payee_not_found`, `account_not_found`, `transfer_not_found`
 */
export async function findRecipient(
  c: PageContext,
  ports: ConsolePorts,
  { state, accounts }: { state: SendState; accounts: readonly AccountView[] },
): Promise<Recipient | undefined> {
  if (state.own !== '') return ownRecipient(accounts, state.own);
  if (state.payee !== '') {
    const userId = c.get('caller').id;
    return ofPayee(await findPayee(ports, { userId, matches: ({ id }) => id === state.payee }));
  }
  if (state.again !== '') return ofPayment(c, ports, { transferId: state.again, accounts });
  return state.checked === '' ? undefined : ofCheck(c, ports, state.checked);
}

function ownRecipient(accounts: readonly AccountView[], accountId: string): Recipient {
  const account = accounts.find((one) => one.accountId === accountId);
  if (!account) throw new PassbookError('account_not_found');
  return {
    account: accountId,
    name: accountTitle(account),
    number: account.number,
    standing: 'own',
    confirmedName: null,
    model: null,
  };
}

/** The name that a person sees for a payee of theirs. */
export function payeeTitle({ label, confirmedName }: SavedPayee): string {
  return label ?? confirmedName ?? 'Payee without a name';
}

function ofPayee(payee: SavedPayee): Recipient {
  const { accountId, number, confirmedName } = payee;
  const name = payeeTitle(payee);
  return {
    account: accountId,
    name,
    number,
    standing: confirmedName === null ? 'unchecked' : 'saved',
    confirmedName: confirmedName === name ? null : confirmedName,
    model: null,
  };
}

async function ofPayment(
  c: PageContext,
  { bank }: ConsolePorts,
  { transferId, accounts }: { transferId: string; accounts: readonly AccountView[] },
): Promise<Recipient> {
  const viewer = selfOf(c);
  const found = await bank.ledger.getTransfer(viewer, transferId);
  const [named = found] = await bank.counterparties.transfers(viewer, [found]);
  const account = named.kind === 'transfer' ? named.destinationAccountId : null;
  if (account === null || named.sourceAccountId === null) throw new PassbookError('transfer_not_found');
  if (accounts.some(({ accountId }) => accountId === account)) {
    return { ...ownRecipient(accounts, account), model: named };
  }
  const known: NamedCounterparty | null = named.counterparty;
  const { name = null, number = null } = known ?? {};
  return {
    account,
    name: name ?? 'Payee without a name',
    number,
    standing: named.status === 'rejected' ? 'unchecked' : 'paid',
    confirmedName: null,
    model: named,
  };
}

function ofCheck(c: PageContext, { formTokens }: ConsolePorts, sealed: string): Recipient | undefined {
  const opened = formTokens.open(sealed);
  if (opened === undefined) return undefined;
  const { userId, number, given, result, name } = JSON.parse(opened) as Checked;
  if (userId !== c.get('caller').id) return undefined;
  return {
    account: number,
    name: name ?? given,
    number,
    standing: result,
    confirmedName: null,
    model: null,
  };
}
