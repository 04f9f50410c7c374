import { randomDigits } from '../../shared/random-digits.ts';
import { formerAccountText } from '../../shared/row-digest.ts';
import { Account } from '../../../domain/entities/account.ts';
import { BODY_DIGITS, makeAccountNumber } from '../../../domain/entities/account-number.ts';
import { accountDigestBytes, accountsAfter, findByIdentifier } from './accounts.ts';
import { digestBytes } from './bytes.ts';
import type { Connection } from '../connection/connection.ts';
import { recordDigestsAfter } from './idempotency-records.ts';
import { transferDigestBytes, transferRowsAfter } from './transfers.ts';

const PORTION = 500;

const COMPLETE = 'UPDATE accounts SET number = ?, digest = iif(digest = ?, ?, digest) WHERE id = ?';

/** Writes the missing digests of rows from before row digests existed. */
export function digestRows(connection: Connection): void {
  for (const account of all(
    (page) => accountsAfter(connection, page),
    ({ id }) => id,
  )) {
    // A later migration replaces it with the digest of all facts
    const digest = digestBytes(formerAccountText(account));
    connection.run('UPDATE accounts SET digest = ? WHERE id = ?', digest, account.id);
  }
  for (const { transfer, record } of all(
    (page) => transferRowsAfter(connection, page),
    (row) => row.transfer.id,
  )) {
    const digest = transferDigestBytes(transfer, record);
    connection.run('UPDATE transfers SET digest = ? WHERE id = ?', digest, transfer.id);
  }
  for (const { key, expected } of all(
    (page) => recordDigestsAfter(connection, page),
    (row) => row.key,
  )) {
    connection.run('UPDATE idempotency_records SET digest = ? WHERE key = ?', expected, key);
  }
}

/**
 * Draws a number for each existing account of a person, and writes the digest that covers it. A digest that was wrong
 * stays wrong, so that verification still finds a change by hand.
 */
export function numberAccounts(connection: Connection, { accountPrefix }: { accountPrefix: string }): void {
  for (const account of all(
    (page) => accountsAfter(connection, page),
    ({ id }) => id,
  )) {
    const number = account.ownerId === null ? null : freeNumber(connection, accountPrefix);
    const former = digestBytes(formerAccountText(account));
    const digest = accountDigestBytes(Account.restore({ ...account, number }));
    connection.run(COMPLETE, number, former, digest, account.id);
  }
}

function freeNumber(connection: Connection, prefix: string): string {
  for (;;) {
    const number = makeAccountNumber(prefix, randomDigits(BODY_DIGITS));
    if (findByIdentifier(connection, { kind: 'account_number', value: number }) === undefined) return number;
  }
}

function* all<T>(
  read: (page: { after: string | null; limit: number }) => readonly T[],
  idOf: (one: T) => string,
): Generator<T> {
  for (let after: string | null = null; ; ) {
    const page = read({ after, limit: PORTION });
    const last = page.at(-1);
    if (last === undefined) return;
    yield* page;
    after = idOf(last);
  }
}
