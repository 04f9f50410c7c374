import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { PassbookError } from '../../../domain/errors.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { accountTitle, numberText } from '../accounts.ts';
import { readAmount } from '../amount-input.ts';
import { FaultBox, faultText, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { queryOf, readForm } from '../forms.ts';
import type { Fields } from '../forms.ts';
import { Form, sendPage, usePage } from '../layout.tsx';
import { AmountField } from '../parts/amount-field.tsx';
import { Fact, Facts, Field } from '../parts/fields.tsx';
import { Amount } from '../parts/money.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { exampleAmount, momentText, moneyText, typedAmount } from '../text.ts';
import { kindText } from './kinds.ts';
import { otherNumber, readPayment } from './payment.ts';
import type { OwnPayment } from './payment.ts';
import { savedPayees } from './recipient.ts';
import { newFormKey, requireDone, selfOf } from './self.ts';

/** A payment, and what its payee can do with it: take reserved money, give it back, refund it. */
export function transferRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  const { ledger } = bank;
  return new Hono<SignedInPageEnv>()
    .get('/transfers/:id', edge.sessionRequired, (c) => sendPayment(c, {}))
    .post('/transfers/:id/capture', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      return end(c, form, async (payment) => {
        const { transferId } = payment.transfer;
        const amount = amountIn(form, payment);
        const request = { transferId, amount, idempotencyKey: form.text('key') };
        requireDone(await ledger.captureHold(selfOf(c), request));
        return `/transfers/${transferId}?done=taken`;
      });
    })
    .post('/transfers/:id/void', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      return end(c, form, async ({ transfer: { transferId } }) => {
        requireDone(await ledger.voidHold(selfOf(c), { transferId, idempotencyKey: form.text('key') }));
        return `/transfers/${transferId}?done=returned`;
      });
    })
    .get('/transfers/:id/refund', edge.sessionRequired, async (c) => {
      const payment = await readPayment(c, ports, c.req.param('id'));
      if (!isRefundable(payment)) throw new PassbookError('transfer_not_found');
      return sendRefund(c, { payment, key: newFormKey() });
    })
    .post('/transfers/:id/refund', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const payment = await readPayment(c, ports, c.req.param('id'));
      const description = form.text('message');
      try {
        const refund = requireDone(
          await ledger.reverseTransfer(selfOf(c), {
            transferId: payment.transfer.transferId,
            amount: amountIn(form, payment),
            idempotencyKey: form.text('key'),
            ...(description === '' ? {} : { description }),
          }),
        );
        return c.redirect(`/transfers/${refund.transfer.transferId}?sent=1`, 303);
      } catch (error) {
        const [fault, key] = [shownFault(error, c, ports), keyAfter(error, form)];
        return sendRefund(c, { payment, key, fault, typed: form });
      }
    });

  async function end(
    c: PageContext,
    form: Fields,
    act: (payment: OwnPayment) => Promise<string>,
  ): Promise<Response> {
    const payment = await readPayment(c, ports, c.req.param('id') ?? '');
    try {
      return c.redirect(await act(payment), 303);
    } catch (error) {
      const [fault, key] = [shownFault(error, c, ports), keyAfter(error, form)];
      return sendPayment(c, { fault, key, typed: form });
    }
  }

  async function sendPayment(
    c: PageContext,
    { fault, key = newFormKey(), typed }: { fault?: FaultText; key?: string; typed?: Fields },
  ): Promise<Response> {
    const payment = await readPayment(c, ports, c.req.param('id') ?? '');
    const query = queryOf(c);
    const { number } = payment.other;
    const mayBeSaved =
      payment.source !== undefined &&
      payment.destination === undefined &&
      payment.transfer.kind === 'transfer' &&
      payment.transfer.status !== 'rejected' &&
      number !== null &&
      !(await isSaved(c.get('caller').id, number));
    return sendPage(c, ports, {
      title: headline(payment),
      section: 'account',
      children: (
        <div class="narrow stack">
          <PaymentCard payment={payment} news={query} fault={fault} />
          {mayEnd(payment) && <Reserved payment={payment} formKey={key} fault={fault} typed={typed} />}
          {mayBeSaved && (
            <SaveOffer payment={payment} isOpen={query.has('sent')} hasFailed={query.has('unsaved')} />
          )}
        </div>
      ),
    });
  }

  async function isSaved(userId: string, number: string): Promise<boolean> {
    for await (const payee of savedPayees(ports, userId)) if (payee.number === number) return true;
    return false;
  }

  function sendRefund(c: PageContext, { payment, key, fault, typed }: RefundState) {
    const { transfer, currency, exponent, other } = payment;
    const amount = transfer.amountCaptured ?? transfer.amount;
    const amountFault = fault?.field === 'amount' ? `${fault.title}.` : undefined;
    return sendPage(c, ports, {
      title: `Refund ${other.name}`,
      section: 'account',
      children: (
        <div class="narrow">
          <p class="crumb">
            <a href={`/transfers/${transfer.transferId}`}>The payment</a>
          </p>
          <h1>Refund {other.name}</h1>
          <p class="lead">
            You got <Amount amount={amount} currency={currency} exponent={exponent} />. Send all or a part of
            it back.
          </p>
          <section class="card after">
            <FaultBox fault={amountFault === undefined ? fault : undefined} />
            <Form action={`/transfers/${transfer.transferId}/refund`} class="first">
              <input type="hidden" name="key" value={key} />
              <AmountField
                label="Amount"
                currency={currency}
                exponent={exponent}
                value={typed?.text('amount') ?? typedAmount({ amount, exponent })}
                fault={amountFault}
              />
              <Field
                name="message"
                label="Message (optional)"
                value={typed?.text('message') ?? ''}
                maxlength={280}
                autocomplete="off"
              />
              <p class="actions">
                <button class="button">Send the refund</button>
                <a class="button quiet" href={`/transfers/${transfer.transferId}`}>
                  Keep the money
                </a>
              </p>
            </Form>
          </section>
        </div>
      ),
    });
  }
}

