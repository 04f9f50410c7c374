import type { Instant } from '../../domain/time.ts';

export type MigrationName = { readonly version: number; readonly name: string };

export type AppliedMigration = MigrationName & { readonly appliedAt: Instant };

/** The schema of a database, read without changing it. */
export type SchemaState = {
  /** Version of the database. 0: this program has not set it up. */
  readonly version: number;
  /** Newest version that this program knows. */
  readonly known: number;
  /** Migrations that the database has had, the first one first. */
  readonly applied: readonly AppliedMigration[];
  /** Migrations that it lacks, in the order in which they run. */
  readonly missing: readonly MigrationName[];
  /** Null: this program can use the database. */
  readonly refusal: SchemaRefusal | null;
};

/** Reason why this program leaves a database alone. */
export type SchemaRefusal = {
  readonly kind: 'newer' | 'foreign' | 'unreleased';
  /** A sentence about the database. */
  readonly reason: string;
};

/** Mails that wait in the outbox of a store, by batch. */
export type OutboxState = {
  readonly waiting: number;
  /** When the longest waiting one was due. Null: none waits. */
  readonly oldestDueAt: Instant | null;
  /** Those whose sending was given up. */
  readonly givenUp: number;
};
