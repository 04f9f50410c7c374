import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSmtpMailer } from '../../../src/adapters/smtp/smtp-mailer.ts';
import type { SmtpMailer, SmtpServer, SmtpTimeouts } from '../../../src/adapters/smtp/smtp-mailer.ts';
import type { TransferNotification } from '../../../src/domain/entities/notification.ts';
import { JANUARY, aTransferMessage, aUser, aWelcome } from '../../../src/testing/fixtures/builders.ts';
import { MailServer, SmtpFault, PAGES } from '../../support/mail-server.ts';
import type { MailServerConduct, ReceivedMail } from '../../support/mail-server.ts';

const FROM = { name: 'Passbook', address: 'bank@passbook.example' };
const ADA = aUser({ name: 'Ada Lovelace', email: 'ada@example.com' });
const SOURCE = '019bc0de-0000-7000-8000-00000000aaaa';
const DESTINATION = '019bc0de-0000-7000-8000-00000000bbbb';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function aMailer(server: Partial<SmtpServer>, timeouts: Partial<SmtpTimeouts> = {}): SmtpMailer {
  const mailer = createSmtpMailer({
    server: { host: '127.0.0.1', port: 0, secure: false, auth: null, ...server },
    from: FROM,
    pages: PAGES,
    timeouts,
  });
  closing.push(() => mailer.close());
  return mailer;
}

async function aServer(conduct: MailServerConduct = {}): Promise<MailServer> {
  const server = await MailServer.start(conduct);
  closing.push(() => server.stop());
  return server;
}

/** Sends one mail to a server that takes all, and gives what arrived. */
async function sent(...[message, recipient]: Parameters<SmtpMailer['send']>): Promise<ReceivedMail> {
  const server = await aServer();
  expect(await aMailer({ port: server.port }).send(message, recipient)).toBe('sent');
  expect(server.mails).toHaveLength(1);
  return server.mails[0]!;
}

/** Header lines as they came, folded ones made one. */
function headerLines({ raw }: ReceivedMail): readonly string[] {
  const [head = ''] = raw.split('\r\n\r\n');
  return head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
}

function headerNames(mail: ReceivedMail): readonly string[] {
  return headerLines(mail).map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
}

