import { Hono } from 'hono';
import type { HonoRequest } from 'hono';
import type { Ledger } from '../../../application/ledger.ts';
import { inApiTerms } from '../responses/api-terms.ts';
import { accountViewerOf, operatorOf, roleRequired, viewerOf } from '../middleware/caller.ts';
import { requireWithinLimit } from '../middleware/key-rights.ts';
import type { CallerRequired, HttpEnv } from '../env.ts';
import {
  ErasureBody,
  ExchangeBody,
  FreezeBody,
  LimitsBody,
  UnfreezeBody,
  WithdrawalBody,
} from '../requests/bodies.ts';
import { AccountsQuery } from '../requests/queries.ts';
import { AtQuery, Nothing, PageQuery } from '../requests/schemas.ts';
import { dryRunOf, readQuery } from '../requests/read-query.ts';
import { readKey } from '../requests/read-key.ts';
import { readBody, readKeyedBody } from '../requests/read-body.ts';
import { sendAccountResult, sendBatchResult, sendTransferResult } from '../responses/results.ts';
import { accountShape, auditShape, checkpointShape, trialBalanceShape } from '../responses/responses.ts';

/** Routes of the bank's own work, for the staff. */
export function systemRoutes({ ledger, callerRequired }: { ledger: Ledger; callerRequired: CallerRequired }) {
  const system = roleRequired('system');
  const operator = roleRequired('system or operator');
  const auditor = roleRequired('system or auditor');
  return new Hono<HttpEnv>()
    .post('/withdrawals', callerRequired, system, async (c) => {
      const options = dryRunOf(c.req);
      const { fromAccount, amount, ...rest } = await readKeyedBody(c, WithdrawalBody, {
        oneOf: ['fromAccount', 'userId'],
      });
      const request = {
        ...rest,
        ...(fromAccount === undefined ? {} : { sourceAccountId: fromAccount }),
        amount: BigInt(amount),
      };
      requireWithinLimit(c.get('caller'), request.amount);
      return sendTransferResult(
        c,
        await inApiTerms(ledger.withdrawFunds(operatorOf(c.get('caller')), request, options)),
      );
    })
    .post('/exchanges', callerRequired, system, async (c) => {
      const options = dryRunOf(c.req);
      const { fromAccount, toAccount, fromAmount, toAmount, ...rest } = await readKeyedBody(c, ExchangeBody);
      const request = {
        ...rest,
        sourceAccountId: fromAccount,
        destinationAccountId: toAccount,
        sourceAmount: BigInt(fromAmount),
        destinationAmount: BigInt(toAmount),
      };
      requireWithinLimit(c.get('caller'), request.sourceAmount);
      requireWithinLimit(c.get('caller'), request.destinationAmount);
      return sendBatchResult(
        c,
        await inApiTerms(ledger.exchangeFunds(operatorOf(c.get('caller')), request, options)),
        { linked: true },
      );
    })
    .post('/accounts/:id/freeze', callerRequired, operator, async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, FreezeBody);
      const request = { ...body, accountId: c.req.param('id'), ...keyOf(c.req, body.idempotencyKey) };
      return sendAccountResult(c, await ledger.freezeAccount(operatorOf(c.get('caller')), request));
    })
    .post('/accounts/:id/unfreeze', callerRequired, operator, async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, UnfreezeBody);
      const request = { ...body, accountId: c.req.param('id'), ...keyOf(c.req, body.idempotencyKey) };
      return sendAccountResult(c, await ledger.unfreezeAccount(operatorOf(c.get('caller')), request));
    })
    .put('/accounts/:id/limits', callerRequired, operator, async (c) => {
      readQuery(c.req, Nothing);
      const { minimumBalance, maximumBalance = null, ...rest } = await readBody(c, LimitsBody);
      const request = {
        ...rest,
        accountId: c.req.param('id'),
        minimumBalance: BigInt(minimumBalance),
        maximumBalance: maximumBalance === null ? null : BigInt(maximumBalance),
        ...keyOf(c.req, rest.idempotencyKey),
      };
      return sendAccountResult(c, await ledger.limitAccount(operatorOf(c.get('caller')), request));
    })
    .post('/transactions/:id/erase-text', callerRequired, system, async (c) => {
      readQuery(c.req, Nothing);
      const { reason } = await readBody(c, ErasureBody);
      const request = { transferId: c.req.param('id'), reason };
      return sendTransferResult(c, await ledger.eraseText(operatorOf(c.get('caller')), request));
    })
    .get('/audit', callerRequired, roleRequired('system, operator or auditor'), async (c) => {
      const page = await ledger.listAudit(viewerOf(c.get('caller')), readQuery(c.req, PageQuery));
      return c.json({ records: page.items.map(auditShape), nextCursor: page.nextCursor });
    })
    .post('/checkpoints', callerRequired, system, async (c) => {
      readQuery(c.req, Nothing);
      await readBody(c, Nothing);
      return c.json({ checkpoint: checkpointShape(await ledger.makeCheckpoint()) }, 201);
    })
    .get('/checkpoints', callerRequired, auditor, async (c) => {
      const page = await ledger.listCheckpoints(viewerOf(c.get('caller')), readQuery(c.req, PageQuery));
      return c.json({ checkpoints: page.items.map(checkpointShape), nextCursor: page.nextCursor });
    })
    .get('/trial-balance', callerRequired, auditor, async (c) => {
      const query = readQuery(c.req, AtQuery);
      return c.json(trialBalanceShape(await ledger.getTrialBalance(viewerOf(c.get('caller')), query)));
    })
    .get('/accounts', callerRequired, roleRequired('staff'), async (c) => {
      const { userId, ...page } = readQuery(c.req, AccountsQuery);
      const found = await ledger.listAccounts(accountViewerOf(c.get('caller')), userId, page);
      return c.json({ accounts: found.items.map(accountShape), nextCursor: found.nextCursor });
    });
}

function keyOf(request: HonoRequest<string>, inBody: string | undefined): { idempotencyKey?: string } {
  const idempotencyKey = readKey(request, inBody);
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}
