import type { Instant } from '../domain/time.ts';
import { momentOf } from './act.ts';
import type { Act } from './act.ts';
import { dayAt, daysLater } from './days.ts';
import type { DiaryDay } from './days.ts';
import { firmOf } from './firms.ts';
import { WITH_HOLIDAY_FUND } from './opening.ts';
import { currentOf, mainOf } from './resident-diary.ts';
import type { Resident } from './residents.ts';
import type { Teller } from './teller.ts';

type Story = {
  /** The end of the history. */
  readonly until: Instant;
  readonly residents: readonly Resident[];
  readonly seed: number;
  /** Password of everybody. */
  readonly password: string;
};

const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;

/** Returns the events that a history has once, counted back from its end, so that all of them can be found. */
export function episodes(story: Story): readonly Act[] {
  return [holds, freeze, closure, limits, refunds, purchases, apiKey].flatMap((episode) =>
    episode(story, castOf(story)),
  );
}

type Roles = {
  readonly mara: Resident;
  readonly closer: Resident;
  readonly frozen: Resident;
  readonly overdrawn: Resident;
};

/** @throws TypeError with fewer than four people */
function castOf({ residents }: Story): Roles {
  const [mara, closer, overdrawn, frozen] = [
    residents[0],
    residents[WITH_HOLIDAY_FUND],
    residents[2],
    residents[3],
  ];
  if (!mara || !closer || !overdrawn || !frozen) throw new TypeError('A demo has at least four people');
  return { mara, closer, overdrawn, frozen };
}

function daysAgo({ until }: Story, days: number): DiaryDay {
  return daysLater(dayAt(until), -days);
}

/** Minutes before the end of the history, but not before midnight. */
function minutesAgo({ until }: Story, minutes: number): Instant {
  return Math.max(dayAt(until).start, until - minutes * MINUTE_MS);
}

/** Two of the main customer's holds wait for their end; others were voided, captured in part, or expired. */
function holds(story: Story, { mara }: Roles): readonly Act[] {
  const { seed } = story;
  const [hotel, hire, pump] = [mainOf(firmOf('hotel')), mainOf(firmOf('car hire')), mainOf(firmOf('fuel'))];
  const from = currentOf(mara);
  const hold = (at: Instant, terms: Omit<Parameters<Teller['pay']>[0], 'from'>): Act => ({
    at,
    run: (teller) => teller.pay({ from, ...terms }),
  });
  return [
    hold(momentOf(daysAgo(story, 31), 'evening', seed), {
      to: hire,
      amount: 250_00n,
      description: 'Deposit, small car',
      reference: 'HIRE-7714',
      key: 'episode-hire-deposit',
      holdSeconds: 3 * DAY_SECONDS,
    }),
    hold(momentOf(daysAgo(story, 21), 'night', seed), {
      to: hotel,
      amount: 276_00n,
      description: '3 nights, room reserved',
      reference: 'STAY-30418',
      key: 'episode-cancelled-stay',
      holdSeconds: 7 * DAY_SECONDS,
    }),
    {
      at: momentOf(daysAgo(story, 19), 'forenoon', seed),
      isAlone: true,
      run: (teller) => teller.void({ key: 'episode-cancelled-stay', payee: hotel }),
    },
    hold(momentOf(daysAgo(story, 11), 'evening', seed), {
      to: hotel,
      amount: 184_00n,
      description: '2 nights, room reserved',
      reference: 'STAY-31007',
      key: 'episode-shorter-stay',
      holdSeconds: 7 * DAY_SECONDS,
    }),
    {
      at: momentOf(daysAgo(story, 9), 'morning', seed),
      isAlone: true,
      run: (teller) => teller.capture({ key: 'episode-shorter-stay', payee: hotel, amount: 92_00n }),
    },
    hold(momentOf(daysAgo(story, 1), 'night', seed), {
      to: hotel,
      amount: 184_00n,
      description: '2 nights, room reserved',
      reference: 'STAY-32290',
      key: 'episode-next-stay',
      holdSeconds: 6 * DAY_SECONDS,
    }),
    hold(minutesAgo(story, 38), {
      to: pump,
      amount: 120_00n,
      description: 'Fuel, pump 4',
      key: 'episode-pump',
      holdSeconds: DAY_SECONDS,
    }),
  ];
}

/** The bank freezes an account after a report, and refuses the payment that the thief tries. */
function freeze(story: Story, { frozen }: Roles): readonly Act[] {
  const account = `${frozen.key}/savings` as const;
  const day = daysAgo(story, 6);
  const reason = 'Phone reported stolen, case 2291';
  return [
    {
      at: momentOf(day, 'forenoon', story.seed),
      run: async (teller) => {
        await teller.bank.ledger.freezeAccount(teller.operator, { accountId: teller.idOf(account), reason });
        const staff = { actorId: teller.operator.id ?? '', user: frozen.email };
        await teller.bank.lockUser({ ...staff, reason });
        await teller.bank.unlockUser({ ...staff, reason: 'Identity checked by phone, case 2291' });
      },
      isAlone: true,
    },
    {
      at: momentOf(day, 'lunch', story.seed),
      run: (teller) =>
        teller.pay({
          from: account,
          to: mainOf(firmOf('online shop')),
          amount: 949_00n,
          description: 'Phone',
          reference: 'ORDER-900114',
          key: 'episode-thief',
        }),
    },
  ];
}

