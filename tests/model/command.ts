import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { SubmitOptions } from '../../src/application/group-commit.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import type { Ledger } from '../../src/index.ts';
import type { FixedClock } from '../../src/testing/fixtures/builders.ts';
import { copyOf } from './model.ts';
import type { KeyUse, Model } from './model.ts';
import type { Random } from '../../src/testing/fixtures/random.ts';

/** The ledger under test, through one of its stores. */
export type Subject = { readonly ledger: Ledger; readonly store: Store; readonly clock: FixedClock };

export type Drawing = {
  readonly random: Random;
  /** The model before the drawn command. Read-only. */
  readonly model: Model;
  /** Of what the command makes first, if it makes anything. */
  readonly id: string;
};

/**
 * Written by the ledger, so several may be submitted at once; only tried, so that nothing changes; read from it; or
 * done to it by the test.
 */
export type Door = 'write' | 'try' | 'read' | 'hand';

/** One thing that can be done to a bank. `Facts` are plain data, so that a sequence can be run again in part. */
export type CommandKind<Facts> = {
  readonly name: string;
  /** How often it is drawn, against the others. */
  readonly weight: number;
  readonly door: Exclude<Door, 'try'>;
  /** Whether it can be tried only. */
  readonly hasDryRun?: boolean;
  /** `earlier` are the facts of this kind that were drawn before. */
  generate(drawing: Drawing, earlier: readonly Facts[]): Facts;
  /** Draws ids, if any, before anything is awaited. */
  runOnLedger(facts: Facts, subject: Subject, options: SubmitOptions): Promise<unknown>;
  /** Its ids are `nthId` of the one given, in the order in which the ledger draws them. */
  runOnModel(facts: Facts, model: Model, id: string): unknown;
  /** The key under which its outcome is kept. */
  keyUse?(facts: Facts): KeyUse | null;
};

/** A command that was drawn, its kind's facts inside. */
export type Command = {
  readonly id: string;
  readonly name: string;
  readonly door: Door;
  readonly facts: unknown;
  readonly keyUse: KeyUse | null;
  runOnLedger(subject: Subject): Promise<unknown>;
  runOnModel(model: Model): unknown;
};

/** A kind as a sequence is drawn from it: what its facts are is its own affair. */
export type CommandSource = {
  readonly weight: number;
  readonly door: Door;
  draw(drawing: Drawing): Command;
};

/** How often a command is tried, against how often it is done. */
const TRIED = 0.25;

/** Remembers what it drew; so there is one for each sequence. */
export function sourcesOf<Facts>(kind: CommandKind<Facts>): readonly [CommandSource, ...CommandSource[]] {
  const earlier: Facts[] = [];
  const { weight, door, name } = kind;
  const source: CommandSource = {
    weight,
    door,
    draw: (drawing) => {
      const facts = draw(drawing);
      return {
        ...shared(facts, drawing),
        name,
        door,
        runOnLedger: (subject) => kind.runOnLedger(facts, subject, {}),
        runOnModel: (model) => kind.runOnModel(facts, model, drawing.id),
      };
    },
  };
  if (!kind.hasDryRun) return [source];

  // What was only tried may be done later, under the same key
  const trial: CommandSource = {
    weight: weight * TRIED,
    door: 'try',
    draw: (drawing) => {
      const facts = draw(drawing);
      return {
        ...shared(facts, drawing),
        name: `try ${name}`,
        door: 'try',
        runOnLedger: (subject) => kind.runOnLedger(facts, subject, { dryRun: true }),
        runOnModel: (model) => kind.runOnModel(facts, { ...copyOf(model), isRehearsal: true }, drawing.id),
      };
    },
  };
  return [source, trial];

  function draw(drawing: Drawing): Facts {
    const facts = kind.generate(drawing, earlier);
    earlier.push(facts);
    return facts;
  }

  function shared(facts: Facts, { id }: Drawing) {
    return { id, facts, keyUse: kind.keyUse?.(facts) ?? null };
  }
}

/** The ids of what one command makes: the first is its own. Sorted, those of a number come before those of the next. */
export function nthId(id: string, index: number): string {
  return `${id.slice(0, 15)}${index.toString(16).padStart(3, '0')}${id.slice(18)}`;
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
