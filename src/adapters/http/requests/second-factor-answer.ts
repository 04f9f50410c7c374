import type { Context } from 'hono';
import type * as v from 'valibot';
import type { Site } from '../../../application/ports/second-factors.ts';
import type { SecondFactorAnswer } from '../../../application/factors/second-factor.ts';
import { invalid } from '../../../domain/errors.ts';
import type { SecondFactorBody } from './second-factor-bodies.ts';

/** The site of the request. Without a public origin, that of the request itself. */
export function passkeySiteOf(c: Context, publicOrigin: string | null): Site {
  return { origin: publicOrigin ?? new URL(c.req.url).origin };
}

/** Reads the answer of a body. @throws PassbookError `invalid_request` if both are given */
export function answerIn(
  { code, passkey }: v.InferOutput<typeof SecondFactorBody>,
  site: Site,
): SecondFactorAnswer | undefined {
  if (code !== undefined && passkey !== undefined) throw invalid('code', 'and "passkey" exclude one another');
  if (passkey !== undefined) return { passkey: { ...passkey, site } };
  return code === undefined ? undefined : { code };
}

/** @throws PassbookError `invalid_request` unless one is given */
export function requireAnswer(body: v.InferOutput<typeof SecondFactorBody>, site: Site): SecondFactorAnswer {
  const answer = answerIn(body, site);
  if (!answer) throw invalid('code', 'or "passkey" must be given');
  return answer;
}
