import type { FC } from 'hono/jsx';
import type { AccountView } from '../../../application/views.ts';
import { formatAccountNumber } from '../../../domain/entities/account-number.ts';
import type { SavedPayee } from '../../../domain/payees/payee.ts';
import { PAYEE_LABEL_MAX_LENGTH } from '../../../domain/payees/payee.ts';
import { accountTitle, numberText } from '../accounts.ts';
import { assetPath } from '../assets.ts';
import { FaultBox } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { Form, usePage } from '../layout.tsx';
import { AmountField } from '../parts/amount-field.tsx';
import { Fact, Facts, Field, Select } from '../parts/fields.tsx';
import { Amount } from '../parts/money.tsx';
import { moneyText, typedAmount } from '../text.ts';
import { payeeTitle } from './recipient.ts';
import type { Recipient } from './recipient.ts';
import { sendPath, setFields } from './send-state.ts';
import type { SendState } from './send-state.ts';

/** Choices for the days of a reservation. */
export const RESERVED_DAYS = [1, 3, 7, 14, 31] as const;
const DEFAULT_DAYS = '7';

const STEPS = ['To whom', 'How much', 'Confirm'] as const;

const Steps: FC<{ at: 0 | 1 | 2 }> = ({ at }) => (
  <ol class="steps" aria-label="Steps">
    {STEPS.map((name, index) => (
      <li class={index < at ? 'done' : undefined} aria-current={index === at ? 'step' : undefined}>
        {name}
      </li>
    ))}
  </ol>
);

