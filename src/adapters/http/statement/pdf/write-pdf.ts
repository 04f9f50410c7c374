import { ownTurn } from '../../../../application/event-loop.ts';
import type { IssuedStatement } from '../issued-statement.ts';
import { COLUMNS, documentOf, HOLD_COLUMNS, HOLD_TITLE, rowOf } from '../statement-document.ts';
import type { DocumentRow, StatementFact, HoldRow, StatementDocument } from '../statement-document.ts';
import { drawLogo } from './draw-logo.ts';
import { PAGE, PdfDocument } from './pdf-document.ts';
import type { Color, Element, Placed } from './pdf-document.ts';

/** Lengths are points. */
const EDGE = 50;
const [LEFT, RIGHT] = [EDGE, PAGE.width - EDGE] as const;
const [TOP, BOTTOM] = [46, PAGE.height - 62] as const;

const INK: Color = [0.106, 0.141, 0.188];
const FAINT: Color = [0.337, 0.388, 0.451];
const LINE: Color = [0.867, 0.89, 0.918];
const ACCENT: Color = [0.114, 0.31, 0.431];
const TINT: Color = [0.945, 0.965, 0.976];
const ACCENT_HEX = '#1d4f6e';

const BODY = { weight: 'regular', size: 8.5, color: INK } as const;
const STRONG = { weight: 'bold', size: 8.8, color: INK } as const;
const SMALL = { weight: 'regular', size: 7.6, color: FAINT } as const;
const LABEL = { weight: 'bold', size: 7.4, color: FAINT } as const;
const FOOT = { weight: 'regular', size: 7.4, color: FAINT } as const;

const ROW = { above: 8, titleHeight: 12, detailHeight: 10.5, below: 7, inset: 8 } as const;

type Column = { readonly x: number; readonly width: number; readonly align: 'left' | 'right' };

/** Columns from left to right. Those of amounts are given by their right edges. */
const ENTRY_COLUMNS: readonly Column[] = [
  { x: LEFT + ROW.inset, width: 50, align: 'left' },
  { x: LEFT + 64, width: 170, align: 'left' },
  { x: LEFT + 244, width: 66, align: 'left' },
  { x: RIGHT - ROW.inset - 124, width: 56, align: 'right' },
  { x: RIGHT - ROW.inset - 64, width: 54, align: 'right' },
  { x: RIGHT - ROW.inset, width: 58, align: 'right' },
];
const HELD_COLUMNS: readonly Column[] = [
  { x: LEFT + ROW.inset, width: 50, align: 'left' },
  { x: LEFT + 66, width: 230, align: 'left' },
  { x: LEFT + 310, width: 60, align: 'left' },
  { x: RIGHT - ROW.inset, width: 110, align: 'right' },
];

/** A row of any table. Its second cell has a title and details. */
type Row = {
  readonly cells: readonly string[];
  readonly details: readonly string[];
  readonly isEdge: boolean;
};

/** Most bytes of a part. */
const PART = 65_536;

/** Writes a statement as PDF, page by page. Other work gets a turn of the event loop after each page. */
export async function* pdfParts(statement: IssuedStatement): AsyncGenerator<Uint8Array, void> {
  const document = documentOf(statement);
  const sheet = new Sheet(document, new Date(statement.readAt));
  yield* sheet.begin();
  yield* sheet.row(entryRow(document.opening, { isEdge: true }));
  for await (const lines of statement.lines()) {
    for (const line of lines) yield* sheet.row(entryRow(rowOf(statement, line), { isEdge: false }));
  }
  yield* sheet.row(entryRow(document.closing, { isEdge: true }));
  sheet.endTable();
  yield* sheet.holds();
  yield* sheet.notes();
  for (const bytes of sheet.end()) {
    // A font is larger than what a slow reader should wait for at once
    for (let at = 0; at < bytes.length; at += PART) yield bytes.subarray(at, at + PART);
    await ownTurn();
  }
}

