import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { EndedVerification, VerificationRun } from '../../../application/proofs/verification-runs.ts';
import type { Verified } from '../../../application/proofs/verify-books.ts';
import type { CheckpointView } from '../../../application/ports/checkpoints.ts';
import { FAULTS } from '../../../domain/verification/faults.ts';
import type { Fault } from '../../../domain/verification/faults.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { queryOf, readForm } from '../forms.ts';
import { Form, sendPage, usePage } from '../layout.tsx';
import { Empty } from '../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { mayDo, staffViewerOf, taskRequired } from './access.ts';
import { CardTable, Cell, DoneNote, LongId, Moment, pathWith, ShortId, StaffPager } from './parts.tsx';

const CHECKPOINTS_SHOWN = 20;
const HERE = '/staff/verification';

const DONE: Readonly<Record<string, string>> = {
  checkpoint: 'A checkpoint was made. Give a copy of it to a party outside of the bank.',
};

/** The page from which the staff verifies the books and makes checkpoints. */
export function verificationPageRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  const { ledger, verification } = bank;
  return new Hono<SignedInPageEnv>()
    .get(HERE, edge.sessionRequired, taskRequired('readBooks'), (c) => sendVerification(c))
    .post(HERE, edge.sessionRequired, taskRequired('verify'), edge.writeCounted, async (c) => {
      await readForm(c, ports);
      verification.start();
      return c.redirect(HERE, 303);
    })
    .post(
      '/staff/checkpoints',
      edge.sessionRequired,
      taskRequired('makeCheckpoint'),
      edge.writeCounted,
      async (c) => {
        const form = await readForm(c, ports);
        const newest = await newestNumber(c);
        // A form that is sent twice makes one checkpoint
        if (form.text('newest') === String(newest)) await ledger.makeCheckpoint();
        return c.redirect(`${HERE}?done=checkpoint`, 303);
      },
    );

  async function newestNumber(c: PageContext): Promise<number> {
    const page = await ledger.listCheckpoints(staffViewerOf(c.get('caller')), { limit: 1 });
    return page.items[0]?.number ?? 0;
  }

  async function sendVerification(c: PageContext): Promise<Response> {
    const query = queryOf(c);
    const cursor = query.text('cursor');
    const request = { limit: CHECKPOINTS_SHOWN, ...(cursor === '' ? {} : { cursor }) };
    const [checkpoints, newest] = await Promise.all([
      ledger.listCheckpoints(staffViewerOf(c.get('caller')), request),
      newestNumber(c),
    ]);
    return sendPage(c, ports, {
      title: 'Verification',
      section: 'verification',
      children: (
        <>
          <div class="head">
            <h1>Verification</h1>
          </div>
          <DoneNote text={DONE[query.text('done')]} />
          <div class="stack">
            <VerificationCard
              running={verification.running}
              last={verification.last}
              mayStart={mayDo(c.get('caller'), 'verify')}
            />
            <Checkpoints
              checkpoints={checkpoints.items}
              newest={newest}
              mayMake={mayDo(c.get('caller'), 'makeCheckpoint')}
            />
            <StaffPager
              first={cursor === '' ? undefined : HERE}
              next={checkpoints.nextCursor && pathWith(HERE, { cursor: checkpoints.nextCursor })}
              label="Older checkpoints"
            />
          </div>
        </>
      ),
    });
  }
}

type VerificationCardProps = {
  readonly running: VerificationRun | null;
  readonly last: EndedVerification | null;
  readonly mayStart: boolean;
};

/** A run in progress loads itself again each second. */
const VerificationCard: FC<VerificationCardProps> = ({ running, last, mayStart }) => (
  <section
    class="card"
    id="verification"
    aria-labelledby="verification-head"
    {...(running
      ? { 'hx-get': HERE, 'hx-trigger': 'every 1s', 'hx-select': '#verification', 'hx-swap': 'outerHTML' }
      : {})}
  >
    <h2 id="verification-head">Books</h2>
    {running ? <Progress run={running} /> : <Result last={last} />}
    {mayStart && !running && (
      <Form action={HERE}>
        <p class="actions">
          <button class="button">{last ? 'Verify again' : 'Verify the books'}</button>
        </p>
        <p class="fine">
          Every balance, entry and hash is computed again from the stored entries. The bank stays open
          meanwhile.
        </p>
      </Form>
    )}
  </section>
);

const Progress: FC<{ run: VerificationRun }> = ({ run }) => (
  <div role="status">
    <p class="answer">Verifying…</p>
    <p>
      So far: {countsText(run.verified, usePage().language)}. Begun on <Moment at={run.startedAt} />.
    </p>
    <p class="actions">
      <a class="button quiet small" href={HERE}>
        Show the progress
      </a>
    </p>
  </div>
);

