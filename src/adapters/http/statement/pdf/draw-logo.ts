import { numbersOf } from '../logo.ts';
import type { Logo, LogoNode } from '../logo.ts';

type Canvas = PDFKit.Mixins.PDFVector & PDFKit.Mixins.PDFColor;
type Paint = {
  readonly fill: string;
  readonly stroke: string;
  readonly width: number;
  readonly rule: string;
  readonly cap: string;
  readonly join: string;
};

/** How SVG paints a shape that does not say it. */
const INITIAL: Paint = {
  fill: '#000000',
  stroke: 'none',
  width: 1,
  rule: 'nonzero',
  cap: 'butt',
  join: 'miter',
};

/** Draws a logo as vectors into a box of a height, and returns its width. `color` stands for `currentColor`. */
export function drawLogo(
  canvas: Canvas,
  { viewBox: [left, top, width, height], shapes }: Logo,
  box: { x: number; y: number; height: number; maxWidth: number; color: string },
): number {
  const scale = Math.min(box.height / height, box.maxWidth / width);
  canvas.save();
  canvas.translate(box.x, box.y);
  canvas.scale(scale);
  canvas.translate(-left, -top);
  for (const shape of shapes) draw(canvas, shape, INITIAL, box.color);
  canvas.restore();
  return width * scale;
}

function draw(canvas: Canvas, node: LogoNode, outer: Paint, color: string): void {
  const own = (name: string) => node.attributes.get(name);
  const paint: Paint = {
    fill: own('fill') ?? outer.fill,
    stroke: own('stroke') ?? outer.stroke,
    width: Number(own('stroke-width') ?? outer.width),
    rule: own('fill-rule') ?? outer.rule,
    cap: own('stroke-linecap') ?? outer.cap,
    join: own('stroke-linejoin') ?? outer.join,
  };
  canvas.save();
  for (const [, name = '', list = ''] of (own('transform') ?? '').matchAll(/(\w+)\(([^)]*)\)/g)) {
    transform(canvas, name, numbersOf(list));
  }
  if (node.name === 'g') for (const child of node.children) draw(canvas, child, paint, color);
  else shape(canvas, node, paint, color);
  canvas.restore();
}

function transform(canvas: Canvas, name: string, list: readonly number[]): void {
  const [a = 0, b, c = 0, d = 1, e = 0, f = 0] = list;
  switch (name) {
    case 'matrix':
      canvas.transform(a, b ?? 0, c, d, e, f);
      break;
    case 'translate':
      canvas.translate(a, b ?? 0);
      break;
    case 'scale':
      canvas.scale(a, b ?? a);
      break;
    case 'rotate':
      canvas.rotate(a, { origin: [b ?? 0, c] });
      break;
    default:
      throw new TypeError(`A logo has no transformation ${name}`);
  }
}

function shape(canvas: Canvas, node: LogoNode, paint: Paint, color: string): void {
  const isFilled = paint.fill !== 'none' && node.name !== 'line';
  const isStroked = paint.stroke !== 'none' && paint.width > 0;
  if (!isFilled && !isStroked) return;
  trace(canvas, node);
  const colorOf = (text: string) => (text === 'currentColor' ? color : text);
  const rule = paint.rule === 'evenodd' ? 'even-odd' : 'non-zero';
  if (isStroked) {
    canvas.lineWidth(paint.width).strokeColor(colorOf(paint.stroke));
    canvas.lineCap(paint.cap).lineJoin(paint.join);
  }
  if (isFilled && isStroked) canvas.fillAndStroke(colorOf(paint.fill), colorOf(paint.stroke), rule);
  else if (isFilled) canvas.fill(colorOf(paint.fill), rule);
  else canvas.stroke();
}

function trace(canvas: Canvas, { name, attributes }: LogoNode): void {
  const at = (attribute: string, other = 0) => Number.parseFloat(attributes.get(attribute) ?? String(other));
  switch (name) {
    case 'path':
      canvas.path(attributes.get('d') ?? '');
      break;
    case 'rect':
      canvas.roundedRect(at('x'), at('y'), at('width'), at('height'), at('rx', at('ry')));
      break;
    case 'circle':
      canvas.circle(at('cx'), at('cy'), at('r'));
      break;
    case 'ellipse':
      canvas.ellipse(at('cx'), at('cy'), at('rx'), at('ry'));
      break;
    case 'line':
      canvas.moveTo(at('x1'), at('y1')).lineTo(at('x2'), at('y2'));
      break;
    default: {
      const list = numbersOf(attributes.get('points') ?? '');
      for (let index = 0; index + 1 < list.length; index += 2) {
        const [x, y] = [list[index] ?? 0, list[index + 1] ?? 0];
        if (index === 0) canvas.moveTo(x, y);
        else canvas.lineTo(x, y);
      }
      if (name === 'polygon') canvas.closePath();
    }
  }
}
