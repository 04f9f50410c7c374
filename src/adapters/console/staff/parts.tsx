import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { formatAccountNumber } from '../../../domain/entities/account-number.ts';
import type { SystemPurpose } from '../../../domain/entities/account.ts';
import type { Metadata } from '../../../domain/entities/metadata.ts';
import type { User } from '../../../domain/entities/user.ts';
import type { Instant } from '../../../domain/time.ts';
import { usePage } from '../layout.tsx';
import { Fact } from '../parts/fields.tsx';
import { exactText } from '../text.ts';

const ID_SHOWN = 8;

/** The end of an id, which differs most between ids of one day. The whole text is in the title and for screen readers. */
export const ShortId: FC<{ id: string; href?: string }> = ({ id, href }) => {
  const short = id.length <= ID_SHOWN + 1 ? id : `…${id.slice(-ID_SHOWN)}`;
  return href === undefined ? (
    <code class="id" title={id}>
      {short}
    </code>
  ) : (
    <a class="id" href={href} title={id}>
      <code>{short}</code>
    </a>
  );
};

/** A hash or id in full, which breaks over lines. */
export const LongId: FC<{ text: string }> = ({ text }) => <code class="long-id">{text}</code>;

/** The facts that the program of an account or transfer gave it. Each is left out where it is absent. */
export const OutsideFacts: FC<{ externalId: string | null; metadata: Metadata | null }> = ({
  externalId,
  metadata,
}) => (
  <>
    {externalId !== null && (
      <Fact label="External id">
        <LongId text={externalId} />
      </Fact>
    )}
    {metadata && (
      <Fact label="Metadata">
        {Object.entries(metadata)
          .map(([name, value]) => `${name}: ${value}`)
          .join(', ')}
      </Fact>
    )}
  </>
);

/** Day and time to the second. */
export const Moment: FC<{ at: Instant }> = ({ at }) => (
  <time class="moment" datetime={new Date(at).toISOString()}>
    {exactText(at, usePage())}
  </time>
);

/** A way back to the record or list that a page belongs to. */
export const Crumb: FC<PropsWithChildren<{ href: string }>> = ({ href, children }) => (
  <p class="crumb">
    <a href={href}>{children}</a>
  </p>
);

/** A sentence about an action that was just done. */
export const DoneNote: FC<{ text: string | undefined }> = ({ text }) =>
  text === undefined ? null : (
    <div class="note good" role="status">
      {text}
    </div>
  );

/** A table whose rows become cards on a narrow screen. Each cell names its column in `label`. */
export const CardTable: FC<PropsWithChildren<{ caption: string; columns: readonly TableColumn[] }>> = ({
  caption,
  columns,
  children,
}) => (
  <table class="cards">
    <caption class="hidden">{caption}</caption>
    <thead>
      <tr>
        {columns.map(({ name, isAmount = false }) => (
          <th scope="col" class={isAmount ? 'num' : undefined}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
    {children}
  </table>
);

export type TableColumn = { readonly name: string; readonly isAmount?: boolean };

/** A cell of such a table. The one with the class `title` heads its card. */
export const Cell: FC<PropsWithChildren<{ label: string; class?: string }>> = ({
  label,
  class: kind,
  children,
}) => (
  <td class={kind}>
    <span class="cell-label" aria-hidden="true">
      {label}
    </span>
    <div class="cell-value">{children}</div>
  </td>
);

/** Links to the first and the next page of a list. */
export const StaffPager: FC<{ next: string | null; first?: string | undefined; label?: string }> = ({
  next,
  first,
  label = 'Next page',
}) =>
  next === null && first === undefined ? null : (
    <nav class="actions pager" aria-label="Pages">
      {first !== undefined && (
        <a class="button quiet small" href={first}>
          First page
        </a>
      )}
      {next !== null && (
        <a class="button quiet small" href={next} rel="next">
          {label}
        </a>
      )}
    </nav>
  );

/** Returns the path with these query fields, without the empty ones. */
export function pathWith(path: string, query: Readonly<Record<string, string | null>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) params.set(name, value);
  return params.size === 0 ? path : `${path}?${params}`;
}

/** A person of the bank by name, with a link. */
export const PersonLink: FC<{ id: string | null; users: ReadonlyMap<string, User> }> = ({ id, users }) => {
  if (id === null) return <>The bank</>;
  const user = users.get(id);
  return user === undefined ? (
    <ShortId id={id} />
  ) : (
    <a href={`/staff/people/${encodeURIComponent(id)}`}>{user.name}</a>
  );
};

const PURPOSES: Readonly<Record<SystemPurpose, string>> = {
  funding: 'Funding',
  settlement: 'Settlement',
  fees: 'Fees',
  exchange: 'Exchange',
  suspense: 'Suspense',
};

export function purposeText(purpose: SystemPurpose): string {
  return PURPOSES[purpose];
}

export type NamedAccount = {
  readonly accountId: string;
  readonly number: string | null;
  readonly purpose: SystemPurpose | null;
  readonly currency: string;
};

/** The number of an account, or the purpose of the bank's own. */
export function recordTitle({ number, purpose, currency, accountId }: NamedAccount): string {
  if (number !== null) return formatAccountNumber(number);
  return purpose === null ? accountId : `${purposeText(purpose)} account in ${currency}`;
}

/** A link to an account by its number. */
export const AccountLink: FC<{ id: string; accounts: ReadonlyMap<string, NamedAccount> }> = ({
  id,
  accounts,
}) => {
  const account = accounts.get(id);
  const href = `/staff/accounts/${encodeURIComponent(id)}`;
  return account === undefined ? (
    <ShortId id={id} href={href} />
  ) : (
    <a class="number" href={href}>
      {recordTitle(account)}
    </a>
  );
};

/** A heading with a badge and links to actions. */
export const RecordHead: FC<PropsWithChildren<{ title: Child; badge?: Child }>> = ({
  title,
  badge,
  children,
}) => (
  <div class="head">
    <h1>
      {title} {badge}
    </h1>
    {children}
  </div>
);