function entryRow(row: DocumentRow, { isEdge }: { isEdge: boolean }): Row {
  const { day, title, details, reference, out, balance } = row;
  return { cells: [day, title, reference, out, row.in, balance], details, isEdge };
}

function holdRow({ day, title, details, until, amount }: HoldRow): Row {
  return { cells: [day, title, until, amount], details, isEdge: false };
}

class Sheet {
  readonly #document: StatementDocument;
  readonly #pdf: PdfDocument;
  #y = 0;
  #table: {
    readonly element: Element;
    readonly columns: readonly Column[];
    readonly heads: readonly string[];
  } | null = null;
  #body: Element | null = null;

  constructor(document: StatementDocument, at: Date) {
    this.#document = document;
    this.#pdf = new PdfDocument({
      title: `${document.title}, ${document.period}`,
      author: document.letterhead?.name ?? null,
      at,
    });
  }

  /** Begins with the letterhead, the facts and the totals. */
  async *begin(): AsyncGenerator<Uint8Array, void> {
    yield* this.#newPage();
    const { title, period, account, facts, totals } = this.#document;
    this.#letterhead();
    this.#y += 24;
    this.#pdf.add('H1', () => this.#pdf.text(title, { ...STRONG, size: 20, x: LEFT, y: this.#y }));
    this.#y += 17;
    this.#pdf.add('P', () =>
      this.#pdf.text(period, { ...BODY, size: 11, color: FAINT, x: LEFT, y: this.#y }),
    );
    this.#y += 28;
    const top = this.#y;
    this.#facts(account, { x: LEFT, labelWidth: 84, width: 270 });
    const bottom = this.#y;
    this.#y = top;
    this.#facts(facts, { x: LEFT + 310, labelWidth: 62, width: RIGHT - LEFT - 310 });
    this.#y = Math.max(bottom, this.#y) + 6;
    this.#totals(totals);
    this.#openTable(COLUMNS, ENTRY_COLUMNS);
  }

  #letterhead(): void {
    const { letterhead } = this.#document;
    if (letterhead === null) {
      this.#y = TOP;
      return;
    }
    const { name, address, logo } = letterhead;
    const logoHeight = 34;
    if (logo) {
      const box = { x: LEFT, y: TOP - 6, height: logoHeight, maxWidth: 200, color: ACCENT_HEX };
      this.#pdf.artifact(() => drawLogo(this.#pdf.vector, logo, box));
    }
    this.#pdf.add('P', () => {
      const place = logo
        ? { ...STRONG, size: 9, x: RIGHT, y: TOP, align: 'right' as const, maxWidth: 260 }
        : { ...STRONG, size: 16, color: ACCENT, x: LEFT, y: TOP + 8, maxWidth: 300 };
      this.#pdf.text(name, place);
      const y = TOP + (logo ? 12 : 0);
      this.#lines(address, { ...SMALL, x: RIGHT, y, align: 'right', maxWidth: logo ? 260 : 180 }, 10.5);
    });
    this.#y = TOP + Math.max(28, address.length * 10.5 + (logo ? 12 : 0)) + 6;
    this.#rule(ACCENT, 1.2);
    this.#y += 16;
  }

  #facts(
    facts: readonly StatementFact[],
    { x, labelWidth, width }: { x: number; labelWidth: number; width: number },
  ) {
    for (const { label, value } of facts) {
      this.#pdf.add('P', () => {
        this.#pdf.text(label, { ...BODY, color: FAINT, x, y: this.#y });
        const lines = this.#pdf.typesetter.lines(value, STRONG, width - labelWidth);
        this.#y = this.#lines(lines, { ...STRONG, x: x + labelWidth, y: this.#y }, 14);
      });
    }
  }

  #totals(totals: readonly StatementFact[]): void {
    const height = 46;
    const width = (RIGHT - LEFT) / totals.length;
    this.#pdf.artifact(() => {
      this.#pdf.vector.roundedRect(LEFT, this.#y, RIGHT - LEFT, height, 5).fill('#f1f6f9');
    });
    for (const [index, { label, value }] of totals.entries()) {
      const isLast = index === totals.length - 1;
      const place = isLast ? ({ x: RIGHT - 14, align: 'right' } as const) : { x: LEFT + index * width + 14 };
      this.#pdf.add('P', () => {
        const maxWidth = width - 16;
        this.#pdf.text(label, { ...SMALL, ...place, y: this.#y + 17, maxWidth });
        const color = isLast ? ACCENT : INK;
        this.#pdf.text(value, { ...STRONG, ...place, size: 12.5, color, y: this.#y + 34, maxWidth });
      });
    }
    this.#y += height + 26;
  }

  /** Writes a row of the open table, on a new page if this one is full. */
  async *row({ cells, details, isEdge }: Row): AsyncGenerator<Uint8Array, void> {
    const { columns } = this.#openedTable();
    const set = (text: string, index: number, style: typeof BODY | typeof STRONG | typeof SMALL) =>
      text === '' ? [] : this.#pdf.typesetter.lines(text, style, columns[index]?.width ?? 0);
    const title = set(cells[1] ?? '', 1, STRONG);
    const more = set(details.join(' · '), 1, SMALL);
    const reference = set(cells[2] ?? '', 2, SMALL);
    const { above, titleHeight, detailHeight, below } = ROW;
    const linesHeight = Math.max(
      title.length * titleHeight + more.length * detailHeight,
      reference.length * detailHeight,
      titleHeight,
    );
    const height = above + linesHeight + below;
    if (this.#y + height > BOTTOM) yield* this.#continueTable();

    const top = this.#y;
    this.#pdf.artifact(() => {
      if (isEdge) this.#pdf.rectangle({ x: LEFT, y: top, width: RIGHT - LEFT, height }, TINT);
      this.#pdf.rectangle({ x: LEFT, y: top + height - 0.5, width: RIGHT - LEFT, height: 0.5 }, LINE);
    });
    const row = this.#pdf.open('TR');
    const first = top + above + 8.2;
    for (const [index, { x, width, align }] of columns.entries()) {
      this.#pdf.add(
        'TD',
        () => {
          if (index === 1) {
            const y = this.#lines(title, { ...STRONG, x, y: first }, titleHeight);
            this.#lines(more, { ...SMALL, x, y: y - 0.8 }, detailHeight);
          } else if (index === 2) {
            this.#lines(reference, { ...SMALL, x, y: first }, detailHeight);
          } else {
            const style = index === 0 ? { ...BODY, size: 8, color: FAINT } : isEdge ? STRONG : BODY;
            this.#pdf.text(cells[index] ?? '', { ...style, x, y: first, align, maxWidth: width });
          }
        },
        { parent: row },
      );
    }
    this.#body ??= this.#pdf.open('TBody');
    this.#pdf.close(row, this.#body);
    this.#y = top + height;
  }

  #openTable(heads: readonly string[], columns: readonly Column[]): void {
    this.#table = { element: this.#pdf.open('Table'), columns, heads };
    const head = this.#pdf.open('THead');
    const row = this.#pdf.open('TR');
    for (const [index, text] of heads.entries()) {
      const draw = () => this.#headCell(text, columns[index]);
      this.#pdf.add('TH', draw, { parent: row, scope: 'Column' });
    }
    this.#pdf.close(row, head);
    this.#pdf.close(head, this.#table.element);
    this.#endHeads();
  }

  #headCell(text: string, column: Column | undefined): void {
    const { x, align } = column ?? { x: 0, align: 'left' };
    this.#pdf.text(text, { ...LABEL, x, y: this.#y, align });
  }

  #endHeads(): void {
    this.#y += 6;
    this.#rule(ACCENT, 0.9);
  }

  /** Ends the page within the open table, and repeats the heads of its columns on the next. */
  async *#continueTable(): AsyncGenerator<Uint8Array, void> {
    this.#endBody();
    yield* this.#newPage();
    const { heads, columns } = this.#openedTable();
    this.#pdf.artifact(() => {
      for (const [index, text] of heads.entries()) this.#headCell(text, columns[index]);
    });
    this.#endHeads();
  }

  #endBody(): void {
    if (this.#body !== null) this.#pdf.close(this.#body, this.#openedTable().element);
    this.#body = null;
  }

  endTable(): void {
    const { element } = this.#openedTable();
    this.#endBody();
    this.#pdf.close(element);
    this.#table = null;
  }

  #openedTable() {
    if (this.#table === null) throw new TypeError('No table is open');
    return this.#table;
  }

  async *holds(): AsyncGenerator<Uint8Array, void> {
    const { holds } = this.#document;
    if (holds === null) return;
    if (this.#y + 110 > BOTTOM) yield* this.#newPage();
    else this.#y += 34;
    this.#pdf.add('H2', () => this.#pdf.text(HOLD_TITLE, { ...STRONG, size: 12, x: LEFT, y: this.#y }));
    this.#y += 24;
    this.#openTable(HOLD_COLUMNS, HELD_COLUMNS);
    for (const hold of holds.rows) yield* this.row(holdRow(hold));
    for (const { label, value } of holds.sums) {
      yield* this.row({ cells: ['', label, '', value], details: [], isEdge: true });
    }
    this.endTable();
  }

  async *notes(): AsyncGenerator<Uint8Array, void> {
    const { typesetter } = this.#pdf;
    const notes = [
      ...this.#document.notes,
      ...(typesetter.lacksCharacters
        ? [`\uFFFD stands for a character that this document has no font for. The page and the CSV have it.`]
        : []),
    ].map((note) => typesetter.lines(note, SMALL, RIGHT - LEFT));
    const height = notes.flat().length * 10.5 + notes.length * 3;
    if (this.#y + 26 + height > BOTTOM) yield* this.#newPage();
    else this.#y += 26;
    for (const lines of notes) {
      this.#pdf.add('P', () => {
        this.#y = this.#lines(lines, { ...SMALL, x: LEFT, y: this.#y }, 10.5);
      });
      this.#y += 3;
    }
  }

  end(): Generator<Uint8Array, void> {
    return this.#pdf.end(FOOT);
  }

  async *#newPage(): AsyncGenerator<Uint8Array, void> {
    yield this.#pdf.addPage();
    await ownTurn();
    const isFirst = this.#pdf.pages === 1;
    this.#y = TOP;
    this.#pdf.artifact(() => {
      if (!isFirst) this.#pdf.text(this.#document.continued, { ...FOOT, x: LEFT, y: TOP });
      const y = PAGE.height - 34;
      const page = `Page ${this.#pdf.pages} of `;
      this.#pdf.text(page, { ...FOOT, x: LEFT, y });
      this.#pdf.pageCount({ x: LEFT + this.#pdf.typesetter.set(page, 'regular').width * FOOT.size, y });
      const { letterhead } = this.#document;
      this.#pdf.text(letterhead?.name ?? '', { ...FOOT, x: RIGHT, y, align: 'right', maxWidth: 300 });
    }, 'Pagination');
    if (!isFirst) this.#y += 30;
  }

  /** Draws lines below each other, and returns where the next one would stand. */
  #lines(lines: readonly string[], place: Placed, height: number): number {
    for (const [at, line] of lines.entries()) this.#pdf.text(line, { ...place, y: place.y + at * height });
    return place.y + lines.length * height;
  }

  #rule(color: Color, height: number): void {
    const box = { x: LEFT, y: this.#y, width: RIGHT - LEFT, height };
    this.#pdf.artifact(() => this.#pdf.rectangle(box, color));
    this.#y += height;
  }
}
