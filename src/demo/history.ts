import {
  apiKeyFormat,
  createFactorTools,
  createLinkTokens,
  createPasswordHasher,
  createRefreshTokens,
  createTokenIssuer,
  isCommonPassword,
} from '../adapters/security/index.ts';
import { sha256 } from '../adapters/shared/sha256.ts';
import { sha256OfHex, systemClock } from '../adapters/system.ts';
import { assembleBank } from '../application/bank.ts';
import type { Bank } from '../application/bank.ts';
import { OutboxDispatcher } from '../application/jobs/outbox-dispatcher.ts';
import type { Mailer } from '../application/ports/outbox.ts';
import type { Logger } from '../application/ports/runtime.ts';
import type { LinkTokens, PasswordHasher } from '../application/ports/user-store.ts';
import type { Config } from '../config.ts';
import type { Instant } from '../domain/time.ts';
import { createLedger } from '../index.ts';
import { openStore } from '../open-store.ts';
import type { SystemUser } from '../local-secrets.ts';
import type { Act } from './act.ts';
import { dayAt, daysBetween, daysLater, monthsLater } from './days.ts';
import type { DiaryDay } from './days.ts';
import { episodes } from './episodes.ts';
import { businessActs } from './firm-diary.ts';
import { HistoryClock, historyIds } from './history-clock.ts';
import { findDemoBank, openDemoBank } from './opening.ts';
import { SeededDraws } from './random.ts';
import { currentOf, residentActs } from './resident-diary.ts';
import { residentsOf } from './residents.ts';
import type { Resident } from './residents.ts';
import { externalIdOf } from './teller.ts';
import type { Teller } from './teller.ts';

/** The size of a demo, and the seed of everything in it. */
export type DemoPlan = { readonly people: number; readonly months: number; readonly seed: number };

export type HistoryTerms = {
  readonly config: Config;
  readonly jwtSecrets: readonly [string, ...string[]];
  /** The operator. Everybody else has the same password. */
  readonly operator: Pick<SystemUser, 'email' | 'password'>;
  readonly plan: DemoPlan;
  /** End of the history, usually the present. */
  readonly until: Instant;
  readonly log: Logger;
  /** Called with the share of the history that is made, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Ends the work between two moments. */
  readonly signal?: AbortSignal | undefined;
};

/** Days before a gap on which something may have begun that ends in it. */
const LOOK_BACK_DAYS = 10;
const DAY_MS = 86_400_000;
/**
 * The time before the end of a history in which the parts of a day have moments of their own. Before it, all orders of
 * a day have the moment of the last one: a commit costs more than its orders, and this leaves a third of the commits.
 */
const RECENT_MS = 62 * DAY_MS;

/**
 * Makes a bank and its history in the configured store, which is empty: every order goes through the bank's use cases, with a clock that is
 * set to the moment. The same plan and end give the same books.
 * @throws Error the reason of `signal`, once it is aborted
 */
export async function makeHistory(terms: HistoryTerms): Promise<void> {
  const { plan, until, operator, signal } = terms;
  const residents = residentsOf(plan);
  const first = monthsLater(dayAt(until), -plan.months);
  const opening = first.start + 8 * 3_600_000;
  await withBank(terms, opening, async (bank, clock, readMail) => {
    const teller = await openDemoBank({ bank, residents, operator, seed: plan.seed, signal });
    await readMail();
    const beside = episodes({ until, residents, seed: plan.seed, password: operator.password });
    await play({ terms, residents, teller, clock, from: first, after: opening, beside });
    await readMail();
  });
}

/** Makes the part of the history that is missing between the last run of a kept demo and the present. */
export async function continueHistory(terms: HistoryTerms): Promise<void> {
  const { plan, until, operator } = terms;
  const residents = residentsOf(plan);
  const after = await lastEntryAt(terms.config, residents);
  if (after >= until) return;
  await withBank(terms, after, async (bank, clock) => {
    const teller = await findDemoBank({ bank, residents, operator });
    const from = daysLater(dayAt(after), -LOOK_BACK_DAYS);
    await play({ terms, residents, teller, clock, from, after, beside: [] });
  });
}

/** Returns the instant of the newest entry of everybody's accounts. */
async function lastEntryAt(
  { store: where, accountPrefix }: Config,
  residents: readonly Resident[],
): Promise<Instant> {
  const store = await openStore(where, { clock: systemClock, accountPrefix });
  try {
    const ledger = createLedger({ store });
    const viewer = { kind: 'system' } as const;
    let last: Instant = 0;
    for (const resident of residents) {
      const { accountId } = await ledger.findAccount(viewer, externalIdOf(currentOf(resident)));
      const { items } = await ledger.listEntries(viewer, accountId, { limit: 1 });
      last = Math.max(last, items[0]?.at ?? 0);
    }
    return last;
  } finally {
    await store.close();
  }
}

