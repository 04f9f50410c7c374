/** Paths of the bank's pages to which mails link. */
export const LINK_PAGES = {
  verifyEmail: '/verify-email',
  resetPassword: '/reset-password',
  confirmEmail: '/confirm-email',
  forgotPassword: '/forgot-password',
} as const;

export type LinkPage = keyof typeof LINK_PAGES;
