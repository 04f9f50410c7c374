import { createTransport } from 'nodemailer';
import type { NodemailerError } from 'nodemailer';
import type { Mailer } from '../../application/ports.ts';
import { composeMail } from './compose-mail.ts';
import type { Sender } from './compose-mail.ts';

export type SmtpServer = {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise STARTTLS where the server offers it, and always where a password is sent. */
  readonly secure: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | null;
};

/** In milliseconds. `send` is for a whole mail, however slowly a server trickles its answers. */
export type SmtpTimeouts = {
  readonly connection: number;
  readonly greeting: number;
  readonly socket: number;
  readonly send: number;
};

const TIMEOUTS: SmtpTimeouts = { connection: 10_000, greeting: 10_000, socket: 20_000, send: 30_000 };

export type SmtpMailer = Mailer & {
  /** Ends its connection; a mail that is being sent fails and may be sent again. */
  close(): void;
};

/** Sends over one kept connection, as the dispatcher sends one mail after another. */
export function createSmtpMailer(options: {
  server: SmtpServer;
  from: Sender;
  timeouts?: Partial<SmtpTimeouts>;
}): SmtpMailer {
  const { server, from } = options;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const isLocal = isLoopback(server.host);
  const transport = createTransport({
    pool: true,
    maxConnections: 1,
    // Once, for a connection that the server closed while it was idle; all else is the dispatcher's to repeat
    maxRequeues: 1,
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: !server.secure && server.auth !== null && !isLocal,
    // A mail server on this machine has a certificate in another name, or none, and nothing leaves the machine
    ...(isLocal && { tls: { rejectUnauthorized: false } }),
    ...(server.auth && { auth: { ...server.auth } }),
    connectionTimeout: timeouts.connection,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.socket,
  });

  return {
    async send(message, recipient) {
      const mail = await composeMail(message, { from, recipient });
      if (!mail) return 'refused';
      try {
        await transport.sendMail({ ...mail, signal: AbortSignal.timeout(timeouts.send) });
        return 'sent';
      } catch (error) {
        if (isRefusal(error as NodemailerError)) return 'refused';
        throw error;
      }
    },
    close: () => transport.close({ force: true }),
  };
}

/**
 * Whether the server will never take this mail for this address. What it says of the sender, of a sign-in, of its
 * network or of a policy is about us and may be put right: 550 5.4.5, Gmail's daily limit, is over tomorrow.
 * RFC 3463, section 3: the middle number tells what a status is about: 1 the address, 2 the mailbox, 6 the content.
 */
function isRefusal({ permanent, command, responseCode, response = '' }: NodemailerError): boolean {
  const isOfThisMail = command === 'RCPT TO' || command === 'DATA';
  if (!permanent || !isOfThisMail || responseCode === 530) return false;

  const subject = /^5\d\d[ -]5\.(\d{1,3})\.\d{1,3}\b/.exec(response)?.[1];
  return subject === undefined || ['1', '2', '6'].includes(subject);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
