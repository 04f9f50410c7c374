import type { Actor } from '../../domain/actor.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { scopeOf } from '../../domain/books/idempotency.ts';
import { withTransferView } from '../alongside.ts';
import { dryRunTransfer, withDryRun } from '../dry-run.ts';
import { lookUpNumbers } from '../accounts/account-ids.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { accountsIn, readTransferRequest } from './transfer-request.ts';
import type { TransferRequestFields } from './transfer-request.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { normalise, requireKey, withoutTexts } from '../validation.ts';
import type { SubmitOptions, CommandWriter } from '../group-commit.ts';
import { viewTransferAnswer } from '../views.ts';
import type { TransferResult } from '../views.ts';

export type TransferRequest = TransferRequestFields & {
  /** 1 to 255 printable ASCII characters. A retry with the same key gets the same answer and moves no money. */
  readonly idempotencyKey: string;
};

/**
 * Moves money between accounts at once, or reserves it as a hold.
 * A refusal by a rule is a result; malformed requests and store failures are thrown.
 * @throws PassbookError `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function transferFunds(ports: {
  writer: CommandWriter;
  reads: LedgerReads;
  ids: IdGenerator;
  clock: Clock;
  digest: Digest;
}) {
  const transfer = async (
    actor: Actor,
    request: TransferRequest,
    options?: SubmitOptions<never, TransferResult>,
  ): Promise<TransferResult> => {
    const found = lookUpNumbers(ports.reads, accountsIn(request));
    const idOf = typeof found === 'function' ? found : await found;
    const { instruction, fields } = readTransferRequest(request, { ...ports, idOf });
    const key = {
      scope: scopeOf(actor),
      operation: 'transfer',
      key: requireKey(request.idempotencyKey),
    } as const;
    const command = {
      type: 'transfer',
      actor,
      key,
      request: normalise(withoutTexts(fields, { key, digest: ports.digest })),
      instruction,
    } as const;
    return viewTransferAnswer(await ports.writer.submit(command, withTransferView(options, actor)), actor);
  };
  return withDryRun(transfer, dryRunTransfer);
}
