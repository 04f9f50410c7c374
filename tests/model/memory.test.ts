import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { modelTest } from './model-test.ts';

modelTest(
  'memory',
  async () => {
    const store = createMemoryStore();
    return { stores: [store], dispose: () => store.close() };
  },
  { sequences: 512, commands: 512 },
);
