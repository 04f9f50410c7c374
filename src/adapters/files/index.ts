export { createCheckpointArchive, readLines } from './checkpoint-archive.ts';
