import { Hono } from 'hono';
import type { TransferRequest } from '../../../application/transfers/transfer-funds.ts';
import type { AccountView } from '../../../application/views.ts';
import { canonicalNumber } from '../../../domain/entities/account-number.ts';
import { errorCatalogue, PassbookError } from '../../../domain/errors.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import { isAmount } from '../../../domain/money/money.ts';
import type { SavedPayee } from '../../../domain/payees/payee.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { ownAccounts } from '../accounts.ts';
import { readAmount } from '../amount-input.ts';
import { shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { queryOf, readForm } from '../forms.ts';
import type { Fields } from '../forms.ts';
import { sendPage } from '../layout.tsx';
import { Empty } from '../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { exampleAmount } from '../text.ts';
import { findRecipient, savedPayees, sealCheck } from './recipient.ts';
import type { Recipient } from './recipient.ts';
import { newFormKey, requireDone, selfOf } from './self.ts';
import { AmountPage, CodePage, ConfirmPage, DoubtPage, RESERVED_DAYS, WhoPage } from './send-pages.tsx';
import { readSendState, sendPath } from './send-state.ts';
import type { SendState } from './send-state.ts';

const PAYEES_SHOWN = 8;
const DAY_SECONDS = 86_400;

/** A payment whose fields name accounts and an amount. */
type Draft = {
  readonly state: SendState;
  readonly account: AccountView;
  readonly recipient: Recipient;
  readonly amount: bigint;
};

/** Fields of the last form, beside the payment. */
type Sending = { readonly key: string; readonly saves: boolean; readonly label: string };

/** Codes that another account or payee mends. */
const MENDED_BY_WHO: readonly ErrorCode[] = [
  'account_not_found',
  'transfer_not_found',
  'payee_not_found',
  'source_account_not_found',
  'source_account_closed',
  'source_account_frozen',
  'destination_account_not_found',
  'destination_account_closed',
  'destination_account_frozen',
  'destination_account_unavailable',
  'accounts_must_be_different',
  'currency_mismatch',
];

const CHECK_TOO_OLD: FaultText = {
  title: 'The check of the name is too old',
  advice: 'Continue, and the bank checks it again. Nothing was sent.',
};

const WRONG_CODE: FaultText = {
  title: 'The code is wrong or was used already',
  advice: 'Wait for the next code of your app. Nothing was sent.',
};

/** Pages that send money: to whom, how much, and a last look. */
export function sendRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  const { ledger } = bank;
  return new Hono<SignedInPageEnv>()
    .get('/send', edge.sessionRequired, async (c) => {
      const query = queryOf(c);
      const { accounts, state } = await begin(c, query);
      if (accounts.length === 0) return sendNoAccount(c);
      try {
        return await sendStep(c, { accounts, state, edit: query.text('edit') });
      } catch (error) {
        return sendMended(c, { accounts, state, error });
      }
    })
    .post('/send/payee', edge.sessionRequired, edge.writeCounted, async (c) => {
      const { accounts, state } = await begin(c, await readForm(c, ports));
      const { from, amount, message, reference, reserve, days } = state;
      const kept = { from, amount, message, reference, reserve, days };
      if (state.payee !== '') return c.redirect(sendPath({ ...kept, payee: state.payee }), 303);
      if (state.own !== '') return c.redirect(sendPath({ ...kept, own: state.own }), 303);
      const [number, given, userId] = [canonicalNumber(state.to), state.name, c.get('caller').id];
      try {
        await edge.countPayeeCheck(c);
        const check = await bank.checkPayee(userId, { number, name: given });
        const checked = sealCheck(ports, { ...check, userId, number, given });
        return c.redirect(sendPath({ ...kept, to: state.to, name: given, checked }), 303);
      } catch (error) {
        return sendWho(c, { accounts, state, fault: shownFault(error, c, ports) });
      }
    })
    .post('/send', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const { accounts, state } = await begin(c, form);
      if (accounts.length === 0) return sendNoAccount(c);
      try {
        const draft = await draftOf(c, { accounts, state });
        if (draft === undefined) return await sendTooOld(c, { accounts, state });
        return await send(c, { draft, form, accounts });
      } catch (error) {
        return sendMended(c, { accounts, state, error });
      }
    });

  /** Reads the fields. The account to pay from is the first one with money, unless they name another. */
  async function begin(c: PageContext, fields: Fields) {
    const all = await ownAccounts(ports, c.get('caller').id);
    const accounts = all.filter(({ status }) => status !== 'closed');
    const state = readSendState(fields);
    const usual = accounts.find(({ available }) => available > 0n) ?? accounts[0];
    return { accounts, state: { ...state, from: state.from || (usual?.accountId ?? '') } };
  }

  async function sendStep(
    c: PageContext,
    { accounts, state, edit }: { accounts: readonly AccountView[]; state: SendState; edit: string },
  ): Promise<Response> {
    if (edit === 'who') return sendWho(c, { accounts, state });
    const recipient = await findRecipient(c, ports, { state, accounts });
    if (recipient === undefined) {
      return state.checked === '' ? sendWho(c, { accounts, state }) : sendTooOld(c, { accounts, state });
    }
    const isDoubtful = recipient.standing === 'close_match' || recipient.standing === 'no_match';
    if (isDoubtful && state.accepted === '') return sendDoubt(c, { state, recipient });
    const account = payingAccount(accounts, { state, recipient });
    if (state.amount === '' || edit === 'amount') return sendAmount(c, { state, account, recipient });
    const draft = withAmount({ state, account, recipient });
    await rehearse(c, draft);
    return sendConfirmation(c, { draft });
  }

  async function draftOf(
    c: PageContext,
    { accounts, state }: { accounts: readonly AccountView[]; state: SendState },
  ): Promise<Draft | undefined> {
    const recipient = await findRecipient(c, ports, { state, accounts });
    if (recipient === undefined) return undefined;
    return withAmount({ state, recipient, account: payingAccount(accounts, { state, recipient }) });
  }

  /** Asks the ledger whether the payment would succeed now. It counts as a command, as a dry run of the API does. */
  async function rehearse(c: PageContext, draft: Draft): Promise<void> {
    await edge.writeCounted(c, async () => {});
    const request = requestOf(draft, newFormKey());
    const result = await ledger.transferFunds(selfOf(c), request, { dryRun: true });
    if (!result.ok) throw new PassbookError(result.code);
  }

  async function send(
    c: PageContext,
    { draft, form, accounts }: { draft: Draft; form: Fields; accounts: readonly AccountView[] },
  ): Promise<Response> {
    const { id, role } = c.get('caller');
    const sending = { key: form.text('key'), saves: form.has('save'), label: form.text('label') };
    const request = requestOf(draft, sending.key);
    try {
      if (bank.requireConfirmation !== null && role !== 'system') {
        const confirmation = await confirmationOf(c, { draft, form, key: sending.key });
        await bank.requireConfirmation({
          userId: id,
          operation: 'transfer',
          idempotencyKey: sending.key,
          transfers: [request],
          ...(confirmation === '' ? {} : { confirmation }),
        });
      }
      const { transfer } = requireDone(await ledger.transferFunds(selfOf(c), request));
      const saved = sending.saves ? await save(c, { draft, label: sending.label }) : true;
      return c.redirect(`/transfers/${transfer.transferId}?sent=1${saved ? '' : '&unsaved=1'}`, 303);
    } catch (error) {
      return sendAgain(c, { draft, sending, accounts, error, hasCode: form.has('code') });
    }
  }

  /** The confirmation that a form carries, or one for the code that it carries. Empty without both. */
  async function confirmationOf(
    c: PageContext,
    { draft, form, key }: { draft: Draft; form: Fields; key: string },
  ): Promise<string> {
    const [confirmation, code] = [form.text('confirmation'), form.text('code').replaceAll(' ', '')];
    if (confirmation !== '' || code === '') return confirmation;
    const { account, recipient, amount } = draft;
    const payment = { destinationAccountId: recipient.account, amount, currency: account.currency };
    const order = { operation: 'transfer', payments: [payment], idempotencyKey: key } as const;
    const confirmed = await edge.guardSecondFactor(c, () =>
      bank.confirmOrder(edge.personOf(c), { order, answer: { code } }),
    );
    return confirmed.confirmation;
  }

  /** Saves the payee after a payment. The payment stands if this fails. */
  async function save(c: PageContext, { draft, label }: { draft: Draft; label: string }): Promise<boolean> {
    const { number } = draft.recipient;
    if (number === null) return false;
    try {
      await edge.countPayeeCheck(c);
      await bank.savePayee(c.get('caller').id, { number, ...(label === '' ? {} : { label }) });
      return true;
    } catch (error) {
      if (error instanceof PassbookError) return false;
      throw error;
    }
  }

  /** Shows the page on which a refused payment can be mended. */
  async function sendAgain(
    c: PageContext,
    { draft, sending, accounts, error, hasCode }: Refusal,
  ): Promise<Response> {
    if (!(error instanceof PassbookError)) throw error;
    const { code } = error;
    if (code === 'step_up_required' || (hasCode && code !== 'idempotency_key_reused')) {
      const isAnswer = code === 'invalid_second_factor' || code === 'too_many_requests';
      if (code === 'step_up_required' || isAnswer) return sendCode(c, { draft, sending, error });
    }
    if (stepOf(error) !== 'confirm') return sendMended(c, { accounts, state: draft.state, error });
    const fault = shownFault(error, c, ports);
    const key = errorCatalogue[code].retry === 'same_key' ? sending.key : newFormKey();
    return sendConfirmation(c, { draft, sending: { ...sending, key }, fault });
  }

  async function sendCode(
    c: PageContext,
    { draft, sending, error }: Pick<Refusal, 'draft' | 'sending'> & { error: PassbookError },
  ): Promise<Response> {
    const { totpSince, passkeys } = await bank.listFactors(c.get('caller').id);
    const [hasApp, hasPasskey] = [totpSince !== null, passkeys.length > 0];
    const shown = shownFault(error, c, ports);
    if (!hasApp && !hasPasskey) return sendConfirmation(c, { draft, sending, fault: shown });
    const isFirst = error.code === 'step_up_required';
    const isWrong = error.code === 'invalid_second_factor';
    return sendPage(c, ports, {
      title: 'Confirm with your second factor',
      section: 'send',
      children: (
        <CodePage
          {...draft}
          formKey={sending.key}
          saves={sending.saves}
          label={sending.label}
          hasApp={hasApp}
          hasPasskey={hasPasskey}
          fault={isFirst ? undefined : isWrong ? WRONG_CODE : shown}
        />
      ),
    });
  }

  async function sendMended(
    c: PageContext,
    { accounts, state, error }: { accounts: readonly AccountView[]; state: SendState; error: unknown },
  ): Promise<Response> {
    if (!(error instanceof PassbookError)) throw error;
    const step = stepOf(error);
    if (step === 'confirm') throw error;
    const fault = shownFault(error, c, ports);
    const recipient =
      step === 'amount'
        ? await findRecipient(c, ports, { state, accounts }).catch(() => undefined)
        : undefined;
    const account = accounts.find(({ accountId }) => accountId === state.from);
    return recipient && account
      ? sendAmount(c, { state, account, recipient, fault })
      : sendWho(c, { accounts, state, fault });
  }

  async function sendTooOld(c: PageContext, about: Pick<WhoState, 'accounts' | 'state'>): Promise<Response> {
    shownFault(new PassbookError('invalid_request'), c, ports);
    const { accounts, state } = about;
    return sendWho(c, { accounts, state: { ...state, checked: '', accepted: '' }, fault: CHECK_TOO_OLD });
  }

  async function sendWho(c: PageContext, { accounts, state, fault }: WhoState): Promise<Response> {
    const payees: SavedPayee[] = [];
    for await (const payee of savedPayees(ports, c.get('caller').id)) {
      payees.push(payee);
      if (payees.length > PAYEES_SHOWN) break;
    }
    return sendPage(c, ports, {
      title: 'Send money',
      section: 'send',
      children: (
        <WhoPage
          state={state}
          accounts={accounts}
          payees={payees.slice(0, PAYEES_SHOWN)}
          hasMorePayees={payees.length > PAYEES_SHOWN}
          fault={fault}
        />
      ),
    });
  }

  function sendDoubt(c: PageContext, about: Pick<Draft, 'state' | 'recipient'>) {
    return sendPage(c, ports, {
      title: 'Check the payee',
      section: 'send',
      children: <DoubtPage {...about} />,
    });
  }

  function sendAmount(c: PageContext, about: Omit<Draft, 'amount'> & { fault?: FaultText }) {
    return sendPage(c, ports, { title: 'How much?', section: 'send', children: <AmountPage {...about} /> });
  }

  async function sendConfirmation(
    c: PageContext,
    { draft, sending, fault }: ConfirmState,
  ): Promise<Response> {
    const label = sending?.label || (await labelFor(c, draft.recipient));
    return sendPage(c, ports, {
      title: 'Check and send',
      section: 'send',
      children: (
        <ConfirmPage
          {...draft}
          formKey={sending?.key || newFormKey()}
          label={label}
          saves={sending?.saves ?? false}
          fault={fault}
        />
      ),
    });
  }

  /** The label under which a payee could be saved. Null for one who is saved, or is the person. */
  async function labelFor(c: PageContext, { standing, number, name }: Recipient): Promise<string | null> {
    if (number === null || standing === 'own' || standing === 'saved' || standing === 'unchecked')
      return null;
    for await (const payee of savedPayees(ports, c.get('caller').id)) {
      if (payee.number === number) return null;
    }
    return name;
  }

  function sendNoAccount(c: PageContext) {
    return sendPage(c, ports, {
      title: 'Send money',
      section: 'send',
      children: (
        <section class="card narrow">
          <h1>Send money</h1>
          <Empty title="You have no account to send from">
            <p>Open one first: it takes a minute.</p>
            <p class="actions">
              <a class="button" href="/accounts/new">
                Open an account
              </a>
            </p>
          </Empty>
        </section>
      ),
    });
  }
}

