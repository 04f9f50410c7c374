import type { Instant } from '../domain/time.ts';

const LATEST: Instant = 2 ** 48 - 1;

/** The least version 7 UUID (RFC 9562, section 5.7) that can be drawn at an instant; null past the last one. */
export function idAt(at: Instant): string | null {
  if (at > LATEST) return null;
  const digits = Math.max(0, at).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}

/** When a version 7 UUID was drawn; of what is none, NaN, which is before and after nothing. */
export function instantOf(id: string): Instant {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
