/** Path of a picture of the documents. */
export function pictureAt(name: string): string {
  return new URL(`../../docs/${name}`, import.meta.url).pathname;
}
