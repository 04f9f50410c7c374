import { Hono } from 'hono';
import type { Child, FC } from 'hono/jsx';
import type { EndedVerification } from '../../../application/proofs/verification-runs.ts';
import type { CheckpointView } from '../../../application/ports/checkpoints.ts';
import type { FrozenAccount } from '../../../application/staff/needs-attention.ts';
import type { TrialBalanceView } from '../../../application/reporting/get-trial-balance.ts';
import type { RecentTrialBalance } from '../../../application/reporting/recent-trial-balance.ts';
import type { User } from '../../../domain/entities/user.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { sendPage, usePage } from '../layout.tsx';
import { Empty, Field } from '../parts/fields.tsx';
import { Amount } from '../parts/money.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { mayDo, staffViewerOf, taskRequired } from './access.ts';
import { FIGURES_PATH, FiguresCard } from './figures-card.tsx';
import { MAILS_PATH } from './mails/mail-parts.tsx';
import { CardTable, Cell, Moment, purposeText, recordTitle } from './parts.tsx';
import { durationText, resultText } from './verification-page.tsx';

/** Age from which a checkpoint is too old to prove much. */
const CHECKPOINT_OLD_MS = 7 * 86_400_000;
/** Count of waiting mails that shows that none are sent. */
const MAILS_MANY = 100;
const MAILS_COUNTED = 10_000;
const GIVEN_UP_COUNTED = 1_000;

/** The first page of the staff: whether the books are right, and what needs a person. */
export function bankPageRoutes(ports: ConsolePorts) {
  const { edge, bank, figures } = ports;
  return new Hono<SignedInPageEnv>()
    .get('/staff', edge.sessionRequired, taskRequired('readPeople'), async (c) => {
      const caller = c.get('caller');
      const viewer = staffViewerOf(caller);
      const mails = mayDo(caller, 'readMails') ? bank.mails : null;
      const [books, frozen, locked, mailsGivenUp] = await Promise.all([
        mayDo(caller, 'readBooks') ? readBooks(c) : null,
        mayDo(caller, 'readAudit') ? bank.frozenAccounts(viewer) : [],
        bank.lockedUsers(),
        mails && mails.countGivenUp(viewer, GIVEN_UP_COUNTED),
      ]);
      return sendPage(c, ports, {
        title: 'Bank',
        section: 'bank',
        children: (
          <>
            <h1 class="hidden">Bank</h1>
            <div class="stack" id="bank" {...(books?.isRunning ? RELOADED : {})}>
              {books && <Answer books={books} mailsGivenUp={mailsGivenUp} />}
              <NeedsAttention books={books} frozen={frozen} locked={locked} mailsGivenUp={mailsGivenUp} />
              {books && figures && <FiguresCard figures={figures} />}
              {books?.trial && <Trial trial={books.trial} />}
              {!books && <SearchCard />}
            </div>
          </>
        ),
      });
    })
    .get(FIGURES_PATH, edge.sessionRequired, taskRequired('readBooks'), (c) => {
      if (!figures) throw new PassbookError('route_not_found');
      return sendPage(c, ports, {
        title: 'Commits now',
        section: 'bank',
        children: (
          <>
            <h1 class="hidden">Commits now</h1>
            <p class="crumb">
              <a href="/staff">Bank</a>
            </p>
            <FiguresCard figures={figures} />
          </>
        ),
      });
    });

  async function readBooks(c: PageContext): Promise<Books> {
    const viewer = staffViewerOf(c.get('caller'));
    const [recent, checkpoints, mailsWaiting] = await Promise.all([
      bank.trialBalances.read(viewer),
      bank.ledger.listCheckpoints(viewer, { limit: 1 }),
      ports.mails === null ? null : ports.mails.countWaiting(MAILS_COUNTED),
    ]);
    const { last, running } = bank.verification;
    return {
      ...recent,
      verified: last,
      isVerifying: running !== null,
      checkpoint: checkpoints.items[0] ?? null,
      mailsWaiting,
    };
  }
}

/** While a trial balance is computed, the page loads itself again. */
const RELOADED = {
  'hx-get': '/staff',
  'hx-trigger': 'every 2s',
  'hx-select': '#bank',
  'hx-swap': 'outerHTML',
} as const;

type Books = RecentTrialBalance & {
  readonly verified: EndedVerification | null;
  readonly isVerifying: boolean;
  readonly checkpoint: CheckpointView | null;
  /** Null where it is not known. */
  readonly mailsWaiting: number | null;
};