function closure(story: Story, { closer }: Roles): readonly Act[] {
  return [
    {
      at: momentOf(daysAgo(story, 24), 'afternoon', story.seed),
      run: (teller) =>
        teller.bank.ledger.closeAccount(teller.ownerOf(closer.key), {
          accountId: teller.idOf(`${closer.key}/holiday`),
          sweepTo: teller.idOf(currentOf(closer)),
          reason: 'Back from Lisbon',
        }),
    },
  ];
}

function limits(story: Story, { overdrawn }: Roles): readonly Act[] {
  return [
    {
      at: momentOf(daysAgo(story, 44), 'forenoon', story.seed),
      run: (teller) =>
        teller.bank.ledger.limitAccount(teller.operator, {
          accountId: teller.idOf(currentOf(overdrawn)),
          minimumBalance: -500_00n,
          maximumBalance: null,
          reason: 'Overdraft of 500.00 agreed',
        }),
    },
  ];
}

/** A whole return and a part of an order come back. */
function refunds(story: Story, { mara }: Roles): readonly Act[] {
  const { seed } = story;
  const payee = mainOf(firmOf('online shop'));
  const order = { from: currentOf(mara), to: payee, isFollowedUp: true };
  const orders = [
    {
      ...order,
      amount: 89_95n,
      description: 'Rain jacket',
      reference: 'ORDER-742108',
      key: 'episode-jacket',
    },
    {
      ...order,
      amount: 64_40n,
      description: 'Desk lamp and bulbs',
      reference: 'ORDER-742977',
      key: 'episode-lamp',
    },
  ];
  const returns = [
    { payee, key: 'episode-jacket', description: 'Return of order 742108' },
    { payee, key: 'episode-lamp', amount: 12_90n, description: 'Broken bulb of order 742977' },
  ];
  return [
    ...orders.map(
      (one, index): Act => ({
        at: momentOf(daysAgo(story, 16 - index * 3), 'night', seed),
        run: (teller) => teller.pay(one),
      }),
    ),
    ...returns.map(
      (one, index): Act => ({
        at: momentOf(daysAgo(story, 11 - index * 3), 'lunch', seed),
        isAlone: true,
        run: (teller) => teller.refund(one),
      }),
    ),
  ];
}

/** A stay abroad is paid in dollars. Today a purchase fails, because it costs more than there is. */
function purchases(story: Story, { mara }: Roles): readonly Act[] {
  const stay = {
    to: mainOf(firmOf('hotel abroad')),
    amount: 96_40n,
    description: 'Deposit for one night',
    reference: 'NYC-5582',
  };
  return [
    {
      at: momentOf(daysAgo(story, 8), 'afternoon', story.seed),
      isAlone: true,
      run: async (teller) => {
        await teller.bank.ledger.exchangeFunds(teller.operator, {
          sourceAccountId: teller.idOf(currentOf(mara)),
          destinationAccountId: teller.idOf(`${mara.key}/dollars`),
          sourceAmount: 120_00n,
          destinationAmount: 131_46n,
          description: 'EUR to USD at 1.0955',
          idempotencyKey: 'episode-dollars',
        });
        await teller.pay({ ...stay, from: `${mara.key}/dollars`, key: 'episode-new-york' });
      },
    },
    {
      at: minutesAgo(story, 22),
      isAlone: true,
      run: async (teller) => {
        const left = (await teller.available(currentOf(mara))) / 100n;
        const price = left > 4_000n ? left + 250n - (left % 50n) : 4_249n;
        await teller.pay({
          from: currentOf(mara),
          to: mainOf(firmOf('online shop')),
          amount: price * 100n,
          description: 'Cargo bike',
          reference: 'ORDER-751660',
          key: 'episode-bike',
        });
      },
    },
  ];
}

/** The main customer's budget program reads by a key of its own. */
function apiKey(story: Story, { mara }: Roles): readonly Act[] {
  const run = async ({ bank }: Teller): Promise<void> => {
    const { password } = story;
    const { token } = await bank.signIn({ email: mara.email, password });
    const origin = { address: null, device: null };
    const person = { ...(await bank.authenticate(token)), origin };
    await bank.makeApiKey(person, {
      name: 'Budget spreadsheet',
      password,
      scopes: ['read'],
      expiresInDays: 365,
    });
  };
  return [{ at: momentOf(daysAgo(story, 33), 'evening', story.seed), isAlone: true, run }];
}
