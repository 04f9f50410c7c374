import type { SendMailOptions } from 'nodemailer';
import type { Notification } from '../../domain/entities/notification.ts';
import type { BankPages } from './bank-pages.ts';
import { isEmail, isName } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import { renderMail } from './mail-content.ts';
import type { BankTerms, MailContent } from './mail-content.ts';
import { namesIn } from './mail-names.ts';
import type { NameReads } from './mail-names.ts';

/** The sender of all mails: the bank's name, and an address that `isEmail` accepts. */
export type Sender = { readonly name: string; readonly address: string };

/** Everything that mails share. */
export type MailTerms = {
  readonly from: Sender;
  /** Default: the name of the sender, without an address. */
  readonly bank?: BankTerms;
  readonly pages: BankPages;
  readonly names: NameReads;
};

export type ComposedMail = SendMailOptions & MailContent;

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
  { from, bank, pages, names, recipient }: MailTerms & { recipient: User },
): Promise<ComposedMail | undefined> {
  if (!MESSAGE_ID.test(message.id)) throw new TypeError(`"${message.id}" cannot be a Message-ID`);
  const given = message.kind === 'security' ? message.email : null;
  const email = given ?? recipient.email;
  if (!isEmail(email) || !isName(recipient.name)) return undefined;
  // Nobody reads mail to the address of an erased user
  if (given === null && recipient.erasedAt !== null) return undefined;

  // A stranger may have registered the address under any name, or may own another one
  const isProved = recipient.emailVerifiedAt !== null && message.kind !== 'welcome';
  const name = isProved && email === recipient.email ? recipient.name : null;
  const content = await renderMail(message, {
    bank: bank ?? { name: from.name, address: [] },
    pages,
    timeZone: recipient.timeZone,
    names: await namesIn(message, names),
    name,
  });
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
