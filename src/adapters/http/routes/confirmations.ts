import { Hono } from 'hono';
import type { Context } from 'hono';
import type * as v from 'valibot';
import type { Bank } from '../../../application/bank.ts';
import type { Person } from '../../../application/factors/factor-ports.ts';
import type { Order } from '../../../application/factors/order.ts';
import type { HttpEnv, SignedInEnv } from '../env.ts';
import type { SessionRequired } from '../middleware/session-middleware.ts';
import type { SignInThrottle } from '../middleware/sign-in-throttle.ts';
import { originOf } from '../requests/origin.ts';
import { readBody } from '../requests/read-body.ts';
import { readQuery } from '../requests/read-query.ts';
import { BATCH_LIMIT_BYTES, Nothing } from '../requests/schemas.ts';
import { passkeySiteOf, requireAnswer } from '../requests/second-factor-answer.ts';
import { ConfirmationBody, OrderBody } from '../requests/second-factor-bodies.ts';
import { timeShape } from '../responses/responses.ts';
import { guardSecondFactor } from './second-factors.ts';

const CHALLENGES = { points: 60, seconds: 600 };
const LIMITS = { limitBytes: BATCH_LIMIT_BYTES };

/** Routes with which a person confirms one order by a second factor. */
export function confirmationRoutes(ports: {
  bank: Bank;
  sessionRequired: SessionRequired;
  throttle: SignInThrottle;
  trustedProxies: number;
  publicOrigin: string | null;
}) {
  const { bank, sessionRequired, throttle, publicOrigin } = ports;
  return new Hono<HttpEnv>()
    .post('/options', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      const order = orderIn(await readBody(c, OrderBody, LIMITS));
      await throttle.consume('challenge', { id: c.get('caller').id }, CHALLENGES);
      const site = passkeySiteOf(c, publicOrigin);
      return c.json(await bank.askForConfirmation(personOf(c), { order, site }));
    })
    .post('/', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, ConfirmationBody, LIMITS);
      const answer = requireAnswer(body, passkeySiteOf(c, publicOrigin));
      const { confirmation, expiresAt } = await guardSecondFactor(throttle, c.get('caller').email, () =>
        bank.confirmOrder(personOf(c), { order: orderIn(body), answer }),
      );
      return c.json({ confirmation, expiresAt: timeShape(expiresAt) });
    });

  function personOf(c: Context<SignedInEnv>): Person {
    return { user: c.get('caller'), session: c.get('session'), origin: originOf(c, ports.trustedProxies) };
  }
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
