import { Hono } from 'hono';
import type { Context } from 'hono';
import * as v from 'valibot';
import type { Bank } from '../../application/bank.ts';
import type { TransferResult } from '../../application/views.ts';
import { PassbookError } from '../../domain/errors.ts';
import { actorOf, operatorOf, roleRequired, viewerOf } from './authentication.ts';
import type { SessionRequired } from './authentication.ts';
import type { HttpEnv } from './env.ts';
import { replayHeader, sendRefusal } from './problem.ts';
import { Amount, Nothing, PageQuery, readBody, readQuery, requireKey } from './request.ts';
import { balancesShape, transactionShape } from './shapes.ts';

const NewTransfer = v.strictObject({
  fromAccount: v.string(),
  toAccount: v.string(),
  amount: Amount,
  currency: v.optional(v.string()),
  description: v.optional(v.string()),
  metadata: v.optional(v.record(v.string(), v.string())),
  idempotencyKey: v.optional(v.string()),
});

const InitialFunds = v.strictObject({
  toAccount: v.optional(v.string()),
  userId: v.optional(v.string()),
  amount: Amount,
  currency: v.optional(v.string()),
  description: v.optional(v.string()),
  idempotencyKey: v.optional(v.string()),
});

const KeyQuery = v.strictObject({
  operation: v.optional(v.picklist(['transfer', 'initial_funds'], 'must be transfer or initial_funds')),
});

export function transactionRoutes({
  bank: { ledger },
  sessionRequired,
}: {
  bank: Bank;
  sessionRequired: SessionRequired;
}) {
  return (
    new Hono<HttpEnv>()
      .post('/', sessionRequired, async (c) => {
        readQuery(c.req, Nothing);
        const { fromAccount, toAccount, amount, ...rest } = await readBody(c.req, NewTransfer);
        const result = ledger.transferFunds(actorOf(c.var.user), {
          ...rest,
          sourceAccountId: fromAccount,
          destinationAccountId: toAccount,
          amount: BigInt(amount),
          idempotencyKey: requireKey(c.req, rest.idempotencyKey),
        });
        return sendResult(c, await inApiTerms(result));
      })
      .post('/system/initial-funds', sessionRequired, roleRequired('system'), async (c) => {
        readQuery(c.req, Nothing);
        const { toAccount, amount, ...rest } = await readBody(c.req, InitialFunds);
        const result = ledger.fundAccount(operatorOf(c.var.user), {
          ...rest,
          ...(toAccount === undefined ? {} : { destinationAccountId: toAccount }),
          amount: BigInt(amount),
          idempotencyKey: requireKey(c.req, rest.idempotencyKey),
        });
        return sendResult(c, await inApiTerms(result));
      })
      .get('/', sessionRequired, async (c) => {
        const page = await ledger.listTransfers(viewerOf(c.var.user), readQuery(c.req, PageQuery));
        return c.json({ transactions: page.items.map(transactionShape), nextCursor: page.nextCursor });
      })
      // Before what takes any id, so that no id hides it
      .get('/by-key/:key', sessionRequired, async (c) => {
        const { user } = c.var;
        const { operation = 'transfer' } = readQuery(c.req, KeyQuery);
        if (operation === 'initial_funds' && user.role !== 'system') throw new PassbookError('forbidden');
        const actor = operation === 'initial_funds' ? operatorOf(user) : actorOf(user);
        const found = await ledger.findTransferByKey(actor, c.req.param('key'), operation);
        return found.transfer === null
          ? c.json({ transaction: null, code: found.code, retry: found.retry })
          : c.json({ transaction: transactionShape(found.transfer) });
      })
      .get('/:id', sessionRequired, async (c) => {
        readQuery(c.req, Nothing);
        const transfer = await ledger.getTransfer(viewerOf(c.var.user), c.req.param('id'));
        return c.json({ transaction: transactionShape(transfer) });
      })
  );
}

/** What the API calls differently from the inside. */
const API_FIELDS: ReadonlyMap<string, string> = new Map([
  ['sourceAccountId', 'fromAccount'],
  ['destinationAccountId', 'toAccount'],
]);

/** The result, or what is thrown, with its fields called as the client knows them. */
async function inApiTerms(result: Promise<TransferResult>): Promise<TransferResult> {
  const apiField = (field: string) => API_FIELDS.get(field) ?? field;
  try {
    const settled = await result;
    return !settled.ok && settled.field !== undefined
      ? { ...settled, field: apiField(settled.field) }
      : settled;
  } catch (error) {
    if (!(error instanceof PassbookError && error.facts.errors)) throw error;
    const errors = error.facts.errors.map(({ field, message }) => ({ field: apiField(field), message }));
    throw new PassbookError(error.code, { ...error.facts, errors }, { cause: error });
  }
}

function sendResult(c: Context, result: TransferResult) {
  if (!result.ok) return sendRefusal(c, result);
  const { transfer, balances, replayed } = result;
  return c.json(
    { transaction: transactionShape(transfer), balances: balances.map(balancesShape) },
    200,
    replayHeader(replayed),
  );
}
