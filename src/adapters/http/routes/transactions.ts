import { Hono } from 'hono';
import type * as v from 'valibot';
import type { UnconfirmedOrder } from '../../../application/factors/require-confirmation.ts';
import type { Ledger } from '../../../application/ledger.ts';
import { mapInTurns } from '../../../application/map-in-turns.ts';
import type { BatchOperation, KeyedOperation, KeyView } from '../../../application/transfers/get-transfer.ts';
import type { TransferRequestFields } from '../../../application/transfers/transfer-request.ts';
import type { NameCounterparties } from '../../../application/payees/name-counterparties.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import type { Actor, Viewer } from '../../../domain/actor.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { inApiTerms } from '../responses/api-terms.ts';
import {
  actorByRole,
  actorOf,
  operatorOf,
  requireMayIdentify,
  reverserOf,
  roleRequired,
  viewerOf,
} from '../middleware/caller.ts';
import { hasLimit, requireOrders, requireWithinLimit } from '../middleware/key-rights.ts';
import type { Caller, CallerRequired, HttpEnv } from '../env.ts';
import {
  BatchBody,
  CaptureBody,
  InitialFundsBody,
  ReversalBody,
  TransferBody,
  VoidBody,
} from '../requests/bodies.ts';
import type { BatchedTransferBody } from '../requests/bodies.ts';
import { KeyQuery, SYSTEM_OPERATIONS } from '../requests/queries.ts';
import { BATCH_LIMIT_BYTES, Nothing, TransactionsQuery } from '../requests/schemas.ts';
import { dryRunOf, readQuery, readQueryWithMetadata } from '../requests/read-query.ts';
import { readKeyedBody } from '../requests/read-body.ts';
import { findOne } from '../responses/find-one.ts';
import { sendBatchResult, sendTransferResult } from '../responses/results.ts';
import { keyOutcomeShape, transactionShape } from '../responses/responses.ts';
import type { WriteThrottle } from '../middleware/write-throttle.ts';

type RequireConfirmation = (order: UnconfirmedOrder) => Promise<void>;