type WhoState = {
  readonly accounts: readonly AccountView[];
  readonly state: SendState;
  readonly fault?: FaultText;
};

type ConfirmState = { readonly draft: Draft; readonly sending?: Sending; readonly fault?: FaultText };

type Refusal = {
  readonly draft: Draft;
  readonly sending: Sending;
  readonly accounts: readonly AccountView[];
  readonly error: unknown;
  /** Whether the form carried the code of a second factor. */
  readonly hasCode: boolean;
};

/** The step on which a person can mend an error. */
function stepOf({ code, facts }: PassbookError): 'who' | 'amount' | 'confirm' {
  if (MENDED_BY_WHO.includes(code)) return 'who';
  if (code === 'invalid_request') {
    const field = facts.errors?.[0]?.field;
    if (field === 'idempotencyKey') return 'confirm';
    return field === 'number' || field === 'sourceAccountId' || field === 'destinationAccountId'
      ? 'who'
      : 'amount';
  }
  const isAmount = code === 'insufficient_funds' || code === 'amount_overflow';
  return isAmount || code === 'exceeds_maximum_balance' ? 'amount' : 'confirm';
}

/** @throws PassbookError with the code that the ledger would refuse the accounts with */
function payingAccount(
  accounts: readonly AccountView[],
  { state, recipient }: Pick<Draft, 'state' | 'recipient'>,
): AccountView {
  const account = accounts.find(({ accountId }) => accountId === state.from);
  if (!account) throw new PassbookError('source_account_not_found');
  if (recipient.account === account.accountId) throw new PassbookError('accounts_must_be_different');
  const own = accounts.find(({ accountId }) => accountId === recipient.account);
  if (own && own.currency !== account.currency) throw new PassbookError('currency_mismatch');
  return account;
}

/** @throws PassbookError `invalid_request` for a text that is no amount */
function withAmount(about: Omit<Draft, 'amount'>): Draft {
  const { exponent } = about.account;
  const amount = readAmount(about.state.amount, exponent);
  if (amount === undefined || !isAmount(amount)) {
    const message = `must be a number above zero, such as ${exampleAmount(exponent)}`;
    throw new PassbookError('invalid_request', { errors: [{ field: 'amount', message }] });
  }
  return { ...about, amount };
}

function requestOf({ state, account, recipient, amount }: Draft, idempotencyKey: string): TransferRequest {
  const days = RESERVED_DAYS.find((one) => `${one}` === state.days) ?? 7;
  return {
    sourceAccountId: account.accountId,
    destinationAccountId: recipient.account,
    amount,
    currency: account.currency,
    idempotencyKey,
    ...(state.message === '' ? {} : { description: state.message }),
    ...(state.reference === '' ? {} : { reference: state.reference }),
    ...(state.reserve === '' ? {} : { pending: true, expiresInSeconds: days * DAY_SECONDS }),
  };
}
