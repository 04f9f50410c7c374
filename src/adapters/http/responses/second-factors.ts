import type { Factors } from '../../../application/factors/list-factors.ts';
import type { Credential } from '../../../domain/entities/credential.ts';
import type { Json } from './bodies.ts';
import { timeShape } from './responses.ts';
import type { FactorsJson, PasskeyJson } from './second-factor-bodies.ts';

export function passkeyShape({ id, createdAt, content }: Credential<'passkey'>): Json<typeof PasskeyJson> {
  const { name, lastUsedAt } = content;
  return {
    id,
    name,
    createdAt: timeShape(createdAt),
    lastUsedAt: lastUsedAt === null ? null : timeShape(lastUsedAt),
  };
}

export function factorsShape({ totpSince, recoveryCodes, passkeys }: Factors): Json<typeof FactorsJson> {
  return { totp: totpSince !== null, recoveryCodes, passkeys: passkeys.map(passkeyShape) };
}
