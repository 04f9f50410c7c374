import type { SendMailOptions } from 'nodemailer';
import type { Notification } from '../../domain/entities/notification.ts';
import type { BankPages } from './bank-pages.ts';
import { isEmail, isName } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import { renderMail } from './mail-content.ts';

/** The sender of all mails: the bank's name, and an address that `isEmail` accepts. */
export type Sender = { readonly name: string; readonly address: string };

/** Dot-atom text of RFC 5322, limited to characters that are safe in a file name. */
const MESSAGE_ID = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/**
 * Composes the mail of a notification, with the same Message-ID and date at every attempt. Undefined if the
 * recipient's name or address could redirect the mail. Registration refuses such values, so this guards against a
 * tampered store.
 * @throws TypeError for an id that cannot be a Message-ID
 */
export async function composeMail(
  message: Notification,
  { from, pages, recipient }: { from: Sender; pages: BankPages; recipient: User },
): Promise<SendMailOptions | undefined> {
  if (!MESSAGE_ID.test(message.id)) throw new TypeError(`"${message.id}" cannot be a Message-ID`);
  const given = message.kind === 'security' ? message.email : null;
  const email = given ?? recipient.email;
  if (!isEmail(email) || !isName(recipient.name)) return undefined;
  // Nobody reads mail to the address of an erased user
  if (given === null && recipient.erasedAt !== null) return undefined;

  // Another mailbox may be a stranger's, who must not learn the name
  const name = email === recipient.email ? recipient.name : null;
  const { timeZone } = recipient;
  const content = await renderMail(message, { bank: from.name, name, pages, timeZone });
  return {
    ...content,
    from: { name: from.name, address: from.address },
    to: { name: name ?? '', address: email },
    // Set here, not derived from the headers: one sender, one recipient
    envelope: { from: from.address, to: [email] },
    messageId: `<${message.id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    date: new Date(message.at),
    // Stops vacation notices in reply (RFC 3834, section 5)
    headers: { 'Auto-Submitted': 'auto-generated' },
    encoding: 'quoted-printable',
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
