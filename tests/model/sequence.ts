import { JANUARY } from '../../src/testing/fixtures/builders.ts';
import { hasNumber, sharesFirstDraw } from './account-numbers.ts';
import { sourcesOf } from './command.ts';
import type { Command, CommandSource } from './command.ts';
import { captureHoldKind } from './kinds/capture-hold.ts';
import { closeAccountKind } from './kinds/close-account.ts';
import { exchangeFundsKind } from './kinds/exchange-funds.ts';
import { findByExternalIdKind } from './kinds/find-by-external-id.ts';
import { findByKeyKind } from './kinds/find-by-key.ts';
import { freezeAccountKind } from './kinds/freeze-account.ts';
import { fundAccountKind } from './kinds/fund-account.ts';
import { limitAccountKind } from './kinds/limit-account.ts';
import { moveClockKind } from './kinds/move-clock.ts';
import { openAccountKind } from './kinds/open-account.ts';
import { readAuditKind } from './kinds/read-audit.ts';
import { readOneKind } from './kinds/read-one.ts';
import { readPagesKind } from './kinds/read-pages.ts';
import { renameAccountKind } from './kinds/rename-account.ts';
import { reverseTransferKind } from './kinds/reverse-transfer.ts';
import { seedAccountKind } from './kinds/seed-account.ts';
import { setAccountMetadataKind } from './kinds/set-account-metadata.ts';
import { submitBatchKind } from './kinds/submit-batch.ts';
import { sweepHoldsKind } from './kinds/sweep-holds.ts';
import { transferFundsKind } from './kinds/transfer-funds.ts';
import { unfreezeAccountKind } from './kinds/unfreeze-account.ts';
import { voidHoldKind } from './kinds/void-hold.ts';
import { withdrawFundsKind } from './kinds/withdraw-funds.ts';
import { anEmptyModel } from './model.ts';
import type { Terms } from './model.ts';
import { Random } from '../../src/testing/fixtures/random.ts';

/** Commands that are submitted in one go, through one of the stores. */
export type Step = { readonly door: number; readonly commands: readonly Command[] };

export type Sequence = { readonly terms: Terms; readonly steps: readonly Step[] };

/** Those a bank begins with come first. A new kind of command takes its place here. */
function sources(): readonly CommandSource[] {
  return [
    ...sourcesOf(openAccountKind),
    ...sourcesOf(fundAccountKind),
    ...sourcesOf(transferFundsKind),
    ...sourcesOf(submitBatchKind),
    ...sourcesOf(captureHoldKind),
    ...sourcesOf(voidHoldKind),
    ...sourcesOf(sweepHoldsKind),
    ...sourcesOf(reverseTransferKind),
    ...sourcesOf(withdrawFundsKind),
    ...sourcesOf(exchangeFundsKind),
    ...sourcesOf(renameAccountKind),
    ...sourcesOf(setAccountMetadataKind),
    ...sourcesOf(freezeAccountKind),
    ...sourcesOf(unfreezeAccountKind),
    ...sourcesOf(limitAccountKind),
    ...sourcesOf(closeAccountKind),
    ...sourcesOf(seedAccountKind),
    ...sourcesOf(moveClockKind),
    ...sourcesOf(readOneKind),
    ...sourcesOf(readPagesKind),
    ...sourcesOf(findByKeyKind),
    ...sourcesOf(findByExternalIdKind),
    ...sourcesOf(readAuditKind),
  ];
}

/** The commands that a bank begins with, before anything is drawn. */
const BEGINNING = 16;
/** Up to this maximum, every sequence has the full number of commands. */
const SHORT = 64;

/** One sequence in this many has the full number of commands. */
export const LONG_SEQUENCE_EVERY = 64;

/** The `index`-th of a run. The first is as long as may be; of the others, where that is long, most are shorter. */
export function drawSequence({
  seed,
  index,
  mostCommands,
}: {
  seed: number;
  index: number;
  mostCommands: number;
}): Sequence {
  const random = Random.ofPart(seed, index);
  const share = index % LONG_SEQUENCE_EVERY === 0 || mostCommands <= SHORT ? 1 : random.fraction() ** 8;
  const length = Math.ceil(mostCommands * share);
  const terms: Terms = {
    defaultCurrency: random.pick(['EUR', 'EUR', 'EUR', 'JPY']),
    accountsPerOwner: random.pick([null, 4, 8]),
    notify: random.chance(0.8),
  };
  const all = sources();
  const writing = all.filter(({ door }) => door === 'write');
  const beginning = writing.slice(0, 2);
  const model = anEmptyModel(terms, JANUARY);

  const steps: Step[] = [];
  for (let drawn = 0; drawn < length; ) {
    const isBeginning = drawn < BEGINNING;
    const first = random.weighted(isBeginning ? beginning : all);
    const size =
      first.door === 'write' && random.chance(0.6) ? random.integer(2, random.pick([4, 8, 24])) : 1;
    const ids = Array.from({ length: Math.min(size, length - drawn) }, (_, place) => idOf(drawn + place));
    // Of those in flight at once, an id that was drawn later may be decided on earlier.
    const order = random.chance(0.4) ? random.shuffled(ids) : ids;
    const commands = order.map((id, place) => {
      const source = place === 0 ? first : random.weighted(isBeginning ? beginning : writing);
      const command = source.draw({ random, model, id });
      command.runOnModel(model);
      return command;
    });
    // A door is used for some steps, and then the other: what a process remembers grows old.
    const door = random.chance(0.3) ? random.integer(0, 1) : (steps.at(-1)?.door ?? 0);
    steps.push(...inTurns(commands).map((some) => ({ door, commands: some })));
    drawn += commands.length;
  }
  return { terms, steps };
}

/** All at once, but for those that must wait before they are written: they would lose their place to those behind them. */
function inTurns(commands: readonly Command[]): readonly (readonly Command[])[] {
  const turns: Command[][] = [];
  let isOpen = false;
  for (const command of commands) {
    const isAlone = waits(command);
    if (isAlone || !isOpen) turns.push([]);
    turns.at(-1)?.push(command);
    isOpen = !isAlone;
  }
  return turns;
}

/** For a number to be looked up, or for another number to be drawn. */
function waits({ facts, name, id }: Command): boolean {
  return hasNumber(facts) || (name === openAccountKind.name && sharesFirstDraw(id));
}

/** Version 7 UUIDs that count. */
function idOf(number: number): string {
  return `019bc0de-0000-7000-8000-${(number + 1).toString(16).padStart(12, '0')}`;
}
