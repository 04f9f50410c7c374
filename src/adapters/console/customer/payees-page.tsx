import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { SavedPayee } from '../../../domain/payees/payee.ts';
import { PAYEE_LABEL_MAX_LENGTH } from '../../../domain/payees/payee.ts';
import { formatAccountNumber } from '../../../domain/entities/account-number.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { FaultBox, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { localPath, queryOf, readForm } from '../forms.ts';
import type { Fields } from '../forms.ts';
import { Form, sendPage } from '../layout.tsx';
import { Empty, Field } from '../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { findPayee, payeeTitle } from './recipient.ts';

const PAYEES_A_PAGE = 50;

/** A person's payees: the list, adding, renaming and removing. */
export function payeesRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>()
    .get('/payees', edge.sessionRequired, (c) => sendList(c, {}))
    .post('/payees', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      return add(c, form);
    })
    .get('/payees/:id', edge.sessionRequired, async (c) =>
      sendPayee(c, { payee: await payeeOf(c, c.req.param('id')) }),
    )
    .post('/payees/:id', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const payeeId = c.req.param('id');
      const typed = form.text('label');
      try {
        const label = typed === '' ? null : typed;
        await bank.relabelPayee({ userId: c.get('caller').id, payeeId, label });
      } catch (error) {
        const fault = shownFault(error, c, ports);
        return sendPayee(c, { payee: await payeeOf(c, payeeId), fault, typed });
      }
      return c.redirect('/payees?done=renamed', 303);
    })
    .get('/payees/:id/remove', edge.sessionRequired, async (c) =>
      sendRemoval(c, await payeeOf(c, c.req.param('id'))),
    )
    .post('/payees/:id/remove', edge.sessionRequired, edge.writeCounted, async (c) => {
      await readForm(c, ports);
      await bank.removePayee({ userId: c.get('caller').id, payeeId: c.req.param('id') });
      return c.redirect('/payees?done=removed', 303);
    });

  function payeeOf(c: PageContext, payeeId: string): Promise<SavedPayee> {
    return findPayee(ports, { userId: c.get('caller').id, matches: ({ id }) => id === payeeId });
  }

  /** Saves a payee after the check of the name, if one is given. A name that does not match is asked about first. */
  async function add(c: PageContext, form: Fields): Promise<Response> {
    const userId = c.get('caller').id;
    const [number, label, back] = [form.text('to'), form.text('label'), form.text('back')];
    try {
      await edge.countPayeeCheck(c);
      if (form.has('name') && !form.has('accepted')) {
        const check = await bank.checkPayee(userId, { number, name: form.text('name') });
        if (check.result !== 'match') return await sendDoubt(c, { form, owner: check.name });
      }
      await bank.savePayee(userId, { number, ...(label === '' ? {} : { label }) });
    } catch (error) {
      return sendList(c, { typed: form, fault: shownFault(error, c, ports) });
    }
    return c.redirect(back !== '' ? localPath(back) : '/payees?done=added', 303);
  }

  async function sendList(
    c: PageContext,
    { typed, fault }: { typed?: Fields; fault?: FaultText },
  ): Promise<Response> {
    const query = queryOf(c);
    const page = await bank.listPayees(c.get('caller').id, {
      limit: PAYEES_A_PAGE,
      ...(query.has('cursor') ? { cursor: query.text('cursor') } : {}),
    });
    return sendPage(c, ports, {
      title: 'Payees',
      section: 'payees',
      children: (
        <>
          <div class="head">
            <h1>Payees</h1>
          </div>
          <DoneNote done={query.text('done')} />
          <div class="columns">
            <section class="card" aria-label="Saved payees">
              {page.items.length === 0 ? (
                <Empty title="You have saved nobody yet">
                  <p>Save the people whom you pay often: then the bank knows them by name.</p>
                </Empty>
              ) : (
                <PayeeRows payees={page.items} next={page.nextCursor} />
              )}
            </section>
            <AddForm typed={typed} fault={fault} />
          </div>
        </>
      ),
    });
  }

  function sendDoubt(c: PageContext, { form, owner }: { form: Fields; owner: string | null }) {
    const name = owner ?? form.text('name');
    return sendPage(c, ports, {
      title: 'Check the payee',
      section: 'payees',
      children: (
        <section class="card narrow">
          <h1>{owner === null ? 'The name does not match' : 'Is this whom you mean?'}</h1>
          <p class="note warn after" role="alert">
            {owner === null ? (
              <>
                This account does not belong to <strong>{name}</strong>. Ask the payee for the number and the
                name.
              </>
            ) : (
              <>
                The account belongs to <strong>{owner}</strong>. Is this whom you mean?
              </>
            )}
          </p>
          <Form action="/payees">
            <input type="hidden" name="to" value={form.text('to')} />
            <input type="hidden" name="name" value={name} />
            <input
              type="hidden"
              name="label"
              value={form.text('label') || (owner === null ? name.slice(0, PAYEE_LABEL_MAX_LENGTH) : '')}
            />
            <input type="hidden" name="accepted" value="1" />
            <p class="actions">
              <button class={owner === null ? 'button bad' : 'button'}>
                {owner === null ? 'Save all the same' : `Yes, save ${owner}`}
              </button>
              <a class={owner === null ? 'button' : 'button quiet'} href="/payees">
                Do not save
              </a>
            </p>
          </Form>
        </section>
      ),
    });
  }

  function sendPayee(c: PageContext, { payee, fault, typed }: PayeeState) {
    return sendPage(c, ports, {
      title: payeeTitle(payee),
      section: 'payees',
      children: (
        <div class="narrow">
          <p class="crumb">
            <a href="/payees">Payees</a>
          </p>
          <h1>{payeeTitle(payee)}</h1>
          <section class="card after">
            <FaultBox fault={fault?.field === 'label' ? undefined : fault} />
            <p>
              <span class="number">{formatAccountNumber(payee.number)}</span>
            </p>
            <Form action={`/payees/${payee.id}`}>
              <Field
                name="label"
                label="Name in your list"
                value={typed ?? payee.label ?? ''}
                maxlength={PAYEE_LABEL_MAX_LENGTH}
                autocomplete="off"
                hint={
                  payee.confirmedName === null
                    ? 'Only you see it.'
                    : `Only you see it. The bank has confirmed the name ${payee.confirmedName}.`
                }
                fault={fault?.field === 'label' ? `${fault.title}.` : undefined}
              />
              <p class="actions">
                <button class="button">Save the name</button>
                <a class="button quiet" href={`/send?payee=${payee.id}`}>
                  Send
                </a>
                <a class="button bad" href={`/payees/${payee.id}/remove`}>
                  Remove
                </a>
              </p>
            </Form>
          </section>
        </div>
      ),
    });
  }

  function sendRemoval(c: PageContext, payee: SavedPayee) {
    return sendPage(c, ports, {
      title: 'Remove a payee',
      section: 'payees',
      children: (
        <section class="card narrow">
          <h1>Remove {payeeTitle(payee)}?</h1>
          <p class="lead">
            The payee leaves your list. Your payments to{' '}
            <span class="number">{formatAccountNumber(payee.number)}</span> stay as they are.
          </p>
          <Form action={`/payees/${payee.id}/remove`}>
            <p class="actions">
              <button class="button bad">Remove the payee</button>
              <a class="button quiet" href="/payees">
                Keep the payee
              </a>
            </p>
          </Form>
        </section>
      ),
    });
  }
}

