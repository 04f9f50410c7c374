import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { Bank } from '../../../../application/bank.ts';
import type { Page } from '../../../../application/page.ts';
import type { UnsentMail } from '../../../../application/staff/list-unsent-mails.ts';
import type { User } from '../../../../domain/entities/user.ts';
import { PassbookError } from '../../../../domain/errors.ts';
import type { SignedInPageEnv } from '../../../shared/page-edge.ts';
import { queryOf, readForm } from '../../forms.ts';
import type { Fields } from '../../forms.ts';
import { Form, sendPage } from '../../layout.tsx';
import { Empty } from '../../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../../ports.ts';
import { mayDo, staffOriginIn, staffViewerOf, taskRequired } from '../access.ts';
import { Crumb, DoneNote, Moment, pathWith, PersonLink, ShortId, StaffPager } from '../parts.tsx';
import { MailProgress, MailReason, MAILS_PATH } from './mail-parts.tsx';
import { mailText } from './mail-words.ts';

const MAILS_SHOWN = 25;
/** Limit of mails that one form makes due again. Each is a record of its own, and the form must be answered soon. */
const RETRIED_AT_ONCE = 1_000;

const RETRY_PATH = `${MAILS_PATH}/retry`;
const RETRY_ALL_PATH = `${MAILS_PATH}/retry-all`;

/** The mails that were not sent: those that were given up, each with a button to try it again, and those that wait. */
export function mailsPageRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>()
    .get(MAILS_PATH, edge.sessionRequired, taskRequired('readMails'), async (c) => {
      const query = queryOf(c);
      const [givenUp, waiting] = await Promise.all([
        readMails(c, 'given_up', query.text('given-up')),
        readMails(c, 'waiting', query.text('waiting')),
      ]);
      const recipients = [...givenUp.items, ...waiting.items].map(({ recipientId }) => recipientId);
      const users = await bank.findUsers(recipients);
      const mayRetry = mayDo(c.get('caller'), 'retryMails');
      return sendPage(c, ports, {
        title: 'Mails',
        section: 'bank',
        children: (
          <>
            <Crumb href="/staff">Bank</Crumb>
            <div class="head">
              <h1>Mails</h1>
            </div>
            <p class="lead below">
              Mails that were not sent so far, the oldest first. Mails that were sent are not kept.
            </p>
            <div class="stack">
              <DoneNote text={doneText(query)} />
              <GivenUp page={givenUp} users={users} mayRetry={mayRetry} query={query} />
              <Waiting page={waiting} users={users} query={query} />
            </div>
          </>
        ),
      });
    })
    .post(RETRY_PATH, edge.sessionRequired, taskRequired('retryMails'), edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const count = await mailsOf(bank).retry([form.exact('mail')], staffOriginIn(c, edge));
      return c.redirect(pathWith(MAILS_PATH, { retried: String(count) }), 303);
    })
    .post(RETRY_ALL_PATH, edge.sessionRequired, taskRequired('retryMails'), edge.writeCounted, async (c) => {
      await readForm(c, ports);
      const { retried, hasMore } = await mailsOf(bank).retryAll(RETRIED_AT_ONCE, staffOriginIn(c, edge));
      const done = { retried: String(retried), more: hasMore ? '1' : '' };
      return c.redirect(pathWith(MAILS_PATH, done), 303);
    });

  function readMails(c: PageContext, state: 'given_up' | 'waiting', cursor: string) {
    const request = { limit: MAILS_SHOWN, ...(cursor === '' ? {} : { cursor }) };
    return mailsOf(bank).list(staffViewerOf(c.get('caller')), state, request);
  }
}

/** @throws PassbookError `route_not_found` if the store cannot read its outbox */
function mailsOf({ mails }: Bank): NonNullable<Bank['mails']> {
  if (mails === null) throw new PassbookError('route_not_found');
  return mails;
}

function doneText(query: Fields): string | undefined {
  const text = query.text('retried');
  if (!/^\d{1,6}$/.test(text)) return undefined;
  const count = Number(text);
  if (count === 0) return 'Nothing was left to try again: somebody else was faster.';
  if (count === 1) return '1 mail is tried again now. If it fails again, it comes back to this list.';
  const more = query.has('more') ? ' More are left: try them again, too.' : '';
  return `${count} mails are tried again now.${more} One that fails again comes back to this list.`;
}

