// Vitest 5 needs three built-ins that Node 20 lacks to print failures and save snapshots: without them it names no
// failed test. This file adds them to the process that starts the tests, not to those that run them.

function groups<Key, Item>(
  items: Iterable<Item>,
  keyOf: (item: Item, index: number) => Key,
): Map<Key, Item[]> {
  const found = new Map<Key, Item[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index);
    const group = found.get(key);
    if (group) group.push(item);
    else found.set(key, [item]);
    index += 1;
  }
  return found;
}

function withResolvers<Value>() {
  let resolve: ((value: Value | PromiseLike<Value>) => void) | undefined;
  let reject: ((reason: unknown) => void) | undefined;
  const promise = new Promise<Value>((onValue, onReason) => {
    resolve = onValue;
    reject = onReason;
  });
  return { promise, resolve, reject };
}

function provide(owner: object, builtIns: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(builtIns)) {
    if (!(name in owner)) Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  }
}

provide(Map, { groupBy: groups });
provide(Object, {
  groupBy: (...args: Parameters<typeof groups<PropertyKey, unknown>>) => Object.fromEntries(groups(...args)),
});
provide(Promise, { withResolvers });
