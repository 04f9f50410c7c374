import type { Actor } from '../../domain/actor.ts';
import { scopeOf } from '../../domain/books/idempotency.ts';
import type { BatchCommand } from '../../domain/books/command.ts';
import type { Outcome, TransferOutcome } from '../../domain/books/outcome.ts';
import { PassbookError, invalid } from '../../domain/errors.ts';
import type { FieldError } from '../../domain/errors.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { withView } from '../alongside.ts';
import { dryRunBatch, withDryRun } from '../dry-run.ts';
import type { SubmitOptions, CommandWriter } from '../group-commit.ts';
import { isLarge, mapInTurns } from '../map-in-turns.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { asText, normalise, requireKey, withoutTexts } from '../validation.ts';
import { viewConflict, viewTransferOutcome } from '../views.ts';
import type { BatchResult, TransferResult } from '../views.ts';
import { lookUpNumbers } from '../accounts/account-ids.ts';
import type { IdOfNumber } from '../accounts/account-ids.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { accountsIn, readTransferRequest } from './transfer-request.ts';
import type { TransferRequestFields } from './transfer-request.ts';

export const BATCH_MAX = 1_000;

export type BatchRequest = {
  readonly transfers: readonly TransferRequestFields[];
  /** Whether all transfers succeed or none. Default: false. */
  readonly linked?: boolean;
  /** One key for the whole batch. */
  readonly idempotencyKey: string;
};

/**
 * Submits up to 1,000 transfers in one unit of work with one key. Each succeeds or fails alone, or all are linked.
 * @throws PassbookError `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function submitBatch(ports: {
  writer: CommandWriter;
  reads: LedgerReads;
  ids: IdGenerator;
  clock: Clock;
  digest: Digest;
}) {
  const submit = async (
    actor: Actor,
    request: BatchRequest,
    options?: SubmitOptions<never, BatchResult>,
  ): Promise<BatchResult> => {
    const { transfers, linked = false } = request;
    if (!Array.isArray(transfers) || transfers.length < 1 || transfers.length > BATCH_MAX) {
      throw invalid('transfers', `must be 1 to ${BATCH_MAX}`);
    }
    if (typeof linked !== 'boolean') throw invalid('linked', 'must be true or false');
    const accounts = transfers.flatMap((one: TransferRequestFields | null) => (one ? accountsIn(one) : []));
    const found = lookUpNumbers(ports.reads, accounts);
    const idOf = typeof found === 'function' ? found : await found;
    const read = readAll(transfers, { ...ports, idOf });
    const key = {
      scope: scopeOf(actor),
      operation: 'batch',
      key: requireKey(request.idempotencyKey),
    } as const;
    const seal = ({ fields }: (typeof read)[number]) =>
      withoutAbsentEnd(Object.values(withoutTexts(fields, { key, digest: ports.digest })).map(asText));
    // A small batch keeps its position among the commands of its event-loop turn
    const sealed = isLarge(read) ? await mapInTurns(read, seal) : read.map(seal);
    const command = {
      type: 'batch',
      id: ports.ids.newId(),
      actor,
      key,
      request: normalise({
        transfers: JSON.stringify(sealed),
        linked: linked.toString(),
      }),
      instructions: read.map(({ instruction }) => instruction),
      linked,
    } as const;
    return submitBatchCommand(ports.writer, command, options);
  };
  return withDryRun(submit, dryRunBatch);
}

/** Number of a transfer's fields before references and external ids were added. */
const FIRST_FIELDS = 10;

/** Leaves out later fields that are absent, so that a batch recorded without them is recognised. */
function withoutAbsentEnd(values: readonly (string | null)[]): readonly (string | null)[] {
  const last = values.findLastIndex((value) => value !== null);
  return values.slice(0, Math.max(FIRST_FIELDS, last + 1));
}

/** Submits a batch, and returns its answer as its actor may see it. */
export async function submitBatchCommand(
  writer: CommandWriter,
  command: BatchCommand,
  options: SubmitOptions<never, BatchResult> | undefined,
): Promise<BatchResult> {
  const { actor } = command;
  const own = withView(options, (answer) => {
    if ('conflict' in answer) return viewConflict(answer.conflict);
    return viewBatch(answer, membersOf(answer).map(viewMember(answer, actor)));
  });
  const answer = await writer.submit(command, own);
  if ('conflict' in answer) return viewConflict(answer.conflict);
  return viewBatch(answer, await mapInTurns(membersOf(answer), viewMember(answer, actor)));
}

type Replayed = { readonly replayed: boolean };

function viewMember({ replayed }: Replayed, actor: Actor) {
  return (member: TransferOutcome) => viewTransferOutcome(member, { actor, replayed });
}

function viewBatch({ replayed }: Replayed, members: readonly TransferResult[]): BatchResult {
  return { ok: members.every(({ ok }) => ok), replayed, members };
}

function membersOf({ outcome }: { readonly outcome: Outcome }): readonly TransferOutcome[] {
  if (outcome.kind !== 'batch') throw new TypeError(`A batch cannot have ${outcome.kind}`);
  return outcome.members;
}

/** Maximum number of reported faults, so that an answer does not outgrow its request. */
const FAULTS_MAX = 20;

/** @throws PassbookError `invalid_request` that names malformed fields by their index in the batch */
function readAll(
  transfers: readonly TransferRequestFields[],
  ports: { ids: IdGenerator; clock: Clock; idOf: IdOfNumber },
) {
  const faults: FieldError[] = [];
  const read = transfers.flatMap((one, index) => {
    if (faults.length >= FAULTS_MAX) return [];
    if (typeof one !== 'object' || one === null) {
      faults.push({ field: `transfers.${index}`, message: 'must be a transfer' });
      return [];
    }
    try {
      return [readTransferRequest(one, ports)];
    } catch (error) {
      if (!(error instanceof PassbookError)) throw error;
      const errors = error.facts.errors ?? [];
      faults.push(...errors.map(({ field, message }) => ({ field: `transfers.${index}.${field}`, message })));
      return [];
    }
  });
  if (faults.length > 0) throw new PassbookError('invalid_request', { errors: faults });
  return read;
}
