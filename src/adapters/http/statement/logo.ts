/**
 * A logo, read from a small part of SVG: shapes, groups and colors. Nothing in it can run or load anything, and every
 * format can draw it.
 */
export type Logo = {
  /** Left, top, width and height of the picture in its own units. */
  readonly viewBox: readonly [number, number, number, number];
  readonly shapes: readonly LogoNode[];
};

export type LogoNode = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly LogoNode[];
};

const LOGO_MAX_BYTES = 64 * 1024;

const SHAPES = ['path', 'rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon'];
const ELEMENTS = ['g', ...SHAPES];
const ATTRIBUTES = new Set([
  'd',
  'x',
  'y',
  'width',
  'height',
  'rx',
  'ry',
  'cx',
  'cy',
  'r',
  'x1',
  'y1',
  'x2',
  'y2',
  'points',
  'fill',
  'fill-rule',
  'stroke',
  'stroke-width',
  'stroke-linecap',
  'stroke-linejoin',
  'transform',
]);
/** Attributes that change nothing in the picture. */
const IGNORED = /^(?:id|version|role|xml:space|xmlns|aria-[a-z]+|data-[a-z-]+)$/;
/** Attributes of the whole that its shapes do not inherit. */
const OF_WHOLE = /^(?:viewBox|width|height|x|y|preserveAspectRatio|xmlns:\w+)$/;
const COLOR = /^(?:none|currentColor|black|white|#[\da-f]{3}|#[\da-f]{6})$/i;
const PLAIN = /^[\w\s.,()+-]*$/;
/** Values of attributes that need a narrower rule than `PLAIN`. */
const VALUES: Readonly<Record<string, RegExp>> = {
  fill: COLOR,
  stroke: COLOR,
  'fill-rule': /^(?:nonzero|evenodd)$/,
  'stroke-linecap': /^(?:butt|round|square)$/,
  'stroke-linejoin': /^(?:miter|round|bevel)$/,
  transform: /^\s*(?:(?:matrix|translate|scale|rotate)\([\d\s.,e+-]*\)[\s,]*)*$/i,
};
const DEEPEST = 50;

const TOKEN =
  /\s*(?:<!--[^]*?-->|<\?xml [^>]*\?>|<(?:title|desc)>[^<]*<\/(?:title|desc)>|<(?<end>\/?)(?<name>[\w:-]+)(?<attributes>(?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/?)>)\s*/y;
const ATTRIBUTE = /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** A logo that cannot be used. The message completes a sentence that begins with the name of the file or variable. */
export class LogoFault extends Error {
  override readonly name = 'LogoFault';
}

/** @throws LogoFault */
export function readLogo(text: string): Logo {
  if (Buffer.byteLength(text) > LOGO_MAX_BYTES) {
    throw new LogoFault(`is larger than ${LOGO_MAX_BYTES / 1024} KiB`);
  }
  const root = parse(text);
  if (root.name !== 'svg') throw new LogoFault(`begins with <${root.name}>, not with <svg>`);
  const [x = 0, y = 0, width = 0, height = 0] = viewBoxOf(root);
  if (!(width > 0 && height > 0)) throw new LogoFault('needs a viewBox with a width and a height above 0');
  const inherited = new Map([...root.attributes].filter(([name]) => !OF_WHOLE.test(name)));
  checkAttributes(root.name, inherited);
  for (const shape of root.children) check(shape);
  const isPainted = [...inherited.keys()].some((name) => ATTRIBUTES.has(name));
  const whole = { name: 'g', attributes: inherited, children: root.children };
  return { viewBox: [x, y, width, height], shapes: isPainted ? [whole] : root.children };
}

function viewBoxOf({ attributes }: LogoNode): readonly number[] {
  const viewBox = attributes.get('viewBox');
  if (viewBox !== undefined) return numbersOf(viewBox);
  const side = (name: string) => Number.parseFloat(attributes.get(name) ?? '0');
  return [0, 0, side('width'), side('height')];
}

/** The numbers of a list such as `0 0 10,20`. */
export function numbersOf(text: string): readonly number[] {
  return (text.match(/[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/gi) ?? []).map(Number);
}

/** @throws LogoFault */
function parse(text: string): LogoNode {
  const open: { name: string; attributes: Map<string, string>; children: LogoNode[] }[] = [
    { name: '', attributes: new Map(), children: [] },
  ];
  TOKEN.lastIndex = text.startsWith('\uFEFF') ? 1 : 0;
  while (TOKEN.lastIndex < text.length) {
    const start = TOKEN.lastIndex;
    const { groups } = TOKEN.exec(text) ?? {};
    if (groups === undefined) throw new LogoFault(`has something other than elements ${shown(text, start)}`);
    const { name, attributes, end, empty } = groups;
    if (name === undefined) continue;
    if (end !== '') {
      const done = open.pop();
      const parent = open.at(-1);
      if (done?.name !== name || !parent) throw new LogoFault(`has </${name}> without its start`);
      parent.children.push(done);
      continue;
    }
    const node = { name, attributes: attributesOf(attributes ?? ''), children: [] };
    if (empty !== '') open.at(-1)?.children.push(node);
    else if (open.push(node) > DEEPEST)
      throw new LogoFault(`has more than ${DEEPEST} groups inside each other`);
  }
  const [top, unclosed] = open;
  if (unclosed) throw new LogoFault(`has <${unclosed.name}> without its end`);
  const [root, more] = top?.children ?? [];
  if (!root || more) throw new LogoFault('must be one <svg> element');
  return root;
}

function attributesOf(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(ATTRIBUTE)].map(([, name = '', quoted, single]) => [name, quoted ?? single ?? '']),
  );
}

/** @throws LogoFault */
function check({ name, attributes, children }: LogoNode): void {
  if (!ELEMENTS.includes(name)) {
    throw new LogoFault(`has <${name}>, and may have only ${ELEMENTS.join(', ')}`);
  }
  checkAttributes(name, attributes);
  for (const child of children) check(child);
}

/** @throws LogoFault */
function checkAttributes(element: string, attributes: LogoNode['attributes']): void {
  for (const [attribute, value] of attributes) {
    if (IGNORED.test(attribute)) continue;
    const allowed = VALUES[attribute] ?? PLAIN;
    if (!ATTRIBUTES.has(attribute) || !allowed.test(value)) {
      throw new LogoFault(`has ${attribute}="${value.slice(0, 40)}" in <${element}>, which is not allowed`);
    }
  }
}

function shown(text: string, at: number): string {
  return `at "${text.slice(at, at + 20).trim()}"`;
}

/** The logo as SVG inside a page, where it needs no name of its own beside the bank's. */
export function logoMarkup({ viewBox, shapes }: Logo): string {
  const [, , width, height] = viewBox;
  return `<svg class="logo" viewBox="${viewBox.join(' ')}" width="${width}" height="${height}" aria-hidden="true">${shapes.map(markup).join('')}</svg>`;
}

function markup({ name, attributes, children }: LogoNode): string {
  const texts = [...attributes].flatMap(([attribute, value]) =>
    ATTRIBUTES.has(attribute) ? [` ${attribute}="${value}"`] : [],
  );
  return `<${name}${texts.join('')}>${children.map(markup).join('')}</${name}>`;
}
