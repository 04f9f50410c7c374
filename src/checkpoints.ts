export { createCheckpointArchive } from './adapters/files/index.ts';
export {
  createCheckpointSigner,
  newCheckpointKey,
  publicCheckpointKey,
  verifyCheckpoint,
} from './adapters/security/checkpoints.ts';
export type {
  CheckpointArchive,
  CheckpointPorts,
  CheckpointSigner,
} from './application/ports/checkpoints.ts';
export type { Checkpoint } from './domain/integrity/checkpoint.ts';
