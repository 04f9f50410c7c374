import PDFKit from 'pdfkit';
import { FONTS } from './fonts.ts';
import type { Weight } from './fonts.ts';
import { Typesetter } from './typesetter.ts';
import type { EmbeddedFont, TextStyle } from './typesetter.ts';

/** Width and height of A4, in points. */
export const PAGE = { width: 595.28, height: 841.89 } as const;

export type Color = readonly [red: number, green: number, blue: number];
export type Placed = TextStyle & {
  readonly x: number;
  readonly y: number;
  readonly color: Color;
  /** Default: left. `x` is then the left edge, otherwise the right one. */
  readonly align?: 'left' | 'right';
  /** The size shrinks until the text is no wider. */
  readonly maxWidth?: number;
};

/** The parts of PDFKit that its types lack. */
type Reference = { data: unknown; write(chunk: string): void; end(): void };
type Internals = {
  readonly _font: EmbeddedFont & { ref(): Reference; finalize(): void };
  readonly page: { readonly structParentTreeKey: number };
  _offset: number;
  _write: (data: string | Uint8Array) => void;
  getStructParentTree(): { get(key: number): unknown; add(key: number, value: unknown): void };
};

export type Element = PDFKit.PDFStructureElement;

/**
 * A tagged PDF (PDF/UA) that is written page by page. It keeps no page that is finished.
 * The number of pages is known last, so each page draws it by a reference to one object, which is written at the end.
 */
export class PdfDocument {
  readonly typesetter: Typesetter;
  readonly #pdf: PDFKit.PDFDocument & Internals;
  readonly #fonts = new Map<string, Internals['_font']>();
  readonly #root: Element;
  readonly #pageCount: Reference;
  readonly #written: Uint8Array[] = [];
  #text = '';
  #content = '';
  #pages = 0;

