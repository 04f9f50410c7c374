import * as v from 'valibot';
import { PageQuery, PeriodText } from './schemas.ts';

export const STATEMENT_FORMATS = ['json', 'csv', 'html', 'camt053', 'ofx'] as const;

export const StatementQuery = v.strictObject({
  from: v.optional(PeriodText),
  to: v.optional(PeriodText),
  format: v.optional(v.picklist(STATEMENT_FORMATS, `must be one of ${STATEMENT_FORMATS.join(', ')}`)),
});

export const PeriodQuery = v.strictObject({ from: v.optional(PeriodText), to: v.optional(PeriodText) });

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
