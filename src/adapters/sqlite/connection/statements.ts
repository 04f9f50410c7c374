import type { Value } from './driver.ts';
import type { Writer } from './writer.ts';

/** Statements for the writing thread. Each text crosses once, and is then referenced by its number. */
export type Portion = {
  /** New texts; their numbers continue the earlier ones. */
  readonly texts: readonly string[];
  readonly statements: readonly { readonly number: number; readonly values: readonly Value[] }[];
};

/** Collects statements for another thread. Each of them must change one row. */
export class Statements implements Writer {
  readonly #numbers = new Map<string, number>();
  #texts: string[] = [];
  #statements: { number: number; values: Value[] }[] = [];

  run(sql: string, ...values: Value[]): number {
    let number = this.#numbers.get(sql);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(sql, number);
      this.#texts.push(sql);
    }
    this.#statements.push({ number, values: values.map(inMemoryOfItsOwn) });
    return 1;
  }

  /** Takes the statements since the last call; undefined if there are none. */
  take(): Portion | undefined {
    if (this.#statements.length === 0) return undefined;
    const portion = { texts: this.#texts, statements: this.#statements };
    this.#texts = [];
    this.drop();
    return portion;
  }

  /**
   * Drops the statements since the last call. Their texts are already numbered, so they are sent with the next ones.
   */
  drop(): void {
    this.#statements = [];
  }
}

/** Copies a small buffer: Node stores them in a shared pool, and each message would copy the whole pool. */
function inMemoryOfItsOwn(value: Value): Value {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}
