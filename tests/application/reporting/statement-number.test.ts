import { expect, it } from 'vitest';
import { statementNumber } from '../../../src/application/reporting/statement-number.ts';
import { Calendar } from '../../../src/domain/calendar.ts';

it.each([
  ['UTC', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z', '2026-11'],
  ['UTC', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z', '2026-12'],
  ['Europe/Berlin', '2026-10-31T23:00:00Z', '2026-11-30T23:00:00Z', '2026-11'],
  ['UTC', '2026-11-01T00:00:00Z', '2026-11-15T00:00:00Z', '2026-11-01-2026-11-14'],
  ['UTC', '2026-11-01T00:00:00Z', '2027-01-01T00:00:00Z', '2026-11-01-2026-12-31'],
  ['UTC', '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z', '2026-11-01-2026-11-01'],
  ['Europe/Berlin', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z', '20261101000000000-20261201000000000'],
  ['UTC', '2026-11-01T09:30:00.125Z', '2026-12-01T00:00:00Z', '20261101093000125-20261201000000000'],
  ['UTC', '2026-11-01T00:00:00Z', '2026-11-01T00:00:00Z', '20261101000000000-20261101000000000'],
])('the statement in %s from %s to %s has the number %s', (timeZone, from, to, number) => {
  const period = { from: Date.parse(from), to: Date.parse(to) };
  expect(statementNumber(period, new Calendar(timeZone))).toBe(number);
  // ISO 20022 allows an identification no more
  expect(number.length).toBeLessThanOrEqual(35);
});
