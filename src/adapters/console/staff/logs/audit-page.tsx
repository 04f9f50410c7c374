import { Hono } from 'hono';
import type { SignedInPageEnv } from '../../../shared/page-edge.ts';
import { queryOf } from '../../forms.ts';
import { sendPage } from '../../layout.tsx';
import { Empty } from '../../parts/fields.tsx';
import type { ConsolePorts } from '../../ports.ts';
import { mayDo, staffViewerOf, taskRequired } from '../access.ts';
import { pathWith, StaffPager } from '../parts.tsx';
import { AuditList, auditNames } from './audit-list.tsx';

const RECORDS_SHOWN = 25;

/** The audit log as sentences, newest first: all of it, or about one account, transfer or person. */
export function auditPageRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>().get(
    '/staff/audit',
    edge.sessionRequired,
    taskRequired('readAudit'),
    async (c) => {
      const query = queryOf(c);
      const filter = {
        account: query.text('account'),
        transfer: query.text('transfer'),
        person: query.text('person'),
      };
      const cursor = query.text('cursor');
      const page = await bank.recentAudit(
        staffViewerOf(c.get('caller')),
        { limit: RECORDS_SHOWN, ...(cursor === '' ? {} : { cursor }) },
        {
          ...(filter.account === '' ? {} : { accountId: filter.account }),
          ...(filter.transfer === '' ? {} : { transferId: filter.transfer }),
          ...(filter.person === '' ? {} : { userId: filter.person }),
        },
      );
      const names = await auditNames(c, ports, page.items);
      const isFiltered = Object.values(filter).some((one) => one !== '');
      return sendPage(c, ports, {
        title: 'Audit log',
        section: 'audit',
        children: (
          <>
            <div class="head">
              <h1>Audit log</h1>
              {isFiltered && <a href="/staff/audit">Show the whole log</a>}
              {!isFiltered && mayDo(c.get('caller'), 'readSecurityEvents') && (
                <a href="/staff/security-events">Security events</a>
              )}
            </div>
            <p class="lead below">
              {isFiltered
                ? 'Records about one record of the bank, newest first.'
                : 'Everything that the staff has changed, newest first. No record is ever changed or removed.'}
            </p>
            <section class="card" aria-label="Records">
              <h2 class="hidden">Records</h2>
              {page.items.length === 0 ? (
                <Empty title={page.nextCursor === null ? 'There are no records' : 'No records on this page'}>
                  <p>
                    {page.nextCursor === null
                      ? 'Freezes, limits, closures, erased texts and roles appear here.'
                      : 'Older records may match: go on to the next page.'}
                  </p>
                </Empty>
              ) : (
                <AuditList records={page.items} names={names} />
              )}
              <StaffPager
                first={cursor === '' ? undefined : pathWith('/staff/audit', filter)}
                next={page.nextCursor && pathWith('/staff/audit', { ...filter, cursor: page.nextCursor })}
                label="Older records"
              />
            </section>
          </>
        ),
      });
    },
  );
}
