/** Throughput over concurrency as SVG: both axes in powers, colours that hold on light and on dark. */
import { rateOf } from './results.ts';
import type { Results } from './results.ts';

type Series = {
  readonly label: string;
  readonly colour: string;
  readonly points: readonly { readonly x: number; readonly rate: number }[];
  readonly isDashed: boolean;
};

type Panel = { readonly title: string; readonly xs: readonly number[]; readonly series: readonly Series[] };

const WIDTH = 1080;
const HEIGHT = 400;
const PLOT = { top: 48, bottom: 350, width: 260 };
const PANEL_LEFT = [66, 610] as const;
const LABEL_HEIGHT = 15;

const GREY = '#7d8590';
const COLOURS = { memory: '#9a6fe0', sqlite: '#3b8ee0', mongo: '#2f9e5b', peer: '#d9822b', limit: GREY };

export function drawPicture(results: Results): string {
  const panels = panelsOf(results);
  const rates = panels.flatMap(({ series }) =>
    series.flatMap(({ points }) => points.map(({ rate }) => rate)),
  );
  const [low, high] = [powerBelow(Math.min(...rates)), powerBelow(Math.max(...rates)) + 1];
  if (!Number.isFinite(low)) return svg([]);
  const y = (rate: number) => {
    return PLOT.bottom - ((Math.log10(rate) - low) / (high - low)) * (PLOT.bottom - PLOT.top);
  };
  return svg(panels.map((panel, index) => drawPanel(panel, { left: PANEL_LEFT[index] ?? 0, y, low, high })));
}

function panelsOf(results: Results): Panel[] {
  const line = (label: string, colour: string, ids: readonly string[], isDashed = false): Series => ({
    label,
    colour,
    isDashed,
    points: ids.flatMap((id) => {
      const rate = rateOf(results, id)?.median;
      return rate === undefined ? [] : [{ x: Number(id.split('/').at(-1)), rate }];
    }),
  });
  const over = (prefix: string, xs: readonly number[]) => xs.map((x) => `${prefix}/${x}`);
  const flat = (label: string, id: string, xs: readonly number[]): Series => {
    const rate = rateOf(results, id)?.median;
    const points = rate === undefined ? [] : xs.map((x) => ({ x, rate }));
    return { label, colour: COLOURS.limit, isDashed: true, points };
  };
  const port = [1, 16, 64, 512];
  const http = [64, 256];
  const few = [1, 16, 64];
  return [
    {
      title: 'over the port: transfers/s by transfers in flight',
      xs: port,
      series: [
        line('Passbook, memory', COLOURS.memory, over('port/memory/uniform', port)),
        line('Passbook, SQLite', COLOURS.sqlite, over('port/sqlite/uniform', port)),
        line('Passbook, MongoDB', COLOURS.mongo, over('port/mongo/uniform', port)),
        flat('bare SQLite, by 500', 'limit/sqlite/500', port),
        flat('MongoDB driver, by 500', 'limit/mongo/500', port),
        line('MongoDB driver, by 1', COLOURS.limit, over('limit/mongo-one/uniform', few), true),
        line('medici', COLOURS.peer, over('peer/medici/uniform', few)),
      ],
    },
    {
      title: 'over HTTP: transfers/s by connections',
      xs: http,
      series: [
        line('Hono, does nothing', COLOURS.limit, over('http/bare-hono', http), true),
        line('Passbook, memory', COLOURS.memory, over('http/memory', http)),
        line('Passbook, SQLite', COLOURS.sqlite, over('http/sqlite', http)),
        line('Passbook, MongoDB', COLOURS.mongo, over('http/mongo', http)),
        line('Express and Mongoose', COLOURS.peer, over('http/express-mongoose', http)),
      ],
    },
  ];
}

type Frame = { left: number; y: (rate: number) => number; low: number; high: number };

function drawPanel({ title, xs, series }: Panel, { left, y, low, high }: Frame): string {
  const [first = 1, last = 1] = [xs[0], xs.at(-1)];
  const x = (value: number) => left + (Math.log(value / first) / Math.log(last / first)) * PLOT.width;
  const right = left + PLOT.width;
  const powers = Array.from({ length: high - low + 1 }, (_, index) => low + index);
  const grid = powers.map((power) => {
    const at = round(y(10 ** power));
    const name = (10 ** power).toLocaleString('en');
    return `<path d="M${left} ${at}H${right}" stroke="${GREY}" stroke-opacity=".3"/>${text(left - 6, at + 4, name, { anchor: 'end' })}`;
  });
  const marks = xs.map((value) =>
    text(round(x(value)), PLOT.bottom + 18, String(value), { anchor: 'middle' }),
  );
  const drawn = series.filter(({ points }) => points.length > 0);
  const lines = drawn.map(({ colour, isDashed, points }) => {
    const path = points.map(({ x: value, rate }) => `${round(x(value))} ${round(y(rate))}`).join('L');
    const dots = points.map(
      ({ x: value, rate }) =>
        `<circle cx="${round(x(value))}" cy="${round(y(rate))}" r="3" fill="${colour}"/>`,
    );
    const dash = isDashed ? ' stroke-dasharray="4 4"' : '';
    return `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>${isDashed ? '' : dots.join('')}`;
  });
  const heading = text(left - 46, PLOT.top - 24, title, { weight: 600 });
  return [heading, ...grid, ...marks, ...lines, ...labels(drawn, right + 8, y)].join('\n');
}

/** At the lines' ends, each on a line of its own. */
function labels(series: readonly Series[], left: number, y: (rate: number) => number): string[] {
  const wanted = series
    .map(({ label, colour, points }) => ({ label, colour, rate: points.at(-1)?.rate ?? 1 }))
    .toSorted((a, b) => b.rate - a.rate);
  const places = spread(wanted.map(({ rate }) => y(rate)));
  return wanted.map(({ label, colour, rate }, index) => {
    const at = (places[index] ?? 0) + 4;
    return text(left, round(at), `${label} ${Math.round(rate).toLocaleString('en')}`, { colour });
  });
}

/** From the top down, none nearer to the next than a line of text, and all within the plot. */
function spread(wanted: readonly number[]): number[] {
  const places: number[] = [];
  for (const at of wanted)
    places.push(Math.max(at, (places.at(-1) ?? Number.NEGATIVE_INFINITY) + LABEL_HEIGHT));
  let limit: number = PLOT.bottom;
  for (let index = places.length - 1; index >= 0; index--) {
    places[index] = Math.min(places[index] ?? limit, limit);
    limit = (places[index] ?? limit) - LABEL_HEIGHT;
  }
  return places;
}

function text(
  x: number,
  y: number,
  content: string,
  {
    anchor = 'start',
    colour = GREY,
    weight = 400,
  }: { anchor?: string; colour?: string; weight?: number } = {},
): string {
  return `<text x="${x}" y="${y}" fill="${colour}" text-anchor="${anchor}" font-weight="${weight}">${content}</text>`;
}

function svg(parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12">
<title>Transfers a second over concurrency: Passbook, its peers and its limits</title>
${parts.join('\n')}
</svg>
`;
}

function powerBelow(rate: number): number {
  return Math.floor(Math.log10(rate));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
