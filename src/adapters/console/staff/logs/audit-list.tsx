import type { Child, FC } from 'hono/jsx';
import type { AuditAction, AuditRecord } from '../../../../domain/integrity/audit-log.ts';
import type { User } from '../../../../domain/entities/user.ts';
import { Amount } from '../../parts/money.tsx';
import type { ConsolePorts, PageContext } from '../../ports.ts';
import { staffViewerOf } from '../access.ts';
import { AccountLink, LongId, Moment, PersonLink, ShortId } from '../parts.tsx';
import type { NamedAccount } from '../parts.tsx';

/** The people and accounts that records of a page name, by id. */
export type AuditNames = {
  readonly users: ReadonlyMap<string, User>;
  readonly accounts: ReadonlyMap<string, NamedAccount & { readonly exponent: number }>;
};

/** Reads the names of a page of records: one read for the people, and one for each account. */
export async function auditNames(
  c: PageContext,
  { bank }: Pick<ConsolePorts, 'bank'>,
  records: readonly AuditRecord[],
): Promise<AuditNames> {
  const userIds = records.flatMap(({ actor, userId }) => [actor.id ?? [], userId ?? []].flat());
  const accountIds = records.flatMap(({ accountId }) => accountId ?? []);
  const [users, accounts] = await Promise.all([
    bank.findUsers(userIds),
    bank.inspectAccounts(staffViewerOf(c.get('caller')), accountIds),
  ]);
  return { users, accounts };
}

const VERBS: Readonly<Record<AuditAction, string>> = {
  account_frozen: 'froze',
  account_unfrozen: 'unfroze',
  account_closed: 'closed',
  account_limited: 'set the limits of',
  account_metadata_changed: 'changed the metadata of',
  text_erased: 'erased the texts of transfer',
  role_granted: 'granted a role to',
};

/** Records of the audit log as sentences: who did what to which record, and why. */
export const AuditList: FC<{ records: readonly AuditRecord[]; names: AuditNames }> = ({ records, names }) => (
  <ol class="log">
    {records.map((record) => (
      <li>
        <p class="log-text">
          <PersonLink id={record.actor.id} users={names.users} /> {VERBS[record.action]}{' '}
          <SubjectLink record={record} names={names} />
          {record.reason !== null && (
            <>
              : <q>{record.reason}</q>
            </>
          )}
        </p>
        <Changes record={record} names={names} />
        <p class="fine">
          <Moment at={record.at} /> · record {record.sequence}
        </p>
        <details class="fine">
          <summary>Hash of record {record.sequence}</summary>
          <LongId text={record.hash} />
        </details>
      </li>
    ))}
  </ol>
);

const SubjectLink: FC<{ record: AuditRecord; names: AuditNames }> = ({ record, names }) => {
  const { accountId, transferId, userId } = record;
  if (accountId !== null) return <AccountLink id={accountId} accounts={names.accounts} />;
  if (transferId !== null) return <ShortId id={transferId} href={`/staff/transfers/${transferId}`} />;
  return <PersonLink id={userId ?? null} users={names.users} />;
};

const FIELDS: Readonly<Record<string, string>> = {
  status: 'Status',
  creditsFrozen: 'Credits blocked too',
  minimumBalance: 'Lowest available balance',
  maximumBalance: 'Highest balance',
  role: 'Role',
  description: 'Description',
  metadata: 'Metadata',
  reference: 'Reference',
};

const DIGEST = /^[0-9a-f]{64}$/;

const Changes: FC<{ record: AuditRecord; names: AuditNames }> = ({ record, names }) => {
  if (record.changes.length === 0) return null;
  const account = names.accounts.get(record.accountId ?? '');
  const value = (field: string, text: string | null): Child => {
    if (text === null) return field.endsWith('Balance') ? 'no limit' : 'none';
    if (text === 'true' || text === 'false') return text === 'true' ? 'yes' : 'no';
    if (DIGEST.test(text)) return <ShortId id={text} />;
    if (!field.endsWith('Balance') || !account || !/^-?\d+$/.test(text)) return text;
    const { currency, exponent } = account;
    return <Amount amount={BigInt(text)} currency={currency} exponent={exponent} />;
  };
  return (
    <ul class="changes">
      {record.changes.map(([field, before, after]) => (
        <li>
          {FIELDS[field] ?? field}: {value(field, before)} → <strong>{value(field, after)}</strong>
        </li>
      ))}
    </ul>
  );
};
