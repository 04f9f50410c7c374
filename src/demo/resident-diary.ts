import { momentOf } from './act.ts';
import type { Act, PartOfDay } from './act.ts';
import { daysLater, isDue, isWorkingDay, monthName } from './days.ts';
import type { DiaryDay } from './days.ts';
import { firmOf, firmsOf } from './firms.ts';
import type { Firm } from './firms.ts';
import { SeededDraws } from './random.ts';
import type { Resident } from './residents.ts';
import type { AccountKey, DemoPayment, Teller } from './teller.ts';

/** One person's day. */
export type DiaryPage = {
  readonly day: DiaryDay;
  readonly resident: Resident;
  /** All people. */
  readonly residents: readonly Resident[];
  readonly seed: number;
};

/** Expiry of a pre-authorisation, longer than its firm takes to capture it. */
const HOLD_SECONDS = 7 * 86_400;
const TANK_LIMIT = 120_00n;

/** Returns the orders that a person gives on a day, and those that follow from them on later days. */
export function residentActs(page: DiaryPage): readonly Act[] {
  const draws = new SeededDraws(page.seed, page.resident.key, page.day.text);
  const habits = [groceries, coffee, lunch, dinner, errands, online, fuel, hotel, friends, sales];
  return [...standingOrders(page), ...habits.flatMap((habit) => habit(page, draws))];
}

function standingOrders(page: DiaryPage): readonly Act[] {
  const { day, resident, seed } = page;
  const fixed = new SeededDraws(seed, 'fixed costs', resident.key);
  const heating = [5, 4, 3, 1, 0, 0, 0, 0, 0, 2, 3, 4][day.month - 1] ?? 0;
  const month = monthName(day);
  const orders: readonly (readonly [due: number, firm: string, amount: bigint, description: string])[] = [
    [1, resident.landlord, BigInt(resident.rent), `Rent ${month}`],
    [
      3,
      firmOf('energy').key,
      fixed.amount(54_20, 71_90) + BigInt(heating * 6_15),
      `Electricity and heat ${month}`,
    ],
    [5, firmOf('telecom').key, fixed.pick([29_99n, 34_99n, 41_50n]), `Internet and mobile ${month}`],
    [10, firmOf('insurance').key, fixed.amount(21_40, 48_75), 'Household and liability insurance'],
    [1, firmOf('transit').key, 49_00n, `City pass ${month}`],
    ...(fixed.chance(0.7) || resident.sells ? [[2, firmOf('gym').key, 34_50n, 'Membership'] as const] : []),
  ];
  return [
    ...orders.flatMap(([due, firm, amount, description]) =>
      isDue(day, due)
        ? [act(page, 'dawn', { to: `${firm}/main`, amount, description, reference: referenceOf(page, firm) })]
        : [],
    ),
    ...subscriptions(page),
  ];
}

/** Subscriptions are charged on their day, weekends included. */
function subscriptions(page: DiaryPage): readonly Act[] {
  const { day, resident, seed } = page;
  const fixed = new SeededDraws(seed, 'subscriptions', resident.key);
  const plans = [
    [fixed.integer(6, 15), firmOf('streaming').key, 12_99n, 'Nightheron Family, monthly'],
    [fixed.integer(16, 26), firmOf('music').key, 9_99n, 'Tonspule Duo, monthly'],
  ] as const;
  return plans.flatMap(([due, firm, amount, description]) =>
    due === day.day ? [act(page, 'dawn', { to: `${firm}/main`, amount, description })] : [],
  );
}

function groceries(page: DiaryPage, draws: SeededDraws): readonly Act[] {
  const { day, resident } = page;
  const chances = [0, 0.3, 0.12, 0.34, 0.15, 0.36, 0.68];
  if (!draws.chance((chances[day.weekday] ?? 0) * resident.liveliness)) return [];
  const shop = draws.chance(0.7) ? resident.grocer : draws.pick(firmsOf('grocer')).key;
  const amount = draws.amount(8_40, day.weekday === 6 ? 82_90 : 46_70);
  return [
    act(page, day.weekday === 6 ? 'forenoon' : 'evening', {
      to: `${shop}/main`,
      amount,
      description: 'Groceries',
    }),
  ];
}

