import type { FC } from 'hono/jsx';
import type { MailOfTransfer, MailsOfTransfer } from '../../../../application/staff/mails-of-transfer.ts';
import type { User } from '../../../../domain/entities/user.ts';
import { PersonLink } from '../parts.tsx';
import { MailProgress, MailReason, MAILS_PATH } from './mail-parts.tsx';
import { mailText } from './mail-words.ts';

type Props = {
  readonly of: MailsOfTransfer;
  readonly users: ReadonlyMap<string, User>;
  readonly isRefused: boolean;
};

/** The mails about a transfer, with what is known of each. */
export const MailsCard: FC<Props> = ({ of: { mails, isPartial }, users, isRefused }) => (
  <section class="card" aria-labelledby="mails">
    <h2 id="mails">Mails</h2>
    {mails.length === 0 ? (
      <p>
        {isRefused
          ? 'A refused transfer tells nobody by mail: it moved no money.'
          : 'Nobody gets a mail: no account of a person takes part.'}
      </p>
    ) : (
      <>
        <ul class="rows tasks">
          {mails.map((mail) => (
            <MailRow mail={mail} users={users} isPartial={isPartial} />
          ))}
        </ul>
        <p class="fine">
          The bank keeps only mails that were not sent. The log of the server has those that were.
        </p>
      </>
    )}
  </section>
);

const MailRow: FC<{ mail: MailOfTransfer; users: Props['users']; isPartial: boolean }> = ({
  mail: { unsent, ...mail },
  users,
  isPartial,
}) => (
  <li>
    <span>
      <span class="row-title">{mailText(mail)}</span> to <PersonLink id={mail.recipientId} users={users} />{' '}
      {unsent && <UnsentBadge isGivenUp={unsent.dueAt === null} />}
    </span>
    {unsent === null ? (
      <span class="sub">
        {isPartial
          ? 'Not found: more mails wait than this page looks through'
          : 'Not waiting any more: sent, or part of an hourly digest'}
      </span>
    ) : (
      <>
        {unsent.kind === 'digest' && <span class="sub">As part of an hourly digest</span>}
        {unsent.reason !== null && (
          <span class="sub">
            <MailReason reason={unsent.reason} />
          </span>
        )}
        <span class="sub">
          <MailProgress mail={unsent} />
        </span>
        <span class="end">
          <a class="button quiet small" href={MAILS_PATH}>
            Open
          </a>
        </span>
      </>
    )}
  </li>
);

const UnsentBadge: FC<{ isGivenUp: boolean }> = ({ isGivenUp }) =>
  isGivenUp ? <span class="badge bad">Given up</span> : <span class="badge warn">Waiting</span>;
