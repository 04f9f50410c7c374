import { Hono } from 'hono';
import type { Context } from 'hono';
import { renderSVG } from 'uqr';
import type { Bank } from '../../../application/bank.ts';
import type { HttpEnv, SignedInEnv } from '../env.ts';
import type { SessionRequired } from '../middleware/session-middleware.ts';
import { guardSecondFactor } from '../middleware/sign-in-throttle.ts';
import type { SignInThrottle } from '../middleware/sign-in-throttle.ts';
import { personOf } from '../requests/person.ts';
import { readBody } from '../requests/read-body.ts';
import { readQuery } from '../requests/read-query.ts';
import { Nothing } from '../requests/schemas.ts';
import { passkeySiteOf, requireAnswer } from '../requests/second-factor-answer.ts';
import {
  CodeBody,
  NewPasskeyBody,
  PasskeyNameBody,
  PasswordBody,
  SecondFactorBody,
} from '../requests/second-factor-bodies.ts';
import { factorsShape, passkeyShape } from '../responses/second-factors.ts';

/** Challenges are kept for minutes, so one person may ask for a few only. */
export const CHALLENGES = { points: 60, seconds: 600 };

/** Routes with which a signed-in person sets up and removes second factors. */
export function secondFactorRoutes(ports: {
  bank: Bank;
  sessionRequired: SessionRequired;
  throttle: SignInThrottle;
  trustedProxies: number;
  publicOrigin: string | null;
}) {
  const { bank, sessionRequired: session, throttle, trustedProxies, publicOrigin } = ports;
  return new Hono<HttpEnv>()
    .get('/factors', session, async (c) => {
      readQuery(c.req, Nothing);
      return c.json({ factors: factorsShape(await bank.listFactors(c.get('caller').id)) });
    })
    .post('/totp', session, async (c) => {
      readQuery(c.req, Nothing);
      const { password } = await readBody(c, PasswordBody);
      const setup = await guardedPassword(c, () => bank.addTotp(personOf(c, trustedProxies), password));
      return c.json({ ...setup, qr: renderSVG(setup.uri) });
    })
    .post('/totp/confirm', session, async (c) => {
      readQuery(c.req, Nothing);
      const { code } = await readBody(c, CodeBody);
      const recoveryCodes = await guarded(c, () => bank.confirmTotp(personOf(c, trustedProxies), code));
      return c.json({ recoveryCodes });
    })
    .delete('/totp', session, async (c) => {
      readQuery(c.req, Nothing);
      const answer = requireAnswer(await readBody(c, SecondFactorBody), passkeySiteOf(c, publicOrigin));
      await guarded(c, () => bank.removeTotp(personOf(c, trustedProxies), answer));
      return c.body(null, 204);
    })
    .post('/recovery-codes', session, async (c) => {
      readQuery(c.req, Nothing);
      const answer = requireAnswer(await readBody(c, SecondFactorBody), passkeySiteOf(c, publicOrigin));
      const recoveryCodes = await guarded(c, () =>
        bank.makeRecoveryCodes(personOf(c, trustedProxies), answer),
      );
      return c.json({ recoveryCodes });
    })
    .post('/passkeys/options', session, async (c) => {
      readQuery(c.req, Nothing);
      const { password } = await readBody(c, PasswordBody);
      await throttle.consume('challenge', { id: c.get('caller').id }, CHALLENGES);
      const site = passkeySiteOf(c, publicOrigin);
      return c.json(
        await guardedPassword(c, () => bank.askForPasskey(personOf(c, trustedProxies), { password, site })),
      );
    })
    .post('/passkeys', session, async (c) => {
      readQuery(c.req, Nothing);
      const { name, ...given } = await readBody(c, NewPasskeyBody);
      const answer = { ...given, site: passkeySiteOf(c, publicOrigin) };
      const passkey = await bank.addPasskey(personOf(c, trustedProxies), { name, answer });
      return c.json({ passkey: passkeyShape(passkey) }, 201);
    })
    .get('/passkeys', session, async (c) => {
      readQuery(c.req, Nothing);
      const { passkeys } = await bank.listFactors(c.get('caller').id);
      return c.json({ passkeys: passkeys.map(passkeyShape) });
    })
    .patch('/passkeys/:id', session, async (c) => {
      readQuery(c.req, Nothing);
      const { name } = await readBody(c, PasskeyNameBody);
      const passkey = await bank.renamePasskey(c.get('caller').id, c.req.param('id'), name);
      return c.json({ passkey: passkeyShape(passkey) });
    })
    .delete('/passkeys/:id', session, async (c) => {
      readQuery(c.req, Nothing);
      const answer = requireAnswer(await readBody(c, SecondFactorBody), passkeySiteOf(c, publicOrigin));
      await guarded(c, () => bank.removePasskey(personOf(c, trustedProxies), c.req.param('id'), answer));
      return c.body(null, 204);
    });

  function guarded<T>(c: Context<SignedInEnv>, attempt: () => Promise<T>): Promise<T> {
    return guardSecondFactor(throttle, c.get('caller').email, attempt);
  }

  function guardedPassword<T>(c: Context<SignedInEnv>, attempt: () => Promise<T>): Promise<T> {
    return throttle.guard({ kind: 'password', who: c.get('caller').id }, attempt);
  }
}