function coffee(page: DiaryPage, draws: SeededDraws): readonly Act[] {
  if (!draws.chance(0.2 * page.resident.liveliness)) return [];
  const description = draws.pick([
    'Flat white and croissant',
    'Coffee',
    'Bread and rolls',
    'Breakfast',
    'Tea and cake',
  ]);
  return [
    act(page, 'morning', {
      to: mainOf(draws.pick(firmsOf('cafe'))),
      amount: draws.amount(3_20, 11_80),
      description,
    }),
  ];
}

function lunch(page: DiaryPage, draws: SeededDraws): readonly Act[] {
  if (!isWorkingDay(page.day) || !draws.chance(0.24 * page.resident.liveliness)) return [];
  const firm = draws.pick([...firmsOf('restaurant'), ...firmsOf('cafe')]);
  return [act(page, 'lunch', { to: mainOf(firm), amount: draws.amount(8_50, 17_40), description: 'Lunch' })];
}

/** A dinner, sometimes with a friend who pays their half back the next day. */
function dinner(page: DiaryPage, draws: SeededDraws): readonly Act[] {
  const { day, resident } = page;
  const isWeekend = day.weekday === 5 || day.weekday === 6;
  if (!draws.chance((isWeekend ? 0.28 : 0.04) * resident.liveliness)) return [];
  const restaurant = draws.pick(firmsOf('restaurant'));
  const [half, hasGuest] = [draws.amount(13_50, 34_80), draws.chance(0.55)];
  const meal = act(page, 'night', {
    to: mainOf(restaurant),
    amount: hasGuest ? half * 2n : half,
    description: hasGuest ? 'Dinner for two' : 'Dinner',
  });
  if (!hasGuest) return [meal];
  const share = payment(page, {
    from: currentOf(friendOf(page, draws)),
    to: currentOf(resident),
    amount: half,
    description: `My half at ${restaurant.name}`,
    reference: 'dinner',
  });
  return [
    meal,
    { at: momentOf(daysLater(day, 1), 'forenoon', page.seed), run: (teller) => teller.pay(share) },
  ];
}

function errands(page: DiaryPage, draws: SeededDraws): readonly Act[] {
  if (page.day.weekday === 0 || !draws.chance(0.07 * page.resident.liveliness)) return [];
  const [trade, description] = draws.pick([
    ['pharmacy', 'Pharmacy'],
    ['pharmacy', 'Prescription'],
    ['bookshop', 'Books'],
    ['bookshop', 'Notebooks and pens'],
  ] as const);
  return [
    act(page, 'afternoon', { to: mainOf(firmOf(trade)), amount: draws.amount(6_90, 38_20), description }),
  ];
}

/** An order, of which one in six comes back some days later, in whole or in part. */
function online(page: DiaryPage, draws: SeededDraws): readonly Act[] {
  const { day, seed } = page;
  if (!draws.chance(0.05 * page.resident.liveliness)) return [];
  const payee = mainOf(firmOf('online shop'));
  const number = draws.integer(410_000, 899_999);
  const order = payment(page, {
    to: payee,
    amount: draws.amount(14_90, 139_00),
    description: draws.pick([
      'Headphones',
      'Rain jacket',
      'Desk lamp',
      'Kitchen scales',
      'Running shoes',
      'Wool yarn',
    ]),
    reference: `ORDER-${number}`,
    isFollowedUp: true,
  });
  const bought: Act = { at: momentOf(day, 'night', seed), run: (teller) => teller.pay(order) };
  if (!draws.chance(0.17)) return [bought];
  const isWhole = draws.chance(0.6);
  return [
    bought,
    {
      at: momentOf(daysLater(day, draws.integer(3, 6)), 'forenoon', seed),
      isAlone: true,
      run: (teller) =>
        teller.refund({
          key: order.key,
          payee,
          description: isWhole ? `Return of order ${number}` : `Partial refund of order ${number}`,
          ...(isWhole ? {} : { amount: order.amount / 3n }),
        }),
    },
  ];
}