const Result: FC<{ last: EndedVerification | null }> = ({ last }) => {
  const { language } = usePage();
  if (last === null) {
    return (
      <>
        <p class="answer">Not verified yet</p>
        <p>This server has not verified the books since it started.</p>
      </>
    );
  }
  const { found, startedAt, endedAt } = last;
  return (
    <div>
      <p class={found?.faults.length === 0 ? 'answer good-text' : 'answer bad-text'}>{resultText(last)}</p>
      {found && <p>{countsText(found.verified, language)} were compared.</p>}
      {found && found.faults.length > 0 && (
        <ul class="rows">
          {found.faults.map((fault) => (
            <FaultRow fault={fault} />
          ))}
        </ul>
      )}
      <p class="fine">
        Ended on <Moment at={endedAt} />, after {durationText(endedAt - startedAt)}.
      </p>
    </div>
  );
};

const FaultRow: FC<{ fault: Fault & { count: number } }> = ({ fault }) => {
  const { accountId, transferId, sequence, currency, key, detail, count, kind } = fault;
  return (
    <li>
      <span>
        <strong>{sentence(FAULTS[kind])}</strong>
        {count > 1 && <span class="badge bad">{count} times</span>}
      </span>
      <span class="sub">
        {accountId !== undefined && (
          <>
            Account <ShortId id={accountId} href={`/staff/accounts/${encodeURIComponent(accountId)}`} />{' '}
          </>
        )}
        {transferId !== undefined && (
          <>
            Transfer <ShortId
              id={transferId}
              href={`/staff/transfers/${encodeURIComponent(transferId)}`}
            />{' '}
          </>
        )}
        {sequence !== undefined && `Entry ${sequence} `}
        {currency !== undefined && `Currency ${currency} `}
        {key !== undefined && <LongId text={key} />}
        {detail}
      </span>
    </li>
  );
};

const Checkpoints: FC<{ checkpoints: readonly CheckpointView[]; newest: number; mayMake: boolean }> = ({
  checkpoints,
  newest,
  mayMake,
}) => {
  const { now } = usePage();
  return (
    <section class="card" aria-labelledby="checkpoints">
      <div class="card-head">
        <h2 id="checkpoints">Checkpoints</h2>
        {mayMake && (
          <Form action="/staff/checkpoints" class="inline">
            <input type="hidden" name="newest" value={String(newest)} />
            <button class="button quiet small">Make a checkpoint</button>
          </Form>
        )}
      </div>
      {checkpoints.length === 0 ? (
        <Empty title="There is no checkpoint">
          <p>
            A checkpoint is a signed statement about all accounts. It proves later that nothing was rewritten.
          </p>
        </Empty>
      ) : (
        <CardTable
          caption="Checkpoints, newest first"
          columns={[
            { name: 'Number' },
            { name: 'Made' },
            { name: 'Age' },
            { name: 'Accounts', isAmount: true },
            { name: 'Digest' },
          ]}
        >
          <tbody>
            {checkpoints.map(({ number, at, accounts, digest }) => (
              <tr>
                <Cell label="Number">{number}</Cell>
                <Cell label="Made">
                  <Moment at={at} />
                </Cell>
                <Cell label="Age">{durationText(now - at)}</Cell>
                <Cell label="Accounts" class="num">
                  {accounts}
                </Cell>
                <Cell label="Digest">
                  <ShortId id={digest} />
                </Cell>
              </tr>
            ))}
          </tbody>
        </CardTable>
      )}
    </section>
  );
};

/** The result of a verification as one sentence. */
export function resultText({ found }: EndedVerification): string {
  if (found === null) return 'The verification was interrupted';
  const differences = found.faults.reduce((sum, { count }) => sum + count, 0);
  if (differences === 0) return 'The books are right';
  return `The books are not right: ${differences === 1 ? '1 difference' : `${differences} differences`}`;
}

function countsText({ accounts, entries, transfers, records }: Verified, language: string): string {
  const count = (value: number, one: string) =>
    `${value.toLocaleString([language, 'en'])} ${value === 1 ? one : `${one}s`}`;
  return [
    count(accounts, 'account'),
    count(entries, 'entry').replace(/entrys$/, 'entries'),
    count(transfers, 'transfer'),
    count(records, 'idempotency key'),
  ].join(', ');
}

/** A length of time in one unit, such as "3 hours". */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ] as const;
  const [size, name] = units.find(([one]) => seconds >= 2 * one) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
