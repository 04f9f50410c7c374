import { describe, expect, it } from 'vitest';
import { Calendar, firstOfMonth, isoDay, isoMonth, monthNumber } from '../../src/domain/calendar.ts';

const at = (text: string) => Date.parse(text);

describe('A calendar', () => {
  it.each([
    ['UTC', '2026-11-01', '2026-11-01T00:00:00Z'],
    ['Europe/Berlin', '2026-11-01', '2026-10-31T23:00:00Z'],
    ['Europe/Berlin', '2026-07-01', '2026-06-30T22:00:00Z'],
    ['Asia/Kathmandu', '2026-11-01', '2026-10-31T18:15:00Z'],
    ['Pacific/Kiritimati', '2026-11-01', '2026-10-31T10:00:00Z'],
    ['Pacific/Pago_Pago', '2026-11-01', '2026-11-01T11:00:00Z'],
    // Clocks go forward at midnight, so that the day begins at one o'clock
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00Z'],
    // Clocks go back at midnight to the day before
    ['America/Sao_Paulo', '2018-02-18', '2018-02-18T03:00:00Z'],
    ['UTC', '0000-01-01', '0000-01-01T00:00:00Z'],
  ])('of %s begins %s at %s', (timeZone, text, instant) => {
    const calendar = new Calendar(timeZone);
    const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
    const start = calendar.startOf({ year, month, day });
    expect(new Date(start).toISOString()).toBe(new Date(instant).toISOString());
    expect(isoDay(calendar.dayOf(start))).toBe(text);
    expect(isoDay(calendar.dayOf(start - 1)) < text || text === '0000-01-01').toBe(true);
    expect([calendar.startsDay(start), calendar.startsDay(start + 1)]).toEqual([true, false]);
  });

  it('knows a day by any of its instants', () => {
    const calendar = new Calendar('Europe/Berlin');
    expect(calendar.dayOf(at('2026-10-31T22:59:59.999Z'))).toEqual({ year: 2026, month: 10, day: 31 });
    expect(calendar.dayOf(at('2026-10-31T23:00:00Z'))).toEqual({ year: 2026, month: 11, day: 1 });
  });

  it('writes its zone as the database does', () => {
    expect(new Calendar('europe/berlin').timeZone).toBe('Europe/Berlin');
  });

  it.each(['Mars/Olympus', '', 'x'.repeat(65)])('refuses the zone %j', (timeZone) => {
    expect(() => new Calendar(timeZone)).toThrow('"timeZone" must be a time zone, such as Europe/London');
  });

  it('counts months across years', () => {
    const december = monthNumber({ year: 2026, month: 12 });
    expect(isoMonth(firstOfMonth(december))).toBe('2026-12');
    expect(isoMonth(firstOfMonth(december + 1))).toBe('2027-01');
  });
});
