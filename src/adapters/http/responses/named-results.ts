import type { DryRunBatchResult, DryRunTransferResult } from '../../../application/dry-run.ts';
import type { NameCounterparties } from '../../../application/payees/name-counterparties.ts';
import type { KeyView } from '../../../application/transfers/get-transfer.ts';
import type { BatchResult, TransferResult } from '../../../application/views.ts';
import type { Viewer } from '../../../domain/actor.ts';

type SomeTransferResult = TransferResult | DryRunTransferResult;
type SomeBatchResult = BatchResult | DryRunBatchResult;

/** Adds what the viewer may see of payees to results, in one read for all of them. */
export function resultNames(counterparties: NameCounterparties | undefined) {
  async function each<R extends SomeTransferResult>(viewer: Viewer, results: readonly R[]): Promise<R[]> {
    const made = results.flatMap((result) => (result.ok ? [result.transfer] : []));
    const named = (await counterparties?.transfers(viewer, made)) ?? made;
    let next = 0;
    return results.map((result) =>
      result.ok ? { ...result, transfer: named[next++] ?? result.transfer } : result,
    );
  }

  return {
    async ofTransfer<R extends SomeTransferResult>(viewer: Viewer, result: R): Promise<R> {
      const [named = result] = await each(viewer, [result]);
      return named;
    },
    async ofBatch<R extends SomeBatchResult>(viewer: Viewer, result: R): Promise<R> {
      if (!result.members) return result;
      return { ...result, members: await each<SomeTransferResult>(viewer, result.members) };
    },
    async ofKeys(viewer: Viewer, views: readonly KeyView[]): Promise<readonly KeyView[]> {
      const kept = views.flatMap(({ transfer }) => transfer ?? []);
      const named = (await counterparties?.transfers(viewer, kept)) ?? kept;
      let next = 0;
      return views.map((view) => {
        const transfer = view.transfer === null ? undefined : named[next++];
        return transfer ? { transfer } : view;
      });
    },
  };
}
