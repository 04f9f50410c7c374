import type { Value } from './driver.ts';
import type { Writer } from './writer.ts';

/** Statements as they cross to the writing thread: each text once, and then by its number. */
export type Portion = {
  /** Those that are new, numbered on from those before. */
  readonly texts: readonly string[];
  readonly statements: readonly { readonly number: number; readonly values: readonly Value[] }[];
};

/** Gathers statements that are run elsewhere, each of which is to change one row. */
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

  /** Those since the last time; undefined where there are none. */
  take(): Portion | undefined {
    if (this.#statements.length === 0) return undefined;
    const portion = { texts: this.#texts, statements: this.#statements };
    this.#texts = [];
    this.drop();
    return portion;
  }

  /** Forgets those since the last time. Their texts are numbered, and go with the next. */
  drop(): void {
    this.#statements = [];
  }
}

/** Node keeps small buffers together, and all of that would be copied with each. */
function inMemoryOfItsOwn(value: Value): Value {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}