type Playing = {
  readonly terms: HistoryTerms;
  readonly residents: readonly Resident[];
  readonly teller: Teller;
  readonly clock: HistoryClock;
  /** First day of the diaries. */
  readonly from: DiaryDay;
  /** Instant of the last order that was given before. */
  readonly after: Instant;
  /** Acts beside those of the diaries. */
  readonly beside: readonly Act[];
};

/** Gives the orders of the diaries, day by day. */
async function play(playing: Playing): Promise<void> {
  const { terms, residents, from, after, beside } = playing;
  const { until, onProgress = () => {} } = terms;
  const { seed } = terms.plan;
  let waiting = beside.filter((act) => isIn(act, playing));
  for (const day of daysBetween(from, dayAt(until))) {
    const diary = [
      ...businessActs({ day, residents, seed }),
      ...residents.flatMap((resident) => residentActs({ day, resident, residents, seed })),
    ];
    const acts = [...waiting, ...diary.filter((act) => isIn(act, playing))];
    const end = day.start + DAY_MS;
    waiting = acts.filter(({ at }) => at >= end);
    const today = acts.filter(({ at }) => at < end).sort((one, other) => one.at - other.at);
    for (const moment of until - day.start < RECENT_MS ? momentsOf(today) : [today])
      await give(moment, playing);
    onProgress(Math.max(0, Math.min(1, (end - after) / (until - after))));
  }
}

function isIn({ at }: Act, { terms, after }: Playing): boolean {
  return at > after && at <= terms.until;
}

/** Gives the orders of one moment to the ledger together, which then writes them in one commit. */
async function give(moment: readonly Act[], { terms, teller, clock }: Playing): Promise<void> {
  terms.signal?.throwIfAborted();
  const last = moment.at(-1);
  if (!last) return;
  clock.moveTo(last.at);
  await Promise.all(moment.filter(({ isAlone }) => isAlone !== true).map((act) => act.run(teller)));
  for (const act of moment) if (act.isAlone === true) await act.run(teller);
}

/** Groups the sorted orders of a day by their instants. */
function momentsOf(today: readonly Act[]): readonly (readonly Act[])[] {
  const moments: Act[][] = [];
  for (const act of today) {
    const moment = moments.at(-1);
    if (moment?.[0]?.at === act.at) moment.push(act);
    else moments.push([act]);
  }
  return moments;
}

/** Opens the bank with a clock that is set, for the store too, and closes it afterwards. */
async function withBank(
  terms: HistoryTerms,
  now: Instant,
  work: (bank: Bank, clock: HistoryClock, readMail: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { config, jwtSecrets, log } = terms;
  const clock = new HistoryClock(now);
  const store = await openStore(config.store, { clock, accountPrefix: config.accountPrefix });
  const links = createLinkTokens(jwtSecrets);
  const bank = assembleBank({
    store,
    clock,
    ids: historyIds(clock, new SeededDraws(terms.plan.seed, 'ids', now)),
    digest: sha256,
    hexDigest: sha256OfHex,
    checkpoints: null,
    hasher: oncePerPassword(createPasswordHasher()),
    tokens: createTokenIssuer({ secrets: jwtSecrets, issuer: 'passbook', audience: 'passbook', clock }),
    refreshTokens: createRefreshTokens(jwtSecrets),
    links,
    isCommonPassword,
    factorTools: createFactorTools({ secrets: jwtSecrets, clock }),
    apiKeyFormat,
    defaultCurrency: config.defaultCurrency,
    accountPrefix: config.accountPrefix,
    accountsPerOwner: config.accountsPerUser,
    sessionLifetimeMs: config.sessionLifetimeMs,
    accessTokenLifetimeMs: config.accessTokenLifetimeMs,
    log,
    // Mails about payments of the past would all be written now
    notify: false,
    onCommit: () => {},
  });
  const { unitOfWork } = store;
  const dispatcher = new OutboxDispatcher({ unitOfWork, mailer: readers(bank, links), clock, log });
  try {
    await work(bank, clock, async () => {
      while ((await dispatcher.dispatch()) > 0);
    });
  } finally {
    await bank.ledger.close();
    await store.close();
  }
}

/** Delivers the mails of the history: people read them when they come, and follow the link of their welcome. */
function readers(bank: Bank, links: LinkTokens): Mailer {
  return {
    async send(message) {
      if (message.kind === 'welcome' && message.linkId !== undefined) {
        const token = links.tokenOf(message.linkId);
        await bank.verifyEmail({ token, origin: { address: null, device: null } });
      }
      return 'sent';
    },
  };
}

/** Hashes each password once: everybody in the demo has the same, and a hash takes a tenth of a second or more. */
function oncePerPassword(hasher: PasswordHasher): PasswordHasher {
  const hashes = new Map<string, Promise<string>>();
  return {
    ...hasher,
    hash: (password) => {
      const known = hashes.get(password) ?? hasher.hash(password);
      hashes.set(password, known);
      return known;
    },
  };
}
