import { momentOf } from './act.ts';
import type { Act } from './act.ts';
import { daysLater, isDue, monthName, payday } from './days.ts';
import type { DiaryDay } from './days.ts';
import { FIRMS, firmOf, firmsOf } from './firms.ts';
import { SeededDraws } from './random.ts';
import { currentOf, mainOf } from './resident-diary.ts';
import type { Resident } from './residents.ts';
import type { AccountKey, Teller } from './teller.ts';

export type Business = {
  readonly day: DiaryDay;
  readonly residents: readonly Resident[];
  readonly seed: number;
};

const PAYDAY = 27;
/** Share of a firm's balance that it pays to its suppliers each month, in percent. */
const TO_SUPPLIERS = 70n;
/** A salary plus what may be left of the one before: more than this goes to savings. In percent of the salary. */
const KEPT = 105n;
const TOP_UP_BELOW = 250_00n;
const TOP_UP = 600_00n;
/** Yearly interest on savings, in hundredths of a percent. */
const INTEREST = 175n;

/** Returns the orders of firms and of the bank itself on a day: payroll, takings, savings and interest. */
export function businessActs(business: Business): readonly Act[] {
  return [payroll, takings, payouts, savings, topUps, dollars, interest].flatMap((habit) => habit(business));
}

/** Employers are paid by their customers the day before, and then pay salaries: one of them in a single transfer. */
function payroll({ day, residents, seed }: Business): readonly Act[] {
  const paid = payday(day, PAYDAY);
  const isEve = daysLater(paid, -1).text === day.text;
  if (!isEve && paid.text !== day.text) return [];
  return firmsOf('employer').flatMap((employer, index): readonly Act[] => {
    const staff = residents.filter((resident) => resident.employer === employer.key);
    if (staff.length === 0) return [];
    const key = `${paid.text}-payroll-${employer.key}`;
    const [at, description] = [
      momentOf(day, isEve ? 'afternoon' : 'dawn', seed),
      `Salary ${monthName(paid)}`,
    ];
    const to = staff.map((resident) => ({ account: currentOf(resident), amount: BigInt(resident.salary) }));
    if (isEve) {
      const amount = to.reduce((sum, one) => sum + one.amount, 5_000_00n);
      return [
        {
          at,
          run: (teller) =>
            teller.bringIn({ account: mainOf(employer), amount, description: 'Customer receipts', key }),
        },
      ];
    }
    const reference = `PAY-${paid.text.slice(0, 7)}`;
    if (index === firmsOf('employer').length - 1 && to.length > 1) {
      return [
        { at, run: (teller) => teller.payAll({ from: mainOf(employer), to, description, reference, key }) },
      ];
    }
    return to.map(({ account, amount }) => ({
      at,
      run: (teller) =>
        teller.pay({
          from: mainOf(employer),
          to: account,
          amount,
          description,
          reference,
          key: `${key}-${account}`,
        }),
    }));
  });
}

/** The marketplace collects its sales from cards elsewhere. */
function takings({ day, seed }: Business): readonly Act[] {
  if (day.weekday !== 1) return [];
  const account = mainOf(firmOf('marketplace'));
  const amount = new SeededDraws(seed, 'takings', day.text).amount(420_00, 760_00);
  const cash = { account, amount, description: 'Card sales of the week', key: `${day.text}-card-sales` };
  return [{ at: momentOf(day, 'dawn', seed), run: (teller) => teller.bringIn(cash) }];
}

function payouts({ day, seed }: Business): readonly Act[] {
  if (!isDue(day, 8)) return [];
  const run = async (teller: Teller): Promise<void> => {
    const firms = FIRMS.filter((firm) => firm.currency === 'EUR' && firm.trade !== 'employer');
    const left = await balancesOf(teller, firms.map(mainOf));
    const orders = left.map(({ account, available }) => ({
      account,
      amount: roundedDown((available * TO_SUPPLIERS) / 100n),
      description: 'Suppliers and wages',
      key: `${day.text}-suppliers-${account}`,
    }));
    await Promise.all(orders.filter(({ amount }) => amount > 0n).map((order) => teller.takeOut(order)));
  };
  return [{ at: momentOf(day, 'forenoon', seed), isAlone: true, run }];
}