/** Texts that a reader of the HTML sees, in order. */
function shownIn({ parsed }: ReceivedMail): readonly string[] {
  const [, body = ''] = String(parsed.html).split('</head>');
  return body
    .split(/<[^>]*>/)
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

const HEADERS = [
  'auto-submitted',
  'from',
  'to',
  'subject',
  'message-id',
  'date',
  'mime-version',
  'content-type',
];

function aTransfer(facts: Partial<TransferNotification> = {}): TransferNotification {
  return aTransferMessage({
    id: '019bc0de-0000-7000-8000-000000000001.sent',
    transferId: '019bc0de-0000-7000-8000-000000000001',
    description: 'Rent',
    ...facts,
  });
}

describe('a mail over SMTP', () => {
  it('shows a payer the amount, the destination account and the balance after it', async () => {
    const message = aTransfer({
      kind: 'transfer_sent',
      amount: 123456n,
      counterparty: { name: null, account: DESTINATION },
      balances: [{ accountId: SOURCE, balance: 8_766n }],
    });
    const mail = await sent(message, ADA);

    expect({ from: mail.from, to: mail.to }).toEqual({ from: FROM.address, to: ['ada@example.com'] });
    expect(headerNames(mail)).toEqual(HEADERS);
    expect(mail.parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail.parsed.from?.value).toEqual([FROM]);
    expect(mail.parsed.to).toMatchObject({ value: [{ name: 'Ada Lovelace', address: 'ada@example.com' }] });
    expect(mail.parsed.messageId).toBe('<019bc0de-0000-7000-8000-000000000001.sent@passbook.example>');
    expect(mail.parsed.date).toEqual(new Date(JANUARY));
    expect(mail.parsed.subject).toBe('You sent EUR\u00a01,234.56');
    expect(mail.parsed.text).toBe(`Hello Ada Lovelace,

You sent EUR\u00a01,234.56.

From: ${SOURCE}
To: ${DESTINATION}
Description: Rent
When: 2026-01-15 10:00 UTC
Transaction: 019bc0de-0000-7000-8000-000000000001
Balance of ${SOURCE} after it: EUR\u00a087.66

This is an automated message from Passbook. Please do not reply.
`);
    expect(shownIn(mail)).toEqual([
      'Passbook',
      'Hello Ada Lovelace,',
      'You sent EUR\u00a01,234.56.',
      'From',
      SOURCE,
      'To',
      DESTINATION,
      'Description',
      'Rent',
      'When',
      '2026-01-15 10:00 UTC',
      'Transaction',
      '019bc0de-0000-7000-8000-000000000001',
      `Balance of ${SOURCE} after it`,
      'EUR\u00a087.66',
      'This is an automated message from Passbook. Please do not reply.',
    ]);
  });

  it.each([
    {
      kind: 'transfer_received' as const,
      facts: {
        amount: 500n,
        currency: 'JPY',
        exponent: 0,
        description: null,
        counterparty: { name: 'Grace', account: 'aaaa' },
      },
      subject: 'You received JPY\u00a0500',
      says: [
        'You received JPY\u00a0500.',
        'From: Grace, account ending in aaaa',
        `To: ${DESTINATION}`,
        `Balance of ${DESTINATION} after it: JPY\u00a01,500`,
      ],
    },
    {
      kind: 'transfer_received' as const,
      facts: { description: null, counterparty: { name: null, account: 'aaaa' } },
      subject: 'You received EUR\u00a012.34',
      says: [
        'You received EUR\u00a012.34.',
        'From: account ending in aaaa',
        `To: ${DESTINATION}`,
        `Balance of ${DESTINATION} after it: EUR\u00a015.00`,
      ],
    },
    {
      kind: 'transfer_received' as const,
      facts: { description: null, counterparty: { name: null, account: null } },
      subject: 'You received EUR\u00a012.34',
      says: [
        'You received EUR\u00a012.34.',
        'From: Passbook',
        `To: ${DESTINATION}`,
        `Balance of ${DESTINATION} after it: EUR\u00a015.00`,
      ],
    },
    {
      kind: 'initial_funds_received' as const,
      facts: {
        amount: 1234n,
        currency: 'KWD',
        exponent: 3,
        description: 'Welcome gift',
        counterparty: { name: null, account: null },
      },
      subject: 'Passbook credited you KWD\u00a01.234',
      says: [
        'Passbook credited your account with KWD\u00a01.234.',
        `To: ${DESTINATION}`,
        'Description: Welcome gift',
        `Balance of ${DESTINATION} after it: KWD\u00a01.500`,
      ],
    },
    {
      kind: 'transfer_between_own_accounts' as const,
      facts: {
        description: null,
        counterparty: { name: null, account: DESTINATION },
        balances: [
          { accountId: SOURCE, balance: -5n },
          { accountId: DESTINATION, balance: 9_007_199_254_740_991n },
        ],
      },
      subject: 'You moved EUR\u00a012.34',
      says: [
        'You moved EUR\u00a012.34 from one of your accounts to another.',
        `From: ${SOURCE}`,
        `To: ${DESTINATION}`,
        `Balance of ${SOURCE} after it: -EUR\u00a00.05`,
        `Balance of ${DESTINATION} after it: EUR\u00a090,071,992,547,409.91`,
      ],
    },
  ])('contains $says.0 and $says.1', async ({ kind, facts, subject, says }) => {
    const message = aTransfer({ kind, balances: [{ accountId: DESTINATION, balance: 1500n }], ...facts });
    const { parsed } = await sent(message, ADA);

    const [lead, ...lines] = says;
    const at = lines.findIndex((line) => line.startsWith('Balance of'));
    lines.splice(at, 0, 'When: 2026-01-15 10:00 UTC', `Transaction: ${message.transferId}`);
    expect(parsed.subject).toBe(subject);
    expect(parsed.text).toBe(
      `Hello Ada Lovelace,\n\n${lead}\n\n${lines.join('\n')}\n\nThis is an automated message from Passbook. Please do not reply.\n`,
    );
    for (const said of [lead, ...lines.flatMap((line) => line.split(': '))]) {
      expect(parsed.html).toContain(`>${said}<`);
    }
  });

  const EXPIRY = Date.UTC(2026, 0, 22, 9, 59, 59);
  const REVERSED = '019bc0de-0000-7000-8000-000000000000';

  it.each([
    {
      what: 'the payer of a hold the account as typed',
      facts: {
        kind: 'hold_placed' as const,
        expiresAt: EXPIRY,
        counterparty: { name: null, account: DESTINATION },
        balances: [{ accountId: SOURCE, balance: 8_766n }],
      },
      subject: 'EUR\u00a012.34 of yours is reserved',
      text: `EUR\u00a012.34 is reserved in your account until the payee takes it, or until it expires.

From: ${SOURCE}
To: ${DESTINATION}
Description: Rent
When: 2026-01-15 10:00 UTC
Expires: 2026-01-22 09:59 UTC
Transaction: 019bc0de-0000-7000-8000-000000000001
Balance of ${SOURCE} after it: EUR\u00a087.66`,
    },
    {
      what: 'the payee of a hold a name and four characters',
      facts: {
        kind: 'hold_received' as const,
        description: null,
        expiresAt: EXPIRY,
        counterparty: { name: 'Grace', account: 'aaaa' },
        balances: [{ accountId: DESTINATION, balance: 0n }],
      },
      subject: 'EUR\u00a012.34 is reserved for you',
      text: `EUR\u00a012.34 is reserved for you. It is yours once you capture it; it is released if you do not.

From: Grace, account ending in aaaa
To: ${DESTINATION}
When: 2026-01-15 10:00 UTC
Expires: 2026-01-22 09:59 UTC
Transaction: 019bc0de-0000-7000-8000-000000000001
Balance of ${DESTINATION} after it: EUR\u00a00.00`,
    },
    {
      what: 'the customer their withdrawal',
      facts: {
        kind: 'withdrawal_made' as const,
        amount: 500n,
        currency: 'JPY',
        exponent: 0,
        description: 'Cash',
        counterparty: { name: null, account: null },
        balances: [{ accountId: SOURCE, balance: 1_500n }],
      },
      subject: 'Passbook paid out JPY\u00a0500',
      text: `Passbook paid JPY\u00a0500 out of your account.

From: ${SOURCE}
Description: Cash
When: 2026-01-15 10:00 UTC
Transaction: 019bc0de-0000-7000-8000-000000000001
Balance of ${SOURCE} after it: JPY\u00a01,500`,
    },
    {
      what: 'the sender of a reversal only the end of the other account',
      facts: {
        kind: 'transfer_sent' as const,
        description: 'Returned',
        reverses: REVERSED,
        counterparty: { name: null, account: 'aaaa' },
        balances: [{ accountId: DESTINATION, balance: 0n }],
      },
      subject: 'You sent EUR\u00a012.34',
      text: `You sent EUR\u00a012.34.

From: ${DESTINATION}
To: account ending in aaaa
Description: Returned
When: 2026-01-15 10:00 UTC
Transaction: 019bc0de-0000-7000-8000-000000000001
Reverses: ${REVERSED}
Balance of ${DESTINATION} after it: EUR\u00a00.00`,
    },
    {
      what: 'the recipient of a reversal their money',
      facts: {
        kind: 'transfer_received' as const,
        description: null,
        reverses: REVERSED,
        counterparty: { name: 'Grace', account: 'bbbb' },
        balances: [{ accountId: SOURCE, balance: 10_000n }],
      },
      subject: 'You received EUR\u00a012.34',
      text: `You received EUR\u00a012.34.

From: Grace, account ending in bbbb
To: ${SOURCE}
When: 2026-01-15 10:00 UTC
Transaction: 019bc0de-0000-7000-8000-000000000001
Reverses: ${REVERSED}
Balance of ${SOURCE} after it: EUR\u00a0100.00`,
    },
  ])('shows $what', async ({ facts, subject, text }) => {
    const mail = await sent(aTransfer(facts), ADA);

    const lastWords = 'This is an automated message from Passbook. Please do not reply.';
    expect(headerNames(mail)).toEqual(HEADERS);
    expect(mail.parsed.subject).toBe(subject);
    expect(mail.parsed.text).toBe(`Hello Ada Lovelace,\n\n${text}\n\n${lastWords}\n`);
    const [lead, lines = ''] = text.split('\n\n');
    const rows = lines.split('\n').flatMap((line) => line.split(': '));
    const heading = lead === `${subject}.` ? [] : [subject];
    expect(shownIn(mail)).toEqual(['Passbook', ...heading, 'Hello Ada Lovelace,', lead, ...rows, lastWords]);
  });

  it.each([
    ['collected from', 'transfer_sent' as const, 'From'],
    ['spread over', 'transfer_received' as const, 'To'],
  ])('lists all own accounts that it was %s', async (_what, kind, label) => {
    const { parsed } = await sent(
      aTransfer({
        kind,
        balances: [
          { accountId: 'first', balance: 1n },
          { accountId: 'second', balance: 2n },
        ],
      }),
      ADA,
    );

    expect(parsed.text).toContain(`\n${label}: first, second\n`);
    expect(parsed.text).toContain(
      'Balance of first after it: EUR\u00a00.01\nBalance of second after it: EUR\u00a00.02\n',
    );
  });

  it('welcomes a new customer', async () => {
    const { parsed } = await sent(aWelcome({ id: '019bc0de-1.welcome' }), ADA);
    expect(parsed.messageId).toBe('<019bc0de-1.welcome@passbook.example>');
    expect(parsed.subject).toBe('Welcome to Passbook');
    expect(parsed.text).toBe(`Hello Ada Lovelace,

You are registered. Open an account to send and receive money.

Registered: 2026-01-15 10:00 UTC

This is an automated message from Passbook. Please do not reply.
`);
  });

  it('summarises the excess mails of an hour, and lists the first of them', async () => {
    const listed = aTransfer({
      kind: 'transfer_received',
      description: null,
      balances: [{ accountId: DESTINATION, balance: 1500n }],
    });
    const total = { kind: 'transfer_received', currency: 'EUR', exponent: 2, count: 2_988 } as const;
    const { parsed } = await sent(
      {
        kind: 'digest',
        id: 'someone.digest.1',
        recipientId: ADA.id,
        since: Date.UTC(2026, 0, 15, 9),
        at: Date.UTC(2026, 0, 15, 10),
        listed: [listed],
        totals: [{ ...total, amount: 298_800n }],
      },
      ADA,
    );
    expect(parsed.messageId).toBe('<someone.digest.1@passbook.example>');
    expect(parsed.subject).toBe('Summary of 2988 transactions');
    expect(parsed.text).toContain('between 2026-01-15 09:00 UTC and 2026-01-15 10:00 UTC');
    expect(parsed.text).toMatch(/^Received: .*2,?988\.00.* in 2988 transactions$/m);
    expect(parsed.text).toMatch(
      new RegExp(`^2026-.* UTC: Received .*, transaction ${listed.transferId}$`, 'm'),
    );
    expect(parsed.text).toContain('Not listed here: 2987 transactions');
    expect(parsed.html).toContain('>2987 transactions<');
  });

  it('has the same Message-ID and date at every attempt', async () => {
    const message = aTransfer();
    const [first, second] = [await sent(message, ADA), await sent(message, ADA)];
    expect(second.parsed.messageId).toBe(first.parsed.messageId);
    expect(second.parsed.date).toEqual(first.parsed.date);
  });
});

describe('foreign text in a mail', () => {
  const MARKUP = `<b>Ada</b> & "Co" <img src=x onerror='alert(1)'>`;

  it('is text in HTML, never markup', async () => {
    const message = aTransfer({
      description: '</td><script>alert(2)</script>',
      counterparty: { name: MARKUP, account: 'aaaa' },
    });
    const { parsed } = await sent(message, aUser({ name: MARKUP, email: 'ada@example.com' }));

    const escaped =
      '&lt;b&gt;Ada&lt;/b&gt; &amp; &quot;Co&quot; &lt;img src=x onerror=&#39;alert(1)&#39;&gt;';
    expect(parsed.html).toContain(`>Hello ${escaped},</p>`);
    expect(parsed.html).toContain(`>${escaped}, account ending in aaaa</td>`);
    expect(parsed.html).toContain('>&lt;/td&gt;&lt;script&gt;alert(2)&lt;/script&gt;</td>');
    expect(parsed.text).toContain(`From: ${MARKUP}, account ending in aaaa`);
  });

  it.each([
    ['two addresses', 'Ada, eve@evil.example'],
    ['an address in angle brackets', 'Ada <eve@evil.example>'],
    ['a group', 'Friends: Eve <eve@evil.example>, Mal <mal@evil.example>;'],
    ['a nested group', 'A: B: C: eve@evil.example;;;'],
    ['a quote that closes the name', 'Ada" <eve@evil.example>, "'],
    ['a backslash and a quote', 'Ada\\" <eve@evil.example>, "'],
    ['a comment', 'Ada (eve@evil.example)'],
    ['an encoded line break', '=?utf-8?q?Ada=0D=0ABcc:_eve@evil.example?='],
    ['letters beyond ASCII', 'Zoë Müller <eve@evil.example> 🏠'],
    ['a hundred characters', 'eve@evil.example,'.repeat(10).slice(0, 100)],
  ])('adds no recipient through a name with %s', async (_what, name) => {
    const mail = await sent(aTransfer(), aUser({ name, email: 'ada@example.com' }));
    expect(mail.to).toEqual(['ada@example.com']);
    expect(headerNames(mail)).toEqual(HEADERS);
    const { value } = mail.parsed.to as { value: { address: string; name: string }[] };
    expect(value.map(({ address }) => address)).toEqual(['ada@example.com']);
    expect(mail.parsed.text).toContain(`Hello ${name},`);
  });

  it.each([
    ['a line break in the name', { name: 'Ada\r\nBcc: eve@evil.example' }],
    ['a lone line feed in the name', { name: 'Ada\nBcc: eve@evil.example' }],
    ['a NUL in the name', { name: 'Ada\u0000' }],
    ['no name', { name: '' }],
    ['a line break in the address', { email: 'ada@example.com\r\nBcc: eve@evil.example' }],
    ['a line break and a command in the address', { email: 'ada@example.com>\r\nRCPT TO:<eve@evil.example' }],
    ['two addresses', { email: 'ada@example.com,eve@evil.example' }],
    ['two addresses by semicolon', { email: 'ada@example.com;eve@evil.example' }],
    ['a name in the address', { email: 'Ada <ada@example.com>' }],
    ['a group in the address', { email: 'a:b:ada@example.com,eve@evil.example;;' }],
    ['a quoted local part', { email: '"ada@example.com eve"@evil.example' }],
    ['a space in the address', { email: 'ada@example.com eve@evil.example' }],
  ])('is refused before anything is sent: %s', async (_what, state) => {
    const server = await aServer();
    const mailer = aMailer({ port: server.port });
    expect(await mailer.send(aTransfer(), aUser({ email: 'ada@example.com', ...state }))).toBe('refused');
    expect(server.mails).toEqual([]);
  });

  it('stays in the body if it is a description', async () => {
    const description = 'Rent\r\nBcc: eve@evil.example\r\n.\r\nRCPT TO:<eve@evil.example>';
    const mail = await sent(aTransfer({ description, counterparty: { name: 'A\r\nB', account: 'x' } }), ADA);
    expect(mail.to).toEqual(['ada@example.com']);
    expect(headerNames(mail)).toEqual(HEADERS);
    expect(mail.parsed.text).toContain('Balance of');
  });

  it('cannot enter a Message-ID unless it is plain words', async () => {
    const mailer = aMailer({ port: 1 });
    for (const id of ['a>\r\nBcc: eve@evil.example', '../../etc/passwd', '', 'a..b', '.a', 'a b', 'a@b']) {
      await expect(mailer.send(aTransfer({ id }), ADA)).rejects.toThrow(TypeError);
    }
  });
});

describe('an answer of the mail server', () => {
  it.each([
    [550, 'No such user here'],
    [550, '5.1.1 The email account that you tried to reach does not exist'],
    [552, '5.2.2 Mailbox full permanently'],
    [553, '5.1.3 Mailbox name not allowed'],
  ])('refuses the recipient permanently: %i %s', async (code, text) => {
    const server = await aServer({ refuseRecipient: () => new SmtpFault(code, text) });
    expect(await aMailer({ port: server.port }).send(aTransfer(), ADA)).toBe('refused');
  });

  it('refuses the mail itself permanently', async () => {
    const server = await aServer({ beforeYes: async () => new SmtpFault(554, '5.6.0 Cannot be read') });
    expect(await aMailer({ port: server.port }).send(aTransfer(), ADA)).toBe('refused');
  });

  it.each<[string, MailServerConduct]>([
    [
      'a temporarily full mailbox',
      { refuseRecipient: () => new SmtpFault(452, '4.2.2 The mailbox is over quota') },
    ],
    ['greylisting', { refuseRecipient: () => new SmtpFault(451, '4.7.1 Try again later') }],
    ["Gmail's daily limit", { refuseRecipient: () => new SmtpFault(550, '5.4.5 Daily limit exceeded') }],
    ['refused relaying', { refuseRecipient: () => new SmtpFault(554, '5.7.1 Relay access denied') }],
    ['a required sign-in', { refuseRecipient: () => new SmtpFault(530, 'Authentication required') }],
    ['a refused sender', { refuseSender: () => new SmtpFault(550, '5.1.8 Bad sender') }],
    ['a fault after the mail', { beforeYes: async () => new SmtpFault(451, 'Local error in processing') }],
    ['a policy', { beforeYes: async () => new SmtpFault(554, '5.7.1 Looks like spam') }],
  ])('permits another attempt: %s', async (_what, conduct) => {
    const server = await aServer(conduct);
    await expect(aMailer({ port: server.port }).send(aTransfer(), ADA)).rejects.toThrow(/\b[45]\d\d /);
  });

  it('permits another attempt if the password is refused, and does not reveal the password', async () => {
    const server = await aServer({ password: 'the right one' });
    const auth = { user: 'bank', pass: 'canary-smtp-secret' };
    const failed = await aMailer({ port: server.port, auth })
      .send(aTransfer(), ADA)
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ responseCode: 535 });
    expect(JSON.stringify(failed, Object.getOwnPropertyNames(failed))).not.toMatch(
      /canary|Y2FuYXJ5|AGJhbmsAY2FuYXJ5/,
    );
  });

  it('keeps the connection for the next mails after a refused one', async () => {
    const server = await aServer({
      refuseRecipient: (address) => (address.startsWith('no') ? new SmtpFault(550, 'No') : undefined),
    });
    const mailer = aMailer({ port: server.port });
    expect(await mailer.send(aTransfer({ id: 'a' }), aUser({ email: 'no@example.com' }))).toBe('refused');
    expect(await mailer.send(aTransfer({ id: 'b' }), ADA)).toBe('sent');
    expect(server.mails.map(({ parsed }) => parsed.messageId)).toEqual(['<b@passbook.example>']);
  });

  it('is requested over a new connection if the old one was closed', async () => {
    const server = await aServer();
    const mailer = aMailer({ port: server.port });
    await mailer.send(aTransfer({ id: 'a' }), ADA);
    await server.stop();
    const again = await aServer({ port: server.port });
    expect(await mailer.send(aTransfer({ id: 'b' }), ADA)).toBe('sent');
    expect(again.mails).toHaveLength(1);
  });
});

