import type { Origin } from '../../domain/entities/security-event.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { FactorTools } from '../ports/second-factors.ts';

export type FactorPorts = FactorTools & {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly digest: Digest;
  /** Called after the commit. Must not throw. */
  readonly onCommit: () => void;
};

/** A signed-in person, and where their request came from. */
export type Person = { readonly user: User; readonly session: Session; readonly origin: Origin };
