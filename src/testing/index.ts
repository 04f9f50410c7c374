export { storeContract } from './contract/store-contract.ts';
export type { OpenedStore, OpenStore } from './contract/store-contract.ts';
