import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { FC } from 'hono/jsx';
import type { LiveFigures, SecondFigures } from '../../../application/ports/live-figures.ts';
import { faultText } from '../faults.tsx';
import { usePage } from '../layout.tsx';
import type { ErrorCode } from '../../../domain/errors.ts';
import { errorCatalogue } from '../../../domain/errors.ts';

const WIDTH = 600;
const HEIGHT = 90;
/** Room for half of the line's width. */
const MARGIN = 3;
/** Number of the last seconds over which the present rate is an average. */
const RECENT = 10;
const REFUSALS_SHOWN = 8;

/** Path of the card alone, with which it loads itself again. */
export const FIGURES_PATH = '/staff/figures';

/** Rate and duration of commits in the last two minutes, and the refusals by reason. */
export const FiguresCard: FC<{ figures: LiveFigures }> = ({ figures }) => {
  const seconds = figures.seconds();
  const recent = seconds.slice(-RECENT);
  const slowest = recent.reduce((most, { p99Ms }) => Math.max(most, p99Ms ?? 0), 0);
  const committed = recent.reduce((sum, one) => sum + one.committed, 0);
  const { language } = usePage();
  const rate = recent.length === 0 ? 0 : committed / recent.length;
  return (
    <section
      class="card"
      id="figures"
      aria-labelledby="figures-head"
      hx-get={FIGURES_PATH}
      hx-trigger="every 2s"
      hx-select="#figures"
      hx-swap="outerHTML"
    >
      <div class="card-head">
        <h2 id="figures-head">Commits now</h2>
        <a class="only" href={FIGURES_PATH}>
          Only this
        </a>
      </div>
      <div class="pair">
        <Series
          id="rate"
          title="Commands a second"
          value={rate.toLocaleString([language, 'en'], { maximumFractionDigits: rate < 10 ? 1 : 0 })}
          seconds={seconds}
          of={({ committed: count }) => count}
        />
        <Series
          id="p99"
          title="Slowest of a hundred (p99)"
          value={committed === 0 ? 'none lately' : msText(slowest)}
          seconds={seconds}
          of={({ p99Ms }) => p99Ms ?? 0}
        />
      </div>
      <Refusals refusals={figures.refusals()} />
    </section>
  );
};

type SeriesProps = {
  readonly id: string;
  readonly title: string;
  readonly value: string;
  readonly seconds: readonly SecondFigures[];
  readonly of: (second: SecondFigures) => number;
};

const Series: FC<SeriesProps> = ({ id, title, value, seconds, of }) => {
  const values = seconds.map(of);
  const high = Math.max(1, ...values);
  const x = scaleLinear([0, Math.max(1, values.length - 1)], [0, WIDTH]);
  const y = scaleLinear([0, high], [HEIGHT - MARGIN, MARGIN]);
  const path =
    line<number>()
      .x((_, index) => x(index))
      .y((one) => y(one))(values) ?? '';
  return (
    <figure class="chart live-chart">
      <figcaption id={`${id}-text`}>
        <span>{title}</span>
        <strong>{value}</strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-labelledby={`${id}-text`}
      >
        <line class="zero" x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
        <path class="line" d={path} />
      </svg>
    </figure>
  );
};

const Refusals: FC<{ refusals: ReadonlyMap<string, number> }> = ({ refusals }) => {
  const most = [...refusals].sort(([, a], [, b]) => b - a).slice(0, REFUSALS_SHOWN);
  return (
    <>
      <h3 class="gap">Refusals since the start of this server</h3>
      {most.length === 0 ? (
        <p class="fine">None so far.</p>
      ) : (
        <ul class="counts">
          {most.map(([code, count]) => (
            <li>
              <span>{isCode(code) ? faultText(code).title : code}</span>
              <span class="num">{count.toLocaleString('en')}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
};

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

function msText(ms: number): string {
  return ms < 1_000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
