import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { simpleParser } from 'mailparser';
import type { ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import type { NameReads } from '../../src/adapters/smtp/mail-names.ts';

/** Pages of a bank, for mailers of the tests. */
export const PAGES = {
  origin: () => 'https://bank.example',
  tokenOf: (linkId: string) => `${linkId}.mac`,
};

/** Names of no account, for mailers of the tests. */
export const NO_NAMES: NameReads = { accounts: async () => new Map(), payees: async () => new Map() };

export type ReceivedMail = {
  /** Sender of the SMTP command, which may differ from the headers. */
  readonly from: string;
  readonly to: readonly string[];
  /** All bytes, read as Latin-1. */
  readonly raw: string;
  readonly parsed: ParsedMail;
};

/** Behaviour of a server, set by a test. Each function is called for every mail. */
export type MailServerConduct = {
  /** Refusal at the greeting. Undefined accepts the connection. */
  readonly refuseConnection?: () => SmtpFault | undefined;
  /** Answer to MAIL FROM, as below to RCPT TO. Undefined accepts it. */
  readonly refuseSender?: () => SmtpFault | undefined;
  readonly refuseRecipient?: (address: string) => SmtpFault | undefined;
  /** Awaited after the whole mail has arrived, before the server accepts it. */
  readonly beforeYes?: (mail: ReceivedMail) => Promise<SmtpFault | undefined>;
  readonly password?: string;
  readonly host?: string;
  readonly port?: number;
} & Pick<SMTPServerOptions, 'disabledCommands' | 'secure'>;

export class SmtpFault extends Error {
  readonly responseCode: number;

  constructor(responseCode: number, text: string) {
    super(text);
    this.responseCode = responseCode;
  }
}

/** A real SMTP server in this process, with the mails it received. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** Number of sign-in attempts. */
  signIns = 0;
  connections = 0;
  readonly #server: SMTPServer;
  readonly #waiting = new Set<() => void>();
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor(conduct: MailServerConduct) {
    this.#server = new SMTPServer({
      disableReverseLookup: true,
      allowInsecureAuth: true,
      authOptional: conduct.password === undefined,
      disabledCommands: conduct.disabledCommands ?? [],
      ...(conduct.secure !== undefined && { secure: conduct.secure }),
      // Otherwise it warns about its built-in certificate, which is fine for tests
      logger: false,
      closeTimeout: 1,
      onAuth: ({ password }, _session, done) => {
        this.signIns += 1;
        if (password === conduct.password) done(null, { user: 'user' });
        else done(new SmtpFault(535, '5.7.8 Username and Password not accepted'));
      },
      onConnect: (_session, done) => done(conduct.refuseConnection?.()),
      onMailFrom: (_address, _session, done) => done(conduct.refuseSender?.()),
      onRcptTo: ({ address }, _session, done) => done(conduct.refuseRecipient?.(address)),
      onData: (stream, { envelope }, done) => {
        const take = async (): Promise<Error | null> => {
          const bytes = await buffer(stream);
          const mail = {
            from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
            to: envelope.rcptTo.map(({ address }) => address),
            raw: bytes.toString('latin1'),
            parsed: await simpleParser(bytes),
          };
          const fault = await conduct.beforeYes?.(mail);
          if (!fault) this.mails.push(mail);
          for (const look of this.#waiting) look();
          return fault ?? null;
        };
        void (async () => done(await take()))();
      },
    });
    // Ignored: in many tests a client disconnects
    this.#server.on('error', () => {});
    this.#server.server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(conduct: MailServerConduct = {}): Promise<MailServer> {
    const server = new MailServer(conduct);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(conduct.port ?? 0, conduct.host ?? '127.0.0.1', resolve);
    });
    const address = server.#server.server.address();
    server.#port = typeof address === 'object' && address ? address.port : 0;
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.#port}`;
  }

  /** Resolves as soon as `count` mails have arrived. */
  async received(count: number): Promise<readonly ReceivedMail[]> {
    await new Promise<void>((resolve) => {
      const look = () => {
        if (this.mails.length < count) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
    return this.mails;
  }

  /** Stops at once, and closes all connections. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(resolve);
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

export function messageIdsOf(mails: readonly ReceivedMail[]): readonly (string | undefined)[] {
  return mails.map(({ parsed }) => parsed.messageId);
}
