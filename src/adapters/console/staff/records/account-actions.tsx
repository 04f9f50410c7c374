import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { AccountRecord } from '../../../../application/staff/inspect-account.ts';
import { invalid } from '../../../../domain/errors.ts';
import { decimalText } from '../../../../domain/money/money.ts';
import type { SignedInPageEnv } from '../../../shared/page-edge.ts';
import { readAmount } from '../../amount-input.ts';
import type { Fields } from '../../forms.ts';
import { Fact, Facts, Field } from '../../parts/fields.tsx';
import { Amount } from '../../parts/money.tsx';
import type { ConsolePorts, PageContext } from '../../ports.ts';
import { staffActorOf, staffViewerOf } from '../access.ts';
import { ReasonField, requireOk, staffActionRoutes } from '../action.tsx';
import type { StaffAction, Typed } from '../action.tsx';
import { readBalanceLimit } from '../limit-input.ts';
import { recordTitle } from '../parts.tsx';

/** Pages with which the staff freezes, limits, funds and closes an account. */
export function accountActionRoutes(ports: ConsolePorts) {
  return new Hono<SignedInPageEnv>()
    .route('/', staffActionRoutes(ports, freeze(ports)))
    .route('/', staffActionRoutes(ports, unfreeze(ports)))
    .route('/', staffActionRoutes(ports, setLimits(ports)))
    .route('/', staffActionRoutes(ports, addMoney(ports)))
    .route('/', staffActionRoutes(ports, takeMoney(ports)))
    .route('/', staffActionRoutes(ports, close(ports)));
}

/** The parts that all actions on an account share. */
function ofAccount({ bank }: ConsolePorts) {
  return {
    section: 'people',
    load: (c: PageContext) => bank.inspectAccount(staffViewerOf(c.get('caller')), c.req.param('id') ?? ''),
    record: (account: AccountRecord) => ({ href: pathOf(account), name: recordTitle(account) }),
  } as const;
}

function pathOf({ accountId }: AccountRecord): string {
  return `/staff/accounts/${encodeURIComponent(accountId)}`;
}

function freeze(ports: ConsolePorts): StaffAction<AccountRecord, { credits: boolean; reason: string }> {
  return {
    ...ofAccount(ports),
    task: 'administerAccounts',
    path: '/staff/accounts/:id/freeze',
    title: 'Freeze the account',
    isGrave: true,
    button: 'Freeze the account',
    fields: ['credits', 'reason'],
    Inputs: ({ typed }) => (
      <>
        <label class="check">
          <input type="checkbox" name="credits" value="yes" checked={typed['credits'] === 'yes'} /> Block
          money that comes in, too
        </label>
        <ReasonField typed={typed} />
      </>
    ),
    initial: (account) => ({ credits: account.creditsFrozen ? 'yes' : '' }),
    read: (fields) => ({ credits: fields.text('credits') === 'yes', reason: reasonIn(fields) }),
    preview: (_, { subject, order }) => (
      <Facts>
        <Fact label="Now">{standingText(subject)}</Fact>
        <Fact label="Then">
          {order.credits
            ? 'Frozen: no money leaves the account, and none comes in.'
            : 'Frozen: no money leaves the account. Money still comes in.'}
        </Fact>
        <Fact label="Reason">{order.reason}</Fact>
      </Facts>
    ),
    act: async (c, { subject, order, key }) => {
      const request = { ...order, accountId: subject.accountId, idempotencyKey: key };
      requireOk(await ports.bank.ledger.freezeAccount(staffActorOf(c.get('caller')), request));
      return `${pathOf(subject)}?done=frozen`;
    },
  };
}

function unfreeze(ports: ConsolePorts): StaffAction<AccountRecord, { reason: string }> {
  return {
    ...ofAccount(ports),
    task: 'administerAccounts',
    path: '/staff/accounts/:id/unfreeze',
    title: 'Unfreeze the account',
    button: 'Unfreeze the account',
    fields: ['reason'],
    Inputs: ({ typed }) => <ReasonField typed={typed} />,
    read: (fields) => ({ reason: reasonIn(fields) }),
    preview: (_, { subject, order }) => (
      <Facts>
        <Fact label="Now">{standingText(subject)}</Fact>
        <Fact label="Then">Active: money leaves the account and comes in.</Fact>
        <Fact label="Reason">{order.reason}</Fact>
      </Facts>
    ),
    act: async (c, { subject, order, key }) => {
      const request = { ...order, accountId: subject.accountId, idempotencyKey: key };
      requireOk(await ports.bank.ledger.unfreezeAccount(staffActorOf(c.get('caller')), request));
      return `${pathOf(subject)}?done=unfrozen`;
    },
  };
}

function standingText({ status, creditsFrozen }: AccountRecord): string {
  if (status === 'closed') return 'Closed.';
  if (status === 'active') return 'Active: money leaves the account and comes in.';
  return creditsFrozen
    ? 'Frozen: no money leaves the account, and none comes in.'
    : 'Frozen: no money leaves the account. Money still comes in.';
}