export function transactionRoutes({
  ledger,
  callerRequired,
  requireConfirmation = null,
  counterparties,
  writes,
}: {
  ledger: Ledger;
  callerRequired: CallerRequired;
  /** Null or absent: no order needs a confirmation. */
  requireConfirmation?: RequireConfirmation | null;
  counterparties?: NameCounterparties;
  writes: WriteThrottle;
}) {
  return (
    new Hono<HttpEnv>()
      .post('/', callerRequired, writes.limited, async (c) => {
        const options = dryRunOf(c.req);
        const body = await readKeyedBody(c, TransferBody);
        const request = { ...orderOf(body), idempotencyKey: body.idempotencyKey };
        requireMayIdentify(c.get('caller'), [request]);
        requireOrders(c.get('caller'), [request]);
        if (requireConfirmation && !options.dryRun) {
          const order = { operation: 'transfer', transfers: [request], ...confirmationIn(body) } as const;
          await confirmed(c.get('caller'), order);
        }
        const actor = actorOf(c.get('caller'));
        const result = await inApiTerms(ledger.transferFunds(actor, request, options));
        return sendTransferResult(c, result);
      })
      .post('/batch', callerRequired, writes.limited, async (c) => {
        const options = dryRunOf(c.req);
        const body = await readKeyedBody(c, BatchBody, { limitBytes: BATCH_LIMIT_BYTES });
        writes.takeRest(c, body.transfers.length);
        const request = {
          transfers: await mapInTurns(body.transfers, orderOf),
          linked: body.linked ?? false,
          idempotencyKey: body.idempotencyKey,
        };
        requireMayIdentify(c.get('caller'), request.transfers);
        requireOrders(c.get('caller'), request.transfers);
        if (requireConfirmation && !options.dryRun) {
          const order = { operation: 'batch', ...request, ...confirmationIn(body) } as const;
          await confirmed(c.get('caller'), order);
        }
        const actor = actorOf(c.get('caller'));
        const result = await inApiTerms(ledger.submitBatch(actor, request, options));
        return sendBatchResult(c, result, request);
      })
      .post('/system/initial-funds', callerRequired, roleRequired('system'), async (c) => {
        const options = dryRunOf(c.req);
        const { toAccount, amount, ...rest } = await readKeyedBody(c, InitialFundsBody, {
          oneOf: ['toAccount', 'userId'],
        });
        const request = {
          ...rest,
          ...(toAccount === undefined ? {} : { destinationAccountId: toAccount }),
          amount: BigInt(amount),
        };
        requireWithinLimit(c.get('caller'), request.amount);
        return sendTransferResult(
          c,
          await inApiTerms(ledger.fundAccount(operatorOf(c.get('caller')), request, options)),
        );
      })
      .post('/:id/capture', callerRequired, writes.limited, async (c) => {
        const options = dryRunOf(c.req);
        const body = await readKeyedBody(c, CaptureBody);
        const request = {
          ...amountOf(body),
          transferId: c.req.param('id'),
          idempotencyKey: body.idempotencyKey,
        };
        const caller = c.get('caller');
        await requireStepWithinLimit(caller, request);
        return sendTransferResult(
          c,
          await inApiTerms(ledger.captureHold(actorByRole(caller), request, options)),
        );
      })
      .post('/:id/void', callerRequired, writes.limited, async (c) => {
        const options = dryRunOf(c.req);
        const body = await readKeyedBody(c, VoidBody);
        const request = { transferId: c.req.param('id'), idempotencyKey: body.idempotencyKey };
        return sendTransferResult(
          c,
          await inApiTerms(ledger.voidHold(actorByRole(c.get('caller')), request, options)),
        );
      })
      .post('/:id/reverse', callerRequired, writes.limited, async (c) => {
        const options = dryRunOf(c.req);
        const { amount, ...body } = await readKeyedBody(c, ReversalBody);
        const request = {
          ...body,
          ...amountOf({ ...omitAbsent({ amount }) }),
          transferId: c.req.param('id'),
        };
        const caller = c.get('caller');
        requireMayIdentify(caller, [request]);
        await requireStepWithinLimit(caller, request);
        return sendTransferResult(
          c,
          await inApiTerms(ledger.reverseTransfer(reverserOf(caller), request, options)),
        );
      })
      .get('/', callerRequired, async (c) => {
        const { externalId, ...request } = readQueryWithMetadata(c.req, TransactionsQuery);
        const viewer = viewerOf(c.get('caller'));
        const { items, nextCursor } =
          externalId === undefined
            ? await ledger.listTransfers(viewer, request)
            : { items: await findOne(() => ledger.findTransfer(viewer, externalId)), nextCursor: null };
        const transfers = (await counterparties?.transfers(viewer, items)) ?? items;
        return c.json({ transactions: transfers.map(transactionShape), nextCursor });
      })
      // Before the route that takes any id, which would otherwise match it
      .get('/by-key/:key', callerRequired, async (c) => {
        const { operation = 'transfer' } = readQuery(c.req, KeyQuery);
        const actor = keyOwner(c.get('caller'), operation);
        const key = c.req.param('key');
        if (operation === 'batch' || operation === 'exchange') {
          const results = await withNames(actor, await ledger.findBatchByKey(actor, key, operation));
          return c.json({ results: await mapInTurns(results, keyOutcomeShape) });
        }
        const found = await ledger.findTransferByKey(actor, key, operation);
        const [named = found] = await withNames(actor, [found]);
        return c.json(keyOutcomeShape(named));
      })
      .get('/:id', callerRequired, async (c) => {
        readQuery(c.req, Nothing);
        const viewer = viewerOf(c.get('caller'));
        const transfer = await ledger.getTransfer(viewer, c.req.param('id'));
        const [named = transfer] = (await counterparties?.transfers(viewer, [transfer])) ?? [];
        return c.json({ transaction: transactionShape(named) });
      })
  );

  /** Adds what the viewer may see of payees to the outcomes of keys. */
  async function withNames(viewer: Viewer, outcomes: readonly KeyView[]): Promise<readonly KeyView[]> {
    const transfers = outcomes.flatMap(({ transfer }) => transfer ?? []);
    const named = (await counterparties?.transfers(viewer, transfers)) ?? transfers;
    let next = 0;
    return outcomes.map((outcome) => {
      const transfer = outcome.transfer === null ? undefined : named[next++];
      return transfer ? { transfer } : outcome;
    });
  }

  /** Holds a capture or reversal to the limit of a key. Without an amount, it is of the whole transfer. */
  async function requireStepWithinLimit(
    caller: Caller,
    { transferId, amount }: { transferId: string; amount?: bigint },
  ): Promise<void> {
    if (!hasLimit(caller)) return;
    requireWithinLimit(caller, amount ?? (await ledger.getTransfer(viewerOf(caller), transferId)).amount);
  }

  /** The system confirms no orders: programs act as it. */
  async function confirmed({ id, role }: Caller, order: Omit<UnconfirmedOrder, 'userId'>): Promise<void> {
    if (role !== 'system') await requireConfirmation?.({ ...order, userId: id });
  }
}

function confirmationIn({
  confirmation,
  idempotencyKey,
}: {
  confirmation?: string | undefined;
  idempotencyKey: string;
}) {
  return { idempotencyKey, ...omitAbsent({ confirmation }) };
}

/** The actor whose keys an operation uses. @throws PassbookError `forbidden` if only the system may do it */
function keyOwner(caller: Caller, operation: KeyedOperation | BatchOperation): Actor {
  if (operation === 'capture' || operation === 'void') return actorByRole(caller);
  if (operation === 'reverse') return reverserOf(caller);
  if (!SYSTEM_OPERATIONS.some((one) => one === operation)) return actorOf(caller);
  if (caller.role !== 'system') throw new PassbookError('forbidden');
  return operatorOf(caller);
}

function orderOf(body: v.InferOutput<typeof BatchedTransferBody>): TransferRequestFields {
  const { currency, description, reference, externalId, metadata } = body;
  const texts = omitAbsent({ currency, description, reference, externalId, metadata });
  if ('legs' in body) {
    const legs = body.legs.map(({ account, direction, amount }) => ({
      accountId: account,
      direction,
      amount: BigInt(amount),
    }));
    return { ...texts, legs };
  }
  const { pending, expiresAt, expiresInSeconds } = body;
  return {
    ...texts,
    ...omitAbsent({ pending, expiresAt, expiresInSeconds }),
    sourceAccountId: body.fromAccount,
    destinationAccountId: body.toAccount,
    amount: BigInt(body.amount),
  };
}

function amountOf({ amount }: { amount?: number }) {
  return amount === undefined ? {} : { amount: BigInt(amount) };
}
