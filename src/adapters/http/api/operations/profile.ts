import type { ApiOperations } from '../api-operation.ts';
import * as bodies from '../../requests/profile-bodies.ts';
import { Nothing } from '../../requests/schemas.ts';
import * as json from '../../responses/profile-bodies.ts';

const group = 'Your profile';

/** Routes about the signed-in person. */
export const profileOperations = {
  'GET /api/auth/me': {
    id: 'getMe',
    group,
    summary: 'Read the signed-in user',
    access: 'session',
    status: 200,
    answer: json.MeAnswer,
    errors: [],
  },
  'PATCH /api/auth/me': {
    id: 'changeMe',
    group,
    summary: 'Change your name, language or time zone',
    description: 'Fields that are left out stay. Mails show times in your time zone.',
    access: 'session',
    body: bodies.ProfileBody,
    status: 200,
    answer: json.MeAnswer,
    errors: [],
  },
  'GET /api/auth/me/export': {
    id: 'exportMe',
    group,
    summary: 'Take out all data about you',
    description:
      'A file of JSON with all that is stored about you, but for passwords, keys and other secrets.',
    access: 'session',
    status: 200,
    answer: json.PersonalDataJson,
    errors: [],
  },
  'DELETE /api/auth/me': {
    id: 'eraseMe',
    group,
    summary: 'Erase your data',
    description:
      'Closes your empty accounts, ends your sessions and erases your personal data. Accounts with money stay open in the books, and so do all transactions, with the names of their payers. Only customers may.',
    access: 'session',
    body: bodies.SelfErasureBody,
    status: 200,
    answer: json.ErasureAnswer,
    errors: ['invalid_credentials', 'forbidden'],
  },
  'POST /api/auth/email/verify': {
    id: 'verifyEmail',
    group,
    summary: 'Verify your e-mail address',
    description: 'By the token of the link that was mailed to it.',
    access: 'none',
    body: bodies.LinkBody,
    status: 204,
    errors: ['link_not_valid'],
  },
  'POST /api/auth/email/resend': {
    id: 'resendVerification',
    group,
    summary: 'Mail a new link that verifies your address',
    description: 'The older link no longer works. No mail is sent once the address is verified.',
    access: 'session',
    body: Nothing,
    status: 204,
    errors: [],
  },
  'POST /api/auth/email/change': {
    id: 'changeEmail',
    group,
    summary: 'Change your e-mail address',
    description:
      'Mails a link to the new address. Nothing changes until it is confirmed. The answer is the same for an address that is taken.',
    access: 'session',
    body: bodies.EmailChangeBody,
    status: 204,
    errors: ['invalid_credentials'],
  },
  'POST /api/auth/email/confirm': {
    id: 'confirmEmail',
    group,
    summary: 'Confirm your new e-mail address',
    description: 'By the token of the link that was mailed to it. The old address gets a mail about it.',
    access: 'none',
    body: bodies.LinkBody,
    status: 204,
    errors: ['link_not_valid', 'email_already_registered'],
  },
  'POST /api/auth/password/forgot': {
    id: 'forgotPassword',
    group,
    summary: 'Mail a link that resets a password',
    description: 'The answer is the same, after the same time, whether the address is known or not.',
    access: 'none',
    body: bodies.ForgottenPasswordBody,
    status: 204,
    errors: [],
  },
  'POST /api/auth/password/reset': {
    id: 'resetPassword',
    group,
    summary: 'Reset your password',
    description: 'By the token of the mailed link. Ends all your sessions, and verifies your address.',
    access: 'none',
    body: bodies.PasswordResetBody,
    status: 204,
    errors: ['link_not_valid'],
  },
  'POST /api/auth/password/change': {
    id: 'changePassword',
    group,
    summary: 'Change your password',
    description: 'Ends your other sessions.',
    access: 'session',
    body: bodies.PasswordChangeBody,
    status: 204,
    errors: ['invalid_credentials'],
  },
} as const satisfies ApiOperations;
