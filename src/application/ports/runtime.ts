import type { Instant } from '../../domain/time.ts';

export interface Clock {
  now(): Instant;
}

export interface IdGenerator {
  /** A version 7 UUID: later ones sort after earlier ones of the same process. */
  newId(): string;
  /** 128 random bits as 32 lower-case hexadecimal digits. */
  newSalt(): string;
}

/** As pino has it: facts first, then what happened. Facts never hold a password, a token or a cookie. */
export interface Logger {
  info(facts: object, event: string): void;
  warn(facts: object, event: string): void;
  error(facts: object, event: string): void;
}
