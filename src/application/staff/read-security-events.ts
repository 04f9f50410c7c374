import type { SecurityEvent } from '../../domain/entities/security-event.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { Cursors } from '../cursor.ts';
import { readPage } from '../page.ts';
import type { ListRequest, Page } from '../page.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';

/**
 * Lists security events, newest first: one user's, or with null all. The caller must check who may read them.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function readSecurityEvents({ unitOfWork, digest }: { unitOfWork: UnitOfWork; digest: Digest }) {
  return (userId: string | null, request: ListRequest = {}): Promise<Page<SecurityEvent>> =>
    readPage(request, new Cursors(digest, ['security events', userId]), ({ after, limit }) =>
      unitOfWork.run(({ securityEvents }) => securityEvents.list({ userId, before: after, limit })),
    );
}
