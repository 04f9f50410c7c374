import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { SecurityEvent } from '../../../domain/entities/security-event.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { queryOf } from '../forms.ts';
import { sendPage, usePage } from '../layout.tsx';
import type { ConsolePorts } from '../ports.ts';
import { momentText } from '../text.ts';
import { deviceText, EVENT_WORDS } from './event-words.ts';

/** The list of a person's security events. */
export function eventRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>().get('/security/events', edge.sessionRequired, async (c) => {
    const cursor = queryOf(c).text('cursor');
    const request = cursor === '' ? {} : { cursor };
    const { items, nextCursor } = await bank.listSecurityEvents(c.get('caller').id, request);
    return sendPage(c, ports, {
      title: 'What was done in your name',
      section: 'security',
      children: (
        <>
          <p class="crumb">
            <a href="/security">Security</a>
          </p>
          <div class="head">
            <h1>What was done in your name</h1>
            <p class="lead">If you do not know one of these, change your password and sign out everywhere.</p>
          </div>
          <section class="card">
            <EventList events={items} />
            {nextCursor !== null && (
              <p class="actions">
                <a class="button quiet" href={`/security/events?cursor=${encodeURIComponent(nextCursor)}`}>
                  Show older ones
                </a>
              </p>
            )}
          </section>
        </>
      ),
    });
  });
}

export const EventList: FC<{ events: readonly SecurityEvent[] }> = ({ events }) => {
  const page = usePage();
  return (
    <ul class="rows">
      {events.map((event) => (
        <li>
          <strong>{EVENT_WORDS[event.action]}</strong>
          <span class="sub">
            {deviceText(event.device)}
            {event.address !== null && `, ${event.address}`}
          </span>
          <span class="end fine">{momentText(event.at, page)}</span>
        </li>
      ))}
    </ul>
  );
};
