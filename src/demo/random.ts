import { hash } from 'node:crypto';

/** Draws from a seed: the same seed gives the same draws, on every machine. */
export class SeededDraws {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  /** The draws of one purpose, such as a day of a person, do not depend on those of another. */
  constructor(...seed: readonly (string | number)[]) {
    const digest = hash('sha256', seed.join(' '), 'buffer');
    this.#a = digest.readInt32LE(0);
    this.#b = digest.readInt32LE(4);
    this.#c = digest.readInt32LE(8);
  }

  /** The generator sfc32 of PractRand: a digest for each draw would take a tenth of the time of a history. */
  #next(): number {
    const drawn = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + drawn) | 0;
    return drawn >>> 0;
  }

  bytes16(): Buffer {
    const bytes = Buffer.allocUnsafe(16);
    for (let at = 0; at < 16; at += 4) bytes.writeUInt32LE(this.#next(), at);
    return bytes;
  }

  /** Returns an integer from `from` to `to`, both included. */
  integer(from: number, to: number): number {
    return from + Math.floor((this.#next() / 2 ** 32) * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.#next() / 2 ** 32 < probability;
  }

  /** @throws TypeError for an empty list */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.integer(0, list.length - 1)];
    if (picked === undefined) throw new TypeError('Nothing can be drawn from an empty list');
    return picked;
  }

  /** Returns an amount in minor units, both bounds included. */
  amount(from: number, to: number): bigint {
    return BigInt(this.integer(from, to));
  }
}
