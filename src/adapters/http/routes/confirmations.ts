import { Hono } from 'hono';
import type * as v from 'valibot';
import type { Bank } from '../../../application/bank.ts';
import type { Order } from '../../../application/factors/order.ts';
import type { HttpEnv } from '../env.ts';
import type { SessionRequired } from '../middleware/session-middleware.ts';
import type { SignInThrottle } from '../middleware/sign-in-throttle.ts';
import { personOf } from '../requests/person.ts';
import { readBody } from '../requests/read-body.ts';
import { readQuery } from '../requests/read-query.ts';
import { BATCH_LIMIT_BYTES, Nothing } from '../requests/schemas.ts';
import { passkeySiteOf, requireAnswer } from '../requests/second-factor-answer.ts';
import { ConfirmationBody, OrderBody } from '../requests/second-factor-bodies.ts';
import { timeShape } from '../responses/responses.ts';
import { guardSecondFactor } from '../middleware/sign-in-throttle.ts';
import { CHALLENGES } from './second-factors.ts';

const LIMITS = { limitBytes: BATCH_LIMIT_BYTES };

/** Routes with which a person confirms one order by a second factor. */
export function confirmationRoutes(ports: {
  bank: Bank;
  sessionRequired: SessionRequired;
  throttle: SignInThrottle;
  trustedProxies: number;
  publicOrigin: string | null;
}) {
  const { bank, sessionRequired, throttle, trustedProxies, publicOrigin } = ports;
  return new Hono<HttpEnv>()
    .post('/options', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      const order = orderIn(await readBody(c, OrderBody, LIMITS));
      await throttle.consume('challenge', { id: c.get('caller').id }, CHALLENGES);
      const site = passkeySiteOf(c, publicOrigin);
      return c.json(await bank.askForConfirmation(personOf(c, trustedProxies), { order, site }));
    })
    .post('/', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, ConfirmationBody, LIMITS);
      const answer = requireAnswer(body, passkeySiteOf(c, publicOrigin));
      const { confirmation, expiresAt } = await guardSecondFactor(throttle, c.get('caller').email, () =>
        bank.confirmOrder(personOf(c, trustedProxies), { order: orderIn(body), answer }),
      );
      return c.json({ confirmation, expiresAt: timeShape(expiresAt) });
    });
}

function orderIn({
  operation = 'transfer',
  payments,
  idempotencyKey,
}: v.InferOutput<typeof OrderBody>): Order {
  return {
    operation,
    idempotencyKey,
    payments: payments.map(({ toAccount, amount, currency }) => ({
      destinationAccountId: toAccount,
      amount: BigInt(amount),
      currency,
    })),
  };
}