/** The one large answer: whether the books are right, and what it is based on. */
const Answer: FC<{ books: Books; mailsGivenUp: number | null }> = ({ books, mailsGivenUp }) => {
  const { now } = usePage();
  const { trial, verified, checkpoint, mailsWaiting } = books;
  const state = stateOf(books);
  return (
    <section class="card" aria-labelledby="books">
      <h2 id="books" class="question">
        Are the books right?
      </h2>
      <p class={`answer ${ANSWERS[state].class}`}>{ANSWERS[state].text}</p>
      <ul class="grounds">
        <li>
          <span>Verification</span>
          <span>
            {verified ? (
              <>
                {resultText(verified)}, <Moment at={verified.endedAt} />
              </>
            ) : books.isVerifying ? (
              'In progress'
            ) : (
              'Not since this server started'
            )}{' '}
            <a href="/staff/verification">{books.isVerifying ? 'Show' : 'Verify'}</a>
          </span>
        </li>
        <li>
          <span>Trial balance</span>
          <span>
            {trial ? trialText(trial) : books.isRunning ? 'In progress' : 'Not known'}
            {trial && trial.currencies.length > 0 && (
              <>
                , as of <Moment at={trial.at} />
              </>
            )}
            {trial === null && (
              <>
                {' '}
                <a href="/staff">Load again</a>
              </>
            )}
          </span>
        </li>
        <li>
          <span>Last checkpoint</span>
          <span>
            {checkpoint ? `Number ${checkpoint.number}, ${durationText(now - checkpoint.at)} old` : 'None'}
          </span>
        </li>
        {mailsWaiting !== null && (
          <li>
            <span>Mails waiting</span>
            <span>
              {countText(mailsWaiting, MAILS_COUNTED)} <a href={MAILS_PATH}>Show</a>
            </span>
          </li>
        )}
        {mailsGivenUp !== null && (
          <li>
            <span>Mails given up</span>
            <span>
              {countText(mailsGivenUp, GIVEN_UP_COUNTED)} <a href={MAILS_PATH}>Show</a>
            </span>
          </li>
        )}
      </ul>
    </section>
  );
};

/** A count that stops at a number. */
function countText(count: number, most: number): string {
  return count >= most ? `${most} or more` : count.toString();
}

type BooksState = 'right' | 'wrong' | 'balanced' | 'unknown';

const ANSWERS: Readonly<Record<BooksState, { readonly text: string; readonly class: string }>> = {
  right: { text: 'Yes', class: 'good-text' },
  wrong: { text: 'No', class: 'bad-text' },
  balanced: { text: 'They balance', class: '' },
  unknown: { text: 'Not known yet', class: '' },
};

/** Without a verification, only the sums are known to be right. */
function stateOf({ trial, verified }: Books): BooksState {
  const isBalanced = trial?.currencies.every((one) => one.isBalanced);
  if (isBalanced === false || (verified?.found && verified.found.faults.length > 0)) return 'wrong';
  if (verified?.found) return 'right';
  return isBalanced ? 'balanced' : 'unknown';
}

function trialText({ currencies }: TrialBalanceView): string {
  if (currencies.length === 0) return 'No money yet';
  const wrong = currencies.filter(({ isBalanced }) => !isBalanced).map(({ currency }) => currency);
  if (wrong.length > 0) return `Debits and credits differ in ${wrong.join(', ')}`;
  return `Sums to zero in ${currencies.map(({ currency }) => currency).join(', ')}`;
}

type Attention = {
  readonly title: Child;
  readonly advice: Child;
  readonly href: string;
  readonly link: string;
};

type NeedsAttentionProps = {
  readonly books: Books | null;
  readonly frozen: readonly FrozenAccount[];
  readonly locked: readonly User[];
  /** Null for a member of staff who may not read mails. */
  readonly mailsGivenUp: number | null;
};

