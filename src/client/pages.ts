/** A page of a list. */
export type ApiPage<Item> = {
  readonly items: readonly Item[];
  /** The place after this page. Null after the last one. */
  readonly nextCursor: string | null;
};

/** A list of any length. It fetches a page when the loop needs it. */
export interface ApiList<Item> extends AsyncIterable<Item> {
  /** Iterates over the pages. One may be short or empty although more follow. */
  pages(): AsyncGenerator<ApiPage<Item>, void>;
}

export function listOfPages<Item>(
  fetchPage: (cursor: string | undefined) => Promise<ApiPage<Item>>,
  start: string | undefined,
): ApiList<Item> {
  async function* pages(): AsyncGenerator<ApiPage<Item>, void> {
    let cursor: string | null | undefined = start;
    while (cursor !== null) {
      const page: ApiPage<Item> = await fetchPage(cursor);
      yield page;
      cursor = page.nextCursor;
    }
  }
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const { items } of pages()) yield* items;
    },
  };
}
