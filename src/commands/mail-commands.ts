import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock, systemIds } from '../adapters/system.ts';
import type { Store } from '../application/ports/ledger-store.ts';
import type { OutboxReads, UnsentMessage } from '../application/ports/outbox.ts';
import { viewMail } from '../application/staff/list-unsent-mails.ts';
import { retryAllMails, retryMails } from '../application/staff/retry-mails.ts';
import { CommandError } from './command-tools.ts';
import type { CommandTools } from './command-tools.ts';
import { withExamples } from './help.ts';
import { tableLines } from './table.ts';
import { isoTime, isoTimeOrNull, minuteText } from './times.ts';

type Setting = Pick<CommandTools, 'config' | 'out' | 'withStore' | 'fail'>;

const MAILS_PAGE = 200;

/** Adds the commands about mails. None of them sends any: the server does. */
export function addMailCommands(program: Command, tools: Setting): void {
  const mail = program
    .command('mail')
    .summary('look at mails, and try those again that were given up')
    .description('Look at mails, and try those again that were given up.');
  addPreview(mail, tools);
  addList(mail, tools);
  addRetry(mail, tools);
}

function addList(mail: Command, { withStore, out }: Setting): void {
  const list = mail
    .command('list')
    .summary('list the mails that were not sent')
    .description('List the mails that were not sent, about in the order of their age.')
    .option('--given-up', 'only those that were given up')
    .option('--json', 'print the result as JSON')
    .action(async ({ givenUp, json }: { givenUp?: true; json?: true }) => {
      await withStore(async (store) => {
        const outbox = outboxOf(store);
        const mails = [
          ...(await everyMail(outbox, 'given_up')),
          ...(givenUp ? [] : await everyMail(outbox, 'waiting')),
        ];
        if (json) out(JSON.stringify({ mails: mails.map(mailJson) }));
        else if (mails.length === 0) out(givenUp ? 'No mail was given up' : 'No mail waits or was given up');
        else for (const line of mailsTable(mails)) out(line);
      });
    });
  withExamples(list, ['passbook mail list', 'passbook mail list --given-up --json']);
}

function addRetry(mail: Command, { withStore, out, fail }: Setting): void {
  const retry = mail
    .command('retry')
    .summary('try mails again that were given up')
    .description(
      'Try mails again that were given up. The server then sends them, as soon as the mail server takes them. ' +
        'Each leaves a security event of its recipient.',
    )
    .argument('[id...]', 'ids of mails, as in the list and in the log')
    .option('--all', 'all mails that were given up')
    .option('--json', 'print the result as JSON')
    .action(async (ids: readonly string[], { all, json }: { all?: true; json?: true }) => {
      if (ids.length > 0 === (all === true)) {
        retry.error('error: give either ids or --all');
      }
      await withStore(async (store) => {
        const { retried, missing } = all ? await retryEvery(store) : await retryThese(store, ids);
        if (json) out(JSON.stringify({ retried, missing }));
        else {
          for (const id of missing) out(`${id} is not among the mails that were given up`);
          out(retried === 1 ? '1 mail is due again' : `${retried} mails are due again`);
        }
        if (missing.length > 0) fail();
      });
    });
  withExamples(retry, [
    'passbook mail retry --all',
    'passbook mail retry 01a21b80-6973-727e-a7ef-69ae63250df2.received',
  ]);
}

type Retried = { readonly retried: number; readonly missing: readonly string[] };

async function retryEvery(store: Store): Promise<Retried> {
  const retry = retryAllMails({ ...runtime, unitOfWork: store.unitOfWork, outbox: outboxOf(store) });
  return { retried: (await retry(Infinity)).retried, missing: [] };
}

async function retryThese(store: Store, ids: readonly string[]): Promise<Retried> {
  const givenUp = await everyMail(outboxOf(store), 'given_up');
  const positions = new Map(givenUp.map(({ message, position }) => [message.id, position]));
  const wanted = [...new Set(ids)];
  const missing = wanted.filter((id) => !positions.has(id));
  const retry = retryMails({ ...runtime, unitOfWork: store.unitOfWork });
  return { retried: await retry(wanted.flatMap((id) => positions.get(id) ?? [])), missing };
}

