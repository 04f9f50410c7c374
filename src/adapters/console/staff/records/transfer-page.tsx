import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { TransferRecord } from '../../../../application/staff/inspect-transfer.ts';
import type { TransferView } from '../../../../application/views.ts';
import type { LedgerEntry } from '../../../../domain/entities/ledger-entry.ts';
import type { TransferStatus } from '../../../../domain/entities/transfer.ts';
import type { User } from '../../../../domain/entities/user.ts';
import type { SignedInPageEnv } from '../../../shared/page-edge.ts';
import { faultText } from '../../faults.tsx';
import { queryOf } from '../../forms.ts';
import { sendPage } from '../../layout.tsx';
import { Fact, Facts } from '../../parts/fields.tsx';
import { Amount } from '../../parts/money.tsx';
import type { ConsolePorts, PageContext } from '../../ports.ts';
import { mayDo, staffViewerOf, taskRequired } from '../access.ts';
import { auditNames } from '../logs/audit-list.tsx';
import { MailsCard } from '../mails/mails-card.tsx';
import {
  AccountLink,
  CardTable,
  Cell,
  DoneNote,
  LongId,
  OutsideFacts,
  Moment,
  pathWith,
  PersonLink,
  RecordHead,
  ShortId,
} from '../parts.tsx';
import type { NamedAccount } from '../parts.tsx';
import { AuditCard, transferKindText } from './account-page.tsx';

const AUDIT_SHOWN = 10;

const DONE: Readonly<Record<string, string>> = {
  reversed: 'The money was returned by this transfer.',
  erased: 'The texts were erased everywhere.',
};

/** A transfer in full: its legs, each entry with its place in the chain, and what the staff did with it. */
export function transferRecordRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>().get(
    '/staff/transfers/:id',
    edge.sessionRequired,
    taskRequired('readTransfers'),
    async (c) => {
      const caller = c.get('caller');
      const viewer = staffViewerOf(caller);
      const record = await bank.inspectTransfer(viewer, c.req.param('id'));
      const { transfer, legs } = record;
      const people = [record.initiator.id ?? [], ...legs.map(({ ownerId }) => ownerId ?? [])].flat();
      const [users, accounts, audit, mails] = await Promise.all([
        bank.findUsers(people),
        bank.inspectAccounts(
          viewer,
          legs.map(({ accountId }) => accountId),
        ),
        readAudit(c, transfer.transferId),
        bank.mails?.ofTransfer(viewer, transfer.transferId),
      ]);
      const names = { users, accounts };
      return sendPage(c, ports, {
        title: 'Transfer',
        section: 'people',
        children: (
          <>
            <RecordHead
              title={transferKindText(transfer.kind)}
              badge={<TransferBadge status={transfer.status} />}
            >
              <p class="record-amount">
                <MaybeAmount amount={transfer.amount} of={transfer} />
              </p>
            </RecordHead>
            <DoneNote text={DONE[queryOf(c).text('done')]} />
            <div class="stack">
              <TransferFacts record={record} names={names} />
              <TransferActions record={record} user={caller} />
              <Legs record={record} names={names} />
              <EntriesOfTransfer record={record} names={names} />
              {mails && <MailsCard of={mails} users={users} isRefused={transfer.status === 'rejected'} />}
              <AuditCard {...audit} path={pathWith('/staff/audit', { transfer: transfer.transferId })} />
            </div>
          </>
        ),
      });
    },
  );

  async function readAudit(c: PageContext, transferId: string) {
    const viewer = staffViewerOf(c.get('caller'));
    const { items, nextCursor } = await bank.recentAudit(viewer, { limit: AUDIT_SHOWN }, { transferId });
    return { records: items, names: await auditNames(c, ports, items), hasMore: nextCursor !== null };
  }
}

type Names = {
  readonly users: ReadonlyMap<string, User>;
  readonly accounts: ReadonlyMap<string, NamedAccount>;
};

