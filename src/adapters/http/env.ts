import type { HttpBindings } from '@hono/node-server';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { User } from '../../domain/entities/user.ts';

/** What every handler has. */
export type HttpEnv = {
  /** Absent where the app is called without a socket. */
  Bindings: Partial<Pick<HttpBindings, 'incoming' | 'outgoing'>>;
  Variables: {
    requestId: string;
    /** For the log: who asked, and the code of the problem that was answered. */
    userId?: string;
    /** For the log: whose sign-in failed, by id, or by a digest of the address where nobody has it. */
    signInFor?: string | undefined;
    code?: ErrorCode;
  };
};

/** What a handler has behind `requireSession`. */
export type SignedInEnv = HttpEnv & { Variables: { user: User; session: Session } };
