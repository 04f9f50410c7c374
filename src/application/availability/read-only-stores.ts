import type { PassbookError } from '../../domain/errors.ts';
import type { Stores } from '../ports/ledger-store.ts';

type Methods<S> = { readonly [M in keyof S]: 'read' | 'write' };

/** Every method of the stores. A new one does not compile before it is in this table. */
const METHODS: { readonly [S in keyof Stores]: Methods<Stores[S]> } = {
  users: {
    insert: 'write',
    byId: 'read',
    byIds: 'read',
    byEmail: 'read',
    withPassword: 'read',
    page: 'read',
    replace: 'write',
    setPasswordHash: 'write',
  },
  sessions: {
    insert: 'write',
    find: 'read',
    end: 'write',
    replace: 'write',
    openOf: 'read',
    touch: 'write',
    eraseOf: 'write',
    deleteOver: 'write',
  },
  credentials: {
    insert: 'write',
    find: 'read',
    byDigest: 'read',
    ofUser: 'read',
    replace: 'write',
    remove: 'write',
    removeOf: 'write',
    deleteExpired: 'write',
  },
  securityEvents: { append: 'write', list: 'read', eraseOf: 'write' },
  payees: {
    keep: 'write',
    find: 'read',
    at: 'read',
    savedOf: 'read',
    page: 'read',
    remove: 'write',
    removeOf: 'write',
    eraseNamesAt: 'write',
  },
  outbox: {
    add: 'write',
    claim: 'write',
    markSent: 'write',
    release: 'write',
    putBack: 'write',
    postpone: 'write',
    giveUp: 'write',
    retry: 'write',
  },
  mailHours: { find: 'read', keep: 'write', takeEnded: 'write' },
  audit: { head: 'read', append: 'write' },
};

/** The stores of a unit of work, whose writes are refused with `refusal`. */
export function readOnlyStores(stores: Stores, refusal: PassbookError): Stores {
  const names = Object.keys(METHODS) as (keyof Stores)[];
  return Object.fromEntries(
    names.map((name) => [name, readOnly(stores[name], METHODS[name], refusal)]),
  ) as unknown as Stores;
}

function readOnly<S extends object>(store: S, methods: Methods<S>, refusal: PassbookError): S {
  return new Proxy(store, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      // The stores have private fields, which only they themselves can read
      return methods[name as keyof S] === 'read'
        ? (method.bind(target) as unknown)
        : () => Promise.reject(refusal);
    },
  });
}