const STATUS_TEXTS: Readonly<Record<TransferStatus, string>> = {
  completed: 'Completed',
  pending: 'Reserved',
  voided: 'Cancelled',
  expired: 'Expired',
  rejected: 'Refused',
};

const TransferBadge: FC<{ status: TransferStatus }> = ({ status }) => {
  const kinds = { completed: '', pending: ' warn', voided: ' plain', expired: ' plain', rejected: ' bad' };
  return <span class={`badge${kinds[status]}`}>{STATUS_TEXTS[status]}</span>;
};

/** An amount of a transfer. One that was refused early has no currency. */
const MaybeAmount: FC<{ amount: bigint; of: Pick<TransferView, 'currency' | 'exponent'> }> = ({
  amount,
  of: { currency, exponent },
}) =>
  currency === null ? (
    <span class="money">{amount.toString()} minor units</span>
  ) : (
    <Amount amount={amount} currency={currency} exponent={exponent ?? 0} />
  );

const TransferFacts: FC<{ record: TransferRecord; names: Names }> = ({ record, names }) => {
  const { transfer, initiator, payerName, isErased } = record;
  const { code, amountCaptured, amountReversed, metadata } = transfer;
  return (
    <section class="card" aria-label="Facts">
      <Facts>
        <Fact label="Made">
          <Moment at={transfer.createdAt} /> by <PersonLink id={initiator.id} users={names.users} />
          {initiator.kind === 'system' && initiator.id !== null && ' for the bank'}
        </Fact>
        {transfer.completedAt !== null && transfer.completedAt !== transfer.createdAt && (
          <Fact label="Completed">
            <Moment at={transfer.completedAt} />
          </Fact>
        )}
        {transfer.expiresAt !== null && (
          <Fact label="Reserved until">
            <Moment at={transfer.expiresAt} />
          </Fact>
        )}
        {code !== null && (
          <Fact label="Refused because">
            {faultText(code).title} <span class="fine">{code}</span>
          </Fact>
        )}
        {payerName !== null && <Fact label="Name of the payer">{payerName}</Fact>}
        <Fact label="Message">{transfer.description ?? (isErased ? 'Erased' : 'None')}</Fact>
        {transfer.reference !== null && <Fact label="Reference">{transfer.reference}</Fact>}
        {amountCaptured !== null && (
          <Fact label="Captured">
            <MaybeAmount amount={amountCaptured} of={transfer} />
          </Fact>
        )}
        {amountReversed !== null && amountReversed > 0n && (
          <Fact label="Reversed so far">
            <MaybeAmount amount={amountReversed} of={transfer} />
          </Fact>
        )}
        {transfer.reverses !== null && (
          <Fact label="Reverses">
            <ShortId
              id={transfer.reverses}
              href={`/staff/transfers/${encodeURIComponent(transfer.reverses)}`}
            />
          </Fact>
        )}
        {transfer.batchId !== null && (
          <Fact label="Batch">
            <LongId text={transfer.batchId} />
          </Fact>
        )}
        <OutsideFacts externalId={transfer.externalId} metadata={metadata} />
        <Fact label="Id">
          <LongId text={transfer.transferId} />
        </Fact>
      </Facts>
    </section>
  );
};

/** Links to the actions that the role allows and the transfer permits. */
const TransferActions: FC<{ record: TransferRecord; user: User }> = ({ record, user }) => {
  const { transfer, reversible, isErased } = record;
  const path = `/staff/transfers/${encodeURIComponent(transfer.transferId)}`;
  const mayReverse = mayDo(user, 'reverse') && reversible > 0n;
  const hasText = transfer.description !== null || transfer.reference !== null || transfer.metadata !== null;
  const mayErase = mayDo(user, 'eraseText') && hasText && !isErased;
  if (!mayReverse && !mayErase) return null;
  return (
    <nav class="actions flat" aria-label="Actions">
      {mayReverse && (
        <a class="button quiet small" href={`${path}/reverse`}>
          Return the money
        </a>
      )}
      {mayErase && (
        <a class="button quiet small" href={`${path}/erase-text`}>
          Erase the texts
        </a>
      )}
    </nav>
  );
};