type RefundState = {
  readonly payment: OwnPayment;
  readonly key: string;
  readonly fault?: FaultText;
  readonly typed?: Fields;
};

/** A final refusal uses a key up; any other attempt keeps it. */
function keyAfter(error: unknown, form: Fields): string {
  const isRetry = error instanceof PassbookError && RETRIED.includes(error.code);
  return isRetry ? form.text('key') : newFormKey();
}

const RETRIED: readonly string[] = ['queue_full', 'unavailable', 'storage_full', 'outcome_unknown'];

/** @throws PassbookError `invalid_request` for a text that is no amount */
function amountIn(form: Fields, { exponent }: OwnPayment): bigint {
  const amount = readAmount(form.text('amount'), exponent);
  if (amount !== undefined) return amount;
  const message = `must be a number above zero, such as ${exampleAmount(exponent)}`;
  throw new PassbookError('invalid_request', { errors: [{ field: 'amount', message }] });
}

/** Only the payee ends a reservation: otherwise it would guarantee nothing. */
function mayEnd({ transfer, destination }: OwnPayment): boolean {
  return transfer.status === 'pending' && destination !== undefined;
}

function isRefundable({ transfer, destination }: OwnPayment): boolean {
  return transfer.status === 'completed' && transfer.kind === 'transfer' && destination !== undefined;
}

function headline({ transfer, source, destination, other }: OwnPayment): string {
  const { kind, status } = transfer;
  if (kind === 'initial_funds' || kind === 'withdrawal') return kindText(kind);
  const what = kind === 'reversal' ? 'Refund' : status === 'pending' ? 'Reservation' : 'Payment';
  if (!source && destination) return `${what} from ${other.name}`;
  return `${what} ${status === 'pending' ? 'for' : 'to'} ${other.name}`;
}