type Limits = { minimumBalance: bigint; maximumBalance: bigint | null; reason: string };

function setLimits(ports: ConsolePorts): StaffAction<AccountRecord, Limits> {
  return {
    ...ofAccount(ports),
    task: 'administerAccounts',
    path: '/staff/accounts/:id/limits',
    title: 'Set limits',
    button: 'Set the limits',
    fields: ['minimum', 'maximum', 'reason'],
    Inputs: ({ subject, typed }) => (
      <>
        <Field
          name="minimum"
          label={`Lowest available balance, in ${subject.currency}`}
          value={typed['minimum'] ?? ''}
          required
          inputmode="text"
          maxlength={30}
          hint="Below zero is an overdraft, such as -500."
        />
        <Field
          name="maximum"
          label={`Highest balance, in ${subject.currency}`}
          value={typed['maximum'] ?? ''}
          inputmode="text"
          maxlength={30}
          hint="Leave it empty for no limit."
        />
        <ReasonField typed={typed} />
      </>
    ),
    initial: ({ minimumBalance, maximumBalance, exponent }) => ({
      minimum: minimumBalance === null ? '0' : decimalText(minimumBalance, exponent),
      maximum: maximumBalance === null ? '' : decimalText(maximumBalance, exponent),
    }),
    read: (fields, subject) => ({
      minimumBalance: limitIn(fields.text('minimum'), subject, 'minimumBalance'),
      maximumBalance:
        fields.text('maximum') === '' ? null : limitIn(fields.text('maximum'), subject, 'maximumBalance'),
      reason: reasonIn(fields),
    }),
    preview: (_, { subject, order }) => {
      if (order.maximumBalance !== null && order.maximumBalance < order.minimumBalance) {
        throw invalid('maximumBalance', 'must not be below the lowest available balance');
      }
      return (
        <>
          <Facts>
            <Fact label="Lowest available balance">
              <Limit limit={subject.minimumBalance} account={subject} /> →{' '}
              <strong>
                <Limit limit={order.minimumBalance} account={subject} />
              </strong>
            </Fact>
            <Fact label="Highest balance">
              <Limit limit={subject.maximumBalance} account={subject} /> →{' '}
              <strong>
                <Limit limit={order.maximumBalance} account={subject} />
              </strong>
            </Fact>
            <Fact label="Reason">{order.reason}</Fact>
          </Facts>
          {(subject.available < order.minimumBalance ||
            (order.maximumBalance !== null && subject.balance > order.maximumBalance)) && (
            <p class="note warn">
              The present balance is out of these limits. It stays, and only payments back into them pass.
            </p>
          )}
        </>
      );
    },
    act: async (c, { subject, order, key }) => {
      const request = { ...order, accountId: subject.accountId, idempotencyKey: key };
      requireOk(await ports.bank.ledger.limitAccount(staffActorOf(c.get('caller')), request));
      return `${pathOf(subject)}?done=limits`;
    },
  };
}

const Limit: FC<{ limit: bigint | null; account: AccountRecord }> = ({ limit, account }) =>
  limit === null ? (
    <>no limit</>
  ) : (
    <Amount amount={limit} currency={account.currency} exponent={account.exponent} />
  );

function limitIn(text: string, { exponent, currency }: AccountRecord, field: string): bigint {
  const limit = readBalanceLimit(text, exponent);
  if (limit === undefined) throw invalid(field, `must be an amount in ${currency}, such as 0 or -500`);
  return limit;
}

type Funds = { amount: bigint; description: string; reference: string };

function addMoney(ports: ConsolePorts): StaffAction<AccountRecord, Funds> {
  return {
    ...ofAccount(ports),
    ...FUNDS,
    path: '/staff/accounts/:id/fund',
    title: 'Add money',
    button: 'Add the money',
    preview: async (c, { subject, order, key }) => {
      const request = { ...textsOf(order), destinationAccountId: subject.accountId, idempotencyKey: key };
      const actor = staffActorOf(c.get('caller'));
      requireOk(await ports.bank.ledger.fundAccount(actor, request, { dryRun: true }));
      return <MoneyEffect account={subject} order={order} after={subject.balance + order.amount} />;
    },
    act: async (c, { subject, order, key }) => {
      const request = { ...textsOf(order), destinationAccountId: subject.accountId, idempotencyKey: key };
      requireOk(await ports.bank.ledger.fundAccount(staffActorOf(c.get('caller')), request));
      return `${pathOf(subject)}?done=funded`;
    },
  };
}

