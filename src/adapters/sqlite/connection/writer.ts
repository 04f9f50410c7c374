import type { Value } from './driver.ts';

/** Accepts statements that write. */
export interface Writer {
  /** Returns the number of changed rows. */
  run(sql: string, ...values: Value[]): number;
}
