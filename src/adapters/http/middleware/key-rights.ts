import type { Context } from 'hono';
import { routePath } from 'hono/route';
import type { TransferRequestFields } from '../../../application/transfers/transfer-request.ts';
import type { ApiKeyScope, Credential } from '../../../domain/entities/credential.ts';
import type { User } from '../../../domain/entities/user.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { ApiOperation } from '../api/api-operation.ts';
import { operations } from '../api/operations.ts';
import type { Caller } from '../env.ts';

/** Scopes that admit a key to a route, by method and pattern of the path. */
const SCOPES: ReadonlyMap<string, readonly ApiKeyScope[]> = new Map(
  Object.entries<ApiOperation>(operations).map(([route, { scopes = [] }]) => [
    route.replaceAll(/\{\w+\}/g, '*'),
    scopes,
  ]),
);

/**
 * The owner of a key, as far as the key lets a program act for them. A key for some accounts acts as a customer's,
 * whatever the role of its owner.
 * @throws PassbookError `insufficient_scope` on a route that takes none of the key's scopes
 */
export function callerByKey(c: Context, user: User, { content }: Credential<'api_key'>): Caller {
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  const admitting = SCOPES.get(`${method} ${routePath(c, -1).replaceAll(/:\w+/g, '*')}`) ?? [];
  if (!admitting.some((scope) => content.scopes.includes(scope))) throw insufficient(admitting);
  const { id, name, role } = user;
  return { id, name, role: content.accounts === null ? role : 'customer', key: content };
}

/** @throws PassbookError `insufficient_scope` for a key that may touch some accounts only */
export function requireAllAccounts({ key }: Caller): void {
  if (key && key.accounts !== null) {
    throw new PassbookError('insufficient_scope', { subject: 'it is for some accounts only' });
  }
}

/** @throws PassbookError `insufficient_scope`, `source_account_not_found`, `exceeds_key_limit` */
export function requireOrders(caller: Caller, orders: readonly TransferRequestFields[]): void {
  const { key } = caller;
  if (!key) return;
  for (const { pending, legs, sourceAccountId, amount = 0n } of orders) {
    const scope = pending ? 'hold' : 'transfer';
    if (!key.scopes.includes(scope)) throw insufficient([scope]);
    const debits = (legs ?? []).filter(({ direction }) => direction === 'debit');
    const sources = legs ? debits.map(({ accountId }) => accountId) : [sourceAccountId ?? ''];
    if (!sources.every((id) => key.accounts?.includes(id) ?? true)) {
      throw new PassbookError('source_account_not_found');
    }
    requireWithinLimit(caller, legs ? debits.reduce((total, debit) => total + debit.amount, 0n) : amount);
  }
}

/** Whether the key of the caller has a limit per transaction. */
export function hasLimit({ key }: Caller): boolean {
  return key !== undefined && key.transferLimit !== null;
}

/** @throws PassbookError `exceeds_key_limit` */
export function requireWithinLimit({ key }: Caller, amount: bigint): void {
  const limit = key?.transferLimit ?? null;
  if (limit !== null && amount > BigInt(limit)) {
    throw new PassbookError('exceeds_key_limit', { subject: `at most ${limit} in minor units` });
  }
}

function insufficient(scopes: readonly ApiKeyScope[]): PassbookError {
  if (scopes.length === 0) return new PassbookError('insufficient_scope');
  return new PassbookError('insufficient_scope', { subject: `it needs ${scopes.join(' or ')}` });
}
