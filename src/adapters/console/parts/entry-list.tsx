import type { FC } from 'hono/jsx';
import type { EntryView } from '../../../application/reporting/list-entries.ts';
import type { AccountView } from '../../../application/views.ts';
import { accountTitle } from '../accounts.ts';
import { entryNote, entryTitle, isPosted } from '../customer/kinds.ts';
import { usePage } from '../layout.tsx';
import { dayText, isoDayOf, timeText } from '../text.ts';
import { Amount, BalanceChange } from './money.tsx';

export type EntryListProps = {
  readonly entries: readonly EntryView[];
  readonly account: Pick<AccountView, 'currency' | 'exponent'>;
  /** The reader's accounts by id, which are named in payments between them. */
  readonly own: ReadonlyMap<string, AccountView>;
  /** Newest entry that the reader has seen; later ones are marked. Default: none is. */
  readonly seen?: number;
  /** Day whose heading is above the list already. */
  readonly openDay?: string;
};

/** Entries by day, newest first, each with the balance after it. */
export const EntryList: FC<EntryListProps> = ({ entries, account, own, seen = Infinity, openDay = '' }) => {
  const page = usePage();
  let shown = openDay;
  return (
    <table class="entries">
      <caption class="hidden">Entries, newest first</caption>
      <thead class="hidden">
        <tr>
          <th scope="col">Details</th>
          <th scope="col">Amount</th>
          <th scope="col">Balance after it</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => {
          const day = isoDayOf(entry.at, page);
          const isNew = day !== shown;
          shown = day;
          return (
            <>
              {isNew && (
                <tr class="day-row">
                  <th class="day" colspan={3} scope="colgroup">
                    {dayText(entry.at, page)}
                  </th>
                </tr>
              )}
              <EntryRow entry={entry} account={account} own={own} hasArrived={entry.sequence > seen} />
            </>
          );
        })}
      </tbody>
    </table>
  );
};

type RowProps = { readonly entry: EntryView; readonly hasArrived: boolean } & Pick<
  EntryListProps,
  'account' | 'own'
>;

const EntryRow: FC<RowProps> = ({ entry, account, own, hasArrived }) => {
  const page = usePage();
  const other = own.get(entry.counterparty?.account ?? '');
  const note = entryNote(entry);
  const { currency, exponent } = account;
  return (
    <tr class={[isPosted(entry) ? '' : 'passing', hasArrived ? 'arrived' : ''].join(' ').trim() || undefined}>
      <td class="what">
        <a href={`/transfers/${entry.transferId}`}>{other ? accountTitle(other) : entryTitle(entry)}</a>
        <span class="sub">
          {timeText(entry.at, page)}
          {note && ` · ${note}`}
        </span>
      </td>
      <td class="num">
        {isPosted(entry) ? (
          <BalanceChange
            amount={entry.direction === 'debit' ? -entry.amount : entry.amount}
            currency={currency}
            exponent={exponent}
          />
        ) : (
          <Amount amount={entry.amount} currency={currency} exponent={exponent} />
        )}
      </td>
      <td class="num after">
        <span class="hidden">Balance </span>
        <Amount amount={entry.balance} currency={currency} exponent={exponent} />
      </td>
    </tr>
  );
};
