import type { SendMailOptions } from 'nodemailer';
import type { Notification } from '../../domain/entities/notification.ts';
import { isEmail, isName } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import { renderMail } from './mail-content.ts';

/** Whom mails come from: the bank's name, and an address that `isEmail` accepts. */
export type Sender = { readonly name: string; readonly address: string };

/** What ids of messages are made of: dot-atom text of RFC 5322, and safe in the name of a file. */
const MESSAGE_ID = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/**
 * The mail of a message: the same Message-ID and date at every attempt. Undefined where the recipient's name or
 * address could change whom it goes to; neither gets past registration, so this guards what a store holds.
 * @throws TypeError for a message's id that cannot be a Message-ID
 */
export async function composeMail(
  message: Notification,
  { from, recipient }: { from: Sender; recipient: User },
): Promise<SendMailOptions | undefined> {
  if (!MESSAGE_ID.test(message.id)) throw new TypeError(`"${message.id}" cannot be a Message-ID`);
  if (!isEmail(recipient.email) || !isName(recipient.name)) return undefined;

  const content = await renderMail(message, { bank: from.name, name: recipient.name });
  return {
    ...content,
    from: { name: from.name, address: from.address },
    to: { name: recipient.name, address: recipient.email },
    // Never read out of the headers: one sender, one recipient
    envelope: { from: from.address, to: [recipient.email] },
    messageId: `<${message.id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    date: new Date(message.at),
    // RFC 3834, section 5: no vacation notices in answer
    headers: { 'Auto-Submitted': 'auto-generated' },
    encoding: 'quoted-printable',
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
