import { makeAccountNumber } from '../../domain/entities/account-number.ts';
import { digestMessageOf, gather, NOTHING_GATHERED } from '../../domain/entities/mail-hour.ts';
import { lastFour } from '../../domain/entities/notification.ts';
import type {
  Notification,
  SecurityNotice,
  SecurityNotification,
  TransferNotification,
} from '../../domain/entities/notification.ts';
import { User } from '../../domain/entities/user.ts';
import type { UserState } from '../../domain/entities/user.ts';
import type { NameReads, ShownAccount } from './mail-names.ts';

/** A mail of each kind with believable data, for people who look at mails before customers do. */
export type SampleMail = {
  /** Unique among the samples, and fit for a file name. */
  readonly name: string;
  readonly message: Notification;
  readonly recipient: User;
};

const AT = Date.UTC(2026, 10, 27, 14, 54);
const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;

const EVERYDAY = { id: '01a21a02-d3fd-7563-b8bf-167fade64f58', name: 'Everyday', digits: '539004347034' };
const SAVINGS = { id: '01a21a02-d41c-7d06-9a30-5b1f4b6f2c11', name: 'Rainy days', digits: '539004349912' };
const GRACE = { id: '01a21a02-d4be-742a-9503-894fd7a5059f', name: 'Grace Hopper', digits: '539000120481' };
const NOOR = { id: '01a21a02-d511-7c2f-8d47-61c0f5b2a3de', name: 'نور الهاشمي', digits: '539000987726' };

const ADA: UserState = {
  id: '01a21a02-d3a0-7a55-b0f1-0c5f0d8a5e10',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  role: 'customer',
  createdAt: AT,
  emailVerifiedAt: AT,
  language: 'en',
  timeZone: 'Europe/Paris',
  lockedAt: null,
  erasedAt: null,
};

const SHOWN = new Map<string, ShownAccount>(
  [EVERYDAY, SAVINGS, GRACE, NOOR].map(({ id, name, digits }) => [
    id,
    { name, number: makeAccountNumber('PB', digits) },
  ]),
);
const shownOf = async (ids: readonly string[]) => new Map([...SHOWN].filter(([id]) => ids.includes(id)));

/** Names of the accounts in the samples. */
export const SAMPLE_NAMES: NameReads = { accounts: shownOf, payees: (_userId, ids) => shownOf(ids) };

type TransferFacts = Pick<TransferNotification, 'kind' | 'amount' | 'counterparty' | 'balances'> &
  Partial<TransferNotification>;

const TRANSFERS: Readonly<Record<TransferNotification['kind'], TransferFacts>> = {
  transfer_sent: {
    kind: 'transfer_sent',
    amount: 86_450n,
    description: 'Rent for December',
    reference: 'FLAT-12-2026-12',
    counterparty: { name: null, account: GRACE.id },
    balances: [{ accountId: EVERYDAY.id, balance: 213_427n, held: 0n }],
  },
  transfer_received: {
    kind: 'transfer_received',
    amount: 284_000n,
    description: 'Salary November',
    reference: 'PAY-2026-11',
    counterparty: { name: 'Analytical Engines Ltd', account: lastFour(GRACE.id) },
    balances: [{ accountId: EVERYDAY.id, balance: 299_877n, held: 0n }],
  },
  transfer_between_own_accounts: {
    kind: 'transfer_between_own_accounts',
    amount: 25_000n,
    counterparty: { name: null, account: SAVINGS.id },
    balances: [
      { accountId: EVERYDAY.id, balance: 188_427n, held: 0n },
      { accountId: SAVINGS.id, balance: 1_275_000n, held: 0n },
    ],
  },
  initial_funds_received: {
    kind: 'initial_funds_received',
    amount: 5_000n,
    description: 'Welcome gift',
    counterparty: { name: null, account: null },
    balances: [{ accountId: EVERYDAY.id, balance: 5_000n, held: 0n }],
  },
  withdrawal_made: {
    kind: 'withdrawal_made',
    amount: 12_000n,
    description: 'Cash at the counter',
    counterparty: { name: null, account: null },
    balances: [{ accountId: EVERYDAY.id, balance: 176_427n, held: 0n }],
  },
  hold_placed: {
    kind: 'hold_placed',
    amount: 2_500n,
    description: 'Deposit for the bicycle',
    counterparty: { name: null, account: NOOR.id },
    expiresAt: AT + WEEK_MS,
    balances: [{ accountId: EVERYDAY.id, balance: 100_000n, held: 2_500n }],
  },
  hold_received: {
    kind: 'hold_received',
    amount: 2_500n,
    description: 'Deposit for the bicycle',
    counterparty: { name: NOOR.name, account: lastFour(NOOR.id) },
    expiresAt: AT + WEEK_MS,
    balances: [{ accountId: EVERYDAY.id, balance: 213_427n, held: 0n }],
  },
};

