/** `limit` is at least 1. `after` is the last id of the previous page, or null for the first page. */
export type PageRequest = { readonly after: string | null; readonly limit: number };