type PayeeState = { readonly payee: SavedPayee; readonly fault?: FaultText; readonly typed?: string };

const DONE: Readonly<Record<string, string>> = {
  added: 'The payee is saved.',
  renamed: 'The new name is saved.',
  removed: 'The payee is removed.',
};

const DoneNote: FC<{ done: string }> = ({ done }) => {
  const text = Object.hasOwn(DONE, done) ? DONE[done] : undefined;
  return text === undefined ? null : (
    <p class="note good" role="status">
      {text}
    </p>
  );
};

const PayeeRows: FC<{ payees: readonly SavedPayee[]; next: string | null }> = ({ payees, next }) => (
  <>
    <ul class="rows">
      {payees.map((payee) => (
        <li>
          <a class="row-link" href={`/payees/${payee.id}`}>
            {payeeTitle(payee)}
          </a>
          <span class="sub">
            <span class="number">{formatAccountNumber(payee.number)}</span>
            {payee.confirmedName !== null && payee.confirmedName !== payeeTitle(payee) && (
              <> · {payee.confirmedName}</>
            )}
          </span>
          <span class="end">
            <a class="button small" href={`/send?payee=${payee.id}`}>
              Send <span class="hidden">to {payeeTitle(payee)}</span>
            </a>
          </span>
        </li>
      ))}
    </ul>
    {next !== null && (
      <p class="actions">
        <a class="button quiet small" href={`/payees?cursor=${encodeURIComponent(next)}`}>
          Show more
        </a>
      </p>
    )}
  </>
);

const AddForm: FC<{ typed: Fields | undefined; fault: FaultText | undefined }> = ({ typed, fault }) => {
  const faultOf = (field: string) => (fault?.field === field ? `${fault.title}.` : undefined);
  const isShownByField = ['number', 'name', 'label'].some((field) => fault?.field === field);
  return (
    <section class="card" aria-labelledby="add">
      <h2 id="add">Add a payee</h2>
      <FaultBox fault={isShownByField ? undefined : fault} />
      <Form action="/payees" class="first">
        <Field
          name="to"
          label="Account number"
          value={typed?.text('to') ?? ''}
          required
          autocomplete="off"
          maxlength={64}
          placeholder="PB00 0000 0000 0000"
          class="number-field"
          fault={faultOf('number')}
          autofocus={faultOf('number') !== undefined}
        />
        <Field
          name="name"
          label="Name of the payee"
          value={typed?.text('name') ?? ''}
          required
          autocomplete="off"
          maxlength={100}
          hint="The bank checks that the account belongs to this name."
          fault={faultOf('name')}
        />
        <Field
          name="label"
          label="Name in your list (optional)"
          value={typed?.text('label') ?? ''}
          maxlength={PAYEE_LABEL_MAX_LENGTH}
          autocomplete="off"
          fault={faultOf('label')}
        />
        <p class="actions">
          <button class="button">Check and save</button>
        </p>
      </Form>
    </section>
  );
};
