import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSmtpMailer } from '../../../src/adapters/smtp/smtp-mailer.ts';
import type { SmtpMailer, SmtpServer, SmtpTimeouts } from '../../../src/adapters/smtp/smtp-mailer.ts';
import type { TransferNotification } from '../../../src/domain/entities/notification.ts';
import { JANUARY, aTransferMessage, aUser } from '../../../src/testing/fixtures/builders.ts';
import { MailServer, SmtpFault, NO_NAMES, PAGES } from '../../support/mail-server.ts';
import type { MailServerConduct, ReceivedMail } from '../../support/mail-server.ts';

const FROM = { name: 'Passbook', address: 'bank@passbook.example' };
const ADA = aUser({ name: 'Ada Lovelace', email: 'ada@example.com', emailVerifiedAt: JANUARY });

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function aMailer(server: Partial<SmtpServer>, timeouts: Partial<SmtpTimeouts> = {}): SmtpMailer {
  const mailer = createSmtpMailer({
    server: { host: '127.0.0.1', port: 0, secure: false, auth: null, ...server },
    from: FROM,
    pages: PAGES,
    names: NO_NAMES,
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
  it('arrives as text and HTML, under the headers of an automatic mail', async () => {
    const mail = await sent(aTransfer({ kind: 'transfer_sent', amount: 123456n }), ADA);

    expect({ from: mail.from, to: mail.to }).toEqual({ from: FROM.address, to: ['ada@example.com'] });
    expect(headerNames(mail)).toEqual(HEADERS);
    expect(mail.parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail.parsed.from?.value).toEqual([FROM]);
    expect(mail.parsed.to).toMatchObject({ value: [{ name: 'Ada Lovelace', address: 'ada@example.com' }] });
    expect(mail.parsed.messageId).toBe('<019bc0de-0000-7000-8000-000000000001.sent@passbook.example>');
    expect(mail.parsed.date).toEqual(new Date(JANUARY));
    expect(mail.parsed.subject).toBe('You sent EUR\u00a01,234.56');
    expect(mail.parsed.text).toMatch(/^Hello Ada Lovelace,\n\nYou sent EUR\u00a01,234\.56 /);
    expect(mail.parsed.html).toContain('>EUR\u00a01,234.56</span>');
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
    const { parsed } = await sent(
      message,
      aUser({ name: MARKUP, email: 'ada@example.com', emailVerifiedAt: JANUARY }),
    );

    const escaped =
      '&lt;b&gt;Ada&lt;/b&gt; &amp; &quot;Co&quot; &lt;img src=x onerror=&#39;alert(1)&#39;&gt;';
    expect(parsed.html?.toString().split(escaped)).toHaveLength(3);
    expect(parsed.html).toContain('>&lt;/td&gt;&lt;script&gt;alert(2)&lt;/script&gt;</span>');
    expect(parsed.html).not.toMatch(/<(?:b>Ada|img|script)/);
    expect(parsed.text).toContain(` from ${MARKUP}\n</td><script>alert(2)</script>\n`);
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
    const mail = await sent(aTransfer(), aUser({ name, email: 'ada@example.com', emailVerifiedAt: JANUARY }));
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
    expect(mail.parsed.text).toContain('Not expected? Do this.');
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
