import type { Instant } from '../../domain/time.ts';

export interface Clock {
  now(): Instant;
}

export interface IdGenerator {
  /** Returns a version 7 UUID. Within one process, later ids sort after earlier ones. */
  newId(): string;
  /** Returns 128 random bits as 32 lower-case hexadecimal digits. */
  newSalt(): string;
  /** Returns random decimal digits, each equally likely. */
  newDigits(length: number): string;
}

/** A logger with pino's argument order: facts first, then the event. Facts never hold a password, token or cookie. */
export interface Logger {
  info(facts: object, event: string): void;
  warn(facts: object, event: string): void;
  error(facts: object, event: string): void;
}
