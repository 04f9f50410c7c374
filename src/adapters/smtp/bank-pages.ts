import { LINK_PAGES } from '../shared/link-pages.ts';
import type { LinkPage } from '../shared/link-pages.ts';

/** The bank's pages, to which mails link. */
export type BankPages = {
  /** Scheme, host and port of the pages. */
  readonly origin: () => string;
  readonly tokenOf: (linkId: string) => string;
};

/** Address of a page. With a link's id, the page gets the token that proves it. */
export function addressOf({ origin, tokenOf }: BankPages, page: LinkPage, linkId?: string): string {
  const query = linkId === undefined ? '' : `?token=${encodeURIComponent(tokenOf(linkId))}`;
  return `${origin()}${LINK_PAGES[page]}${query}`;
}
