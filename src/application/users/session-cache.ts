import type { Credential } from '../../domain/entities/credential.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Clock } from '../ports/runtime.ts';
import type { SessionReads } from '../ports/user-store.ts';
import { RecentReads } from './recent-reads.ts';

type Ports = { readonly reads: SessionReads; readonly clock: Clock };

/** Recently read sessions by id, even ended ones, each with its user. */
export class SessionCache extends RecentReads<{ readonly session: Session; readonly user: User }> {
  constructor({ reads, clock }: Ports) {
    super({ clock, read: (ids) => reads.sessions(ids), idOf: ({ session }) => session.id });
  }
}

/** Recently read API keys by digest, even expired ones, each with its owner. */
export class ApiKeyCache extends RecentReads<{
  readonly key: Credential<'api_key'>;
  readonly user: User;
}> {
  constructor({ reads, clock }: Ports) {
    super({ clock, read: (digests) => reads.apiKeys(digests), idOf: ({ key }) => key.digest ?? '' });
  }
}
