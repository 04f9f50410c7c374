import type { Context } from 'hono';
import type { AccountResult } from '../../application/administer-account.ts';
import type { BatchResult } from '../../application/submit-batch.ts';
import type { TransferResult } from '../../application/views.ts';
import { problemOf, replayHeader, sendProblem, sendRefusal } from './problem.ts';
import { accountShape, balancesShape, transactionShape } from './shapes.ts';

export function sendTransferResult(c: Context, result: TransferResult): Response {
  return result.ok ? c.json(resultShape(result), 200, replayHeader(result.replayed)) : sendRefusal(c, result);
}

/**
 * What became of each transfer, in the order in which they were asked for. A linked batch that failed is a problem,
 * whose results name the culprit by its own code.
 */
export function sendBatchResult(c: Context, result: BatchResult, { linked }: { linked: boolean }): Response {
  if (!result.members) return sendRefusal(c, result);
  const results = result.members.map((member) =>
    member.ok ? resultShape(member) : { problem: problemShape(member) },
  );
  const headers = replayHeader(result.replayed);
  if (linked && !result.ok) return sendProblem(c, 'linked_transfer_failed', { headers, results });
  return c.json({ results }, 200, headers);
}

export function sendAccountResult(c: Context, result: AccountResult): Response {
  if (!result.ok) return sendRefusal(c, result);
  return c.json({ account: accountShape(result.account) }, 200, replayHeader(result.replayed));
}

function resultShape({ transfer, balances }: Extract<TransferResult, { ok: true }>) {
  return { transaction: transactionShape(transfer), balances: balances.map(balancesShape) };
}

function problemShape({ code, transferId }: Extract<TransferResult, { ok: false }>) {
  return problemOf(code, { transactionId: transferId });
}
