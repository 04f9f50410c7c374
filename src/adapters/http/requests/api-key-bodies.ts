import * as v from 'valibot';
import { API_KEY_DAYS_MAX } from '../../../application/api-keys/manage-api-keys.ts';
import { API_KEY_SCOPES } from '../../../domain/entities/credential.ts';
import { AmountBody, KEY_ACCOUNTS, KEY_SCOPES, listOf } from './schemas.ts';

const DAYS_RULE = `must be an integer from 1 to ${API_KEY_DAYS_MAX}`;

export const NewApiKeyBody = v.strictObject({
  name: v.string(),
  password: v.string(),
  scopes: listOf(v.picklist(API_KEY_SCOPES, `must be one of ${API_KEY_SCOPES.join(', ')}`), KEY_SCOPES),
  accounts: v.optional(listOf(v.string(), KEY_ACCOUNTS)),
  transferLimit: v.optional(AmountBody),
  expiresInDays: v.optional(
    v.pipe(
      v.number(DAYS_RULE),
      v.integer(DAYS_RULE),
      v.minValue(1, DAYS_RULE),
      v.maxValue(API_KEY_DAYS_MAX, DAYS_RULE),
    ),
  ),
});
