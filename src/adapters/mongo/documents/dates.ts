import type { Instant } from '../../../domain/time.ts';

export function dateOrNull(at: Instant | null): Date | null {
  return at === null ? null : new Date(at);
}

export function instantOrNull(date: Date | null | undefined): Instant | null {
  return date?.getTime() ?? null;
}