function takeMoney(ports: ConsolePorts): StaffAction<AccountRecord, Funds> {
  return {
    ...ofAccount(ports),
    ...FUNDS,
    path: '/staff/accounts/:id/withdraw',
    title: 'Take money out',
    isGrave: true,
    button: 'Take the money out',
    preview: async (c, { subject, order, key }) => {
      const request = { ...textsOf(order), sourceAccountId: subject.accountId, idempotencyKey: key };
      const actor = staffActorOf(c.get('caller'));
      requireOk(await ports.bank.ledger.withdrawFunds(actor, request, { dryRun: true }));
      return <MoneyEffect account={subject} order={order} after={subject.balance - order.amount} />;
    },
    act: async (c, { subject, order, key }) => {
      const request = { ...textsOf(order), sourceAccountId: subject.accountId, idempotencyKey: key };
      requireOk(await ports.bank.ledger.withdrawFunds(staffActorOf(c.get('caller')), request));
      return `${pathOf(subject)}?done=withdrawn`;
    },
  };
}

/** The fields of the two actions that move money between an account and the world outside of the bank. */
const FUNDS = {
  task: 'moveFunds',
  fields: ['amount', 'description', 'reference'],
  Inputs: ({ subject, typed }: { subject: AccountRecord; typed: Typed }) => (
    <>
      <Field
        name="amount"
        class="amount"
        label={`Amount in ${subject.currency}`}
        value={typed['amount'] ?? ''}
        required
        inputmode="decimal"
        maxlength={30}
      />
      <Field
        name="description"
        label="Reason"
        value={typed['description'] ?? ''}
        required
        maxlength={280}
        hint="The owner of the account reads it."
      />
      <Field
        name="reference"
        label="Reference, if there is one"
        value={typed['reference'] ?? ''}
        maxlength={35}
      />
    </>
  ),
  read: (fields: Fields, subject: AccountRecord): Funds => ({
    amount: amountIn(fields, subject),
    description: requiredText(fields.text('description')),
    reference: fields.text('reference'),
  }),
} as const;

const MoneyEffect: FC<{ account: AccountRecord; order: Funds; after: bigint }> = ({
  account: { balance, currency, exponent },
  order,
  after,
}) => (
  <Facts>
    <Fact label="Amount">
      <Amount amount={order.amount} currency={currency} exponent={exponent} />
    </Fact>
    <Fact label="Balance">
      <Amount amount={balance} currency={currency} exponent={exponent} /> →{' '}
      <strong>
        <Amount amount={after} currency={currency} exponent={exponent} />
      </strong>
    </Fact>
    <Fact label="Reason">{order.description}</Fact>
    {order.reference !== '' && <Fact label="Reference">{order.reference}</Fact>}
  </Facts>
);

function textsOf({ amount, description, reference }: Funds) {
  return { amount, description, ...(reference === '' ? {} : { reference }) };
}

function close(ports: ConsolePorts): StaffAction<AccountRecord, { reason: string; sweepTo: string }> {
  return {
    ...ofAccount(ports),
    task: 'closeAccounts',
    path: '/staff/accounts/:id/close',
    title: 'Close the account',
    isGrave: true,
    button: 'Close the account',
    fields: ['sweepTo', 'reason'],
    Inputs: ({ subject, typed }) => (
      <>
        {subject.balance !== 0n && (
          <Field
            name="sweepTo"
            label="Account that gets the rest of the money"
            value={typed['sweepTo'] ?? ''}
            required
            maxlength={64}
            hint="Number or id of another account of the same owner, in the same currency."
          />
        )}
        <ReasonField typed={typed} />
      </>
    ),
    read: (fields) => ({ reason: reasonIn(fields), sweepTo: fields.text('sweepTo') }),
    preview: async (c, { subject, order }) => {
      const target =
        order.sweepTo === ''
          ? null
          : await ports.bank.inspectAccount(staffViewerOf(c.get('caller')), order.sweepTo);
      return (
        <Facts>
          <Fact label="Now">{standingText(subject)}</Fact>
          <Fact label="Then">Closed. A closed account never opens again; its entries stay.</Fact>
          {target && (
            <Fact label="Rest of the money">
              <Amount amount={subject.balance} currency={subject.currency} exponent={subject.exponent} /> to{' '}
              {recordTitle(target)}
            </Fact>
          )}
          <Fact label="Reason">{order.reason}</Fact>
        </Facts>
      );
    },
    act: async (c, { subject, order, key }) => {
      const { reason, sweepTo } = order;
      const request = {
        reason,
        accountId: subject.accountId,
        idempotencyKey: key,
        ...(sweepTo === '' ? {} : { sweepTo }),
      };
      requireOk(await ports.bank.ledger.closeAccount(staffActorOf(c.get('caller')), request));
      return `${pathOf(subject)}?done=closed`;
    },
  };
}

/** @throws PassbookError `invalid_request` */
function amountIn(fields: Fields, { currency, exponent }: AccountRecord): bigint {
  const amount = readAmount(fields.text('amount'), exponent);
  if (amount === undefined) throw invalid('amount', `must be an amount in ${currency}, such as 12.50`);
  return amount;
}

/** @throws PassbookError `invalid_request` */
export function reasonIn(fields: Fields): string {
  return requiredText(fields.text('reason'));
}

function requiredText(text: string): string {
  if (text === '') throw invalid('reason', 'must say why');
  return text;
}
