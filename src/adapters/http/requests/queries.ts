import * as v from 'valibot';
import { PageQuery, PeriodEdgeText } from './schemas.ts';

export const STATEMENT_FORMATS = ['json', 'csv', 'html', 'pdf', 'camt053', 'ofx'] as const;
export type StatementFormat = (typeof STATEMENT_FORMATS)[number];

/** The query of a period, whose days are those of `timeZone`. */
export const PeriodQuery = v.strictObject({
  from: v.optional(PeriodEdgeText),
  to: v.optional(PeriodEdgeText),
  timeZone: v.optional(v.string()),
});

export const StatementQuery = v.strictObject({
  ...PeriodQuery.entries,
  format: v.optional(v.picklist(STATEMENT_FORMATS, `must be one of ${STATEMENT_FORMATS.join(', ')}`)),
});

export const StatementsQuery = v.strictObject({ timeZone: v.optional(v.string()), ...PageQuery.entries });

/** Operations whose keys can be looked up. Those of `SYSTEM_OPERATIONS` are for the role `system`. */
export const SYSTEM_OPERATIONS = ['initial_funds', 'withdrawal', 'exchange'] as const;
const KEYED_OPERATIONS = ['transfer', 'batch', 'capture', 'void', 'reverse', ...SYSTEM_OPERATIONS] as const;

export const KeyQuery = v.strictObject({
  operation: v.optional(v.picklist(KEYED_OPERATIONS, `must be one of ${KEYED_OPERATIONS.join(', ')}`)),
});

/** The query of users: with `email`, one user. */
export const UsersQuery = v.strictObject({ email: v.optional(v.string()), ...PageQuery.entries });
export const SecurityEventsQuery = v.strictObject({ userId: v.optional(v.string()), ...PageQuery.entries });
export const AccountsQuery = v.strictObject({ userId: v.string(), ...PageQuery.entries });

/** The query of a command that can be a dry run. */
export const DryRunQuery = v.strictObject({
  dryRun: v.optional(v.picklist(['true', 'false'], 'must be true or false')),
});
