import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { IdGenerator } from '../../src/application/ports/runtime.ts';
import { createLedger } from '../../src/index.ts';
import type { Ledger, LedgerOptions } from '../../src/index.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';
import { digitsFor } from './account-numbers.ts';
import { nthId, outcomeOf } from './command.ts';
import type { Command, Subject } from './command.ts';
import { Comparison, expectSame, saltOf } from './comparison.ts';
import { anEmptyModel, DEADLINE_MS } from './model.ts';
import type { Sequence, Step } from './sequence.ts';

/** An empty store, by one door or by more, as other processes would open it. */
export type OpenStore = (terms: { readonly clock: FixedClock }) => Promise<{
  readonly stores: readonly [Store, ...Store[]];
  /** Makes the ledger over a door. Default: `createLedger`. */
  readonly ledgerOf?: (options: LedgerOptions) => Ledger;
  /** Closes the stores and removes their data. */
  readonly dispose: () => Promise<void>;
}>;

/** What ledger and model did not agree on, after the step of this index or, past the last, at the end. */
export type Disagreement = { readonly stepIndex: number; readonly fault: unknown };

/** Runs a sequence on an empty store and on an empty model, and compares after each step and at the end. */
export async function play({ terms, steps }: Sequence, open: OpenStore): Promise<Disagreement | undefined> {
  const clock = new FixedClock();
  const ids = new DealtIds();
  const { stores, ledgerOf = createLedger, dispose } = await open({ clock });
  // A busy machine is no disagreement
  const ports = { ...terms, clock, ids, limits: { deadlineMs: DEADLINE_MS } };
  const subjects = stores.map((store) => ({ store, clock, ledger: ledgerOf({ ...ports, store }) }));
  const model = anEmptyModel(terms, clock.now());
  const comparison = new Comparison(model);

  let stepIndex = 0;
  try {
    for (const step of steps) {
      const { subject, reader } = doorsOf(step, subjects);
      const outcomes = await submit(step.commands, { subject, ids });
      const expected = step.commands.map((command) => command.runOnModel(model));
      expectSame(outcomes, expected);
      if (step.commands.some(({ door }) => door !== 'read')) {
        await comparison.afterStep(reader.store, step.commands);
      }
      stepIndex += 1;
    }
    await comparison.atEnd(stores[0]);
    return undefined;
  } catch (fault) {
    return { stepIndex, fault };
  } finally {
    await Promise.all(subjects.map(({ ledger }) => ledger.close()));
    await dispose();
  }
}

/** All in one go, so that the ledger takes them in this order, as many at once as it will. */
async function submit(
  commands: readonly Command[],
  { subject, ids }: { subject: Subject; ids: DealtIds },
): Promise<readonly unknown[]> {
  return Promise.all(
    commands.map((command) => {
      ids.deal(command.id);
      return outcomeOf(command.runOnLedger(subject));
    }),
  );
}

/** What was written by one door is read by another, where there is another. */
function doorsOf({ door }: Step, subjects: readonly Subject[]): { subject: Subject; reader: Subject } {
  const subject = subjects[door % subjects.length];
  const reader = subjects[(door + 1) % subjects.length];
  if (!subject || !reader) throw new TypeError('A store has a door');
  return { subject, reader };
}

/** Gives each command ids that its own decides, and after each id its salt or digits, whatever else is drawn at once. */
class DealtIds implements IdGenerator {
  #first: string | null = null;
  #dealt = 0;
  #salt: string | null = null;
  #digits: readonly string[] = [];

  deal(first: string): void {
    this.#first = first;
    this.#dealt = 0;
    this.#salt = null;
  }

  newId(): string {
    if (this.#first === null) throw new TypeError('No command is being submitted');
    const id = nthId(this.#first, this.#dealt);
    this.#dealt += 1;
    this.#salt = saltOf(id);
    this.#digits = digitsFor(id);
    return id;
  }

  newSalt(): string {
    const salt = this.#salt;
    if (salt === null) throw new TypeError('A salt is drawn once, after the id that it is for');
    this.#salt = null;
    return salt;
  }

  newDigits(): string {
    const [digits, ...others] = this.#digits;
    if (digits === undefined) throw new TypeError('Digits are drawn after the id that they are for');
    this.#digits = others;
    return digits;
  }
}
