/**
 * Waits for all promises, and discards their results. A chain of waits with `Promise.allSettled` alone would keep the
 * results of all earlier ones in memory.
 */
export async function allSettled(...promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
}
