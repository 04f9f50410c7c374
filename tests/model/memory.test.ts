import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { modelTest } from './model-test.ts';

modelTest(
  'memory',
  async () => {
    const store = createMemoryStore();
    return { stores: [store], dispose: () => store.close() };
  },
  // More than `planted-faults.test.ts` needs to find each fault
  { sequences: 128, commands: 512 },
);
