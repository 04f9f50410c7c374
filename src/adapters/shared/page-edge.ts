import type { Context, MiddlewareHandler } from 'hono';
import type { Bank } from '../../application/bank.ts';
import type { Person } from '../../application/factors/factor-ports.ts';
import type { SecondFactorAnswer } from '../../application/factors/second-factor.ts';
import type { Logger } from '../../application/ports/runtime.ts';
import type { Site } from '../../application/ports/second-factors.ts';
import type { ErrorCode, ErrorFacts, PassbookError } from '../../domain/errors.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { User } from '../../domain/entities/user.ts';

/** Context of a page: the HTTP edge sets `requestId`. A page sets `code` where it shows an error, for the log. */
export type PageEnv = { Variables: { requestId: string; code?: ErrorCode } };

/** Context of a page for signed-in people. */
export type SignedInPageEnv = PageEnv & { Variables: { caller: User; session: Session } };

/**
 * The parts of the HTTP edge that pages share with the API: sessions, throttles and reading. Wherever a method takes
 * a `Context`, it may throw what the API's routes throw, such as `too_many_requests`.
 */
export interface PageEdge {
  readonly bank: Bank;
  readonly log: Logger;
  /** Requires a session, and renews it. @throws PassbookError `unauthenticated`, `second_factor_setup_required` */
  readonly sessionRequired: MiddlewareHandler<SignedInPageEnv>;
  /** Counts one command of the caller. Runs after `sessionRequired`. */
  readonly writeCounted: MiddlewareHandler<SignedInPageEnv>;
  /** Signs in by password, and sets the session's cookies. */
  signIn(
    c: Context<PageEnv>,
    credentials: { email: string; password: string; secondFactor?: SecondFactorAnswer | undefined },
  ): Promise<{ user: User }>;
  /** Registers a customer, and sets the session's cookies. */
  register(
    c: Context<PageEnv>,
    registration: { name: string; email: string; password: string },
  ): Promise<{ user: User }>;
  /** Ends the session, and takes its cookies back. */
  signOut(c: Context<SignedInPageEnv>): Promise<void>;
  /** Takes the cookies of a session that has ended back. */
  forgetSession(c: Context): void;
  /** Counts a request that says something about an account number. */
  countPayeeCheck(c: Context<SignedInPageEnv>): Promise<void>;
  /** Counts a mail with a link. */
  countMail(c: Context, email: string): Promise<void>;
  /** Slows down the guessing of second factors. */
  guardSecondFactor<T>(c: Context<SignedInPageEnv>, attempt: () => Promise<T>): Promise<T>;
  /** Runs an attempt with the caller's password, throttled as a sign-in. */
  asOwner<T>(c: Context<SignedInPageEnv>, attempt: () => Promise<T>): Promise<T>;
  /** Slows down the guessing of the caller's password where a session makes something that outlives it. */
  guardPassword<T>(c: Context<SignedInPageEnv>, attempt: () => Promise<T>): Promise<T>;
  /** The caller, and where the request came from. */
  personOf(c: Context<SignedInPageEnv>): Person;
  /** The site that passkeys belong to. */
  siteOf(c: Context): Site;
  /** Reads the fields of a form. @throws PassbookError `body_too_large`, `unsupported_media_type` */
  readForm(c: Context): Promise<URLSearchParams>;
  /** Sets the status and headers of an error, and its code for the log. */
  setStatus(c: Context<PageEnv>, code: ErrorCode, facts?: ErrorFacts): void;
  /** Error with which the bank refuses payments now; undefined while it takes them. */
  refusal(): PassbookError | undefined;
  /** Names of the bank, for people. */
  readonly bankName: string;
}
