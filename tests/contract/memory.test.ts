import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { storeContract } from '../../src/testing/index.ts';

storeContract('memory', async () => createMemoryStore());
storeContract('memory that runs each unit three times', async () => createMemoryStore({ rehearsals: 2 }));
