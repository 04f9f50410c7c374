import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { storeContract } from './store-contract.ts';

storeContract('memory', async () => createMemoryStore());
storeContract('memory that runs each unit three times', async () => createMemoryStore({ rehearsals: 2 }));