const NeedsAttention: FC<NeedsAttentionProps> = ({ books, frozen, locked, mailsGivenUp }) => {
  const { now } = usePage();
  const items = [
    ...(books ? bookItems(books, now) : []),
    ...(mailsGivenUp ? [givenUpItem(mailsGivenUp)] : []),
    ...frozen.map(frozenItem),
    ...locked.map(lockedItem),
  ];
  return (
    <section class="card" aria-labelledby="attention">
      <div class="card-head">
        <h2 id="attention">Needs a person</h2>
        {!books && mailsGivenUp !== null && <a href={MAILS_PATH}>Mails not sent</a>}
      </div>
      {items.length === 0 ? (
        <Empty title="Nothing at the moment">
          <p>Frozen accounts, locked people and troubles of the bank appear here.</p>
        </Empty>
      ) : (
        <ul class="rows tasks">
          {items.map(({ title, advice, href, link }) => (
            <li>
              <span class="row-title">{title}</span>
              <span class="sub">{advice}</span>
              <span class="end">
                <a class="button quiet small" href={href}>
                  {link}
                </a>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

function bookItems(books: Books, now: number): readonly Attention[] {
  const { verified, isVerifying, checkpoint, mailsWaiting } = books;
  const verification = { href: '/staff/verification', link: 'Open' };
  const items: Attention[] = [];
  if (stateOf(books) === 'wrong') {
    const advice = 'Stop payments, keep a copy of the database, and look at each difference.';
    items.push({ title: 'The books are not right', advice, ...verification });
  } else if (verified?.found === null) {
    const advice = 'The log of the server says why. Verify again once the store answers.';
    items.push({ title: 'The last verification was interrupted', advice, ...verification });
  } else if (verified === null && !isVerifying) {
    const advice =
      'Balanced sums do not prove that every entry is right. A verification computes each entry and hash again.';
    items.push({ title: 'The books were not verified since this server started', advice, ...verification });
  }
  if (checkpoint === null) {
    const advice =
      'Make one, and give a copy to a party outside of the bank. It proves that nothing was rewritten.';
    items.push({ title: 'There is no checkpoint', advice, ...verification });
  } else if (now - checkpoint.at > CHECKPOINT_OLD_MS) {
    const advice = 'Make a new one. Nothing proves the history since the last one.';
    const title = `The last checkpoint is ${durationText(now - checkpoint.at)} old`;
    items.push({ title, advice, ...verification });
  }
  if (mailsWaiting !== null && mailsWaiting >= MAILS_MANY) {
    const advice = 'The mail server may be out of reach: look at the log of the server.';
    const title = `${countText(mailsWaiting, MAILS_COUNTED)} mails wait to be sent`;
    items.push({ title, advice, href: MAILS_PATH, link: 'Open' });
  }
  return items;
}

function givenUpItem(count: number): Attention {
  return {
    title: count === 1 ? '1 mail was given up' : `${countText(count, GIVEN_UP_COUNTED)} mails were given up`,
    advice: 'The people were not told. Look at the reasons, mend the cause, and try again.',
    href: MAILS_PATH,
    link: 'Open',
  };
}

function frozenItem({ account, record }: FrozenAccount): Attention {
  return {
    title: `Account ${recordTitle(account)} is frozen`,
    advice: (
      <>
        Since <Moment at={record.at} />
        {record.reason !== null && (
          <>
            : <q>{record.reason}</q>
          </>
        )}
        . Unfreeze it once the reason is settled.
      </>
    ),
    href: `/staff/accounts/${encodeURIComponent(account.accountId)}`,
    link: 'Open',
  };
}

function lockedItem({ id, name, lockedAt }: User): Attention {
  return {
    title: `${name} is locked out`,
    advice: (
      <>
        {lockedAt !== null && (
          <>
            Since <Moment at={lockedAt} />.{' '}
          </>
        )}
        Let the person in again once the reason is settled.
      </>
    ),
    href: `/staff/people/${encodeURIComponent(id)}`,
    link: 'Open',
  };
}

const Trial: FC<{ trial: TrialBalanceView }> = ({ trial }) =>
  trial.currencies.length === 0 ? null : (
    <section class="card books" aria-labelledby="trial">
      <h2 id="trial">Trial balance</h2>
      {trial.currencies.map(({ currency, exponent, rows, debits, credits, isBalanced }) => (
        <CardTable
          caption={`Trial balance in ${currency}`}
          columns={[
            { name: currency },
            { name: 'Debits', isAmount: true },
            { name: 'Credits', isAmount: true },
          ]}
        >
          <tbody>
            {rows.map((row) => (
              <tr>
                <Cell label={currency} class="title">
                  {row.purpose === null ? (
                    `${row.accounts} ${row.accounts === 1 ? 'account' : 'accounts'} of customers`
                  ) : (
                    <a href={`/staff/accounts/${encodeURIComponent(row.accountId ?? '')}`}>
                      {purposeText(row.purpose)}
                    </a>
                  )}
                </Cell>
                <Cell label="Debits" class="num">
                  <Amount amount={row.debits} currency={currency} exponent={exponent} />
                </Cell>
                <Cell label="Credits" class="num">
                  <Amount amount={row.credits} currency={currency} exponent={exponent} />
                </Cell>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <Cell label={currency} class="title">
                <span class={isBalanced ? 'good-text' : 'bad-text'}>
                  {isBalanced ? 'Sums to zero' : 'Does not sum to zero'}
                </span>
              </Cell>
              <Cell label="Debits" class="num">
                <Amount amount={debits} currency={currency} exponent={exponent} />
              </Cell>
              <Cell label="Credits" class="num">
                <Amount amount={credits} currency={currency} exponent={exponent} />
              </Cell>
            </tr>
          </tfoot>
        </CardTable>
      ))}
    </section>
  );

const SearchCard: FC = () => (
  <section class="card" aria-labelledby="find">
    <h2 id="find">Find a record</h2>
    <form method="get" action="/staff/search" role="search">
      <Field
        name="q"
        label="Name, e-mail address, account number or id"
        maxlength={254}
        hint="An exact number, address or id opens the record at once."
      />
      <p class="actions">
        <button class="button">Search</button>
      </p>
    </form>
  </section>
);
