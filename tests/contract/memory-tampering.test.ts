import { aTamperedMemory } from '../support/tamper.ts';
import { tamperingContract } from './tampering.ts';

tamperingContract('memory', async () => aTamperedMemory());