  constructor({ title, author, at }: { title: string; author: string | null; at: Date }) {
    const info = { Title: title, Producer: 'Passbook', Creator: 'Passbook', CreationDate: at };
    const options = {
      size: 'A4',
      margin: 0,
      autoFirstPage: false,
      font: null,
      pdfVersion: '1.7',
      tagged: true,
      subset: 'PDF/UA',
      lang: 'en',
      displayTitle: true,
      fontLayoutCache: false,
      info: author === null ? info : { ...info, Author: author },
    };
    const pdf: unknown = new PDFKit(options as unknown as PDFKit.PDFDocumentOptions);
    this.#pdf = pdf as PDFKit.PDFDocument & Internals;
    // PDFKit pushes each line of each object to a stream of its own, which takes longer than all else
    this.#pdf._write = (data) => this.#write(data);
    const head: unknown = this.#pdf.read();
    if (head instanceof Uint8Array) this.#written.push(head);
    this.typesetter = new Typesetter((weight, index) => this.#font(weight, index));
    this.#root = this.#pdf.struct('Document');
    this.#pdf.addStructure(this.#root);
    this.#pageCount = this.#ref({ Type: 'XObject', Subtype: 'Form', BBox: [0, -4, 60, 12] });
  }

  get pages(): number {
    return this.#pages;
  }

  get vector(): PDFKit.Mixins.PDFVector & PDFKit.Mixins.PDFColor {
    this.#flush();
    return this.#pdf;
  }

  /** Ends the page before, and returns its bytes. */
  addPage(): Uint8Array {
    this.#endPage();
    this.#pdf.addPage();
    this.#pages++;
    return this.#read();
  }

  /** Draws content that belongs to the page and not to the statement. */
  artifact(draw: () => void, type: 'Pagination' | 'Layout' = 'Layout'): void {
    this.#flush();
    this.#pdf.markContent('Artifact', { type });
    draw();
    this.#flush();
    this.#pdf.endMarkedContent();
  }

  /** Begins an element that has others inside. It must be closed by `close`, after its content. */
  open(tag: string): Element {
    return this.#pdf.struct(tag);
  }

  close(element: Element, parent: Element = this.#root): void {
    element.end();
    parent.add(element);
  }

  /** Adds an element with content. */
  add(
    tag: string,
    draw: () => void,
    { parent = this.#root, scope }: { parent?: Element; scope?: string } = {},
  ) {
    this.#flush();
    const content = this.#pdf.markStructureContent(tag);
    draw();
    this.#flush();
    this.#pdf.endMarkedContent();
    const options: object = scope === undefined ? {} : { scope };
    parent.add(this.#pdf.struct(tag, options, [content]));
  }

  /** Draws one line. `y` is its baseline. */
  text(text: string, { x, y, weight, size, color, align = 'left', maxWidth = Infinity }: Placed): void {
    if (text === '') return;
    const set = this.typesetter.set(text, weight);
    const shrunk = Math.min(size, maxWidth / set.width);
    const left = align === 'left' ? x : x - set.width * shrunk;
    const actual = set.isChanged ? `/Span <</ActualText <FEFF${utf16(text)}>>> BDC ` : '';
    const scale = number(shrunk);
    let drawn = `${actual}BT ${color.join(' ')} rg ${scale} 0 0 -${scale} ${number(left)} ${number(y)} Tm `;
    for (const { font, operators } of set.runs) {
      drawn += `/${this.#font(weight, font).id} 1 Tf ${operators} `;
    }
    this.#content += `${drawn}ET${actual === '' ? '' : ' EMC'}\n`;
  }

  rectangle(box: { x: number; y: number; width: number; height: number }, color: Color): void {
    const corner = [box.x, box.y, box.width, box.height].map(number).join(' ');
    this.#content += `${color.join(' ')} rg ${corner} re f\n`;
  }

  /** Draws the number of all pages. */
  pageCount({ x, y }: { x: number; y: number }): void {
    (this.#pdf.page.xobjects as Record<string, unknown>)['Pages'] = this.#pageCount;
    this.#content += `q 1 0 0 -1 ${number(x)} ${number(y)} cm /Pages Do Q\n`;
  }

  /** Ends the document. Yields its last bytes, with a turn of work for each font. */
  *end({ weight, size, color }: TextStyle & { color: Color }): Generator<Uint8Array, void> {
    this.#root.end();
    const set = this.typesetter.set(String(this.#pages), weight);
    const fonts: Record<string, unknown> = {};
    const shown = set.runs.map(({ font, operators }) => {
      const embedded = this.#font(weight, font);
      fonts[embedded.id] = embedded.ref();
      return `/${embedded.id} 1 Tf ${operators}`;
    });
    Object.assign(this.#pageCount.data as object, { Resources: { Font: fonts } });
    this.#pageCount.write(`BT ${color.join(' ')} rg ${size} 0 0 ${size} 0 0 Tm ${shown.join(' ')} ET`);
    this.#pageCount.end();
    this.#endPage();
    yield this.#read();
    for (const font of this.#fonts.values()) {
      font.finalize();
      yield this.#read();
    }
    this.#pdf.end();
    yield this.#read();
  }

  #font(weight: Weight, index: number): Internals['_font'] {
    const name = `${weight}${index}`;
    let font = this.#fonts.get(name);
    if (font === undefined) {
      this.#pdf.registerFont(name, FONTS[weight][index] as unknown as PDFKit.Mixins.PDFFontSource);
      this.#pdf.font(name);
      font = this.#pdf._font;
      this.#fonts.set(name, font);
    }
    if (this.#pages > 0) (this.#pdf.page.fonts as Record<string, unknown>)[font.id] ??= font.ref();
    return font;
  }

  #flush(): void {
    if (this.#content !== '') this.#pdf.addContent(this.#content);
    this.#content = '';
  }

  /** Writes the page and its list of elements, of which only a reference stays in memory. */
  #endPage(): void {
    this.#flush();
    if (this.#pages === 0) return;
    const tree = this.#pdf.getStructParentTree();
    const key = this.#pdf.page.structParentTreeKey;
    const elements = tree.get(key);
    this.#pdf.flushPages();
    if (!Array.isArray(elements)) return;
    const list = this.#ref(elements);
    list.end();
    list.data = null;
    tree.add(key, list);
  }

  #ref(data: object): Reference {
    return this.#pdf.ref(data) as unknown as Reference;
  }

  #write(data: string | Uint8Array): void {
    if (typeof data === 'string') {
      this.#text += `${data}\n`;
      this.#pdf._offset += data.length + 1;
    } else {
      this.#endText();
      this.#written.push(data);
      this.#pdf._offset += data.length;
    }
  }

  #endText(): void {
    if (this.#text !== '') this.#written.push(Buffer.from(this.#text, 'latin1'));
    this.#text = '';
  }

  /** Returns what was written since the last call. */
  #read(): Uint8Array {
    this.#endText();
    return Buffer.concat(this.#written.splice(0));
  }
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function utf16(text: string): string {
  let hex = '';
  for (let at = 0; at < text.length; at++) hex += text.charCodeAt(at).toString(16).padStart(4, '0');
  return hex;
}
