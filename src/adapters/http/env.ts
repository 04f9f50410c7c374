import type { MiddlewareHandler } from 'hono';
import type { HttpBindings } from '@hono/node-server';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Credential, CredentialContents } from '../../domain/entities/credential.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { Role, User } from '../../domain/entities/user.ts';

/** Proof of who sends a request: a session, or an API key. */
export type Presented =
  | { readonly user: User; readonly session: Session; readonly key?: never }
  | { readonly user: User; readonly session?: never; readonly key: Credential<'api_key'> };

/** Context of every handler. */
export type HttpEnv = {
  /** Absent if the app is called without a socket. */
  Bindings: Partial<Pick<HttpBindings, 'incoming' | 'outgoing'>>;
  Variables: {
    requestId: string;
    /** The session or API key that the request presents, once it was asked for. */
    presented?: Promise<Presented | undefined>;
    /** For the log: the signed-in user. */
    userId?: string;
    /** For the log: the id of the API key. */
    keyId?: string;
    /** For the log: the user whose sign-in failed, or a digest of an unknown e-mail address. */
    signInFor?: string | undefined;
    /** For the log: the code of the problem that was answered. */
    code?: ErrorCode;
    /** Address of the page of errors, which problems link to. Null: there is none. Default: the server's own. */
    errorsPage?: string | null;
  };
};

/** Rights that an API key leaves of its owner's. */
export type KeyRights = Pick<CredentialContents['api_key'], 'scopes' | 'accounts' | 'transferLimit'>;

/** The sender of a request: a person, or a program with a person's API key. */
export type Caller = {
  readonly id: string;
  readonly name?: string;
  readonly role: Role;
  readonly key?: KeyRights;
};

/** Context of a handler that runs after the caller is known. */
export type CallerEnv = HttpEnv & { Variables: { caller: Caller } };

/** Requires a caller. @throws PassbookError `unauthenticated` */
export type CallerRequired = MiddlewareHandler<CallerEnv>;

/** Context of a handler that runs after the server's own `callerRequired`. */
export type UserEnv = CallerEnv & { Variables: { user: User } };

/** Context of a handler that runs after `sessionRequired`. */
export type SignedInEnv = CallerEnv & { Variables: { caller: User; session: Session } };
