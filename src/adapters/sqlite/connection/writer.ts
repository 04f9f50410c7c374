import type { Value } from './driver.ts';

/** Whatever takes statements that write. */
export interface Writer {
  /** How many rows were changed. */
  run(sql: string, ...values: Value[]): number;
}
