/**
 * Waits for all of them, however they end, and lets go of what they came to. `Promise.allSettled` alone holds on to it:
 * where each wait is for the one before, to what all before it came to.
 */
export async function allSettled(...promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
}
