import { RepeatingTask } from '../jobs/repeating-task.ts';
import type { Viewer } from '../../domain/actor.ts';
import { requireReader } from '../views.ts';
import { EMPTY_AUDIT, leafText, leafTextHash } from '../../domain/integrity/checkpoint.ts';
import type { Checkpoint } from '../../domain/integrity/checkpoint.ts';
import { GENESIS_HASH } from '../../domain/entities/genesis-hash.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { MerkleTree } from '../../domain/integrity/merkle-tree.ts';
import type { HexDigest } from '../../domain/integrity/merkle-tree.ts';
import { Cursors } from '../cursor.ts';
import { readPage, sequenceOf } from '../page.ts';
import type { Page, ListRequest } from '../page.ts';
import type { CheckpointPorts, CheckpointView, KeptCheckpoint } from '../ports/checkpoints.ts';
import type { LedgerScan } from '../ports/ledger-store.ts';
import type { Clock, Logger } from '../ports/runtime.ts';

type Ports = {
  readonly scan: LedgerScan;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly hexDigest: HexDigest;
  /** Null: the ledger makes no checkpoints. */
  readonly checkpoints: CheckpointPorts | null;
};

/**
 * Makes a checkpoint: signs the current state of all accounts and the audit log. Safe to run while others write.
 * @throws TypeError if the ledger was made without checkpoints
 * @throws PassbookError `unavailable`
 */
export function makeCheckpoint(ports: Ports) {
  // Runs one at a time, since each checkpoint contains the digest of the previous one
  let last: Promise<unknown> = Promise.resolve();
  return async (): Promise<CheckpointView> => {
    const { signer, archive, onMade } = requireCheckpoints(ports);
    const before = last;
    const made = (async () => {
      await before;
      const newest = await archive.newest();
      const number = (newest?.number ?? 0) + 1;
      const previous = newest ? ports.digest(newest.signed) : GENESIS_HASH;
      let made: { checkpoint: Checkpoint; signed: string } | undefined;
      await archive.add(number, async (write) => {
        const checkpoint = await readBooks(ports, { number, previous, write });
        const signed = await signer.sign(checkpoint);
        made = { checkpoint, signed };
        return signed;
      });
      if (!made) throw new TypeError('An archive makes what it keeps');
      const view = { ...made.checkpoint, signed: made.signed, digest: ports.digest(made.signed) };
      onMade?.(view);
      return view;
    })();
    last = made.catch(() => {});
    return made;
  };
}

async function readBooks(
  { scan, clock, hexDigest }: Ports,
  given: { number: number; previous: string; write: (lines: readonly string[]) => Promise<void> },
): Promise<Checkpoint> {
  const { number, previous, write } = given;
  return scan.atOnce(async (books) => {
    const at = clock.now();
    const tree = new MerkleTree(hexDigest);
    for await (const accounts of books.accounts()) {
      const lines = accounts.map(leafText);
      for (const line of lines) tree.add(leafTextHash(line, hexDigest));
      await write(lines);
    }
    const { sequence, hash } = books.auditHead ?? EMPTY_AUDIT;
    return {
      version: 2,
      number,
      at,
      previous,
      accounts: tree.size,
      root: tree.root(),
      audit: { sequence, hash },
    };
  });
}

/**
 * Lists checkpoints, newest first.
 * @throws TypeError if the ledger was made without checkpoints
 * @throws PassbookError `forbidden` for a user; `invalid_request`
 */
export function listCheckpoints(ports: Pick<Ports, 'checkpoints' | 'digest'>) {
  const cursors = new Cursors(ports.digest, ['checkpoints']);
  return async (viewer: Viewer, request: ListRequest = {}): Promise<Page<CheckpointView>> => {
    requireReader(viewer);
    const { archive, signer } = requireCheckpoints(ports);
    const view = (kept: KeptCheckpoint): CheckpointView => {
      const checkpoint = signer.read(kept.signed);
      if (!checkpoint) throw new TypeError(`Checkpoint ${kept.number} cannot be read`);
      return { ...checkpoint, signed: kept.signed, digest: ports.digest(kept.signed) };
    };
    const page = await readPage(request, cursors, async ({ after, limit }) => {
      const kept = await archive.page({ after: after === null ? null : sequenceOf(after), limit });
      return kept.map((one) => ({ id: one.number.toString(), one }));
    });
    return { ...page, items: page.items.map(({ one }) => view(one)) };
  };
}

/** @throws TypeError */
export function requireCheckpoints({ checkpoints }: Pick<Ports, 'checkpoints'>): CheckpointPorts {
  if (!checkpoints) throw new TypeError('This ledger was made without checkpoints');
  return checkpoints;
}

/** Makes checkpoints at a fixed interval after `start` is called. */
export class Checkpointer {
  readonly #task: RepeatingTask;

  constructor({ make, log, everyMs }: { make: () => Promise<CheckpointView>; log: Logger; everyMs: number }) {
    this.#task = new RepeatingTask({
      run: make,
      everyMs,
      onError: (err) => log.error({ err }, 'no checkpoint could be made, will try again'),
    });
  }

  start(): void {
    this.#task.start();
  }

  stop(): Promise<void> {
    return this.#task.stop();
  }
}