/** A pump reserves its limit, and captures the price of the fuel minutes later. */
function fuel(page: DiaryPage, draws: SeededDraws): readonly Act[] {
  const { day, resident, seed } = page;
  if (!resident.hasCar || !draws.chance(0.07)) return [];
  const payee = mainOf(firmOf('fuel'));
  const amount = draws.amount(38_60, 86_30);
  const hold = payment(page, {
    to: payee,
    amount: TANK_LIMIT,
    description: `Fuel, pump ${draws.integer(1, 8)}`,
    holdSeconds: HOLD_SECONDS,
  });
  const at = momentOf(day, 'afternoon', seed);
  return [
    { at, run: (teller) => teller.pay(hold) },
    {
      at: momentOf(day, 'evening', seed),
      isAlone: true,
      run: (teller) => teller.capture({ key: hold.key, payee, amount }),
    },
  ];
}

/** A stay, reserved in advance and captured at its end, unless it is cancelled. */
function hotel(page: DiaryPage, draws: SeededDraws): readonly Act[] {
  const { day, seed } = page;
  if (!draws.chance(0.011)) return [];
  const payee = mainOf(firmOf('hotel'));
  const nights = draws.integer(1, 3);
  const hold = payment(page, {
    to: payee,
    amount: BigInt(nights) * 92_00n,
    description: `${nights === 1 ? 'One night' : `${nights} nights`}, room reserved`,
    reference: `STAY-${draws.integer(20_000, 98_999)}`,
    holdSeconds: HOLD_SECONDS,
  });
  const isCancelled = draws.chance(0.25);
  return [
    { at: momentOf(day, 'night', seed), run: (teller) => teller.pay(hold) },
    {
      at: momentOf(daysLater(day, isCancelled ? 1 : nights + 1), 'forenoon', seed),
      isAlone: true,
      run: (teller) =>
        isCancelled ? teller.void({ key: hold.key, payee }) : teller.capture({ key: hold.key, payee }),
    },
  ];
}

function friends(page: DiaryPage, draws: SeededDraws): readonly Act[] {
  if (!draws.chance(0.055 * page.resident.liveliness)) return [];
  const [description, reference] = draws.pick([
    ['Concert tickets', 'concert'],
    ['Birthday present, my share', 'present'],
    ['Thanks for the lift!', 'lift'],
    ['Football pitch, autumn and spring', 'football'],
    ['Flowers for Nana', 'flowers'],
    ['Groceries for the weekend hut', 'hut'],
  ] as const);
  const to = currentOf(friendOf(page, draws));
  return [act(page, 'night', { to, amount: draws.amount(7_50, 48_00), description, reference })];
}

/** Sales of knitting patterns, which the marketplace pays out. */
function sales(page: DiaryPage, draws: SeededDraws): readonly Act[] {
  const { resident } = page;
  if (!resident.sells || !draws.chance(0.3)) return [];
  const description = `Pattern ${draws.pick(PATTERNS)}`;
  return [
    act(page, 'forenoon', {
      from: mainOf(firmOf('marketplace')),
      to: currentOf(resident),
      amount: draws.amount(4_20, 31_50),
      description,
      reference: `SALE-${draws.integer(30_000, 99_999)}`,
    }),
  ];
}

export const PATTERNS = [
  'Nordlys mittens',
  'Harbour scarf',
  'Fjell jumper',
  'Seaglass socks',
  'Moss blanket',
] as const;

type Order = Omit<DemoPayment, 'from' | 'key'> & { readonly from?: AccountKey };

function act(page: DiaryPage, part: PartOfDay, order: Order): Act {
  const paid = payment(page, order);
  return { at: momentOf(page.day, part, page.seed), run: (teller: Teller) => teller.pay(paid) };
}

/** A payment by the person, unless the order names another payer. Its key says who did what on which day. */
function payment({ day, resident }: DiaryPage, order: Order): DemoPayment {
  const what = `${order.from ?? ''}>${order.to} ${order.description}`.replaceAll(/[^\w>/.-]+/g, '-');
  return { from: currentOf(resident), key: `${day.text}-${resident.key}-${what}`, ...order };
}

function friendOf({ resident, residents }: DiaryPage, draws: SeededDraws): Resident {
  return draws.pick(residents.filter(({ key }) => key !== resident.key));
}

export function currentOf({ key }: Resident): AccountKey {
  return `${key}/current`;
}

export function mainOf({ key }: Firm): AccountKey {
  return `${key}/main`;
}

function referenceOf({ day, resident }: DiaryPage, firm: string): string {
  return `${firm.slice(0, 4).toUpperCase()}-${day.text.slice(0, 7)}-${resident.name.slice(0, 2).toUpperCase()}`;
}
