import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { Mailer } from '../../application/ports/outbox.ts';
import { composeMail } from './compose-mail.ts';
import type { MailTerms } from './compose-mail.ts';

/**
 * Writes each mail to `<message id>.eml` in the directory, for use without a mail server. A file appears complete or
 * not at all, and a mail that is sent again replaces the first.
 */
export function createFileMailer({ directory, ...terms }: MailTerms & { directory: string }): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    async send(message, recipient) {
      const mail = await composeMail(message, { ...terms, recipient });
      if (!mail) return 'refused';

      const { message: raw } = await transport.sendMail(mail);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const path = join(directory, `${message.id}.eml`);
      const partial = `${path}.${process.pid}.part`;
      try {
        await writeFile(partial, raw, { flush: true });
        await rename(partial, path);
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
      return { file: path };
    },
  };
}
