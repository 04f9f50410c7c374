import { Hono } from 'hono';
import type { Child, FC } from 'hono/jsx';
import { invalid, PassbookError } from '../../../domain/errors.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { FaultBox, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { readForm } from '../forms.ts';
import type { Fields } from '../forms.ts';
import { Form, sendPage } from '../layout.tsx';
import type { Section } from '../layout.tsx';
import { Field } from '../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { taskRequired } from './access.ts';
import type { StaffTask } from './access.ts';
import { Crumb } from './parts.tsx';

/** Values of an action's fields, as the person typed them. */
export type Typed = Readonly<Record<string, string>>;

/** An order of the staff about a record: first it is asked for, then shown with its effects, then done. */
export type StaffAction<Subject, Order> = {
  readonly task: StaffTask;
  /** Path of the page, with the id of the subject as `:id`. */
  readonly path: string;
  readonly section: Section;
  readonly title: string;
  /** Whether the action takes something away from a person, so that its button is red. */
  readonly isGrave?: boolean;
  /** Reads the subject. @throws PassbookError if there is none */
  readonly load: (c: PageContext) => Promise<Subject>;
  /** The path and the name of the record. */
  readonly record: (subject: Subject) => { readonly href: string; readonly name: string };
  /** Names of the fields that the form has. */
  readonly fields: readonly string[];
  readonly Inputs: FC<{ subject: Subject; typed: Typed }>;
  /** Values of the fields at first. Default: empty. */
  readonly initial?: (subject: Subject) => Typed;
  /** Reads the order from the fields. @throws PassbookError `invalid_request` */
  readonly read: (fields: Fields, subject: Subject) => Order;
  /** Shows the effect of the order, by a dry run if there is one. @throws PassbookError if it would be refused */
  readonly preview: (c: PageContext, terms: OrderTerms<Subject, Order>) => Promise<Child> | Child;
  readonly button: string;
  /** Does it. Returns the path to go on to. @throws PassbookError if it is refused */
  readonly act: (c: PageContext, terms: OrderTerms<Subject, Order>) => Promise<string>;
};

export type OrderTerms<Subject, Order> = {
  readonly subject: Subject;
  readonly order: Order;
  /** Idempotency key, made when the first form was drawn. */
  readonly key: string;
};

type Shown = { readonly typed: Typed; readonly key: string; readonly fault?: FaultText | undefined };

