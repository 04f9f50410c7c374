import { Hono } from 'hono';
import type { SignedInPageEnv } from '../../../shared/page-edge.ts';
import { queryOf } from '../../forms.ts';
import { sendPage } from '../../layout.tsx';
import { Empty } from '../../parts/fields.tsx';
import type { ConsolePorts } from '../../ports.ts';
import { taskRequired } from '../access.ts';
import { pathWith, StaffPager } from '../parts.tsx';
import { SecurityEventList } from './security-event-list.tsx';

const EVENTS_SHOWN = 50;

/** Security events of everybody, or of one person, newest first. */
export function securityEventsPageRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>().get(
    '/staff/security-events',
    edge.sessionRequired,
    taskRequired('readSecurityEvents'),
    async (c) => {
      const query = queryOf(c);
      const [person, cursor] = [query.text('person'), query.text('cursor')];
      const request = { limit: EVENTS_SHOWN, ...(cursor === '' ? {} : { cursor }) };
      const page = await bank.listSecurityEvents(person === '' ? null : person, request);
      const ids = page.items.flatMap(({ userId, actorId }) => [userId ?? [], actorId ?? []].flat());
      const users = await bank.findUsers(person === '' ? ids : [...ids, person]);
      return sendPage(c, ports, {
        title: 'Security events',
        section: 'audit',
        children: (
          <>
            <div class="head">
              <h1>Security events</h1>
              {person === '' ? (
                <a href="/staff/audit">Audit log</a>
              ) : (
                <a href="/staff/security-events">Show all people</a>
              )}
            </div>
            <p class="lead below">
              {person === ''
                ? 'Sign-ins, credentials and denials of everybody, newest first.'
                : `Of ${users.get(person)?.name ?? 'one person'}, newest first.`}
            </p>
            <section class="card" aria-label="Events">
              <h2 class="hidden">Events</h2>
              {page.items.length === 0 ? (
                <Empty title="There are no events">
                  <p>Sign-ins and changes of credentials appear here.</p>
                </Empty>
              ) : (
                <SecurityEventList events={page.items} users={users} isOfOne={person !== ''} />
              )}
              <StaffPager
                first={cursor === '' ? undefined : pathWith('/staff/security-events', { person })}
                next={
                  page.nextCursor && pathWith('/staff/security-events', { person, cursor: page.nextCursor })
                }
                label="Older events"
              />
            </section>
          </>
        ),
      });
    },
  );
}
