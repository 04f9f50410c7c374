import { Hono } from 'hono';
import type { Ledger } from '../../../application/ledger.ts';
import type { NameCounterparties } from '../../../application/payees/name-counterparties.ts';
import type { Logger } from '../../../application/ports/runtime.ts';
import { statementProofText } from '../../../application/proofs/statement-proof-text.ts';
import { accountViewerOf, actorByRole, actorOf, viewerOf } from '../middleware/caller.ts';
import { requireMayIdentify } from '../middleware/caller.ts';
import { hasLimit, requireAllAccounts, requireWithinLimit } from '../middleware/key-rights.ts';
import { findOne } from '../responses/find-one.ts';
import type { CallerRequired, HttpEnv } from '../env.ts';
import { replayHeader, sendRefusal } from '../responses/problem.ts';
import { AccountMetadataBody, ClosingBody, NewAccountBody, RenameBody } from '../requests/bodies.ts';
import { PeriodQuery, StatementQuery, StatementsQuery } from '../requests/queries.ts';
import { AtQuery, HistoryQuery, Nothing, OwnAccountsQuery } from '../requests/schemas.ts';
import { readQuery, readQueryWithMetadata } from '../requests/read-query.ts';
import { readKey } from '../requests/read-key.ts';
import { readBody } from '../requests/read-body.ts';
import { sendAccountResult } from '../responses/results.ts';
import {
  accountShape,
  balanceAtShape,
  balanceShape,
  entryShape,
  monthlyStatementShape,
} from '../responses/responses.ts';
import { sendParts } from '../statement/send-parts.ts';
import { acceptedFormat, issue, periodOf, sendStatement } from './statement.ts';
import type { StatementPorts } from './statement.ts';
import type { WriteThrottle } from '../middleware/write-throttle.ts';

export function accountRoutes({
  ledger,
  log,
  callerRequired,
  counterparties,
  writes,
  statements,
}: {
  ledger: Ledger;
  log: Logger;
  callerRequired: CallerRequired;
  counterparties?: NameCounterparties;
  writes: WriteThrottle;
  statements: StatementPorts;
}) {
  return (
    new Hono<HttpEnv>()
      .post('/', callerRequired, writes.limited, async (c) => {
        readQuery(c.req, Nothing);
        const body = await readBody(c, NewAccountBody);
        const idempotencyKey = readKey(c.req, body.idempotencyKey);
        requireAllAccounts(c.get('caller'));
        requireMayIdentify(c.get('caller'), [body]);
        const opened = await ledger.openAccount(actorOf(c.get('caller')), {
          ...body,
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        });
        if (!opened.ok) return sendRefusal(c, opened);
        return c.json({ account: accountShape(opened.account) }, 201, replayHeader(opened));
      })
      .get('/', callerRequired, async (c) => {
        const caller = c.get('caller');
        const { externalId, ...request } = readQuery(c.req, OwnAccountsQuery);
        if (externalId !== undefined) {
          const found = await findOne(() => ledger.findAccount(accountViewerOf(caller), externalId));
          return c.json({ accounts: found.map(accountShape), nextCursor: null });
        }
        const page = await ledger.listAccounts(viewerOf(caller), caller.id, request);
        return c.json({ accounts: page.items.map(accountShape), nextCursor: page.nextCursor });
      })
      // Before the routes that take any id, which would otherwise match it
      .get('/balance/:accountId', callerRequired, async (c) => {
        const query = readQuery(c.req, AtQuery);
        const balance = await ledger.getBalance(
          accountViewerOf(c.get('caller')),
          c.req.param('accountId'),
          query,
        );
        return c.json(query.at === undefined ? balanceShape(balance) : balanceAtShape(balance));
      })
      .patch('/:id', callerRequired, writes.limited, async (c) => {
        readQuery(c.req, Nothing);
        const { name } = await readBody(c, RenameBody);
        const request = { accountId: c.req.param('id'), name };
        return sendAccountResult(c, await ledger.renameAccount(actorOf(c.get('caller')), request));
      })
      .put('/:id/metadata', callerRequired, writes.limited, async (c) => {
        readQuery(c.req, Nothing);
        const body = await readBody(c, AccountMetadataBody);
        const idempotencyKey = readKey(c.req, body.idempotencyKey);
        const set = await ledger.setAccountMetadata(actorByRole(c.get('caller')), {
          ...body,
          accountId: c.req.param('id'),
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        });
        return sendAccountResult(c, set);
      })
      .post('/:id/close', callerRequired, writes.limited, async (c) => {
        readQuery(c.req, Nothing);
        const body = await readBody(c, ClosingBody);
        const idempotencyKey = readKey(c.req, body.idempotencyKey);
        const caller = c.get('caller');
        const accountId = c.req.param('id');
        if (hasLimit(caller) && body.sweepTo !== undefined) {
          requireWithinLimit(caller, (await ledger.getBalance(viewerOf(caller), accountId)).balance);
        }
        const closed = await ledger.closeAccount(actorByRole(caller), {
          ...body,
          accountId,
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        });
        return sendAccountResult(c, closed);
      })
      .get('/:id/statement-proof', callerRequired, async (c) => {
        const period = periodOf(readQuery(c.req, PeriodQuery));
        const request = { ...period, accountId: c.req.param('id') };
        const proof = await ledger.readStatementProof(viewerOf(c.get('caller')), request);
        const headers = { 'Content-Type': 'application/json' };
        return sendParts(c, statementProofText(proof), { headers, log, name: 'statement proof' });
      })
      .get('/:id/entries', callerRequired, async (c) => {
        const request = readQueryWithMetadata(c.req, HistoryQuery);
        const viewer = viewerOf(c.get('caller'));
        const page = await ledger.listEntries(viewer, c.req.param('id'), request);
        const entries = (await counterparties?.entries(viewer, page.items)) ?? page.items;
        return c.json({ entries: entries.map(entryShape), nextCursor: page.nextCursor });
      })
      .get('/:id/statement', callerRequired, async (c) => {
        const { format = acceptedFormat(c), ...query } = readQuery(c.req, StatementQuery);
        const viewer = viewerOf(c.get('caller'));
        const statement = await ledger.getStatement(viewer, c.req.param('id'), periodOf(query));
        const issued = await issue(statement, { viewer, query, path: c.req.path, ports: statements });
        return sendStatement(c, issued, { format, log });
      })
      .get('/:id/statements', callerRequired, async (c) => {
        const { timeZone, ...page } = readQuery(c.req, StatementsQuery);
        const found = await ledger.listStatements(viewerOf(c.get('caller')), c.req.param('id'), {
          ...page,
          timeZone: timeZone ?? (async (ownerId) => (await statements.holderOf?.(ownerId))?.timeZone),
        });
        const path = c.req.path.replace(/s\/?$/, '');
        const shown = found.items.map((statement) => monthlyStatementShape(statement, path));
        return c.json({ statements: shown, nextCursor: found.nextCursor });
      })
      .get('/:id', callerRequired, async (c) => {
        readQuery(c.req, Nothing);
        const account = await ledger.getAccount(accountViewerOf(c.get('caller')), c.req.param('id'));
        return c.json({ account: accountShape(account) });
      })
  );
}
