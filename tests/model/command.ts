import type { Store } from '../../src/application/ports.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import type { Ledger } from '../../src/index.ts';
import type { FixedClock } from '../support/builders.ts';
import type { KeyUse, Model } from './model.ts';
import type { Random } from './random.ts';

/** The ledger under test, by one of its doors. */
export type Subject = { readonly ledger: Ledger; readonly store: Store; readonly clock: FixedClock };

export type Drawing = {
  readonly random: Random;
  /** As it is before the command that is drawn. To be looked at. */
  readonly model: Model;
  /** Of the accounts and transfers that the command makes, if it makes any. */
  readonly id: string;
};

/** One thing that can be done to a bank. `Facts` are plain data, so that a sequence can be run again in part. */
export type CommandKind<Facts> = {
  readonly name: string;
  /** How often it is drawn, against the others. */
  readonly weight: number;
  /** Written by the ledger, so several may be submitted at once; read from it; or done to it by the test. */
  readonly door: 'write' | 'read' | 'hand';
  /** `earlier` are the facts of this kind that were drawn before. */
  generate(drawing: Drawing, earlier: readonly Facts[]): Facts;
  /** Draws ids, if any, before anything is awaited. */
  runOnLedger(facts: Facts, subject: Subject): Promise<unknown>;
  runOnModel(facts: Facts, model: Model, id: string): unknown;
  /** The key under which its outcome is kept. */
  keyUse?(facts: Facts): KeyUse | null;
};

/** A command that was drawn, its kind's facts inside. */
export type Command = {
  readonly id: string;
  readonly name: string;
  readonly door: 'write' | 'read' | 'hand';
  readonly facts: unknown;
  readonly keyUse: KeyUse | null;
  runOnLedger(subject: Subject): Promise<unknown>;
  runOnModel(model: Model): unknown;
};

/** A kind as a sequence is drawn from it: what its facts are is its own affair. */
export type CommandSource = {
  readonly weight: number;
  readonly door: Command['door'];
  draw(drawing: Drawing): Command;
};

/** Remembers what it drew; so there is one for each sequence. */
export function sourceOf<Facts>(kind: CommandKind<Facts>): CommandSource {
  const earlier: Facts[] = [];
  const { name, door } = kind;
  return {
    weight: kind.weight,
    door,
    draw(drawing) {
      const { id } = drawing;
      const facts = kind.generate(drawing, earlier);
      earlier.push(facts);
      return {
        id,
        name,
        door,
        facts,
        keyUse: kind.keyUse?.(facts) ?? null,
        runOnLedger: (subject) => kind.runOnLedger(facts, subject),
        runOnModel: (model) => kind.runOnModel(facts, model, id),
      };
    },
  };
}

/** What was thrown, as a model says it: a code, and the fields at fault if any. */
export type Thrown = { readonly thrown: string; readonly fields: readonly string[] };

export function thrown(code: string, ...fields: readonly string[]): Thrown {
  return { thrown: code, fields };
}

/** A promise's outcome as data. */
export async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (fault) {
    if (!(fault instanceof PassbookError)) throw fault;
    return thrown(fault.code, ...(fault.facts.errors ?? []).map(({ field }) => field));
  }
}
