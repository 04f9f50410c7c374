import * as v from 'valibot';
import type { PayeeCheck } from '../../../application/payees/check-payee.ts';
import type { PayeeSaving } from '../../../application/payees/save-payee.ts';
import type { Payee, SavedPayee } from '../../../domain/payees/payee.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import { Id, Time } from './bodies.ts';
import type { Json } from './bodies.ts';
import { timeShape } from './responses.ts';

export const PayeeJson = v.strictObject({
  id: Id,
  accountId: Id,
  number: v.string(),
  label: v.nullable(v.string()),
  confirmedName: v.nullable(v.string()),
  savedAt: Time,
});
export const PayeeCheckJson = v.strictObject({
  result: v.picklist(['match', 'close_match', 'no_match']),
  name: v.exactOptional(v.string()),
});
export const PayeeAnswer = v.strictObject({ payee: PayeeJson });
export const SavedPayeeAnswer = v.strictObject({
  payee: PayeeJson,
  check: v.exactOptional(PayeeCheckJson),
});
export const PayeesAnswer = v.strictObject({
  payees: v.array(PayeeJson),
  nextCursor: v.nullable(v.string()),
});
/** A payee in a person's own data. One that is not saved only remembers a confirmed name. */
export const PayeeRecordJson = v.strictObject({
  ...PayeeJson.entries,
  savedAt: v.nullable(Time),
  createdAt: Time,
});

export function payeeShape(payee: SavedPayee): Json<typeof PayeeJson> {
  const { id, accountId, number, label, confirmedName, savedAt } = payee;
  return { id, accountId, number, label, confirmedName, savedAt: timeShape(savedAt) };
}

export function payeeCheckShape({ result, name }: PayeeCheck): Json<typeof PayeeCheckJson> {
  return { result, ...omitAbsent({ name }) };
}

export function savedPayeeShape({ payee, check }: PayeeSaving): Json<typeof SavedPayeeAnswer> {
  return { payee: payeeShape(payee), ...omitAbsent({ check: check && payeeCheckShape(check) }) };
}

export function payeeRecordShape(payee: Payee): Json<typeof PayeeRecordJson> {
  const { id, accountId, number, label, confirmedName, savedAt, createdAt } = payee;
  return {
    id,
    accountId,
    number,
    label,
    confirmedName,
    savedAt: savedAt === null ? null : timeShape(savedAt),
    createdAt: timeShape(createdAt),
  };
}
