import { NewApiKeyBody } from '../../requests/api-key-bodies.ts';
import { Nothing } from '../../requests/schemas.ts';
import { ApiKeysAnswer, NewApiKeyAnswer } from '../../responses/api-key-bodies.ts';
import type { ApiOperations } from '../api-operation.ts';

/** Routes about API keys. */
export const apiKeyOperations = {
  'POST /api/auth/keys': {
    id: 'makeApiKey',
    group: 'API keys',
    summary: 'Make an API key',
    description: 'Takes your password. The answer shows the key, in `secret`. No later answer does.',
    access: 'session',
    body: NewApiKeyBody,
    status: 201,
    answer: NewApiKeyAnswer,
    errors: ['invalid_credentials', 'second_factor_required', 'account_not_found', 'api_key_limit_reached'],
  },
  'GET /api/auth/keys': {
    id: 'listApiKeys',
    group: 'API keys',
    summary: 'List your API keys',
    description: 'Oldest first.',
    access: 'session',
    status: 200,
    answer: ApiKeysAnswer,
    errors: [],
  },
  'DELETE /api/auth/keys/{apiKeyId}': {
    id: 'revokeApiKey',
    group: 'API keys',
    summary: 'Revoke an API key',
    description: 'Every server refuses the key within a second.',
    access: 'session',
    body: Nothing,
    status: 204,
    errors: ['api_key_not_found'],
  },
} as const satisfies ApiOperations;
