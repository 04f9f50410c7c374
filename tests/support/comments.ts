/** A comment of a TypeScript source, its lines without their marks. */
export type Comment = {
  /** The number of its first line with text. */
  readonly line: number;
  readonly lines: readonly string[];
  readonly isDocstring: boolean;
};

/** Strings, templates and regular expressions are passed over, so that a comment mark inside one is no comment. */
const TOKEN =
  /(\/\*[^]*?\*\/)|((?:^|(?<=[\s;{}()[\],]))\/\/[^\n]*)|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[^]|[^`\\])*`/gm;

/** Finds the comments of a source, in their order. */
export function commentsOf(source: string): readonly Comment[] {
  return [...source.matchAll(TOKEN)].flatMap(({ 0: whole, 1: block, 2: single, index }) => {
    if (block === undefined && single === undefined) return [];
    const first = source.slice(0, index).split('\n').length;
    const texts = whole
      .replace(/^\/\*+|\*+\/$/g, '')
      .split('\n')
      .map((text) => text.replace(/^\s*(?:\*|\/\/)?\s?/, '').trim());
    const start = texts.findIndex((text) => text !== '');
    if (start < 0) return [];
    return [
      {
        line: first + start,
        lines: texts.filter((text) => text !== ''),
        isDocstring: whole.startsWith('/**'),
      },
    ];
  });
}
