import type { HttpBindings } from '@hono/node-server';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { User } from '../../domain/entities/user.ts';

/** Context of every handler. */
export type HttpEnv = {
  /** Absent if the app is called without a socket. */
  Bindings: Partial<Pick<HttpBindings, 'incoming' | 'outgoing'>>;
  Variables: {
    requestId: string;
    /** For the log: the signed-in user. */
    userId?: string;
    /** For the log: the user whose sign-in failed, or a digest of an unknown e-mail address. */
    signInFor?: string | undefined;
    /** For the log: the code of the problem that was answered. */
    code?: ErrorCode;
  };
};

/** Context of a handler that runs after `sessionRequired`. */
export type SignedInEnv = HttpEnv & { Variables: { user: User; session: Session } };
