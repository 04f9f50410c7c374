import { HOUR_MS } from '../time.ts';
import type { Instant } from '../time.ts';
import type { DigestMessage, DigestTotal, TransferNotification } from './notification.ts';

/** Maximum number of money mails to one recipient in an hour. One digest replaces all further ones. */
const MAILS_PER_HOUR = 12;
/** Maximum number of messages that a digest lists. It shows only totals of the others. */
const LISTED_MAX = 20;

/** One recipient's hour of mails, which begins with their first money mail. */
export type MailHour = {
  readonly recipientId: string;
  readonly since: Instant;
  /** Ids of the messages that were admitted as mails of their own. */
  readonly sent: readonly string[];
  readonly gathered: Gathered;
};

/** Messages that one digest will replace. Leaves out their texts, which can be erased on demand. */
export type Gathered = {
  readonly listed: readonly TransferNotification[];
  readonly totals: readonly DigestTotal[];
};

export const NOTHING_GATHERED: Gathered = { listed: [], totals: [] };

export function beginHour(recipientId: string, now: Instant): MailHour {
  return { recipientId, since: now, sent: [], gathered: NOTHING_GATHERED };
}

/** Returns the exclusive end of the hour. */
export function endOfHour({ since }: MailHour): Instant {
  return since + HOUR_MS;
}

export function isFull({ sent }: MailHour): boolean {
  return sent.length >= MAILS_PER_HOUR;
}

/** Adds a message to the hour: as a mail of its own, or gathered if the hour is full. A message counts once. */
export function admit(hour: MailHour, message: TransferNotification): { hour: MailHour; isSent: boolean } {
  if (hour.sent.includes(message.id)) return { hour, isSent: true };
  if (isFull(hour)) return { hour: { ...hour, gathered: gather(hour.gathered, message) }, isSent: false };
  return { hour: { ...hour, sent: [...hour.sent, message.id] }, isSent: true };
}

export function gather({ listed, totals }: Gathered, message: TransferNotification): Gathered {
  const { reference: _reference, ...shown } = message;
  const { kind, currency, exponent, amount } = message;
  return {
    listed: listed.length < LISTED_MAX ? [...listed, { ...shown, description: null }] : listed,
    totals: addTotal(totals, { kind, currency, exponent, amount, count: 1 }),
  };
}

/** Joins two sets of gathered messages, `later` after `earlier`. */
export function joinGathered(earlier: Gathered, later: Gathered): Gathered {
  return {
    listed: [...earlier.listed, ...later.listed].slice(0, LISTED_MAX),
    totals: later.totals.reduce(addTotal, earlier.totals),
  };
}

/** Returns the digest of an hour; undefined if nothing was gathered. */
export function digestMessageOf(hour: MailHour): DigestMessage | undefined {
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