const Kept: FC<{ state: Partial<SendState>; without?: readonly (keyof SendState)[] }> = ({
  state,
  without = [],
}) => (
  <>
    {setFields(state)
      .filter(([name]) => !without.some((one) => one === name))
      .map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
  </>
);

/** Text for a field at fault. */
function faultOf(fault: FaultText | undefined, ...fields: readonly string[]): string | undefined {
  return fault?.field !== undefined && fields.includes(fault.field) ? `${fault.title}.` : undefined;
}

export type WhoProps = {
  readonly state: SendState;
  readonly accounts: readonly AccountView[];
  readonly payees: readonly SavedPayee[];
  readonly hasMorePayees: boolean;
  readonly fault?: FaultText | undefined;
};

/** Step 1: the account to pay from, and the payee. */
export const WhoPage: FC<WhoProps> = ({ state, accounts, payees, hasMorePayees, fault }) => {
  const page = usePage();
  const numberFault = faultOf(fault, 'number', 'toAccount', 'destinationAccountId');
  const nameFault = faultOf(fault, 'name');
  return (
    <div class="narrow">
      <h1>Send money</h1>
      <Steps at={0} />
      <section class="card">
        {numberFault === undefined && nameFault === undefined && <FaultBox fault={fault} />}
        <Form action="/send/payee" class="first">
          {/* Enter presses the first button of a form */}
          <button class="hidden" tabindex={-1} aria-hidden="true">
            Continue
          </button>
          <Kept
            state={state}
            without={['from', 'payee', 'own', 'again', 'checked', 'accepted', 'to', 'name']}
          />
          <Select
            name="from"
            label="From"
            value={state.from}
            options={accounts.map((account) => ({
              value: account.accountId,
              text: `${accountTitle(account)}: ${moneyText({ ...account, amount: account.available }, page)} available`,
            }))}
          />
          {payees.length > 0 && (
            <fieldset>
              <legend>To somebody you know</legend>
              <ul class="choices">
                {payees.map((payee) => (
                  <li>
                    <button class="choice" name="payee" value={payee.id} formnovalidate>
                      <span>{payeeTitle(payee)}</span>
                      <span class="sub number">{formatAccountNumber(payee.number)}</span>
                    </button>
                  </li>
                ))}
              </ul>
              {hasMorePayees && (
                <p class="hint">
                  <a href="/payees">See all of your payees</a>
                </p>
              )}
            </fieldset>
          )}
          {accounts.length > 1 && (
            <fieldset>
              <legend>To my own account</legend>
              <ul class="choices">
                {accounts.map((account) => (
                  <li>
                    <button class="choice" name="own" value={account.accountId} formnovalidate>
                      <span>{accountTitle(account)}</span>
                      <span class="sub">
                        <Amount {...account} amount={account.available} /> available
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
            </fieldset>
          )}
          <fieldset>
            <legend>To an account number</legend>
            <Field
              name="to"
              label="Account number"
              value={state.to}
              required
              autocomplete="off"
              maxlength={64}
              class="number-field"
              placeholder="PB00 0000 0000 0000"
              fault={numberFault}
              autofocus={numberFault !== undefined}
            />
            <Field
              name="name"
              label="Name of the payee"
              value={state.name}
              required
              autocomplete="off"
              maxlength={100}
              hint="The bank checks that the account belongs to this name."
              fault={nameFault}
              autofocus={nameFault !== undefined}
            />
            <p class="actions">
              <button class="button">Continue</button>
            </p>
          </fieldset>
        </Form>
      </section>
    </div>
  );
};

/** Asks whether a payee is meant whose name matches nearly, or not at all. */
export const DoubtPage: FC<{ state: SendState; recipient: Recipient }> = ({ state, recipient }) => {
  const isClose = recipient.standing === 'close_match';
  const onwards = sendPath({ ...state, accepted: '1' });
  return (
    <div class="narrow">
      <h1>{isClose ? 'Is this whom you mean?' : 'The name does not match'}</h1>
      <Steps at={0} />
      <section class="card">
        <p class="note warn" role="alert">
          {isClose ? (
            <>
              The account belongs to <strong>{recipient.name}</strong>. Is this whom you mean?
            </>
          ) : (
            <>
              This account does not belong to <strong>{recipient.name}</strong>. If you send money to the
              wrong person, the bank may not be able to get it back.
            </>
          )}
        </p>
        <Facts>
          <Fact label="Account number">
            <span class="number">{formatAccountNumber(recipient.number ?? '')}</span>
          </Fact>
          <Fact label="Name you wrote">{state.name}</Fact>
        </Facts>
        {!isClose && (
          <p class="after">Ask the payee for the number and the name, best in person or by telephone.</p>
        )}
        <p class="actions">
          {isClose && (
            <a class="button" href={onwards}>
              Yes, continue with {recipient.name}
            </a>
          )}
          <a class={isClose ? 'button quiet' : 'button'} href={sendPath(state, 'who')}>
            Change the payee
          </a>
          {!isClose && (
            <a class="button bad" href={onwards}>
              Go on all the same
            </a>
          )}
        </p>
      </section>
    </div>
  );
};

/** The payee, and how well the bank knows them. */
const RecipientNote: FC<{ recipient: Recipient }> = ({ recipient }) => {
  const { standing, confirmedName } = recipient;
  switch (standing) {
    case 'own':
      return <span class="sub">Your own account</span>;
    case 'match':
      return <span class="sub good">The name matches the account</span>;
    case 'close_match':
      return <span class="sub good">The name of the account’s owner</span>;
    case 'no_match':
      return <span class="sub bad">The name does not match the account</span>;
    case 'saved':
      return (
        <span class="sub good">
          {confirmedName === null ? 'The bank has confirmed this name' : `Confirmed name: ${confirmedName}`}
        </span>
      );
    case 'paid':
      return <span class="sub">You have paid this account before</span>;
    case 'unchecked':
      return <span class="sub">The bank has not checked a name for this account</span>;
    default:
      return standing satisfies never;
  }
};

const Who: FC<{ recipient: Recipient }> = ({ recipient }) => (
  <>
    <strong>{recipient.name}</strong>
    {recipient.number !== null && <span class="sub number">{formatAccountNumber(recipient.number)}</span>}
    <RecipientNote recipient={recipient} />
  </>
);

export type AmountProps = {
  readonly state: SendState;
  readonly account: AccountView;
  readonly recipient: Recipient;
  readonly fault?: FaultText | undefined;
};

/** Step 2: the amount, and what the payee reads. */
export const AmountPage: FC<AmountProps> = ({ state, account, recipient, fault }) => {
  const { currency, exponent, available } = account;
  const typed = withModel(state, recipient);
  const amountFault = faultOf(fault, 'amount');
  return (
    <div class="narrow">
      <h1>How much?</h1>
      <Steps at={1} />
      <section class="card">
        <FaultBox fault={amountFault === undefined ? fault : undefined} />
        {recipient.standing === 'match' && (
          <p class="note good" role="status">
            The name matches the account.
          </p>
        )}
        <Facts>
          <Fact label="To">
            <Who recipient={recipient} />{' '}
            <a class="fine" href={sendPath(state, 'who')}>
              Change
            </a>
          </Fact>
          <Fact label="From">
            {accountTitle(account)}
            <span class="sub number">{numberText(account)}</span>
          </Fact>
        </Facts>
        <form method="get" action="/send">
          <Kept state={state} without={['amount', 'message', 'reference', 'reserve', 'days']} />
          <AmountField
            label="Amount"
            currency={currency}
            exponent={exponent}
            value={typed.amount}
            fault={amountFault}
            autofocus
            hint={
              <>
                <Amount amount={available} currency={currency} exponent={exponent} /> available
              </>
            }
          />
          <Field
            name="message"
            label="Message (optional)"
            value={typed.message}
            maxlength={280}
            autocomplete="off"
            hint="The payee reads it."
            fault={faultOf(fault, 'description')}
          />
          <Field
            name="reference"
            label="Reference (optional)"
            value={typed.reference}
            maxlength={35}
            autocomplete="off"
            hint="Such as the number of an invoice: at most 35 characters."
            fault={faultOf(fault, 'reference')}
          />
          <details open={state.reserve !== ''}>
            <summary>Reserve the money only</summary>
            <label class="check">
              <input type="checkbox" name="reserve" value="1" checked={state.reserve !== ''} />
              <span>
                Reserve this amount for the payee, who may take it later. What they do not take comes back to
                you.
              </span>
            </label>
            <Select
              name="days"
              label="Reserved for at most"
              value={state.days || DEFAULT_DAYS}
              options={RESERVED_DAYS.map((days) => ({
                value: `${days}`,
                text: days === 1 ? '1 day' : `${days} days`,
              }))}
            />
          </details>
          <p class="actions">
            <button class="button">Continue</button>
            <span class="fine">You see everything once more before it is sent.</span>
          </p>
        </form>
      </section>
    </div>
  );
};

/** A payment that is repeated begins with the same texts and the same amount. */
function withModel(
  state: SendState,
  { model }: Recipient,
): Pick<SendState, 'amount' | 'message' | 'reference'> {
  if (model === null || state.amount !== '') return state;
  const { amount, exponent, description, reference } = model;
  return {
    amount: exponent === null ? '' : typedAmount({ amount, exponent }),
    message: description ?? '',
    reference: reference ?? '',
  };
}

export type ConfirmProps = {
  readonly state: SendState;
  readonly account: AccountView;
  readonly recipient: Recipient;
  readonly amount: bigint;
  readonly formKey: string;
  /** Label under which to save the payee; null if it is saved or cannot be. */
  readonly label: string | null;
  /** Whether the person has asked to save the payee. */
  readonly saves: boolean;
  readonly fault?: FaultText | undefined;
};

/** Step 3: everything on one page. */
export const ConfirmPage: FC<ConfirmProps> = (props) => {
  const page = usePage();
  const { state, account, recipient, amount, formKey, label, saves, fault } = props;
  const { currency, exponent } = account;
  const sum = moneyText({ amount, currency, exponent }, page);
  const isReserved = state.reserve !== '';
  return (
    <div class="narrow">
      <h1>Check and send</h1>
      <Steps at={2} />
      <section class="card">
        <FaultBox fault={fault} />
        <p class="sum">
          <strong class="big">
            <Amount amount={amount} currency={currency} exponent={exponent} />
          </strong>
        </p>
        <Facts>
          <Fact label="To">
            <Who recipient={recipient} />
          </Fact>
          <Fact label="From">
            {accountTitle(account)}
            <span class="sub number">{numberText(account)}</span>
          </Fact>
          {state.message && <Fact label="Message">{state.message}</Fact>}
          {state.reference && <Fact label="Reference">{state.reference}</Fact>}
          <Fact label="When">
            {isReserved ? `Reserved for at most ${dayCount(state)}; the payee takes it` : 'At once'}
          </Fact>
        </Facts>
        <Form action="/send">
          <Kept state={state} />
          <input type="hidden" name="key" value={formKey} />
          {label !== null && (
            <div class="save">
              <label class="check">
                <input type="checkbox" name="save" value="1" checked={saves} />
                <span>Save this payee for the next time</span>
              </label>
              <Field
                name="label"
                label="Name in your list"
                value={label}
                maxlength={PAYEE_LABEL_MAX_LENGTH}
                autocomplete="off"
              />
            </div>
          )}
          <p class="actions">
            <button class="button">{`${isReserved ? 'Reserve' : 'Send'} ${sum}`}</button>
            <a class="button quiet" href={sendPath(state, 'amount')}>
              Change
            </a>
          </p>
        </Form>
      </section>
    </div>
  );
};

function dayCount({ days }: SendState): string {
  const count = days || DEFAULT_DAYS;
  return count === '1' ? '1 day' : `${count} days`;
}

export type CodeProps = Omit<ConfirmProps, 'label' | 'fault'> & {
  readonly label: string;
  readonly hasApp: boolean;
  readonly hasPasskey: boolean;
  readonly fault?: FaultText | undefined;
};

/** Asks for a second factor, for a large amount. The key stays the same. */
export const CodePage: FC<CodeProps> = (props) => {
  const page = usePage();
  const { state, account, recipient, amount, formKey, label, saves, hasApp, hasPasskey, fault } = props;
  const { currency, exponent } = account;
  const sum = moneyText({ amount, currency, exponent }, page);
  return (
    <div class="narrow">
      <h1>Confirm with your second factor</h1>
      <Steps at={2} />
      <section class="card">
        <FaultBox fault={fault} />
        <p class="lead">
          {`${sum} to ${recipient.name} is a large amount. `}
          {hasApp ? 'Your authenticator app shows a code of six digits.' : 'Confirm it with your passkey.'}
        </p>
        <Form action="/send" id="confirmation">
          <Kept state={state} />
          <input type="hidden" name="key" value={formKey} />
          {saves && <input type="hidden" name="save" value="1" />}
          <input type="hidden" name="label" value={label} />
          <input type="hidden" name="confirmation" value="" />
          {hasApp && (
            <>
              <Field
                name="code"
                label="Code"
                autocomplete="one-time-code"
                inputmode="numeric"
                required
                autofocus
                maxlength={16}
              />
              <button class="button wide">{`Confirm and send ${sum}`}</button>
            </>
          )}
        </Form>
        {hasPasskey && (
          <>
            <button
              class={hasApp ? 'button quiet wide' : 'button wide'}
              type="button"
              data-passkey="confirm"
              data-to={recipient.account}
              data-amount={amount.toString()}
              data-currency={currency}
              data-key={formKey}
              hidden
            >
              Use a passkey
            </button>
            <p class="field-fault" id="passkey-fault" role="alert"></p>
            <noscript>
              <p class="hint">A passkey needs JavaScript.</p>
            </noscript>
            <script src={assetPath('confirm.js')} defer></script>
          </>
        )}
        <p class="links">
          <a href={sendPath(state, 'amount')}>Change the payment</a>
        </p>
      </section>
    </div>
  );
};