const runtime = { clock: systemClock, ids: systemIds };

/** @throws CommandError if the store cannot read its outbox */
function outboxOf({ outbox }: Store): OutboxReads {
  if (outbox) return outbox;
  throw new CommandError('This store cannot list its outbox', { hint: 'Use SQLite or MongoDB' });
}

async function everyMail(
  outbox: OutboxReads,
  state: 'waiting' | 'given_up',
): Promise<readonly UnsentMessage[]> {
  const all: UnsentMessage[] = [];
  for (let after: string | null = null; ; ) {
    const { messages, next } = await outbox.unsent({ state, after, limit: MAILS_PAGE });
    all.push(...messages);
    if (next === null) return all;
    after = next;
  }
}

function mailJson(unsent: UnsentMessage) {
  const { messageId, kind, notice, recipientId, transferId, attempts, reason, ...at } = viewMail(unsent);
  return {
    id: messageId,
    state: at.givenUpAt === null ? 'waiting' : 'given_up',
    kind,
    notice,
    recipientId,
    transactionId: transferId,
    createdAt: isoTime(at.createdAt),
    attempts,
    dueAt: isoTimeOrNull(at.dueAt),
    givenUpAt: isoTimeOrNull(at.givenUpAt),
    reason,
  };
}

function mailsTable(mails: readonly UnsentMessage[]): readonly string[] {
  const rows = mails
    .map(viewMail)
    .map(({ messageId, kind, notice, attempts, dueAt, givenUpAt, reason }) => [
      messageId,
      notice ?? kind,
      dueAt === null ? 'given up' : 'waits',
      minuteText(dueAt ?? givenUpAt ?? 0),
      String(attempts),
      reason ?? '-',
    ]);
  // Nobody can copy a part of an id
  const terms = {
    head: ['ID', 'KIND', 'STATE', 'AT (UTC)', 'TRIES', 'REASON'],
    cut: [Infinity, 24, 8, 16, 5, 60],
  };
  return tableLines(terms, rows);
}

function addPreview(mail: Command, { config, out }: Setting): void {
  const preview = mail
    .command('preview')
    .summary('write a mail of each kind to a folder')
    .description(
      'Write a mail of each kind to a folder, with made-up data, and pictures if there is a Chromium.',
    )
    .option('--to <folder>', 'folder; made if it is missing', 'mail-preview')
    .option('--only <name...>', 'only the mails of these names, such as transfer-sent')
    .option('--json', 'print the result as JSON')
    .action(async ({ to, only, json }: { to: string; only?: readonly string[]; json?: true }) => {
      const { MAIL_NAMES, previewMails } = await import('./mail-preview.ts');
      const unknown = only?.find((name) => !MAIL_NAMES.includes(name));
      if (unknown !== undefined) {
        preview.error(`error: there is no mail ${unknown}; the names are ${MAIL_NAMES.join(', ')}`);
      }
      const written = await previewMails({
        folder: resolve(to),
        config: config(),
        names: only ?? MAIL_NAMES,
      });
      if (json) {
        out(JSON.stringify(written));
        return;
      }
      const { folder, index, mails, pictures } = written;
      out(
        `Wrote ${mails.length} ${mails.length === 1 ? 'mail' : 'mails'} to ${folder}, each as .eml, .html and .txt`,
      );
      out(
        pictures.length === 0
          ? 'No Chromium was found on PATH, so there are no pictures'
          : `Took ${pictures.length} pictures of each: ${pictures.join(', ')}`,
      );
      out(`Open ${index}`);
    });
  withExamples(preview, [
    'passbook mail preview',
    'passbook mail preview --only transfer-sent welcome',
    'passbook mail preview --to /tmp/mails --json',
  ]);
}
