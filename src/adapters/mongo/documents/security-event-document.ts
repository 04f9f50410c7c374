import type { SecurityEvent } from '../../../domain/entities/security-event.ts';

export type SecurityEventDocument = Omit<SecurityEvent, 'id' | 'at'> & {
  readonly _id: string;
  readonly at: Date;
};

export function securityEventDocument({ id, at, ...facts }: SecurityEvent): SecurityEventDocument {
  return { _id: id, at: new Date(at), ...facts };
}

export function securityEventOf({ _id, at, ...facts }: SecurityEventDocument): SecurityEvent {
  return { id: _id, at: at.getTime(), ...facts };
}
