import { Hono } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import type { HttpEnv } from '../env.ts';
import type { SessionRequired } from '../middleware/session-middleware.ts';
import type { SignInThrottle } from '../middleware/sign-in-throttle.ts';
import { NewApiKeyBody } from '../requests/api-key-bodies.ts';
import { originOf } from '../requests/origin.ts';
import { personOf } from '../requests/person.ts';
import { readBody } from '../requests/read-body.ts';
import { readQuery } from '../requests/read-query.ts';
import { Nothing } from '../requests/schemas.ts';
import { apiKeyShape } from '../responses/api-key-bodies.ts';

/** Routes with which a person makes, lists and revokes their API keys. No key reaches them. */
export function apiKeyRoutes({
  bank,
  sessionRequired,
  throttle,
  trustedProxies,
}: {
  bank: Bank;
  sessionRequired: SessionRequired;
  throttle: SignInThrottle;
  trustedProxies: number;
}) {
  return new Hono<HttpEnv>()
    .post('/', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      const { transferLimit, ...body } = await readBody(c, NewApiKeyBody);
      const person = personOf(c, trustedProxies);
      const request = {
        ...body,
        ...(transferLimit === undefined ? {} : { transferLimit: BigInt(transferLimit) }),
      };
      const { apiKey, secret } = await throttle.guard({ kind: 'password', who: person.user.id }, () =>
        bank.makeApiKey(person, request),
      );
      return c.json({ apiKey: apiKeyShape(apiKey), secret }, 201);
    })
    .get('/', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      return c.json({ apiKeys: (await bank.listApiKeys(c.get('caller').id)).map(apiKeyShape) });
    })
    .delete('/:id', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      await readBody(c, Nothing);
      await bank.revokeApiKey({
        userId: c.get('caller').id,
        keyId: c.req.param('id'),
        sessionId: c.get('session').id,
        origin: originOf(c, trustedProxies),
      });
      return c.body(null, 204);
    });
}
