import type { Payee } from '../../../domain/payees/payee.ts';
import { dateOrNull, instantOrNull } from './dates.ts';

export type PayeeDocument = Omit<Payee, 'id' | 'savedAt' | 'createdAt'> & {
  readonly _id: string;
  readonly savedAt: Date | null;
  readonly createdAt: Date;
};

export function payeeDocument({ id, savedAt, createdAt, ...facts }: Payee): PayeeDocument {
  return { _id: id, ...facts, savedAt: dateOrNull(savedAt), createdAt: new Date(createdAt) };
}

export function payeeOf({ _id, savedAt, createdAt, ...facts }: PayeeDocument): Payee {
  return { id: _id, ...facts, savedAt: instantOrNull(savedAt), createdAt: createdAt.getTime() };
}
