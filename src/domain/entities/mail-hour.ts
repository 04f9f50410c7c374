import { HOUR_MS } from '../time.ts';
import type { Instant } from '../time.ts';
import type { DigestMessage, DigestTotal, TransferNotification } from './notification.ts';

/** The money mails that one recipient gets in an hour; one digest then stands for all beyond. */
const MAILS_PER_HOUR = 12;
/** The messages that a digest lists; of the others it has the totals. */
const LISTED_MAX = 20;

/** An hour of one recipient, which begins with their first money mail. */
export type MailHour = {
  readonly recipientId: string;
  readonly since: Instant;
  /** Ids of the messages that go out by themselves. */
  readonly sent: readonly string[];
  readonly gathered: Gathered;
};

/** Messages that one digest will stand for. Texts of others are left out: they can be erased on demand. */
export type Gathered = {
  readonly listed: readonly TransferNotification[];
  readonly totals: readonly DigestTotal[];
};

export const NOTHING_GATHERED: Gathered = { listed: [], totals: [] };

export function beginHour(recipientId: string, now: Instant): MailHour {
  return { recipientId, since: now, sent: [], gathered: NOTHING_GATHERED };
}

/** Exclusive. */
export function endOfHour({ since }: MailHour): Instant {
  return since + HOUR_MS;
}

export function isFull({ sent }: MailHour): boolean {
  return sent.length >= MAILS_PER_HOUR;
}

/** The hour with the message sent by itself, or gathered where it has no more room. A message counts once. */
export function admit(hour: MailHour, message: TransferNotification): { hour: MailHour; isSent: boolean } {
  if (hour.sent.includes(message.id)) return { hour, isSent: true };
  if (isFull(hour)) return { hour: { ...hour, gathered: gather(hour.gathered, message) }, isSent: false };
  return { hour: { ...hour, sent: [...hour.sent, message.id] }, isSent: true };
}

export function gather({ listed, totals }: Gathered, message: TransferNotification): Gathered {
  const { kind, currency, exponent, amount } = message;
  return {
    listed: listed.length < LISTED_MAX ? [...listed, { ...message, description: null }] : listed,
    totals: addTotal(totals, { kind, currency, exponent, amount, count: 1 }),
  };
}

/** Both, `later` after `earlier`. */
export function joinGathered(earlier: Gathered, later: Gathered): Gathered {
  return {
    listed: [...earlier.listed, ...later.listed].slice(0, LISTED_MAX),
    totals: later.totals.reduce(addTotal, earlier.totals),
  };
}

/** Undefined where nothing was gathered. */
export function digestOf(hour: MailHour): DigestMessage | undefined {
  const { recipientId, since, gathered } = hour;
  if (gathered.totals.length === 0) return undefined;
  const id = `${recipientId}.digest.${since}`;
  return { kind: 'digest', id, recipientId, at: endOfHour(hour), since, ...gathered };
}

function addTotal(totals: readonly DigestTotal[], added: DigestTotal): readonly DigestTotal[] {
  const isSame = ({ kind, currency }: DigestTotal) => kind === added.kind && currency === added.currency;
  if (!totals.some(isSame)) return [...totals, added];
  return totals.map((total) =>
    isSame(total)
      ? { ...total, count: total.count + added.count, amount: total.amount + added.amount }
      : total,
  );
}