/** Once the rent is paid, a standing order saves the rest of the month before. */
function savings({ day, residents, seed }: Business): readonly Act[] {
  if (!isDue(day, 4)) return [];
  const run = async (teller: Teller): Promise<void> => {
    const left = await balancesOf(teller, residents.map(currentOf));
    const orders = residents.map((resident, index) => ({
      from: currentOf(resident),
      to: `${resident.key}/savings` as const,
      amount: roundedDown((left[index]?.available ?? 0n) - (BigInt(resident.salary) * KEPT) / 100n),
      description: 'Standing order: savings',
      key: `${day.text}-savings`,
    }));
    await Promise.all(orders.filter(({ amount }) => amount > 0n).map((order) => teller.pay(order)));
  };
  return [{ at: momentOf(day, 'afternoon', seed), isAlone: true, run }];
}

function topUps({ day, residents, seed }: Business): readonly Act[] {
  if (day.weekday !== 1 && day.weekday !== 4) return [];
  const run = async (teller: Teller): Promise<void> => {
    const left = await balancesOf(teller, residents.map(currentOf));
    const short = residents.filter((_, index) => (left[index]?.available ?? 0n) < TOP_UP_BELOW);
    await Promise.all(
      short.map((resident) =>
        teller.pay({
          from: `${resident.key}/savings`,
          to: currentOf(resident),
          amount: TOP_UP,
          description: 'From savings',
          key: `${day.text}-top-up`,
        }),
      ),
    );
  };
  return [{ at: momentOf(day, 'morning', seed), isAlone: true, run }];
}

/** Owners of a dollar account exchange some euros every second month. */
function dollars({ day, residents, seed }: Business): readonly Act[] {
  if (day.month % 2 !== 0 || !isDue(day, 6)) return [];
  const draws = new SeededDraws(seed, 'dollars', day.text);
  const rate = draws.amount(10_620, 11_390);
  const run = async (teller: Teller): Promise<void> => {
    const owners = residents.filter(({ key }) => teller.has(`${key}/dollars`));
    await Promise.all(
      owners.map((resident) =>
        teller.bank.ledger.exchangeFunds(teller.operator, {
          sourceAccountId: teller.idOf(currentOf(resident)),
          destinationAccountId: teller.idOf(`${resident.key}/dollars`),
          sourceAmount: 150_00n,
          destinationAmount: (150_00n * rate) / 10_000n,
          description: `EUR to USD at 1.${rate.toString().slice(1)}`,
          idempotencyKey: `${day.text}-dollars-${resident.key}`,
        }),
      ),
    );
  };
  return [{ at: momentOf(day, 'lunch', seed), isAlone: true, run }];
}

/** The bank credits the interest of a quarter on its last day. */
function interest({ day, residents, seed }: Business): readonly Act[] {
  const next = daysLater(day, 1);
  if (next.day !== 1 || next.month % 3 !== 1) return [];
  const quarter = `Q${Math.ceil(day.month / 3)} ${day.year}`;
  const run = async (teller: Teller): Promise<void> => {
    const left = await balancesOf(
      teller,
      residents.map(({ key }) => `${key}/savings` as const),
    );
    const credits = left.map(({ account, available }) => ({
      account,
      amount: (available * INTEREST) / 40_000n,
      description: `Interest ${quarter}`,
      key: `${day.text}-interest-${account}`,
    }));
    await Promise.all(credits.filter(({ amount }) => amount > 0n).map((credit) => teller.bringIn(credit)));
  };
  return [{ at: momentOf(day, 'night', seed), isAlone: true, run }];
}

type Left = { readonly account: AccountKey; readonly available: bigint };

function balancesOf(teller: Teller, accounts: readonly AccountKey[]): Promise<readonly Left[]> {
  return Promise.all(
    accounts.map(async (account) => ({ account, available: await teller.available(account) })),
  );
}

/** Whole tens, as people save them. */
function roundedDown(amount: bigint): bigint {
  return amount - (amount % 10_00n);
}
