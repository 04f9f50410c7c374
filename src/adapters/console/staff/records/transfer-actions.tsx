import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { AccountRecord } from '../../../../application/staff/inspect-account.ts';
import type { TransferRecord } from '../../../../application/staff/inspect-transfer.ts';
import { normalSideOf } from '../../../../domain/entities/account.ts';
import { invalid } from '../../../../domain/errors.ts';
import { decimalText } from '../../../../domain/money/money.ts';
import type { SignedInPageEnv } from '../../../shared/page-edge.ts';
import { readAmount } from '../../amount-input.ts';
import { Fact, Facts, Field } from '../../parts/fields.tsx';
import { Amount } from '../../parts/money.tsx';
import type { ConsolePorts, PageContext } from '../../ports.ts';
import { staffActorOf, staffViewerOf } from '../access.ts';
import { ReasonField, requireOk, staffActionRoutes } from '../action.tsx';
import type { StaffAction } from '../action.tsx';
import { recordTitle } from '../parts.tsx';
import { reasonIn } from './account-actions.tsx';

/** Pages with which the staff returns the money of a transfer and erases its texts. */
export function transferActionRoutes(ports: ConsolePorts) {
  return new Hono<SignedInPageEnv>()
    .route('/', staffActionRoutes(ports, reverse(ports)))
    .route('/', staffActionRoutes(ports, eraseTexts(ports)));
}

function ofTransfer({ bank }: ConsolePorts) {
  return {
    section: 'people',
    load: (c: PageContext) => bank.inspectTransfer(staffViewerOf(c.get('caller')), c.req.param('id') ?? ''),
    record: ({ transfer }: TransferRecord) => ({ href: pathOf(transfer), name: 'Transfer' }),
  } as const;
}

function pathOf({ transferId }: { transferId: string }): string {
  return `/staff/transfers/${encodeURIComponent(transferId)}`;
}

type Reversal = { amount: bigint; reason: string };

function reverse(ports: ConsolePorts): StaffAction<TransferRecord, Reversal> {
  const { ledger } = ports.bank;
  const request = ({ transfer }: TransferRecord, { amount, reason }: Reversal, key: string) => ({
    transferId: transfer.transferId,
    amount,
    description: reason,
    idempotencyKey: key,
  });
  return {
    ...ofTransfer(ports),
    task: 'reverse',
    path: '/staff/transfers/:id/reverse',
    title: 'Return the money',
    isGrave: true,
    button: 'Return the money',
    fields: ['amount', 'reason'],
    initial: ({ transfer, reversible }) => ({ amount: decimalText(reversible, transfer.exponent ?? 0) }),
    Inputs: ({ subject, typed }) => (
      <>
        <Field
          name="amount"
          class="amount"
          label={`Amount in ${subject.transfer.currency ?? 'minor units'}`}
          value={typed['amount'] ?? ''}
          required
          inputmode="decimal"
          maxlength={30}
          hint={`At most ${decimalText(subject.reversible, subject.transfer.exponent ?? 0)}.`}
        />
        <ReasonField typed={typed} hint="Both sides read it as the message of the new transfer." />
      </>
    ),
    read: (fields, { transfer }) => {
      const amount = readAmount(fields.text('amount'), transfer.exponent ?? 0);
      if (amount === undefined) throw invalid('amount', 'must be an amount, such as 12.50');
      return { amount, reason: reasonIn(fields) };
    },
    preview: async (c, { subject, order, key }) => {
      const actor = staffActorOf(c.get('caller'));
      const tried = await ledger.reverseTransfer(actor, request(subject, order, key), { dryRun: true });
      const { transfer } = requireOk(tried);
      const money = { currency: transfer.currency ?? '', exponent: transfer.exponent ?? 0 };
      const accounts = await ports.bank.inspectAccounts(
        staffViewerOf(c.get('caller')),
        [transfer.sourceAccountId ?? [], transfer.destinationAccountId ?? []].flat(),
      );
      const [from, to] = [transfer.sourceAccountId, transfer.destinationAccountId].map((id) =>
        accounts.get(id ?? ''),
      );
      const left = subject.reversible - order.amount;
      return (
        <Facts>
          <Fact label="Amount">
            <Amount amount={transfer.amount} {...money} />
          </Fact>
          {from && (
            <Fact label="From">
              <Effect account={from} debited={order.amount} />
            </Fact>
          )}
          {to && (
            <Fact label="Back to">
              <Effect account={to} debited={-order.amount} />
            </Fact>
          )}
          <Fact label="Left to return">
            <Amount amount={left} {...money} />
          </Fact>
          <Fact label="Message">{order.reason}</Fact>
        </Facts>
      );
    },
    act: async (c, { subject, order, key }) => {
      const actor = staffActorOf(c.get('caller'));
      const { transfer } = requireOk(await ledger.reverseTransfer(actor, request(subject, order, key)));
      return `${pathOf(transfer)}?done=reversed`;
    },
  };
}

/** An account with its balance before and after a debit, or a credit if that is negative. */
const Effect: FC<{ account: AccountRecord; debited: bigint }> = ({ account, debited }) => {
  const { balance, currency, exponent } = account;
  const after = normalSideOf(account.class) === 'debit' ? balance + debited : balance - debited;
  return (
    <>
      <span class="number">{recordTitle(account)}</span>
      <span class="sub">
        Balance <Amount amount={balance} currency={currency} exponent={exponent} /> →{' '}
        <Amount amount={after} currency={currency} exponent={exponent} />
      </span>
    </>
  );
};

function eraseTexts(ports: ConsolePorts): StaffAction<TransferRecord, { reason: string }> {
  return {
    ...ofTransfer(ports),
    task: 'eraseText',
    path: '/staff/transfers/:id/erase-text',
    title: 'Erase the texts',
    isGrave: true,
    button: 'Erase the texts',
    fields: ['reason'],
    Inputs: ({ typed }) => <ReasonField typed={typed} />,
    read: (fields) => ({ reason: reasonIn(fields) }),
    preview: (_, { subject: { transfer }, order }) => (
      <Facts>
        {transfer.description !== null && <Fact label="Message">{transfer.description} → erased</Fact>}
        {transfer.reference !== null && <Fact label="Reference">{transfer.reference} → erased</Fact>}
        {transfer.metadata !== null && (
          <Fact label="Metadata">{Object.keys(transfer.metadata).join(', ')} → erased</Fact>
        )}
        <Fact label="Then">
          The texts are gone everywhere and cannot be brought back. The chain of entries stays intact.
        </Fact>
        <Fact label="Reason">{order.reason}</Fact>
      </Facts>
    ),
    act: async (c, { subject, order }) => {
      const { transferId } = subject.transfer;
      // A second form finds the texts erased, and nothing to do
      const { eraseText } = ports.bank.ledger;
      if (!subject.isErased) {
        requireOk(await eraseText(staffActorOf(c.get('caller')), { transferId, reason: order.reason }));
      }
      return `${pathOf(subject.transfer)}?done=erased`;
    },
  };
}