/** The state of a payment in words. */
function stateText(
  { transfer, source, destination, exponent, currency }: OwnPayment,
  language: string,
): string {
  const { status, amount, amountCaptured, kind } = transfer;
  const taken = amountCaptured !== null && amountCaptured < amount;
  switch (status) {
    case 'completed':
      if (taken) {
        const text = (part: bigint) => moneyText({ amount: part, exponent, currency }, { language });
        return `${text(amountCaptured)} of the reserved ${text(amount)} was paid; the rest is free again`;
      }
      if (source && destination) return 'Moved between your accounts';
      if (kind === 'initial_funds') return 'Paid in';
      return source ? 'Paid' : 'Received';
    case 'pending':
      return source ? 'Reserved; the payee has not taken it yet' : 'Reserved for you';
    case 'voided':
      return 'The reservation was cancelled; the money is free again';
    case 'expired':
      return 'The reservation has expired; the money is free again';
    case 'rejected':
      return 'Not sent';
    default:
      return status satisfies never;
  }
}

/** A sentence about what has just happened. */
function newsText(payment: OwnPayment, news: Fields, language: string): string | null {
  const { transfer, source, destination, currency, exponent, other } = payment;
  const { status, kind } = transfer;
  const text = (amount: bigint) => moneyText({ amount, currency, exponent }, { language });
  const sum = text(transfer.amountCaptured ?? transfer.amount);
  if (news.text('done') === 'taken' && status === 'completed' && destination) return `You took ${sum}.`;
  if (news.text('done') === 'returned' && status === 'voided') {
    return `You cancelled the reservation. ${text(transfer.amount)} is free again for the payer.`;
  }
  if (!news.has('sent') || !source || status === 'rejected') return null;
  const verb = kind === 'reversal' ? 'refunded' : status === 'pending' ? 'reserved' : 'sent';
  const to =
    kind === 'reversal'
      ? `${sum} to ${other.name}`
      : `${sum} ${status === 'pending' ? 'for' : 'to'} ${other.name}`;
  return `You ${verb} ${to}. Available now: ${text(source.available)}.`;
}

const PaymentCard: FC<{ payment: OwnPayment; news: Fields; fault: FaultText | undefined }> = ({
  payment,
  news,
  fault,
}) => {
  const page = usePage();
  const { transfer, source, destination, currency, exponent, other } = payment;
  const said = newsText(payment, news, page.language);
  const account = source ?? destination;
  const refusal = transfer.code === null ? undefined : faultText(transfer.code);
  const number = otherNumber(payment);
  const isGone =
    transfer.status === 'rejected' || transfer.status === 'voided' || transfer.status === 'expired';
  return (
    <section class="card" aria-labelledby="payment">
      {account && (
        <p class="crumb">
          <a href={`/accounts/${account.accountId}`}>{accountTitle(account)}</a>
        </p>
      )}
      {said !== null && (
        <p class="note good" role="status">
          <strong>{said}</strong>
        </p>
      )}
      {!mayEnd(payment) && <FaultBox fault={fault} />}
      <h1 id="payment">{headline(payment)}</h1>
      <p class="sum">
        <strong class={isGone ? 'big gone' : 'big'}>
          <Amount
            amount={transfer.amountCaptured ?? transfer.amount}
            currency={currency}
            exponent={exponent}
          />
        </strong>
      </p>
      {refusal && <FaultBox fault={refusal} id="refusal" />}
      <Facts>
        <Fact label="State">{stateText(payment, page.language)}</Fact>
        {transfer.status === 'pending' && transfer.expiresAt !== null && (
          <Fact label="Reserved until">{momentText(transfer.expiresAt, page)}</Fact>
        )}
        <Fact label={source ? 'To' : 'From'}>
          {other.name}
          {number !== '' && <span class="sub number">{number}</span>}
        </Fact>
        {account && (
          <Fact label={source ? 'From' : 'To'}>
            {accountTitle(account)}
            <span class="sub number">{numberText(account)}</span>
          </Fact>
        )}
        <Fact label="When">{momentText(transfer.createdAt, page)}</Fact>
        {transfer.completedAt !== null && transfer.completedAt !== transfer.createdAt && (
          <Fact label="Paid on">{momentText(transfer.completedAt, page)}</Fact>
        )}
        {transfer.description !== null && <Fact label="Message">{transfer.description}</Fact>}
        {transfer.reference !== null && <Fact label="Reference">{transfer.reference}</Fact>}
        {transfer.reverses !== null && (
          <Fact label="Refund of">
            <a href={`/transfers/${transfer.reverses}`}>An earlier payment</a>
          </Fact>
        )}
        {transfer.amountReversed !== null && transfer.amountReversed > 0n && (
          <Fact label="Refunded">
            <Amount amount={transfer.amountReversed} currency={currency} exponent={exponent} />
          </Fact>
        )}
      </Facts>
      <p class="actions">
        {source && transfer.kind === 'transfer' && transfer.legs === null && (
          <a
            class={transfer.status === 'rejected' ? 'button' : 'button quiet'}
            href={`/send?from=${source.accountId}&again=${transfer.transferId}`}
          >
            {transfer.status === 'rejected' ? 'Try again' : 'Send again'}
          </a>
        )}
        {isRefundable(payment) && (
          <a class="button quiet" href={`/transfers/${transfer.transferId}/refund`}>
            Refund
          </a>
        )}
        {account && (
          <a class="button quiet" href={`/accounts/${account.accountId}`}>
            To the account
          </a>
        )}
      </p>
      <p class="fine after">
        Payment number <code>{transfer.transferId}</code>
      </p>
    </section>
  );
};

