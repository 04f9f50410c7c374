/** The parts of a PDF that tests look at. */
export type ReadPdf = {
  /** The text of each page, in the order of its content. */
  readonly pages: readonly string[];
  readonly info: Readonly<Record<string, unknown>>;
  readonly isTagged: boolean;
  /** The tree of tags of a page, as JSON. */
  tagsOf(page: number): Promise<string>;
};

type Proxy = {
  readonly numPages: number;
  getPage(number: number): Promise<{
    getTextContent(): Promise<{ items: readonly { str?: string }[] }>;
    getStructTree(): Promise<unknown>;
  }>;
  getMetadata(): Promise<{ info: Record<string, unknown> }>;
  getMarkInfo(): Promise<{ Marked?: boolean } | null>;
};

/** Its types need a package for drawing, which reading does not. */
const READER: string = 'unpdf';

export async function readPdf(bytes: Uint8Array): Promise<ReadPdf> {
  const reader = (await import(READER)) as { getDocumentProxy(bytes: Uint8Array): Promise<Proxy> };
  const pdf = await reader.getDocumentProxy(bytes);
  const pages: string[] = [];
  for (let number = 1; number <= pdf.numPages; number++) {
    const { items } = await (await pdf.getPage(number)).getTextContent();
    pages.push(items.map(({ str = '' }) => str).join(''));
  }
  return {
    pages,
    info: (await pdf.getMetadata()).info,
    isTagged: (await pdf.getMarkInfo())?.Marked === true,
    tagsOf: async (page) => JSON.stringify(await (await pdf.getPage(page)).getStructTree()),
  };
}