/** Routes of an action: its form, the preview, and the action itself. */
export function staffActionRoutes<Subject, Order>(
  ports: ConsolePorts,
  action: StaffAction<Subject, Order>,
): Hono<SignedInPageEnv> {
  const { edge } = ports;
  const { path, Inputs, fields, title, section, isGrave = false, initial = () => ({}) } = action;
  return new Hono<SignedInPageEnv>()
    .get(path, edge.sessionRequired, taskRequired(action.task), async (c) => {
      const subject = await action.load(c);
      return sendForm(c, subject, { typed: initial(subject), key: crypto.randomUUID() });
    })
    .post(path, edge.sessionRequired, taskRequired(action.task), edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const subject = await action.load(c);
      const typed = Object.fromEntries(fields.map((name) => [name, form.text(name)]));
      const key = form.text('key');
      const step = form.text('step');
      if (step === 'change') return sendForm(c, subject, { typed, key });
      let effect: Child;
      try {
        if (key === '') throw invalid('idempotencyKey', 'is missing: load the page again');
        const terms = { subject, order: action.read(form, subject), key };
        if (step === 'do') return c.redirect(await action.act(c, terms), 303);
        effect = await action.preview(c, terms);
      } catch (error) {
        return sendForm(c, subject, { typed, key, fault: staffFault(error, c, ports) });
      }
      return sendPreview(c, subject, { typed, key, effect });
    });

  function sendForm(c: PageContext, subject: Subject, { typed, key, fault }: Shown) {
    const { href, name } = action.record(subject);
    return sendPage(c, ports, {
      title,
      section,
      children: (
        <div class="narrow">
          <Crumb href={href}>{name}</Crumb>
          <section class="card">
            <h1>{title}</h1>
            <FaultBox fault={fault} />
            <Form action={c.req.path}>
              <input type="hidden" name="key" value={key} />
              <Inputs subject={subject} typed={typed} />
              <p class="actions">
                <button class="button" name="step" value="check">
                  Continue
                </button>
                <a class="button quiet" href={href}>
                  Cancel
                </a>
              </p>
              <p class="fine">Nothing is done yet: the next page shows the effect.</p>
            </Form>
          </section>
        </div>
      ),
    });
  }

  function sendPreview(c: PageContext, subject: Subject, shown: Shown & { effect: Child }) {
    const { href, name } = action.record(subject);
    return sendPage(c, ports, {
      title,
      section,
      children: (
        <div class="narrow">
          <Crumb href={href}>{name}</Crumb>
          <section class="card">
            <h1>{title}</h1>
            <p class="lead">Check the effect. Nothing is done yet.</p>
            <div class="effect">{shown.effect}</div>
            <Form action={c.req.path}>
              <input type="hidden" name="key" value={shown.key} />
              {fields.map((field) => (
                <input type="hidden" name={field} value={shown.typed[field] ?? ''} />
              ))}
              <p class="actions">
                <button class={isGrave ? 'button grave' : 'button'} name="step" value="do">
                  {action.button}
                </button>
                <button class="button quiet" name="step" value="change">
                  Change something
                </button>
              </p>
            </Form>
          </section>
        </div>
      ),
    });
  }
}

/** Texts that read differently for the staff than for a customer. */
const FOR_STAFF: Partial<Record<string, FaultText>> = {
  source_account_frozen: { title: 'The account to pay from is frozen', advice: 'Unfreeze it first.' },
  destination_account_frozen: { title: 'The account to pay to is frozen', advice: 'Unfreeze it first.' },
  destination_account_closed: {
    title: 'The account to pay to is closed',
    advice: 'A closed account takes no money. Choose another account.',
  },
  account_not_found: { title: 'There is no such account', advice: 'Check the id or the number.' },
  transfer_not_found: { title: 'There is no such transfer', advice: 'Check the id.' },
  insufficient_funds: {
    title: 'There is not enough money available',
    advice: 'Choose a smaller amount. Reserved money is not available.',
  },
  idempotency_key_reused: {
    title: 'This form was used already, with other values',
    advice: 'Look at the record to see what was done. To do something else, start again from there.',
  },
  user_locked: { title: 'The person is locked or erased', advice: 'Unlock the person first.' },
  forbidden: {
    title: 'You may not do this to this person',
    advice: 'Nobody may act on themselves, and an operator may not act on a system user.',
  },
};

/** Returns the error of a failed attempt of the staff. @throws the error itself, if no person may see it */
function staffFault(error: unknown, c: PageContext, ports: ConsolePorts): FaultText {
  const fault = shownFault(error, c, ports);
  if (!(error instanceof PassbookError) || error.facts.errors) return fault;
  return FOR_STAFF[error.code] ?? fault;
}

/** Rejects a refusal, so that it is shown like any other fault. */
export function requireOk<R extends { readonly ok: boolean }>(result: R): Extract<R, { readonly ok: true }> {
  if (!result.ok) throw new PassbookError((result as unknown as { code: PassbookError['code'] }).code);
  return result as Extract<R, { readonly ok: true }>;
}

/** The field for the reason of an action. */
export const ReasonField: FC<{ typed: Typed; hint?: string }> = ({ typed, hint }) => (
  <Field
    name="reason"
    label="Reason"
    value={typed['reason'] ?? ''}
    required
    maxlength={280}
    hint={hint ?? 'The audit log keeps it.'}
  />
);
