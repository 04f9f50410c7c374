import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { AccountView } from '../../../application/views.ts';
import { ACCOUNT_NAME_MAX_LENGTH } from '../../../application/validation.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { CURRENCY_EXPONENTS } from '../../../domain/money/currencies.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { accountTitle, numberText, ownAccount, ownAccounts } from '../accounts.ts';
import { FaultBox, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { queryOf, readForm } from '../forms.ts';
import type { Fields } from '../forms.ts';
import { Form, sendPage, usePage } from '../layout.tsx';
import { Fact, Facts, Field, Select } from '../parts/fields.tsx';
import { Amount } from '../parts/money.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { currencyName, momentText } from '../text.ts';
import { newFormKey, requireDone, selfOf } from './self.ts';

/** Currencies that most people look for. All others follow in the list. */
const USUAL_CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'JPY', 'CAD', 'AUD', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK'];

/** Play money, in major units. */
const PLAY_MONEY = 1_000n;

/** Opening, renaming and closing an account, and play money where the bank offers it. */
export function accountFormRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  const { ledger } = bank;
  const app = new Hono<SignedInPageEnv>()
    .get('/accounts/new', edge.sessionRequired, async (c) => sendNew(c, {}))
    .post('/accounts/new', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const [name, currency, idempotencyKey] = [form.text('name'), form.text('currency'), form.text('key')];
      try {
        const opened = requireDone(
          await ledger.openAccount(selfOf(c), {
            currency,
            idempotencyKey,
            ...(name === '' ? {} : { name }),
          }),
        );
        return c.redirect(`/accounts/${opened.account.accountId}`, 303);
      } catch (error) {
        return sendNew(c, { typed: form, fault: shownFault(error, c, ports) });
      }
    })
    .get('/accounts/:id/settings', edge.sessionRequired, (c) => sendSettings(c, {}))
    .post('/accounts/:id/settings', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const accountId = c.req.param('id');
      const name = form.text('name');
      try {
        requireDone(await ledger.renameAccount(selfOf(c), { accountId, name: name === '' ? null : name }));
      } catch (error) {
        return sendSettings(c, { typed: form, fault: shownFault(error, c, ports) });
      }
      return c.redirect(`/accounts/${accountId}/settings?done=renamed`, 303);
    })
    .post('/accounts/:id/close', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const accountId = c.req.param('id');
      const sweepTo = form.text('sweepTo');
      try {
        if (!form.has('sure')) {
          const message = 'must be ticked, because a closed account stays closed';
          throw new PassbookError('invalid_request', { errors: [{ field: 'sure', message }] });
        }
        const request = { accountId, idempotencyKey: form.text('key') };
        requireDone(
          await ledger.closeAccount(selfOf(c), { ...request, ...(sweepTo === '' ? {} : { sweepTo }) }),
        );
      } catch (error) {
        return sendSettings(c, { closing: form, fault: shownFault(error, c, ports) });
      }
      return c.redirect(`/accounts/${accountId}`, 303);
    });
  return ports.offersPlayMoney ? app.route('/', playMoney()) : app;

  /** Gives play money while the balance is zero. The key belongs to the account, so a form gives it once. */
  function playMoney() {
    return new Hono<SignedInPageEnv>().post(
      '/accounts/:id/play-money',
      edge.sessionRequired,
      edge.writeCounted,
      async (c) => {
        const form = await readForm(c, ports);
        const about = { userId: c.get('caller').id, accountId: c.req.param('id') };
        const { account } = await ownAccount(ports, about);
        const { accountId, exponent, balance } = account;
        if (balance === 0n) {
          const request = {
            destinationAccountId: accountId,
            amount: PLAY_MONEY * 10n ** BigInt(exponent),
            idempotencyKey: `play-money ${accountId} ${form.text('key')}`.slice(0, 255),
            description: 'Play money',
          };
          requireDone(await ledger.fundAccount({ kind: 'system', id: 'play-money' }, request));
        }
        return c.redirect(`/accounts/${accountId}`, 303);
      },
    );
  }

  function sendNew(c: PageContext, { typed, fault }: { typed?: Fields; fault?: FaultText }) {
    const { language } = c.get('caller');
    return sendPage(c, ports, {
      title: 'Open an account',
      section: 'account',
      children: (
        <section class="card narrow">
          <h1>Open an account</h1>
          <p class="lead">It is open at once, and has a number of its own.</p>
          <FaultBox fault={fault?.field === 'name' ? undefined : fault} />
          <Form action="/accounts/new">
            <input type="hidden" name="key" value={typed?.text('key') || newFormKey()} />
            <Field
              name="name"
              label="Name (optional)"
              value={typed?.text('name') ?? ''}
              maxlength={ACCOUNT_NAME_MAX_LENGTH}
              autocomplete="off"
              placeholder="Savings"
              hint="Only you see it."
              fault={fault?.field === 'name' ? `${fault.title}.` : undefined}
            />
            <CurrencySelect value={typed?.text('currency') || 'EUR'} language={language} />
            <p class="actions">
              <button class="button">Open the account</button>
              <a class="button quiet" href="/">
                Not now
              </a>
            </p>
          </Form>
        </section>
      ),
    });
  }

  async function sendSettings(
    c: PageContext,
    { typed, closing, fault }: { typed?: Fields; closing?: Fields; fault?: FaultText },
  ): Promise<Response> {
    const { account } = await ownAccount(ports, {
      userId: c.get('caller').id,
      accountId: c.req.param('id') ?? '',
    });
    const others = (await ownAccounts(ports, c.get('caller').id)).filter(
      (one) =>
        one.accountId !== account.accountId && one.status !== 'closed' && one.currency === account.currency,
    );
    const isRenamed = queryOf(c).text('done') === 'renamed';
    return sendPage(c, ports, {
      title: `Settings of ${accountTitle(account)}`,
      section: 'account',
      children: (
        <div class="narrow">
          <p class="crumb">
            <a href={`/accounts/${account.accountId}`}>{accountTitle(account)}</a>
          </p>
          <h1>Settings</h1>
          <div class="stack after">
            {isRenamed && (
              <p class="note good" role="status">
                The new name is saved.
              </p>
            )}
            <About account={account} />
            {account.status !== 'closed' && (
              <>
                <Rename account={account} typed={typed} fault={closing ? undefined : fault} />
                <Close
                  account={account}
                  others={others}
                  typed={closing}
                  fault={closing ? fault : undefined}
                />
              </>
            )}
          </div>
        </div>
      ),
    });
  }
}

