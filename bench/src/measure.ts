/** A closed loop: a fixed number of workers, each with one step under way at any time. */
import { readFileSync } from 'node:fs';
import { createHistogram } from 'node:perf_hooks';

/** Who pays whom: any of 1,000 accounts any other; the same among ten; or one account on one side of every transfer. */
export type Workload = 'uniform' | 'ten' | 'hot';

export type Point = {
  readonly id: string;
  readonly workload: Workload;
  readonly inFlight: number;
  /** How many transfers one step makes. */
  readonly unit: number;
};

/** Something that makes transfers, ready to begin. */
export interface Contender {
  /** Processes that work for it besides this one, to account for their processor time. */
  readonly servers: readonly number[];
  /** Called before each point, outside the measured time. */
  begin(point: Point): Promise<void>;
  /** Makes `unit` transfers of this point; resolves when all are durable, rejects unless all were made. */
  step(worker: number): Promise<void>;
  /** Throws unless the books hold exactly the transfers acknowledged, and add up. */
  check(acknowledged: number): Promise<void>;
  close(): Promise<void>;
}

export type Measured = {
  /** Transfers a second. */
  readonly rate: number;
  /** Of a step. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  /** Why, of the first that failed. */
  readonly fault?: string;
  /** Processor time for each transfer in microseconds: of the process that measures, its servers, and mongod. */
  readonly cpuUs: { readonly self: number; readonly servers: number; readonly mongod: number };
};

export type Terms = {
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly mongodPid: number | null;
};

export async function measure(
  contender: Contender,
  point: Point,
  terms: Terms,
): Promise<Measured & { readonly acknowledged: number }> {
  await contender.begin(point);
  const from = performance.now() + terms.warmUpMs;
  const until = from + terms.measureMs;
  const loop = new Loop(contender, { unit: point.unit, from, until });
  const workers = Promise.all(Array.from({ length: point.inFlight }, (_, worker) => loop.run(worker)));

  await sleepUntil(from);
  const before = cpuTimes(contender, terms.mongodPid);
  await sleepUntil(until);
  const after = cpuTimes(contender, terms.mongodPid);
  await workers;
  loop.stop();

  const { counted, histogram, failed, fault, acknowledged } = loop;
  const rate = counted / (terms.measureMs / 1000);
  // A loop that is busy looks at the processor's accounts late: so by their own time, and not by the transfers counted
  const each = (total: number) => total / ((after.at - before.at) / 1000) / rate;
  return {
    rate,
    p50Ms: histogram.percentile(50) / 1000,
    p99Ms: histogram.percentile(99) / 1000,
    cpuUs: {
      self: each(after.self - before.self),
      servers: each(after.servers - before.servers),
      mongod: each(after.mongod - before.mongod),
    },
    failed,
    acknowledged,
    ...(fault === undefined ? {} : { fault }),
  };
}

class Loop {
  readonly #contender: Contender;
  readonly #unit: number;
  readonly #from: number;
  readonly #until: number;
  readonly histogram = createHistogram({ figures: 3 });
  /** Those that were done within the measured time. */
  counted = 0;
  acknowledged = 0;
  failed = 0;
  fault: string | undefined;
  #turnedAt = performance.now();
  readonly #ticker = setInterval(() => {
    this.#turnedAt = performance.now();
  }, TICK_MS);
  #turn: Promise<number> | undefined;

  constructor(contender: Contender, { unit, from, until }: { unit: number; from: number; until: number }) {
    this.#contender = contender;
    this.#unit = unit;
    this.#from = from;
    this.#until = until;
  }

  async run(worker: number): Promise<void> {
    for (let now = performance.now(); now < this.#until; ) {
      if (now - this.#turnedAt > STARVED_MS) now = await this.#letOthersRun();
      const began = now;
      const isDone = await this.#step(worker);
      now = performance.now();
      if (isDone && now >= this.#from && now < this.#until) {
        this.counted += this.#unit;
        this.histogram.record(Math.max(1, Math.round((now - began) * 1000)));
      }
    }
  }

  async #step(worker: number): Promise<boolean> {
    try {
      await this.#contender.step(worker);
      this.acknowledged += this.#unit;
      return true;
    } catch (error) {
      this.failed += this.#unit;
      this.fault ??= String(error);
      return false;
    }
  }

  stop(): void {
    clearInterval(this.#ticker);
  }

  #letOthersRun(): Promise<number> {
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        this.#turnedAt = performance.now();
        resolve(this.#turnedAt);
      });
    });
    return this.#turn;
  }
}

/** A store in memory never waits: without this, no timer of this process would have its turn. */
const STARVED_MS = 20;
const TICK_MS = 5;

/** In microseconds since each process began. */
function cpuTimes(contender: Contender, mongodPid: number | null) {
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now(),
    self: user + system,
    servers: contender.servers.reduce((sum, pid) => sum + cpuTimeOf(pid), 0),
    mongod: mongodPid === null ? 0 : cpuTimeOf(mongodPid),
  };
}

/** From Linux's accounts, in ticks of 10 ms; not a number elsewhere. */
function cpuTimeOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return Number.NaN;
  }
}

async function sleepUntil(instant: number): Promise<void> {
  const ms = instant - performance.now();
  await new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms));
  });
}
