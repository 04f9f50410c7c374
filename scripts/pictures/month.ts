import { createBankRoutes } from '../../src/adapters/http/bank-routes.ts';
import { readLogo } from '../../src/adapters/http/statement/logo.ts';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { sha256OfHex, systemIds } from '../../src/adapters/system.ts';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import { assembleLedger } from '../../src/application/ledger.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';

const DAY_MS = 86_400_000;
/** The bank of the pictures. */
export const BANK = {
  name: 'Alder Bank',
  address: ['Kaiser-Joseph-Straße 210', '79098 Freiburg im Breisgau', 'alderbank.example'],
};

const ADA = { kind: 'user', id: 'ada', name: 'Ada Lindqvist' } as const;
const SYSTEM = { kind: 'system' } as const;

/** Day of November, payee or payer, amount in cents (negative: out), description, reference. */
type Payment = readonly [day: number, name: string, cents: number, description: string, reference: string];

const PAYMENTS: readonly Payment[] = [
  [2, 'Haus & Grund Hausverwaltung', -118_000, 'Rent, November', 'RENT-2026-11'],
  [2, 'Stadtwerke Freiburg', -9_640, 'Electricity and gas', 'VK 4471 902'],
  [3, 'Bäckerei Sommer', -1_285, 'Bread and rolls', ''],
  [4, 'Jonas Lindqvist', -6_000, 'Guitar lessons', ''],
  [5, 'Meridian Insurance', -4_215, 'Household insurance, 4th quarter', 'POL 88-20193'],
  [6, 'Café Olé', -2_730, 'Lunch with Mira', ''],
  [9, 'Ökomarkt am Münster', -6_418, 'Groceries', ''],
  [10, 'Zoë Papadopoulos', 4_500, 'Your half of the theatre tickets', ''],
  [11, 'Regio Mobil', -8_900, 'Monthly pass', 'ABO 0071'],
  [12, 'Nordlicht Bücher', -3_795, 'Two novels, order 2026-3318', '2026-3318'],
  [13, 'Dr. Amira Haddad', -5_200, 'Dental cleaning', 'INV 10473'],
  [16, 'Ökomarkt am Münster', -5_836, 'Groceries', ''],
  [17, 'Lindqvist & Rao Design GmbH', 386_500, 'Salary, November', 'PAYROLL-11'],
  [18, 'Savings', -50_000, 'Monthly saving', ''],
  [19, 'Freiburger Turnerschaft', -3_600, 'Membership, 4th quarter', 'MITGL 5521'],
  [20, 'Kino Harmonie', -2_400, 'Two tickets', ''],
  [23, 'Ökomarkt am Münster', -7_102, 'Groceries', ''],
  [24, 'Telemar Mobile', -1_999, 'Mobile phone', 'KD 700 45 11'],
  [25, 'Mira Okafor', 2_800, 'Lunch and the concert', ''],
  [26, 'Nordlicht Bücher', 1_895, 'Returned: one novel', '2026-3318'],
];

/** A bank in memory after November 2026, with the account of one person. */
export async function aMonthOfABank({ logo, moreLines = 0 }: { logo: string; moreLines?: number }) {
  const clock = new FixedClock(Date.UTC(2026, 9, 30, 9));
  const ledger = assembleLedger({
    store: createMemoryStore(),
    clock,
    ids: systemIds,
    digest: sha256,
    hexDigest: sha256OfHex,
    checkpoints: null,
    defaultCurrency: 'EUR',
    accountPrefix: 'AB',
    accountsPerOwner: null,
    notify: false,
  });
  const others = new Map<string, Awaited<ReturnType<typeof openAccount>>>();
  const own = await openAccount(ADA.id, 'Everyday account');
  await fund(own.accountId, 184_230n);
  for (const payment of PAYMENTS) await pay(payment);
  for (let line = 0; line < moreLines; line++) await pay([27, `Payee ${line % 40}`, -1, `Line ${line}`, '']);
  await goTo(28);
  await hold('Hotel Alpenblick', 24_000n, 'Room for two nights, booking 7741');
  await goTo(32);

  const names = new Map([...others].map(([name, { accountId, number }]) => [accountId, { name, number }]));
  const routes = createBankRoutes({
    ledger,
    actorOf: () => ADA,
    statements: {
      letterhead: {
        ...BANK,
        logo: readLogo(logo),
      },
      holderOf: () => Promise.resolve({ name: ADA.name, timeZone: 'Europe/Berlin' }),
      payeeNames: () => Promise.resolve(names),
    },
  });
  return {
    async statement(format: 'html' | 'pdf'): Promise<Uint8Array> {
      const period = 'from=2026-11-01&to=2026-12-01&timeZone=Europe/Berlin';
      const answer = await routes.request(`/accounts/${own.accountId}/statement?${period}&format=${format}`);
      if (!answer.ok) throw new Error(await answer.text());
      return new Uint8Array(await answer.arrayBuffer());
    },
  };

  async function openAccount(ownerId: string, name: string) {
    const opened = await ledger.openAccount(SYSTEM, { ownerId, name, currency: 'EUR' });
    if (!opened.ok) throw new Error(opened.code);
    return opened.account;
  }

  async function other(name: string) {
    const known = others.get(name);
    if (known) return known;
    const account = await openAccount(idOf(name), name);
    others.set(name, account);
    return account;
  }

  async function fund(destinationAccountId: string, amount: bigint): Promise<void> {
    const idempotencyKey = systemIds.newId();
    const funded = await ledger.fundAccount(SYSTEM, { destinationAccountId, amount, idempotencyKey });
    if (!funded.ok) throw new Error(funded.code);
  }

  async function pay([day, name, cents, description, reference]: Payment): Promise<void> {
    await goTo(day);
    const { accountId } = await other(name);
    const isIn = cents > 0;
    if (isIn) await fund(accountId, BigInt(cents));
    const paid = await ledger.transferFunds(isIn ? { kind: 'user', id: idOf(name), name } : ADA, {
      sourceAccountId: isIn ? accountId : own.accountId,
      destinationAccountId: isIn ? own.accountId : accountId,
      amount: BigInt(Math.abs(cents)),
      description,
      ...(reference === '' ? {} : { reference }),
      idempotencyKey: systemIds.newId(),
    });
    if (!paid.ok) throw new Error(paid.code);
  }

  async function hold(name: string, amount: bigint, description: string): Promise<void> {
    const { accountId: destinationAccountId } = await other(name);
    const terms = { sourceAccountId: own.accountId, destinationAccountId, amount, description };
    const idempotencyKey = systemIds.newId();
    const held = await ledger.transferFunds(ADA, {
      ...terms,
      pending: true,
      expiresAt: clock.now() + 7 * DAY_MS,
      idempotencyKey,
    });
    if (!held.ok) throw new Error(held.code);
  }

  /** Moves the clock to the morning of a day of November. */
  async function goTo(day: number): Promise<void> {
    clock.advance(Math.max(0, Date.UTC(2026, 10, day, 8) - clock.now()));
    return Promise.resolve();
  }

  function idOf(name: string): string {
    return name.replaceAll(/[^A-Za-z]/g, '-');
  }
}
