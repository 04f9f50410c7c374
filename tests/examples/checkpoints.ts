import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import {
  createCheckpointArchive,
  createCheckpointSigner,
  newCheckpointKey,
  publicCheckpointKey,
  verifyCheckpoint,
} from '../../src/checkpoints.ts';
import { createLedger } from '../../src/index.ts';

/** Signs the books into files of `directory`, and verifies the books by the signed text, as its holder would. */
export async function signAndVerify(directory: string) {
  const key = newCheckpointKey();
  const archive = createCheckpointArchive({ directory });
  const checkpoints = { signer: await createCheckpointSigner(key), archive };
  const ledger = createLedger({ store: createMemoryStore(), checkpoints });
  await ledger.openAccount({ kind: 'user', id: 'ada' });
  const { number, signed } = await ledger.makeCheckpoint();

  const checkpoint = await verifyCheckpoint(signed, await publicCheckpointKey(key));
  if (!checkpoint) throw new Error('The checkpoint is not signed with the key');
  return ledger.verifyBooks({ checkpoint: { checkpoint, manifest: archive.manifest(number) } });
}
