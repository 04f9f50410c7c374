import type { FC } from 'hono/jsx';
import type { UnsentMail } from '../../../../application/staff/list-unsent-mails.ts';
import { usePage } from '../../layout.tsx';
import { Moment } from '../parts.tsx';
import { attemptsText, failureText } from './mail-words.ts';

/** Path of the list of mails that were not sent. */
export const MAILS_PATH = '/staff/mails';

/** When a mail is tried next, or when it was given up. */
export const MailProgress: FC<{ mail: UnsentMail }> = ({ mail: { attempts, dueAt, givenUpAt, reason } }) => {
  const { now } = usePage();
  if (dueAt === null) {
    return (
      <>
        Given up{' '}
        {givenUpAt !== null && (
          <>
            on <Moment at={givenUpAt} />{' '}
          </>
        )}
        after {attemptsText(attempts)}
      </>
    );
  }
  const tried = attempts === 0 ? 'Not tried yet' : attemptsText(attempts);
  const isFirst = attempts === 1 && reason === null;
  return (
    <>
      {isFirst ? 'The first attempt is in progress' : tried},{' '}
      {dueAt <= now ? (
        'due now'
      ) : (
        <>
          {isFirst ? 'again' : 'next'} on <Moment at={dueAt} />
        </>
      )}
    </>
  );
};

/** Why the last attempt failed: in plain words, and in those of the mail server. */
export const MailReason: FC<{ reason: string | null }> = ({ reason }) => {
  const words = failureText(reason);
  return words === null ? null : (
    <>
      {words}: <q>{reason}</q>
    </>
  );
};
