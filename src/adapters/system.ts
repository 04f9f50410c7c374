import { hash, randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock, IdGenerator } from '../application/ports.ts';
import type { Digest } from '../domain/chain.ts';

export const systemClock: Clock = { now: () => Date.now() };

export const systemIds: IdGenerator = {
  newId: () => v7(),
  newSalt: () => randomBytes(16).toString('hex'),
};

export const sha256: Digest = (text) => hash('sha256', text, 'hex');