const REVERSES = '01a21a01-7c10-7a3e-8d52-2f6c1b9e4a77';
const REVERSALS: Readonly<Record<string, TransferFacts>> = {
  'transfer-returned': {
    ...TRANSFERS.transfer_sent,
    amount: 4_990n,
    description: 'Order cancelled',
    reference: 'ORDER-48112',
    counterparty: { name: null, account: lastFour(GRACE.id) },
    reverses: REVERSES,
  },
  'transfer-returned-to-you': {
    ...TRANSFERS.transfer_received,
    amount: 4_990n,
    description: 'Order cancelled',
    reference: 'ORDER-48112',
    counterparty: { name: GRACE.name, account: lastFour(GRACE.id) },
    reverses: REVERSES,
  },
};

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1';
const WITH_LINK: readonly SecurityNotice[] = ['verify_email', 'reset_password', 'confirm_new_email'];
const BY_STAFF: readonly SecurityNotice[] = ['role_granted', 'user_locked'];
const DETAILS: Readonly<Record<SecurityNotice, SecurityNotification['details']>> = {
  verify_email: {},
  reset_password: {},
  confirm_new_email: {},
  email_changed: {},
  password_changed: {},
  new_sign_in: {},
  refresh_token_reused: {},
  totp_added: {},
  totp_removed: {},
  recovery_code_used: {},
  recovery_codes_made: {},
  passkey_added: { name: "Ada's phone" },
  passkey_removed: { name: 'Old laptop' },
  api_key_made: { name: 'Bookkeeping', prefix: 'pbk_7Hq2', scopes: 'read, pay' },
  role_granted: { role: 'support' },
  user_locked: {},
  user_erased: {},
};

/** Returns all samples: one of each kind at least. */
export function sampleMails(): readonly SampleMail[] {
  return [
    sampleOf('welcome', { kind: 'welcome', ...factsOf('welcome'), linkId: 'welcome' }),
    ...Object.values(TRANSFERS).map((facts) => sampleOf(facts.kind.replaceAll('_', '-'), transferOf(facts))),
    ...Object.entries(REVERSALS).map(([name, facts]) => sampleOf(name, transferOf(facts))),
    sampleOf('digest', digest()),
    ...(Object.keys(DETAILS) as readonly SecurityNotice[]).map((notice) =>
      sampleOf(`security-${notice.replaceAll('_', '-')}`, noticeOf(notice)),
    ),
  ];
}

function sampleOf(name: string, message: Notification): SampleMail {
  return { name, message, recipient: User.restore(ADA) };
}

function factsOf(id: string) {
  return { id: `sample.${id.replaceAll('_', '-')}`, recipientId: ADA.id, at: AT };
}

function transferOf(facts: TransferFacts): TransferNotification {
  return {
    ...factsOf(facts.kind),
    transferId: '01a21a05-5e2b-7f41-a6c8-93d0b7e1f624',
    currency: 'EUR',
    exponent: 2,
    description: null,
    reverses: null,
    expiresAt: null,
    ...facts,
  };
}

function noticeOf(notice: SecurityNotice): SecurityNotification {
  return {
    kind: 'security',
    ...factsOf(notice),
    notice,
    ...(BY_STAFF.includes(notice)
      ? { address: null, device: null }
      : { address: '203.0.113.24', device: PHONE }),
    email: null,
    linkId: WITH_LINK.includes(notice) ? notice : null,
    details: DETAILS[notice],
  };
}

/** The thirteenth and later mails of a busy hour. */
function digest(): Notification {
  const hour = { recipientId: ADA.id, since: AT - 60 * MINUTE_MS, sent: [] };
  const { transfer_sent, transfer_received, hold_placed } = TRANSFERS;
  const some = [transfer_received, transfer_sent, hold_placed, transfer_received].flatMap((facts) => [
    facts,
    { ...facts, amount: facts.amount / 3n },
    { ...facts, amount: facts.amount / 7n },
  ]);
  const gathered = Array.from({ length: 3 }, () => some)
    .flat()
    .map((facts, index) => transferOf({ ...facts, at: hour.since + (20 + index) * MINUTE_MS }))
    .reduce(gather, NOTHING_GATHERED);
  const message = digestMessageOf({ ...hour, gathered });
  if (!message) throw new TypeError('The digest of the samples is empty');
  return { ...message, id: 'sample.digest' };
}
