import type { Context, MiddlewareHandler } from 'hono';
import type { Availability } from '../../application/availability/availability.ts';
import type { Bank } from '../../application/bank.ts';
import type { Logger } from '../../application/ports/runtime.ts';
import type { PageEdge, PageEnv, SignedInPageEnv } from '../shared/page-edge.ts';
import type { CallerEnv, HttpEnv, SignedInEnv } from './env.ts';
import { takeMail } from './middleware/mail-quota.ts';
import type { PasswordSignIn } from './middleware/password-sign-in.ts';
import { takePayeeCheck } from './middleware/payee-quota.ts';
import type { SessionRequired } from './middleware/session-middleware.ts';
import { guardSecondFactor } from './middleware/sign-in-throttle.ts';
import type { SignInThrottle } from './middleware/sign-in-throttle.ts';
import type { WriteThrottle } from './middleware/write-throttle.ts';
import { clientAddress } from './requests/client-address.ts';
import { originOf } from './requests/origin.ts';
import { personOf } from './requests/person.ts';
import { readFormBody } from './requests/read-form.ts';
import { passkeySiteOf } from './requests/second-factor-answer.ts';
import type { SessionToken } from './requests/session-token.ts';
import { headersFor, STATUS } from './responses/problem.ts';

/** Hands the edge's parts to pages of another adapter. */
export function pageEdge(ports: {
  availability: Availability;
  bank: Bank;
  log: Logger;
  passwords: PasswordSignIn;
  sessionRequired: SessionRequired;
  sessionToken: SessionToken;
  throttle: SignInThrottle;
  writes: WriteThrottle;
  trustedProxies: number;
  publicOrigin: string | null;
  bankName: string;
}): PageEdge {
  const { bank, log, passwords, sessionToken, throttle, trustedProxies, publicOrigin, bankName } = ports;
  const signedIn = (c: Context<SignedInPageEnv>) => c as unknown as Context<SignedInEnv>;
  const opened = (c: Context<PageEnv>) => c as unknown as Context<HttpEnv>;
  return {
    bank,
    log,
    bankName,
    sessionRequired: ports.sessionRequired as unknown as MiddlewareHandler<SignedInPageEnv>,
    writeCounted: ports.writes
      .limited satisfies MiddlewareHandler<CallerEnv> as unknown as MiddlewareHandler<SignedInPageEnv>,
    signIn: (c, credentials) => passwords.signIn(opened(c), credentials),
    register: (c, registration) => passwords.register(opened(c), registration),
    signOut: async (c) => {
      await bank.signOut(c.get('session').id, originOf(c, trustedProxies));
      sessionToken.takeBack(c);
    },
    forgetSession: (c) => sessionToken.takeBack(c),
    countPayeeCheck: (c) => takePayeeCheck(c, c.get('caller').id, ports),
    countMail: (c, email) => takeMail(c, email, ports),
    guardSecondFactor: (c, attempt) => guardSecondFactor(throttle, c.get('caller').email, attempt),
    asOwner: (c, attempt) => {
      const address = clientAddress(signedIn(c), trustedProxies);
      return throttle.signIn({ email: c.get('caller').email, address, proof: c.get('session').id }, attempt);
    },
    guardPassword: (c, attempt) => throttle.guard({ kind: 'password', who: c.get('caller').id }, attempt),
    personOf: (c) => personOf(signedIn(c), trustedProxies),
    siteOf: (c) => passkeySiteOf(c, publicOrigin),
    refusal: () => ports.availability.commandRefusal(),
    readForm: (c) => readFormBody(c),
    setStatus: (c, code, facts = {}) => {
      c.set('code', code);
      c.status(STATUS[code]);
      for (const [name, value] of Object.entries(headersFor(code, facts))) c.header(name, value);
    },
  };
}
