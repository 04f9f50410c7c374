import { TOTP, Secret } from 'otpauth';
import type { Answer, Edge, Person } from './edge.ts';
import { PASSWORD } from './edge.ts';

export const STEP_MS = 30_000;

/** An authenticator app of a person, and their recovery codes. */
export class AuthenticatorApp {
  readonly #edge: Edge;
  readonly #totp: TOTP;
  recoveryCodes: readonly string[] = [];

  constructor(edge: Edge, secret: string) {
    this.#edge = edge;
    this.#totp = new TOTP({ secret: Secret.fromBase32(secret) });
  }

  /** The code of now, or that of some steps later. */
  code(steps = 0): string {
    return this.#totp.generate({ timestamp: this.#edge.clock.now() + steps * STEP_MS });
  }

  /** Lets the present code end, and returns the next one. */
  nextCode(): string {
    this.#edge.clock.advance(STEP_MS);
    return this.code();
  }
}

/** Sets an authenticator app up for the person. */
export async function aTotpOf(edge: Edge, person: Person): Promise<AuthenticatorApp> {
  const added = await edge.call('POST /api/auth/totp', { as: person.token, body: { password: PASSWORD } });
  const app = new AuthenticatorApp(edge, (added.body as { secret: string }).secret);
  const confirmed = await edge.call('POST /api/auth/totp/confirm', {
    as: person.token,
    body: { code: app.code() },
  });
  app.recoveryCodes = (confirmed.body as { recoveryCodes: string[] }).recoveryCodes;
  return app;
}

export function signIn(edge: Edge, { email }: Person, more: object = {}): Promise<Answer> {
  return edge.call('POST /api/auth/login', { body: { email, password: PASSWORD, ...more } });
}
