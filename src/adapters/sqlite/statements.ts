import type { Value } from './driver.ts';
import type { Writer } from './writing-connection.ts';

/** Statements as they cross to the writing thread (thread.mjs says more of each list). */
export type Portion = {
  readonly shapes: readonly { readonly sql: string; readonly parameters: number }[];
  readonly numbers: readonly number[];
  readonly values: readonly Exclude<Value, Uint8Array>[];
  readonly places: readonly number[];
  readonly bytes: Uint8Array;
};

/**
 * Gathers statements that are run elsewhere, each of which is to change one row. They are kept in a few flat lists:
 * that takes a fraction of the time to copy from thread to thread that a list for each statement would take.
 */
export class Statements implements Writer {
  readonly #numbers = new Map<string, number>();
  #shapes: { sql: string; parameters: number }[] = [];
  #of: number[] = [];
  #values: Exclude<Value, Uint8Array>[] = [];
  #places: number[] = [];
  #bytes: Uint8Array[] = [];

  run(sql: string, ...values: Value[]): number {
    let number = this.#numbers.get(sql);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(sql, number);
      this.#shapes.push({ sql, parameters: values.length });
    }
    this.#of.push(number);
    for (const value of values) {
      if (value instanceof Uint8Array) {
        this.#places.push(this.#values.length, value.length);
        this.#bytes.push(value);
        this.#values.push(null);
      } else this.#values.push(value);
    }
    return 1;
  }

  /** Those since the last time; undefined where there are none. */
  take(): Portion | undefined {
    if (this.#of.length === 0) return undefined;
    const portion = {
      shapes: this.#shapes,
      numbers: this.#of,
      values: this.#values,
      places: this.#places,
      bytes: joined(this.#bytes),
    };
    this.#shapes = [];
    this.drop();
    return portion;
  }

  /** Forgets those since the last time. Their shapes are numbered, and go with the next. */
  drop(): void {
    [this.#of, this.#values, this.#places, this.#bytes] = [[], [], [], []];
  }
}

/** In memory of its own: Node keeps small buffers together, and all of that would be copied. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
