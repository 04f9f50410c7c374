import type { Fields } from '../forms.ts';

/** Fields that a payment carries from step to step, in the query. */
const STATE_FIELDS = [
  'from',
  'payee',
  'own',
  'again',
  'checked',
  'accepted',
  'to',
  'name',
  'amount',
  'message',
  'reference',
  'reserve',
  'days',
] as const;

export type SendState = Readonly<Record<(typeof STATE_FIELDS)[number], string>>;

export function readSendState(fields: Fields): SendState {
  return Object.fromEntries(STATE_FIELDS.map((field) => [field, fields.text(field)])) as SendState;
}

/** The fields that are set, in order. */
export function setFields(state: Partial<SendState>): readonly (readonly [string, string])[] {
  return STATE_FIELDS.flatMap((field) => {
    const value = state[field] ?? '';
    return value === '' ? [] : [[field, value] as const];
  });
}

/** The address of a step. @param edit step to go back to, in place of the next one */
export function sendPath(state: Partial<SendState>, edit?: 'who' | 'amount'): string {
  const query = new URLSearchParams(setFields(state).map(([name, value]) => [name, value]));
  if (edit !== undefined) query.set('edit', edit);
  return `/send?${query}`;
}