const SIDES = { debit: 'From', credit: 'To' } as const;

const Legs: FC<{ record: TransferRecord; names: Names }> = ({ record: { legs, transfer }, names }) => (
  <section class="card" aria-labelledby="legs">
    <h2 id="legs">From and to</h2>
    <CardTable
      caption="Legs of the transfer, debits first"
      columns={[{ name: 'Side' }, { name: 'Account' }, { name: 'Owner' }, { name: 'Amount', isAmount: true }]}
    >
      <tbody>
        {legs.map(({ accountId, ownerId, direction, amount }) => (
          <tr>
            <Cell label="Side" class="title">
              {SIDES[direction]}
            </Cell>
            <Cell label="Account">
              <AccountLink id={accountId} accounts={names.accounts} />
            </Cell>
            <Cell label="Owner">
              {ownerId === null && !names.accounts.has(accountId) ? (
                'Not found'
              ) : (
                <PersonLink id={ownerId} users={names.users} />
              )}
            </Cell>
            <Cell label="Amount" class="num">
              <MaybeAmount amount={amount} of={transfer} />
            </Cell>
          </tr>
        ))}
      </tbody>
    </CardTable>
  </section>
);

const STEPS = {
  completed: 'Posted',
  held: 'Reserved',
  captured: 'Captured',
  voided: 'Cancelled',
  expired: 'Expired',
} as const;

const EntriesOfTransfer: FC<{ record: TransferRecord; names: Names }> = ({ record, names }) => (
  <section class="card" aria-labelledby="entries">
    <h2 id="entries">Entries in the books</h2>
    {record.entries.length === 0 ? (
      <p>A refused transfer has no entries: it moved no money.</p>
    ) : (
      <CardTable
        caption="Entries of the transfer, by time"
        columns={[
          { name: 'Account' },
          { name: 'Entry no.' },
          { name: 'Step' },
          { name: 'Time' },
          { name: 'Debit', isAmount: true },
          { name: 'Credit', isAmount: true },
        ]}
      >
        <tbody>
          {record.entries.map((entry) => (
            <EntryOfTransfer entry={entry} names={names} transfer={record.transfer} />
          ))}
        </tbody>
      </CardTable>
    )}
    {record.entries.length > 0 && (
      <details>
        <summary>Hashes of the entries</summary>
        <ul class="rows">
          {record.entries.map(({ accountId, sequence, hash }) => (
            <li>
              <span>
                <AccountLink id={accountId} accounts={names.accounts} />, entry {sequence}
              </span>
              <span class="sub">
                <LongId text={hash} />
              </span>
            </li>
          ))}
        </ul>
      </details>
    )}
  </section>
);

const EntryOfTransfer: FC<{ entry: LedgerEntry; names: Names; transfer: TransferView }> = ({
  entry,
  names,
  transfer,
}) => {
  const { accountId, sequence, step, direction, posted, pending, at } = entry;
  const isPosted = step === 'completed' || step === 'captured';
  const amount = <MaybeAmount amount={isPosted ? posted : pending} of={transfer} />;
  return (
    <tr class={isPosted ? undefined : 'passing'}>
      <Cell label="Account" class="title">
        <AccountLink id={accountId} accounts={names.accounts} />
      </Cell>
      <Cell label="Entry no.">{sequence}</Cell>
      <Cell label="Step">{STEPS[step]}</Cell>
      <Cell label="Time">
        <Moment at={at} />
      </Cell>
      <Cell label="Debit" class={direction === 'debit' ? 'num' : 'num none'}>
        {direction === 'debit' && amount}
      </Cell>
      <Cell label="Credit" class={direction === 'credit' ? 'num' : 'num none'}>
        {direction === 'credit' && amount}
      </Cell>
    </tr>
  );
};
