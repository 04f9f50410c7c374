import * as v from 'valibot';
import { API_KEY_ACCOUNTS_MAX } from '../../../application/api-keys/manage-api-keys.ts';
import { PAGE_LIMIT_MAX } from '../../../application/page.ts';
import { DIRECTIONS, KINDS, STATUSES } from '../../../application/reporting/history-filter.ts';
import { BATCH_MAX } from '../../../application/transfers/submit-batch.ts';
import { LEGS_MAX } from '../../../application/transfers/transfer-request.ts';
import { API_KEY_SCOPES } from '../../../domain/entities/credential.ts';
import { MAX_AMOUNT } from '../../../domain/money/money.ts';
import type { Day } from '../../../domain/calendar.ts';
import { readInstant } from '../../../domain/time.ts';
import { FIELD_ERRORS_MAX } from './check-schema.ts';
import { messageOf, MINOR_UNIT, quoted } from './fault-message.ts';

/** Enough for the largest batch, if each transfer has a description and some metadata. */
export const BATCH_LIMIT_BYTES = 2 * 1024 * 1024;

export const BATCH = { min: 1, max: BATCH_MAX, rule: `must be a list of 1 to ${BATCH_MAX}` };
export const LEGS = { min: 2, max: LEGS_MAX, rule: `must be a list of 2 to ${LEGS_MAX}` };
export const KEY_SCOPES = {
  min: 1,
  max: API_KEY_SCOPES.length,
  rule: `must be a list of 1 to ${API_KEY_SCOPES.length}`,
};
export const KEY_ACCOUNTS = {
  min: 1,
  max: API_KEY_ACCOUNTS_MAX,
  rule: `must be a list of 1 to ${API_KEY_ACCOUNTS_MAX}`,
};

const PAYMENTS_MAX = 10_000;
/** The credits of an order: a batch may have several for each transfer. */
export const PAYMENTS = { min: 1, max: PAYMENTS_MAX, rule: `must be a list of 1 to ${PAYMENTS_MAX}` };

const TRANSPORTS_MAX = 10;
/** The ways in which a browser reaches a passkey. */
export const TRANSPORTS = { max: TRANSPORTS_MAX, rule: `must be a list of at most ${TRANSPORTS_MAX}` };

const AMOUNT_RULE = `must be an integer from 1 to ${MAX_AMOUNT}, ${MINOR_UNIT}`;

/** An amount in minor units, as a JSON number: 500 is 5.00 in a currency with two decimals. */
export const AmountBody = v.pipe(
  v.number(AMOUNT_RULE),
  v.integer(AMOUNT_RULE),
  v.minValue(1, AMOUNT_RULE),
  v.maxValue(Number(MAX_AMOUNT), AMOUNT_RULE),
);

const BALANCE_RULE = `must be an integer from -${MAX_AMOUNT} to ${MAX_AMOUNT}, ${MINOR_UNIT}`;

/** A limit of a balance, in minor units. */
export const BalanceLimit = v.pipe(
  v.number(BALANCE_RULE),
  v.integer(BALANCE_RULE),
  v.minValue(-Number(MAX_AMOUNT), BALANCE_RULE),
  v.maxValue(Number(MAX_AMOUNT), BALANCE_RULE),
);

/** Reads an instant from text, as milliseconds since 1970. */
export const InstantText = instantText({ days: false });

/** Reads an instant, or a day. A day stands for its first instant in UTC. */
const PeriodText = instantText({ days: true });

/** The edge of a period as it was written: an instant, or the first of a day in the time zone of the request. */
export type PeriodEdge = { readonly instant: number } | { readonly day: Day };

/** Reads an instant or a day, whose first instant depends on a time zone. */
export const PeriodEdgeText = v.pipe(
  v.string(),
  v.rawTransform<string, PeriodEdge>(({ dataset, addIssue, NEVER }) => {
    const read = readInstant(dataset.value, { days: true });
    if ('fault' in read) {
      addIssue({ message: `${read.fault}, and is ${quoted(dataset.value)}` });
      return NEVER;
    }
    const [year = 0, month = 0, day = 0] = dataset.value.split('-').map(Number);
    return dataset.value.length === DAY_LENGTH ? { day: { year, month, day } } : read;
  }),
);
const DAY_LENGTH = '2030-01-31'.length;

function instantText(terms: { days: boolean }) {
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const read = readInstant(dataset.value, terms);
      if ('instant' in read) return read.instant;
      addIssue({ message: `${read.fault}, and is ${quoted(dataset.value)}` });
      return NEVER;
    }),
  );
}

/** A list, whose length is checked before its items. The check stops at `FIELD_ERRORS_MAX` faults. */
export function listOf<S extends v.GenericSchema>(
  item: S,
  { min, max, rule }: { min: number; max: number; rule: string },
) {
  return v.pipe(
    v.array(v.unknown()),
    v.minLength(min, rule),
    v.maxLength(max, rule),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const items: v.InferOutput<S>[] = [];
      let faults = 0;
      for (const [key, value] of dataset.value.entries()) {
        const checked = v.safeParse(item, value, { abortPipeEarly: true });
        if (checked.success) items.push(checked.output);
        const place = { type: 'array', origin: 'value', input: dataset.value, key, value } as const;
        for (const issue of checked.issues ?? []) {
          addIssue({ message: messageOf(issue, item), path: [place, ...(issue.path ?? [])] });
          if (++faults >= FIELD_ERRORS_MAX) return NEVER;
        }
      }
      return faults === 0 ? items : NEVER;
    }),
  );
}

const PAGE_LIMIT_RULE = `must be an integer from 1 to ${PAGE_LIMIT_MAX}`;

/** The query of a list. */
export const PageQuery = v.strictObject({
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,3}$/, PAGE_LIMIT_RULE),
      v.transform(Number),
      v.minValue(1, PAGE_LIMIT_RULE),
      v.maxValue(PAGE_LIMIT_MAX, PAGE_LIMIT_RULE),
    ),
  ),
  cursor: v.optional(v.string()),
});

/** The query of a balance: without `at`, the current one. */
export const AtQuery = v.strictObject({ at: v.optional(PeriodText) });

const AmountText = v.pipe(
  v.string(),
  v.regex(/^\d{1,16}$/, AMOUNT_RULE),
  v.transform((text) => BigInt(text)),
);

/** The query of a history, without its metadata. */
export const HistoryQuery = v.strictObject({
  ...PageQuery.entries,
  from: v.optional(PeriodText),
  to: v.optional(PeriodText),
  direction: v.optional(v.picklist(DIRECTIONS, `must be one of ${DIRECTIONS.join(', ')}`)),
  counterparty: v.optional(v.string()),
  minAmount: v.optional(AmountText),
  maxAmount: v.optional(AmountText),
  status: v.optional(v.picklist(STATUSES, `must be one of ${STATUSES.join(', ')}`)),
  kind: v.optional(v.picklist(KINDS, `must be one of ${KINDS.join(', ')}`)),
  reference: v.optional(v.string()),
});

/** The query of transactions: with `externalId`, the one that has it. */
export const TransactionsQuery = v.strictObject({
  ...HistoryQuery.entries,
  externalId: v.optional(v.string()),
});

/** The query of a caller's accounts: with `externalId`, the one that has it. */
export const OwnAccountsQuery = v.strictObject({ ...PageQuery.entries, externalId: v.optional(v.string()) });

export const Nothing = v.strictObject({});
