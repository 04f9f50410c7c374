import { followAudit } from '../integrity/audit-log.ts';
import type { WorkingBooks } from '../books/working-books.ts';
import type { Change } from '../books/changes.ts';
import { NONE, sealTransfer } from '../integrity/hash-chain.ts';
import type { EraseTextCommand } from '../books/command.ts';
import type { DecisionContext } from './decision-context.ts';
import type { TransferOutcome } from '../books/outcome.ts';
import { refuse } from './post-step.ts';
import type { Transfer } from '../entities/transfer.ts';

const TEXTS = ['description', 'reference', 'metadata'] as const;

/**
 * Erases a transfer's description, reference and metadata. Their digests, which the entries cover, stay so that the chain stays
 * valid. The audit log records actor, time, reason and those digests.
 */
export function eraseTransferText(
  books: WorkingBooks,
  { actor, transferId, reason }: EraseTextCommand,
  { now, digest }: DecisionContext,
): TransferOutcome {
  const transfer = actor.kind === 'system' ? books.transfer(transferId) : undefined;
  if (!transfer) return refuse('transfer_not_found');
  const texts = TEXTS.filter((text) => transfer[text] !== null);
  if (texts.length === 0) return refuse('nothing_to_erase');

  const seal = sealTransfer(transfer, digest);
  const erased = transfer.eraseTexts({
    description: digestOf(seal.description),
    metadata: digestOf(seal.metadata),
    reference: digestOf(seal.reference),
  });
  books.keepTransfer(erased);
  const facts = {
    at: now,
    actor: { kind: actor.kind, id: actor.id ?? null },
    action: 'text_erased',
    accountId: null,
    transferId,
    reason,
    changes: texts.map((text) => [text, seal[text], null] as const),
  } as const;
  books.keepAudit(followAudit(books.auditHead(), facts, digest));
  return { kind: 'transferred', transfer: erased, balances: [] };
}

/** Returns whether the change erases texts. A store must then remove every copy of them. */
export function erasesText({ before, after }: Change<Transfer>): boolean {
  return after.erased !== null && before?.erased !== after.erased;
}

function digestOf(sealed: string): string | null {
  return sealed === NONE ? null : sealed;
}
