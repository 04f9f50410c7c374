import type { Credential } from '../../../domain/entities/credential.ts';
import { dateOrNull, instantOrNull } from './dates.ts';

export type CredentialDocument = {
  readonly _id: string;
  readonly userId: string;
  readonly kind: Credential['kind'];
  readonly digest: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly content: Credential['content'];
};

export function credentialDocument({
  id,
  createdAt,
  expiresAt,
  ...credential
}: Credential): CredentialDocument {
  return { ...credential, _id: id, createdAt: new Date(createdAt), expiresAt: dateOrNull(expiresAt) };
}

export function credentialOf({ _id, createdAt, expiresAt, ...document }: CredentialDocument): Credential {
  return {
    id: _id,
    ...document,
    createdAt: createdAt.getTime(),
    expiresAt: instantOrNull(expiresAt),
  } as Credential;
}
