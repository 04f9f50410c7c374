import type { CommandKind } from '../command.ts';
import { SYSTEM } from '../../../src/testing/fixtures/bank.ts';
import { allPages, inPages } from '../pages.ts';

/** The whole audit log, page by page, the oldest first. */
export const readAuditKind: CommandKind<{ readonly limit: number }> = {
  name: 'readAudit',
  weight: 3,
  door: 'read',

  generate: ({ random, model }) => ({ limit: random.integer(1, Math.max(3, model.audit.length)) }),

  async runOnLedger({ limit }, { ledger }) {
    const pages = await allPages((page) => ledger.listAudit(SYSTEM, page), limit);
    // Whether the hashes are the right ones is seen where the log is compared
    return pages.map((page) => page.map(({ hash: _hash, ...facts }) => facts));
  },

  runOnModel: ({ limit }, model) => inPages(model.audit, limit),
};