describe('the connection to the mail server', () => {
  it('permits another attempt if it is refused', async () => {
    const server = await aServer();
    await server.stop();
    await expect(aMailer({ port: server.port }).send(aTransfer(), ADA)).rejects.toThrow('ECONNREFUSED');
  });

  it.each<[string, RegExp, (socket: Socket) => void, Partial<SmtpTimeouts>]>([
    ['says nothing', /greeting/i, () => {}, { greeting: 50 }],
    ['falls silent after its greeting', /timeout/i, (socket) => socket.write('220 mail\r\n'), { socket: 50 }],
    [
      'trickles its answers',
      /aborted|timeout/i,
      (socket) => {
        socket.write('220 mail\r\n250-');
        const timer = setInterval(() => socket.write('.'), 10);
        socket.on('close', () => clearInterval(timer));
      },
      { socket: 100_000, send: 100 },
    ],
  ])('is given up in time if a server %s', async (_what, message, converse, timeouts) => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      converse(socket);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    await expect(aMailer({ port }, timeouts).send(aTransfer(), ADA)).rejects.toThrow(message);
  });

  it('carries a plain-text password to this machine only', async () => {
    const conduct = { password: 'right', host: '0.0.0.0', disabledCommands: ['STARTTLS'] };
    const auth = { user: 'bank', pass: 'right' };
    const server = await aServer(conduct);

    // Both names lead here, and one of them says so
    await expect(
      aMailer({ host: '0.0.0.0', port: server.port, auth }).send(aTransfer(), ADA),
    ).rejects.toThrow();
    expect(server.signIns).toBe(0);
    expect(await aMailer({ host: '127.0.0.1', port: server.port, auth }).send(aTransfer(), ADA)).toBe('sent');
    expect(server.signIns).toBe(1);
  });

  it('accepts an untrusted certificate from this machine only', async () => {
    const server = await aServer({ host: '0.0.0.0', secure: true });
    const secure = { port: server.port, secure: true };
    await expect(aMailer({ ...secure, host: '0.0.0.0' }).send(aTransfer(), ADA)).rejects.toThrow(
      /certificate/i,
    );
    expect(await aMailer({ ...secure, host: '127.0.0.1' }).send(aTransfer(), ADA)).toBe('sent');
  });

  it('ends with its mail when the mailer closes', async () => {
    let reached: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const server = await aServer({
      beforeYes: () => {
        reached?.();
        return new Promise(() => {});
      },
    });
    const mailer = aMailer({ port: server.port });
    const sending = mailer.send(aTransfer(), ADA);
    const failed = expect(sending).rejects.toThrow();
    await arrived;
    mailer.close();
    await failed;
  });
});
