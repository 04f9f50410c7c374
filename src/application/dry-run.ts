import type { BatchResult, Refused, TransferResult, TransferView } from './views.ts';
import type { SubmitOptions } from './group-commit.ts';

/** Preview of a transfer. It has no id, since neither it nor its batch exists. */
export type DryRunTransferView = Omit<TransferView, 'transferId' | 'batchId'> & {
  readonly transferId?: never;
  readonly batchId?: never;
};

/** A refusal that was not recorded. */
export type DryRunRefused = Refused & { readonly dryRun: true; readonly transferId: null };

/** Preview of the answer to a transfer. `replayed` means that its key was used before. */
export type DryRunTransferResult =
  | (Omit<Extract<TransferResult, { ok: true }>, 'transfer' | 'dryRun'> & {
      readonly dryRun: true;
      readonly transfer: DryRunTransferView;
    })
  | DryRunRefused;

/** Preview of the answer to a batch. */
export type DryRunBatchResult =
  | {
      readonly dryRun: true;
      readonly ok: boolean;
      readonly replayed: boolean;
      readonly members: readonly DryRunTransferResult[];
    }
  | (DryRunRefused & { readonly members?: never });

/** A use case that supports dry runs. The answer to a dry run is marked and has no ids. */
export type WithDryRun<By, Request, Result, DryRunResult, Tx = unknown> = {
  (actor: By, request: Request, options?: Wet<SubmitOptions<Tx, Result>>): Promise<Result>;
  (actor: By, request: Request, options: Dry<SubmitOptions<Tx, Result>>): Promise<DryRunResult>;
  (actor: By, request: Request, options?: SubmitOptions<Tx, Result>): Promise<Result | DryRunResult>;
};

type Wet<Options> = Options & { readonly dryRun?: false };
type Dry<Options> = Options & { readonly dryRun: true };

/** Marks the answers of a use case's dry runs, and removes the ids from them. */
export function withDryRun<By, Request, Result, DryRunResult>(
  run: (actor: By, request: Request, options?: SubmitOptions<never, Result>) => Promise<Result>,
  asDryRun: (result: Result) => DryRunResult,
): WithDryRun<By, Request, Result, DryRunResult, never> {
  type Options = SubmitOptions<never, Result>;
  function submit(actor: By, request: Request, options?: Wet<Options>): Promise<Result>;
  function submit(actor: By, request: Request, options: Dry<Options>): Promise<DryRunResult>;
  function submit(actor: By, request: Request, options?: Options): Promise<Result | DryRunResult>;
  function submit(actor: By, request: Request, options?: Options): Promise<Result | DryRunResult> {
    const result = run(actor, request, options);
    return options?.dryRun ? result.then(asDryRun) : result;
  }
  return submit;
}

export function dryRunTransfer(result: TransferResult): DryRunTransferResult {
  if (!result.ok) return dryRunRefused(result);
  const { transferId: _transferId, batchId: _batchId, ...transfer } = result.transfer;
  return { ...result, dryRun: true, transfer };
}

export function dryRunBatch(result: BatchResult): DryRunBatchResult {
  if (!result.members) return dryRunRefused(result);
  return { ...result, dryRun: true, members: result.members.map(dryRunTransfer) };
}

function dryRunRefused(refused: Refused): DryRunRefused {
  return { ...refused, dryRun: true, transferId: null };
}
