import { scaleLinear } from 'd3-scale';
import { area, curveMonotoneX, line } from 'd3-shape';
import type { FC } from 'hono/jsx';
import { usePage } from '../layout.tsx';
import { moneyText, shortDayText } from '../text.ts';
import type { Money } from '../text.ts';

/** The balance at the end of a day. */
export type DayBalance = { readonly at: number; readonly balance: bigint };

const WIDTH = 600;
const HEIGHT = 120;
/** Room for half of the line's width. */
const MARGIN = 3;

/** A line of daily balances, drawn without inline styles. Screen readers get its ends and bounds as a sentence. */
export const BalanceChart: FC<{ days: readonly DayBalance[] } & Omit<Money, 'amount'>> = ({
  days,
  ...of
}) => {
  const page = usePage();
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last || days.length < 2) return null;
  const values = days.map(({ balance }) => Number(balance));
  const [low, high] = [Math.min(0, ...values), Math.max(...values)];
  const x = scaleLinear([0, days.length - 1], [0, WIDTH]);
  const y = scaleLinear([low, high === low ? low + 1 : high], [HEIGHT - MARGIN, MARGIN]);
  const drawn = { x: (_: number, index: number) => x(index), y: (value: number) => y(value) };
  const path = line<number>().x(drawn.x).y(drawn.y).curve(curveMonotoneX)(values) ?? '';
  const filled = area<number>().x(drawn.x).y0(y(0)).y1(drawn.y).curve(curveMonotoneX)(values) ?? '';
  const text = (amount: bigint) => moneyText({ amount, ...of }, page);
  const bounds = [minimum(days), maximum(days)].map(text);
  return (
    <figure class="chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-labelledby="chart-text"
      >
        <path class="area" d={filled} />
        <line class="zero" x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
        <path class="line" d={path} />
      </svg>
      <figcaption>
        <span>{`${shortDayText(first.at, page)} · ${text(first.balance)}`}</span>
        <span id="chart-text" class="hidden">
          {`Balance of the last ${days.length} days: from ${text(first.balance)} to ${text(last.balance)}, between ${bounds.join(' and ')}`}
        </span>
        <span>{`${shortDayText(last.at, page)} · ${text(last.balance)}`}</span>
      </figcaption>
    </figure>
  );
};

function minimum(days: readonly DayBalance[]): bigint {
  return days.reduce((least, { balance }) => (balance < least ? balance : least), days[0]?.balance ?? 0n);
}

function maximum(days: readonly DayBalance[]): bigint {
  return days.reduce((most, { balance }) => (balance > most ? balance : most), days[0]?.balance ?? 0n);
}