type ListProps = {
  readonly page: Page<UnsentMail>;
  readonly users: ReadonlyMap<string, User>;
  readonly query: Fields;
};

const GivenUp: FC<ListProps & { mayRetry: boolean }> = ({ page, users, mayRetry, query }) => (
  <section class="card" aria-labelledby="given-up">
    <div class="card-head">
      <h2 id="given-up">Given up</h2>
      {mayRetry && page.items.length > 0 && (
        <Form action={RETRY_ALL_PATH} class="inline">
          <button class="button small">Try all again</button>
        </Form>
      )}
    </div>
    {page.items.length === 0 ? (
      <NoMails page={page} title="No mail was given up">
        Mails that the mail server refuses, or that fail for three days, appear here.
      </NoMails>
    ) : (
      <>
        <p class="fine">
          These people were not told. Mend the cause first, such as a wrong address. A link in an old mail may
          have ended: send a new one from the page of the person.
        </p>
        <ul class="rows tasks">
          {page.items.map((mail) => (
            <MailRow mail={mail} users={users} mayRetry={mayRetry} />
          ))}
        </ul>
      </>
    )}
    <Pages page={page} query={query} name="given-up" />
  </section>
);

const Waiting: FC<ListProps> = ({ page, users, query }) => (
  <section class="card" aria-labelledby="waiting">
    <h2 id="waiting">Waiting</h2>
    {page.items.length === 0 ? (
      <NoMails page={page} title="No mail waits">
        Mails that the mail server does not take yet appear here.
      </NoMails>
    ) : (
      <ul class="rows tasks">
        {page.items.map((mail) => (
          <MailRow mail={mail} users={users} mayRetry={false} />
        ))}
      </ul>
    )}
    <Pages page={page} query={query} name="waiting" />
  </section>
);

/** A page may be empty and go on, because it looks at a bounded number of mails. */
const NoMails: FC<{ page: Page<UnsentMail>; title: string; children?: string }> = ({
  page,
  title,
  children,
}) =>
  page.nextCursor === null ? (
    <Empty title={title}>
      <p>{children}</p>
    </Empty>
  ) : (
    <Empty title="No mails on this page">
      <p>Very many mails wait, so this page looked at a part of them. Go on to the next one.</p>
    </Empty>
  );

/** Each list goes on by itself, and keeps the position of the other. */
const Pages: FC<{ page: Page<UnsentMail>; query: Fields; name: 'given-up' | 'waiting' }> = ({
  page,
  query,
  name,
}) => {
  const positions = { 'given-up': query.text('given-up'), waiting: query.text('waiting') };
  return (
    <StaffPager
      first={positions[name] === '' ? undefined : pathWith(MAILS_PATH, { ...positions, [name]: '' })}
      next={page.nextCursor && pathWith(MAILS_PATH, { ...positions, [name]: page.nextCursor })}
      label="Later mails"
    />
  );
};

type MailRowProps = {
  readonly mail: UnsentMail;
  readonly users: ReadonlyMap<string, User>;
  readonly mayRetry: boolean;
};

const MailRow: FC<MailRowProps> = ({ mail, users, mayRetry }) => {
  const { recipientId, transferId, createdAt, reason, position } = mail;
  const address = mail.email ?? users.get(recipientId)?.email;
  return (
    <li>
      <span>
        <span class="row-title">{mailText(mail)}</span> to <PersonLink id={recipientId} users={users} />
        {address !== undefined && `, ${address}`}
      </span>
      {reason !== null && (
        <span class="sub">
          <MailReason reason={reason} />
        </span>
      )}
      <span class="sub">
        <MailProgress mail={mail} />
      </span>
      <span class="sub">
        Written on <Moment at={createdAt} />
        {transferId !== null && (
          <>
            , about transfer{' '}
            <ShortId id={transferId} href={`/staff/transfers/${encodeURIComponent(transferId)}`} />
          </>
        )}
      </span>
      {mayRetry && (
        <span class="end">
          <Form action={RETRY_PATH} class="inline">
            <input type="hidden" name="mail" value={position} />
            <button class="button quiet small" aria-label={`Try again: ${mailText(mail)}`}>
              Try again
            </button>
          </Form>
        </span>
      )}
    </li>
  );
};
