import type { Logger } from '../application/ports/runtime.ts';
import { firmOf, firmsOf } from './firms.ts';
import type { SeededDraws } from './random.ts';
import { currentOf, mainOf, PATTERNS } from './resident-diary.ts';
import type { Resident } from './residents.ts';
import type { DemoPayment, Teller } from './teller.ts';

/** Time between two payments. */
const LEAST_MS = 2_200;
const MOST_MS = 4_400;
/** One in this number of payments reaches the main customer: about every ten seconds. */
const TO_MAIN_EVERY = 3;
/** Share of the other payments that the main customer makes, who spends about as much as comes in. */
const MAIN_PAYS = 0.45;
/** People with less than this make no payments, so that nobody runs out of money overnight. */
const KEEPS = 300_00n;

/** Makes small payments every few seconds, by the ledger's own time. */
export class LivePayments {
  readonly #teller: Teller;
  readonly #residents: readonly Resident[];
  readonly #draws: SeededDraws;
  readonly #log: Logger;
  /** Distinguishes the keys of this run from those of an earlier one. */
  readonly #run: string;
  #made = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #underWay: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(given: {
    teller: Teller;
    /** The first is the main customer. */
    residents: readonly Resident[];
    draws: SeededDraws;
    log: Logger;
    run: string;
  }) {
    this.#teller = given.teller;
    this.#residents = given.residents;
    this.#draws = given.draws;
    this.#log = given.log;
    this.#run = given.run;
  }

  /** Makes the first payment at once. */
  start(): void {
    this.#underWay = this.#payNext();
  }

  /** Makes no further payment, and waits for the one under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#underWay;
  }

  async #payNext(): Promise<void> {
    try {
      await this.#pay(this.#made++);
    } catch (error) {
      this.#log.warn({ err: error }, 'a payment of the demo failed');
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.start(), this.#draws.integer(LEAST_MS, MOST_MS));
  }

  async #pay(count: number): Promise<void> {
    const payment = count % TO_MAIN_EVERY === 0 ? await this.#toMain() : await this.#fromSomebody();
    if (payment) await this.#teller.pay({ ...payment, key: `live-${this.#run}-${count}` });
  }

  /** A sale of the main customer, or a small debt that a friend pays back. */
  async #toMain(): Promise<Omit<DemoPayment, 'key'> | undefined> {
    const draws = this.#draws;
    const [main, ...others] = this.#residents;
    if (!main) return undefined;
    const to = currentOf(main);
    const friend = draws.pick(others);
    if (draws.chance(0.4) && (await this.#isSolvent(friend))) {
      const description = draws.pick(['Coffee on me', 'Bus ticket', 'Cinema snacks', 'Thanks!']);
      return { from: currentOf(friend), to, amount: draws.amount(1_80, 7_90), description };
    }
    const from = mainOf(firmOf('marketplace'));
    const amount = draws.amount(2_40, 8_60);
    if ((await this.#teller.available(from)) < amount) {
      const key = `live-${this.#run}-${this.#made}-sales`;
      await this.#teller.bringIn({ account: from, amount: 250_00n, description: 'Card sales', key });
    }
    const reference = `SALE-${draws.integer(30_000, 99_999)}`;
    return { from, to, amount, description: `Pattern ${draws.pick(PATTERNS)}`, reference };
  }

  async #fromSomebody(): Promise<Omit<DemoPayment, 'key'> | undefined> {
    const draws = this.#draws;
    const [main, ...others] = this.#residents;
    const payer = main && draws.chance(MAIN_PAYS) ? main : draws.pick(others);
    if (!(await this.#isSolvent(payer))) return undefined;
    const [trade, description] = draws.pick([
      ['cafe', 'Coffee'],
      ['cafe', 'Bread and rolls'],
      ['grocer', 'Groceries'],
      ['restaurant', 'Takeaway'],
      ['bookshop', 'Newspaper'],
      ['transit', 'Single ticket'],
    ] as const);
    const to = mainOf(draws.pick(firmsOf(trade)));
    return { from: currentOf(payer), to, amount: draws.amount(1_90, 9_80), description };
  }

  async #isSolvent(resident: Resident): Promise<boolean> {
    return (await this.#teller.available(currentOf(resident))) > KEEPS;
  }
}
