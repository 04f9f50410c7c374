import type { Bank } from '../application/bank.ts';
import type { SystemUser } from '../local-secrets.ts';
import { FIRMS } from './firms.ts';
import type { Firm } from './firms.ts';
import { SeededDraws } from './random.ts';
import { currentOf, mainOf } from './resident-diary.ts';
import type { Resident } from './residents.ts';
import { Teller } from './teller.ts';
import type { AccountKey } from './teller.ts';

export type Cast = {
  readonly bank: Bank;
  readonly residents: readonly Resident[];
  readonly operator: Pick<SystemUser, 'email' | 'password'>;
};

type Opened = { readonly account: AccountKey; readonly name: string; readonly currency: 'EUR' | 'USD' };

/** People beside the main customer with an account in dollars. */
const WITH_DOLLARS = [0, 4, 8];
/** The person who closes an account during the history. */
export const WITH_HOLIDAY_FUND = 1;

/** Registers everybody and opens their accounts, each through the bank's use cases. */
export async function openDemoBank(
  cast: Cast & { seed: number; signal: AbortSignal | undefined },
): Promise<Teller> {
  const { bank, residents, operator, seed, signal } = cast;
  await bank.ensureSystemUser(operator);
  for (const { name, email } of everybody(residents)) {
    signal?.throwIfAborted();
    await bank.registerUser({ name, email, password: operator.password });
  }
  const teller = await tellerOf(cast);
  await Promise.all(accountsOf(residents).map(({ account, ...terms }) => teller.open(account, terms)));
  await bringOpeningBalances(teller, { residents, seed });
  for (const [index, resident] of residents.entries()) {
    signal?.throwIfAborted();
    await savePayees(teller, residents, { resident, index });
  }
  return teller;
}

/** Finds everybody and their accounts in a bank that an earlier run opened. */
export async function findDemoBank(cast: Cast): Promise<Teller> {
  const teller = await tellerOf(cast);
  await Promise.all(accountsOf(cast.residents).map(({ account }) => teller.find(account)));
  return teller;
}

async function tellerOf({ bank, residents, operator }: Cast): Promise<Teller> {
  const owners = new Map<string, { id: string; name: string }>();
  for (const { key, email } of everybody(residents)) owners.set(key, await bank.findUser(email));
  return new Teller({ bank, operatorId: (await bank.findUser(operator.email)).id, owners });
}

function everybody(residents: readonly Resident[]): readonly { key: string; name: string; email: string }[] {
  return [...FIRMS.map((firm) => ({ key: firm.key, name: firm.name, email: emailOf(firm) })), ...residents];
}

export function emailOf({ key }: Firm): string {
  return `accounts@${key}.example`;
}

function accountsOf(residents: readonly Resident[]): readonly Opened[] {
  return [
    ...FIRMS.map(
      (firm): Opened => ({ account: mainOf(firm), name: firm.accountName, currency: firm.currency }),
    ),
    ...residents.flatMap((resident, index): readonly Opened[] => [
      { account: currentOf(resident), name: 'Everyday', currency: 'EUR' },
      {
        account: `${resident.key}/savings`,
        name: index % 2 === 0 ? 'Rainy days' : 'Savings',
        currency: 'EUR',
      },
      ...(WITH_DOLLARS.includes(index)
        ? [{ account: `${resident.key}/dollars`, name: 'Dollars for New York', currency: 'USD' } as const]
        : []),
      ...(index === WITH_HOLIDAY_FUND
        ? [{ account: `${resident.key}/holiday`, name: 'Holiday fund', currency: 'EUR' } as const]
        : []),
    ]),
  ];
}

/** People bring their money from their bank before; firms bring enough for refunds in the first weeks. */
async function bringOpeningBalances(
  teller: Teller,
  { residents, seed }: { residents: readonly Resident[]; seed: number },
): Promise<void> {
  const draws = new SeededDraws(seed, 'opening balances');
  const bring = (account: AccountKey, amount: bigint) =>
    teller.bringIn({
      account,
      amount,
      description: 'Transfer from previous bank',
      key: `opening-${account}`,
    });
  const amounts = residents.flatMap((resident): readonly (readonly [AccountKey, bigint])[] => [
    [currentOf(resident), BigInt(resident.salary) + draws.amount(180_00, 940_00)],
    [`${resident.key}/savings`, draws.amount(2_600_00, 9_800_00)],
    ...(teller.has(`${resident.key}/holiday`) ? [[`${resident.key}/holiday`, 864_50n] as const] : []),
  ]);
  const firms = FIRMS.filter(({ currency }) => currency === 'EUR').map(
    (firm) => [mainOf(firm), 900_00n] as const,
  );
  await Promise.all([...firms, ...amounts].map(([account, amount]) => bring(account, amount)));
}

const LABELS = ['Flatmate', 'Climbing', 'Sister', 'Choir'];

async function savePayees(
  teller: Teller,
  residents: readonly Resident[],
  { resident, index }: { resident: Resident; index: number },
): Promise<void> {
  const count = index === 0 ? LABELS.length : 2;
  const others = residents.filter(({ key }) => key !== resident.key);
  for (let saved = 0; saved < Math.min(count, others.length); saved++) {
    const friend = others[(index + saved * 3) % others.length];
    if (!friend) continue;
    const { number } = await teller.view(currentOf(friend));
    const { id } = teller.ownerOf(resident.key);
    await teller.bank.savePayee(id, {
      number: number ?? '',
      name: friend.name,
      label: LABELS[saved] ?? friend.name,
    });
  }
  const { number } = await teller.view(`${resident.landlord}/main`);
  await teller.bank.savePayee(teller.ownerOf(resident.key).id, { number: number ?? '', label: 'Rent' });
}
