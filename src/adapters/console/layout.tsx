import type { Context } from 'hono';
import { html } from 'hono/html';
import { createContext, useContext } from 'hono/jsx';
import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { DEFAULT_LANGUAGE, DEFAULT_TIME_ZONE } from '../../domain/entities/user.ts';
import type { Role, User } from '../../domain/entities/user.ts';
import type { PassbookError } from '../../domain/errors.ts';
import { assetPath } from './assets.ts';
import { TOKEN_FIELD } from './forms.ts';
import { POLICY } from './policy.ts';
import type { ConsolePorts, PageContext } from './ports.ts';
import { mayDo } from './staff/access.ts';
import type { StaffTask } from './staff/access.ts';
import type { Reader } from './text.ts';

/** Facts about the reader and the page that every part may need. */
export type PageFacts = Reader & {
  readonly bankName: string;
  readonly now: number;
  /** Error with which the bank refuses payments now. */
  readonly refusal: PassbookError | undefined;
  /** Null for people who are not signed in. */
  readonly user: User | null;
  /** Null for people who are not signed in. */
  readonly formToken: string | null;
};

const Facts = createContext<PageFacts | null>(null);

/** Returns the facts of the page that is being drawn. */
export function usePage(): PageFacts {
  const facts = useContext(Facts);
  if (facts === null) throw new TypeError('A part was drawn outside of a page');
  return facts;
}

export type Section =
  | 'account'
  | 'send'
  | 'payees'
  | 'security'
  | 'bank'
  | 'people'
  | 'audit'
  | 'verification';

type Link = readonly [section: Section, href: string, text: string];

const CUSTOMER_LINKS: readonly Link[] = [
  ['account', '/', 'Accounts'],
  ['send', '/send', 'Send'],
  ['payees', '/payees', 'Payees'],
  ['security', '/security', 'Security'],
];

const STAFF_LINKS: readonly (readonly [link: Link, task: StaffTask])[] = [
  [['bank', '/staff', 'Bank'], 'readPeople'],
  [['people', '/staff/search', 'Search'], 'readPeople'],
  [['audit', '/staff/audit', 'Audit log'], 'readAudit'],
  [['verification', '/staff/verification', 'Verification'], 'readBooks'],
  [['security', '/security', 'Security'], 'readPeople'],
];

/** The parts of the bank that a person may read. */
function linksFor(user: User): readonly Link[] {
  if (!isStaff(user.role)) return CUSTOMER_LINKS;
  return STAFF_LINKS.flatMap(([link, task]) => (mayDo(user, task) ? [link] : []));
}

export function isStaff(role: Role): boolean {
  return role !== 'customer';
}

export type PageParts = {
  /** Title of the page, without the bank's name. */
  readonly title: string;
  /** Part of the bank that the navigation marks. */
  readonly section?: Section;
  /** Version of the person's accounts on the page, which then follows them as they change. Default: it does not. */
  readonly liveSince?: string;
  readonly children: Child;
};

/** Sends a page to a signed-in person. */
export function sendPage(
  c: PageContext,
  ports: ConsolePorts,
  parts: PageParts,
): Response | Promise<Response> {
  const user = c.get('caller');
  return send(c, parts, {
    bankName: ports.edge.bankName,
    now: ports.clock.now(),
    refusal: ports.edge.refusal(),
    user,
    language: user.language,
    timeZone: user.timeZone,
    formToken: ports.formTokens.tokenOf(c.get('session').id),
  });
}

/** Sends a page to a person who is not signed in. */
export function sendOpenPage(
  c: Context,
  { edge, clock }: Pick<ConsolePorts, 'edge' | 'clock'>,
  parts: PageParts,
): Response | Promise<Response> {
  return send(c, parts, {
    bankName: edge.bankName,
    now: clock.now(),
    refusal: edge.refusal(),
    user: null,
    language: DEFAULT_LANGUAGE,
    timeZone: DEFAULT_TIME_ZONE,
    formToken: null,
  });
}

function send(c: Context, parts: PageParts, facts: PageFacts): Response | Promise<Response> {
  c.header('Content-Security-Policy', POLICY);
  // Without any referrer, browsers send no origin with forms either
  c.header('Referrer-Policy', 'same-origin');
  const page = (
    <Facts.Provider value={facts}>
      <Document {...parts} />
    </Facts.Provider>
  );
  return c.html(html`<!doctype html>${page}`);
}

/** Settings of htmx: nothing inline, nothing from elsewhere, no pages kept for the back button. */
const HTMX_CONFIG = 'includeIndicatorCSS:false history:false mode:same-origin';

const Document: FC<PageParts> = ({ title, section, liveSince, children }) => {
  const { bankName, user } = usePage();
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content={HTMX_CONFIG} />
        <title>{`${title} · ${bankName}`}</title>
        <link rel="icon" href={assetPath('icon.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={assetPath('console.css')} />
        {user && <script src={assetPath('htmx.js')} defer></script>}
        {user && <script src={assetPath('sse.js')} defer></script>}
      </head>
      <body class={user ? 'signed-in' : 'open'}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <Header section={section} />
        <main id="main" tabindex={-1}>
          <RefusalNote />
          {children}
        </main>
        {liveSince && <div id="feed" hx-sse:connect={`/live?since=${liveSince}`} hx-swap="none"></div>}
      </body>
    </html>
  );
};

/** Says on every page that payments are refused, before a person fills in a form. */
const RefusalNote: FC = () => {
  const { refusal } = usePage();
  if (refusal === undefined) return null;
  return (
    <p class="note warn" role="status">
      {refusal.code === 'maintenance'
        ? 'The bank is in maintenance and takes no payments or changes. You can read everything.'
        : 'The bank takes no payments at the moment. You can read on, and no money is lost.'}
    </p>
  );
};

const Header: FC<{ section?: Section | undefined }> = ({ section }) => {
  const { bankName, user } = usePage();
  const links = user === null ? [] : linksFor(user);
  return (
    <header class="bar">
      <div class="bar-in">
        <a class="bank-name" href="/">
          <span class="mark" aria-hidden="true"></span>
          {bankName}
        </a>
        {user && (
          <nav class="tabs" aria-label="Main">
            {links.map(([name, href, text]) => (
              <a href={href} class={`tab tab-${name}`} aria-current={name === section ? 'page' : undefined}>
                {text}
              </a>
            ))}
          </nav>
        )}
        {user && (
          <div class="who">
            <a href="/profile" class="who-name">
              <span class="name">{user.name}</span>
              <span class="initials" aria-hidden="true">
                {initialsOf(user.name)}
              </span>
            </a>
            <Form action="/sign-out" class="inline">
              <button class="link">Sign out</button>
            </Form>
          </div>
        )}
      </div>
    </header>
  );
};

/** The first letters of the first and the last word of a name, for narrow screens. */
function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const [first = '', last = ''] = [words[0], words.length > 1 ? words.at(-1) : ''];
  return [first, last].map((word) => [...word][0]?.toUpperCase() ?? '').join('');
}

/** A form that changes something. It carries the session's token. */
export const Form: FC<PropsWithChildren<{ action: string; class?: string; id?: string }>> = ({
  children,
  ...attributes
}) => {
  const { formToken } = usePage();
  return (
    <form method="post" {...attributes}>
      {formToken !== null && <input type="hidden" name={TOKEN_FIELD} value={formToken} />}
      {children}
    </form>
  );
};