type ReservedProps = {
  readonly payment: OwnPayment;
  readonly formKey: string;
  readonly fault?: FaultText | undefined;
  readonly typed?: Fields | undefined;
};

/** The choices of a payee for whom money is reserved. */
const Reserved: FC<ReservedProps> = ({ payment, formKey, fault, typed }) => {
  const { transfer, currency, exponent } = payment;
  const amountFault = fault?.field === 'amount' ? `${fault.title}.` : undefined;
  return (
    <section class="card" aria-labelledby="reserved">
      <h2 id="reserved">This money is reserved for you</h2>
      <FaultBox fault={amountFault === undefined ? fault : undefined} />
      <p>Take all or a part of it. The rest goes back to the payer.</p>
      <Form action={`/transfers/${transfer.transferId}/capture`}>
        <input type="hidden" name="key" value={formKey} />
        <AmountField
          label="Amount to take"
          currency={currency}
          exponent={exponent}
          value={typed?.text('amount') || typedAmount({ amount: transfer.amount, exponent })}
          fault={amountFault}
        />
        <p class="actions">
          <button class="button">Take the money</button>
        </p>
      </Form>
      <details class="after">
        <summary>Cancel the reservation</summary>
        <p>The whole amount goes back to the payer. You cannot undo it.</p>
        <Form action={`/transfers/${transfer.transferId}/void`}>
          <input type="hidden" name="key" value={formKey} />
          <p class="actions">
            <button class="button bad">Cancel the reservation</button>
          </p>
        </Form>
      </details>
    </section>
  );
};

const SaveOffer: FC<{ payment: OwnPayment; isOpen: boolean; hasFailed: boolean }> = ({
  payment,
  isOpen,
  hasFailed,
}) => (
  <details class="card" open={isOpen || hasFailed}>
    <summary>Save {payment.other.name} as a payee</summary>
    {hasFailed && (
      <p class="note warn" role="status">
        The payment was sent, but the payee could not be saved. Try again here.
      </p>
    )}
    <Form action="/payees" class="row">
      <input type="hidden" name="to" value={payment.other.number ?? ''} />
      <input type="hidden" name="back" value={`/transfers/${payment.transfer.transferId}`} />
      <Field name="label" label="Name in your list" value={payment.other.name} maxlength={60} required />
      <button class="button quiet">Save the payee</button>
    </Form>
  </details>
);
