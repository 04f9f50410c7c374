import { createTransport } from 'nodemailer';
import type { NodemailerError, SendMailOptions } from 'nodemailer';
import { MailServerFault } from '../../application/ports/outbox.ts';
import type { Mailer } from '../../application/ports/outbox.ts';
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
    // A server that refuses is not tried twice; a connection that it closed while idle is replaced below
    maxRequeues: 0,
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

  /** Whether the last mail left the connection in use; the server may have closed it since. */
  let isConnected = false;
  const trySend = async (mail: SendMailOptions): Promise<void> => {
    const wasConnected = isConnected;
    isConnected = false;
    try {
      await transport.sendMail(mail);
      isConnected = true;
    } catch (error) {
      const fault = error as NodemailerError;
      isConnected = isAnswerToMail(fault);
      if (!wasConnected || !isClosedBefore(fault)) throw error;
      await trySend(mail);
    }
  };

  return {
    async send(message, recipient) {
      const mail = await composeMail(message, { from, recipient });
      if (!mail) return 'refused';
      try {
        await trySend({ ...mail, signal: AbortSignal.timeout(timeouts.send) });
        return 'sent';
      } catch (error) {
        const fault = error as NodemailerError;
        if (isRefusal(fault)) return 'refused';
        throw serverFaultOf(fault) ?? error;
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

/** The pool's own error for a connection that ended before a byte of the mail was read. */
function isClosedBefore({ code, command }: NodemailerError): boolean {
  return code === 'ECONNECTION' && command === undefined;
}

/** The server's own word on a mail, after which the connection goes on. */
function isAnswerToMail({ code, responseCode }: NodemailerError): boolean {
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && Boolean(responseCode) && responseCode !== 421;
}

/** RFC 5321, section 3.8: the service closes the channel; RFC 4954, section 6: a sign-in that fails, or is wanted. */
const OF_SERVER: ReadonlySet<number | false | undefined> = new Set([421, 454, 530, 534, 535, 538]);

/** Gmail and others limit how much one sender may send, and say so at any step of a mail. */
const TOO_MANY = /too (?:many|much|fast)|rate.?limit|limit exceeded|quota exceeded|throttl/i;

/** Undefined where the fault is of this mail alone, so that the next one may well be taken. */
function serverFaultOf(fault: NodemailerError): MailServerFault | undefined {
  const { message, responseCode } = fault;
  const of = (isPerhapsOfMail: boolean) =>
    new MailServerFault(message, { cause: fault, responseCode: responseCode || null, isPerhapsOfMail });
  if (isAnswerToMail(fault)) return isAboutUs(fault) ? of(false) : undefined;
  if (OF_SERVER.has(responseCode) || isBeforeMail(fault)) return of(false);
  return ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EABORT'].includes(fault.code ?? '') ? of(true) : undefined;
}

/** RFC 3463, section 3: x.1 is about the address, x.2 the mailbox, x.6 the content; x.3.4 is the size of the mail. */
function isAboutUs({ command, responseCode, response = '' }: NodemailerError): boolean {
  if (OF_SERVER.has(responseCode)) return true;
  if (command === 'MAIL FROM') return !/^552|^\d{3}[ -][45]\.[23]\.4\b/.test(response);
  return TOO_MANY.test(response) && !/^\d{3}[ -][45]\.[126]\.\d/.test(response);
}

const BEFORE_MAIL = new Set(['EAUTH', 'ENOAUTH', 'EDNS', 'ETLS', 'EPROTOCOL', 'EPROXY']);

/** The connection, the greeting, TLS and the sign-in: no mail was looked at. */
function isBeforeMail(fault: NodemailerError): boolean {
  const { code = '', command = '', message } = fault;
  if (BEFORE_MAIL.has(code) || /^(?:EHLO|HELO|LHLO|STARTTLS|AUTH)/.test(command)) return true;
  if ('syscall' in fault && fault.syscall === 'connect') return true;
  return code === 'ETIMEDOUT' && /^(?:Greeting|Connection|TLS)/.test(message);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
