export { openMongoStore } from './mongo-store.ts';
export type { MongoStore, MongoStoreOptions } from './mongo-store.ts';
