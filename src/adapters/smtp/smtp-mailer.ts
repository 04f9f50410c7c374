import { createTransport } from 'nodemailer';
import type { NodemailerError, SendMailOptions } from 'nodemailer';
import { MailServerFault } from '../../application/ports/outbox.ts';
import type { Mailer } from '../../application/ports/outbox.ts';
import { composeMail } from './compose-mail.ts';
import type { MailTerms } from './compose-mail.ts';

export type SmtpServer = {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. Otherwise STARTTLS if the server offers it, and always before a password. */
  readonly secure: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | null;
};

/** Timeouts in milliseconds. `send` limits a whole mail, even if the server trickles its answers. */
export type SmtpTimeouts = {
  readonly connection: number;
  readonly greeting: number;
  readonly socket: number;
  readonly send: number;
};

const TIMEOUTS: SmtpTimeouts = { connection: 10_000, greeting: 10_000, socket: 20_000, send: 30_000 };

export type SmtpMailer = Mailer & {
  /** Ends the connection. A mail in progress fails and may be sent again. */
  close(): void;
};

/** A mailer over one persistent connection, because the dispatcher sends one mail at a time. */
export function createSmtpMailer({
  server,
  timeouts: changed,
  ...terms
}: MailTerms & { server: SmtpServer; timeouts?: Partial<SmtpTimeouts> }): SmtpMailer {
  const timeouts = { ...TIMEOUTS, ...changed };
  const transport = createTransport({
    pool: true,
    maxConnections: 1,
    // No retries after a refusal. `trySend` replaces a connection that the server closed while idle
    maxRequeues: 0,
    ...connectionTo(server, timeouts),
  });

  /** Whether the last mail left the connection open. The server may have closed it since. */
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
      const mail = await composeMail(message, { ...terms, recipient });
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

function connectionTo(server: SmtpServer, timeouts: Omit<SmtpTimeouts, 'send'>) {
  const isLocal = isLoopback(server.host);
  return {
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: !server.secure && server.auth !== null && !isLocal,
    // A local mail server has no certificate or one for another name, and the traffic never leaves the machine
    ...(isLocal && { tls: { rejectUnauthorized: false } }),
    ...(server.auth && { auth: { ...server.auth } }),
    connectionTimeout: timeouts.connection,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.socket,
  };
}

/** Reason why a mail server cannot be used. `kind` is the step that failed. */
export type SmtpTrouble = {
  readonly kind: 'unreachable' | 'insecure' | 'denied' | 'refused';
  /** The server's words, or those of the connection. */
  readonly reason: string;
};

/**
 * Greets a mail server as before a mail: connects, negotiates TLS and signs in. Sends no mail.
 * @returns null if the server would accept a mail
 */
export async function greetMailServer(
  server: SmtpServer,
  { timeoutMs = TIMEOUTS.greeting }: { timeoutMs?: number } = {},
): Promise<SmtpTrouble | null> {
  const timeouts = { connection: timeoutMs, greeting: timeoutMs, socket: timeoutMs };
  const transport = createTransport(connectionTo(server, timeouts));
  try {
    await transport.verify();
    return null;
  } catch (error) {
    const fault = error as NodemailerError;
    return { kind: troubleOf(fault), reason: fault.message };
  } finally {
    transport.close();
  }
}

const CERTIFICATE = /certificate|self.signed|altnames|wrong version number|ssl routines/i;

function troubleOf({ code = '', responseCode, message }: NodemailerError): SmtpTrouble['kind'] {
  if (code === 'ETLS' || CERTIFICATE.test(message)) return 'insecure';
  if (code === 'EAUTH' || code === 'ENOAUTH' || [530, 534, 535, 538].includes(Number(responseCode))) {
    return 'denied';
  }
  return responseCode ? 'refused' : 'unreachable';
}

/**
 * Whether the server will never take this mail for this address. A status about the sender, a sign-in, the network or
 * a policy concerns us and may pass: 550 5.4.5, Gmail's daily limit, ends the next day.
 * The middle number is the subject of a status (RFC 3463, section 3): 1 address, 2 mailbox, 6 content.
 */
function isRefusal({ permanent, command, responseCode, response = '' }: NodemailerError): boolean {
  const isOfThisMail = command === 'RCPT TO' || command === 'DATA';
  if (!permanent || !isOfThisMail || responseCode === 530) return false;

  const subject = /^5\d\d[ -]5\.(\d{1,3})\.\d{1,3}\b/.exec(response)?.[1];
  return subject === undefined || ['1', '2', '6'].includes(subject);
}

/** Whether this is the pool's error for a connection that ended before the server read any of the mail. */
function isClosedBefore({ code, command }: NodemailerError): boolean {
  return code === 'ECONNECTION' && command === undefined;
}

/** Whether the server answered about the mail, which leaves the connection usable. */
function isAnswerToMail({ code, responseCode }: NodemailerError): boolean {
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && Boolean(responseCode) && responseCode !== 421;
}

/** Codes for a closing channel (RFC 5321, section 3.8), and for a sign-in that failed or is required (RFC 4954, 6). */
const OF_SERVER: ReadonlySet<number | false | undefined> = new Set([421, 454, 530, 534, 535, 538]);

/** Texts of sending limits, which Gmail and others report at any step of a mail. */
const TOO_MANY = /too (?:many|much|fast)|rate.?limit|limit exceeded|quota exceeded|throttl/i;

/** The fault as one of the server. Undefined if it concerns this mail alone: the server may take the next one. */
function serverFaultOf(fault: NodemailerError): MailServerFault | undefined {
  const { message, responseCode } = fault;
  const of = (isPerhapsOfMail: boolean) =>
    new MailServerFault(message, { cause: fault, responseCode: responseCode || null, isPerhapsOfMail });
  if (isAnswerToMail(fault)) return isAboutUs(fault) ? of(false) : undefined;
  if (OF_SERVER.has(responseCode) || isBeforeMail(fault)) return of(false);
  return ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EABORT'].includes(fault.code ?? '') ? of(true) : undefined;
}

/**
 * Whether the answer concerns us as a sender, not this mail. In RFC 3463, section 3, x.1 is the address, x.2 the
 * mailbox, x.6 the content, and x.3.4 the mail's size.
 */
function isAboutUs({ command, responseCode, response = '' }: NodemailerError): boolean {
  if (OF_SERVER.has(responseCode)) return true;
  if (command === 'MAIL FROM') return !/^552|^\d{3}[ -][45]\.[23]\.4\b/.test(response);
  return TOO_MANY.test(response) && !/^\d{3}[ -][45]\.[126]\.\d/.test(response);
}

const BEFORE_MAIL = new Set(['EAUTH', 'ENOAUTH', 'EDNS', 'ETLS', 'EPROTOCOL', 'EPROXY']);

/** Whether it failed before the mail: at the connection, the greeting, TLS or the sign-in. */
function isBeforeMail(fault: NodemailerError): boolean {
  const { code = '', command = '', message } = fault;
  if (BEFORE_MAIL.has(code) || /^(?:EHLO|HELO|LHLO|STARTTLS|AUTH)/.test(command)) return true;
  if ('syscall' in fault && fault.syscall === 'connect') return true;
  return code === 'ETIMEDOUT' && /^(?:Greeting|Connection|TLS)/.test(message);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
