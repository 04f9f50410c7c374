import * as v from 'valibot';
import { API_KEY_SCOPES } from '../../../domain/entities/credential.ts';
import type { Credential } from '../../../domain/entities/credential.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import { MinorUnits, Time } from './bodies.ts';
import type { Json } from './bodies.ts';
import { timeShape } from './responses.ts';

export const ApiKeyJson = v.strictObject({
  id: v.string(),
  name: v.string(),
  prefix: v.string(),
  scopes: v.array(v.picklist(API_KEY_SCOPES)),
  accounts: v.exactOptional(v.array(v.string())),
  transferLimit: v.exactOptional(MinorUnits),
  createdAt: Time,
  expiresAt: Time,
  lastUsedAt: v.exactOptional(Time),
});
export const NewApiKeyAnswer = v.strictObject({ apiKey: ApiKeyJson, secret: v.string() });
export const ApiKeysAnswer = v.strictObject({ apiKeys: v.array(ApiKeyJson) });

/** JSON of an API key, without its digest. */
export function apiKeyShape(key: Credential<'api_key'>): Json<typeof ApiKeyJson> {
  const { name, prefix, scopes, accounts, transferLimit, lastUsedAt } = key.content;
  return {
    id: key.id,
    name,
    prefix,
    scopes: [...scopes],
    ...omitAbsent({
      accounts: accounts && [...accounts],
      transferLimit: transferLimit === null ? null : Number(transferLimit),
    }),
    createdAt: timeShape(key.createdAt),
    expiresAt: timeShape(Number(key.expiresAt)),
    ...omitAbsent({ lastUsedAt: lastUsedAt === null ? null : timeShape(lastUsedAt) }),
  };
}
