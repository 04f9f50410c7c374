import type { Context } from 'hono';
import type { AccountResult } from '../../../application/accounts/administer-account.ts';
import type { DryRunBatchResult, DryRunTransferResult } from '../../../application/dry-run.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import { mapInTurns } from '../../../application/map-in-turns.ts';
import type { BatchResult, TransferResult } from '../../../application/views.ts';
import { errorsPageOf, problemOf, replayHeader, sendProblem, sendRefusal } from './problem.ts';
import { accountShape, balancesShape, transactionShape } from './responses.ts';

type SomeTransferResult = TransferResult | DryRunTransferResult;

export function sendTransferResult(c: Context, result: SomeTransferResult): Response {
  return result.ok ? c.json(resultShape(result), 200, replayHeader(result)) : sendRefusal(c, result);
}

/**
 * Sends the result of each transfer, in the order of the request. A failed linked batch is a problem, whose results
 * give the transfer that caused it its own code.
 */
export async function sendBatchResult(
  c: Context,
  result: BatchResult | DryRunBatchResult,
  { linked }: { linked: boolean },
): Promise<Response> {
  if (!result.members) return sendRefusal(c, result);
  const members: readonly SomeTransferResult[] = result.members;
  const results = await mapInTurns(members, (member) =>
    member.ok ? resultShape(member) : { problem: problemShape(c, member) },
  );
  const headers = replayHeader(result);
  const mark = omitAbsent({ dryRun: result.dryRun });
  if (linked && !result.ok) return sendProblem(c, 'linked_transfer_failed', { headers, results, ...mark });
  return c.json({ ...mark, results }, 200, headers);
}

export function sendAccountResult(c: Context, result: AccountResult): Response {
  if (!result.ok) return sendRefusal(c, result);
  return c.json({ account: accountShape(result.account) }, 200, replayHeader(result));
}

function resultShape({ dryRun, transfer, balances }: Extract<SomeTransferResult, { ok: true }>) {
  return {
    ...omitAbsent({ dryRun }),
    transaction: transactionShape(transfer),
    balances: balances.map(balancesShape),
  };
}

function problemShape(c: Context, { code, transferId, dryRun }: Extract<SomeTransferResult, { ok: false }>) {
  const facts = { transactionId: transferId, ...omitAbsent({ dryRun }) };
  return problemOf(code, facts, { errorsPage: errorsPageOf(c) });
}
