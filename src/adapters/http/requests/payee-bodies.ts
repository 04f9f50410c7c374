import * as v from 'valibot';
import { PAYEE_ORDERS } from '../../../application/payees/manage-payees.ts';
import { PageQuery } from './schemas.ts';

export const PayeeCheckBody = v.strictObject({ number: v.string(), name: v.string() });
export const NewPayeeBody = v.strictObject({
  number: v.string(),
  name: v.optional(v.string()),
  label: v.optional(v.string()),
});
export const PayeeChangeBody = v.strictObject({ label: v.nullable(v.string()) });
export const PayeesQuery = v.strictObject({
  order: v.optional(v.picklist(PAYEE_ORDERS, `must be one of ${PAYEE_ORDERS.join(', ')}`)),
  ...PageQuery.entries,
});