const CurrencySelect: FC<{ value: string; language: string }> = ({ value, language }) => {
  const others = [...CURRENCY_EXPONENTS.keys()].filter((code) => !USUAL_CURRENCIES.includes(code)).sort();
  const option = (code: string) => (
    <option value={code} selected={code === value}>
      {`${code}: ${currencyName(code, language)}`}
    </option>
  );
  return (
    <div class="field">
      <label for="currency">Currency</label>
      <select id="currency" name="currency" aria-describedby="currency-hint">
        <optgroup label="Usual currencies">{USUAL_CURRENCIES.map(option)}</optgroup>
        <optgroup label="All others">{others.map(option)}</optgroup>
      </select>
      <p class="hint" id="currency-hint">
        It stays the same for as long as the account is open.
      </p>
    </div>
  );
};

const STATES: Readonly<Record<AccountView['status'], string>> = {
  active: 'Open',
  frozen: 'Frozen by the bank',
  closed: 'Closed',
};

const About: FC<{ account: AccountView }> = ({ account }) => {
  const page = usePage();
  const { currency, exponent, minimumBalance, maximumBalance, status, createdAt } = account;
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">{accountTitle(account)}</h2>
      <div class="field">
        <label for="number">Account number</label>
        <input id="number" value={numberText(account)} readonly aria-describedby="number-hint" />
        <p class="hint" id="number-hint">
          Select and copy it. People here need it, and your name, to pay you.
        </p>
      </div>
      <Facts>
        <Fact label="State">{STATES[status]}</Fact>
        <Fact label="Currency">{`${currencyName(currency, page.language)} (${currency})`}</Fact>
        <Fact label="Opened on">{momentText(createdAt, page)}</Fact>
        <Fact label="Overdraft">
          {minimumBalance !== null && minimumBalance < 0n ? (
            <>
              You may go down to <Amount amount={minimumBalance} currency={currency} exponent={exponent} />
            </>
          ) : (
            'None: you can send what is available'
          )}
        </Fact>
        <Fact label="Most it may hold">
          {maximumBalance === null ? (
            'No limit'
          ) : (
            <Amount amount={maximumBalance} currency={currency} exponent={exponent} />
          )}
        </Fact>
      </Facts>
    </section>
  );
};

type PartProps = {
  readonly account: AccountView;
  readonly typed: Fields | undefined;
  readonly fault: FaultText | undefined;
};

const Rename: FC<PartProps> = ({ account, typed, fault }) => (
  <section class="card" aria-labelledby="rename">
    <h2 id="rename">Name</h2>
    <FaultBox fault={fault?.field === 'name' ? undefined : fault} />
    <Form action={`/accounts/${account.accountId}/settings`} class="first">
      <Field
        name="name"
        label="Name of the account"
        value={typed?.text('name') ?? account.name ?? ''}
        maxlength={ACCOUNT_NAME_MAX_LENGTH}
        autocomplete="off"
        hint="Only you see it."
        fault={fault?.field === 'name' ? `${fault.title}.` : undefined}
      />
      <p class="actions">
        <button class="button">Save the name</button>
      </p>
    </Form>
  </section>
);

const Close: FC<PartProps & { others: readonly AccountView[] }> = ({ account, others, typed, fault }) => {
  const hasMoney = account.balance !== 0n;
  const mustEmpty = hasMoney && others.length === 0;
  return (
    <section class="card" aria-labelledby="close">
      <h2 id="close">Close the account</h2>
      <FaultBox fault={fault} />
      <p>A closed account stays closed. You can read its entries and statements for as long as you like.</p>
      {mustEmpty ? (
        <p class="note warn after">
          There is still money in it, and you have no other {account.currency} account. Send the money first,
          or <a href="/accounts/new">open another account</a>.
        </p>
      ) : (
        <Form action={`/accounts/${account.accountId}/close`}>
          <input type="hidden" name="key" value={newFormKey()} />
          {hasMoney && (
            <Select
              name="sweepTo"
              label="Account that gets the rest"
              value={typed?.text('sweepTo') ?? ''}
              options={others.map((one) => ({
                value: one.accountId,
                text: `${accountTitle(one)}, ${numberText(one)}`,
              }))}
            />
          )}
          <label class="check">
            <input type="checkbox" name="sure" value="1" required />
            <span>I want to close this account</span>
          </label>
          <p class="actions">
            <button class="button bad">Close the account</button>
          </p>
        </Form>
      )}
    </section>
  );
};
