/** Balances, entries and charts. */
export const MONEY_STYLE = `
.money { white-space: nowrap; font-variant-numeric: tabular-nums; }
.money.in { color: var(--good); }
.balance { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 4px 24px; align-items: end; }
.balance .label { color: var(--faint); font-size: 0.94rem; }
.balance .big { font-size: clamp(2.1rem, 7vw, 3.1rem); font-weight: 700; letter-spacing: -0.035em; line-height: 1.1; }
.balance .held { grid-column: 1; color: var(--faint); font-size: 0.94rem; }
.balance .act { grid-column: 2; grid-row: 1 / span 3; }
.chart { margin-top: 18px; }
.chart svg { display: block; width: 100%; height: 120px; overflow: visible; }
.chart .line { fill: none; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.chart .area { fill: var(--accent); opacity: 0.09; }
.chart .zero { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.chart figcaption { display: flex; justify-content: space-between; gap: 12px; margin-top: 6px; color: var(--faint); font-size: 0.82rem; }
.day { padding: 18px 0 4px; color: var(--faint); font-size: 0.86rem; font-weight: 600; text-align: left; border: 0; white-space: normal; }
.card > .entries:first-child .day-row:first-child .day { padding-top: 0; }
.card-head + .entries .day-row:first-child .day { padding-top: 4px; }
.entries td { padding: 12px 0; }
.entries .what { width: 100%; }
.entries .what a { color: var(--ink); font-weight: 560; text-decoration: none; }
.entries .what a:hover { text-decoration: underline; }
.entries .sub { display: block; color: var(--faint); font-size: 0.86rem; }
.entries .num { padding-left: 18px; }
.entries .after { margin: 0; color: var(--faint); font-size: 0.88rem; }
.entries tr.passing td { color: var(--faint); }
@media (max-width: 760px) {
  .balance { grid-template-columns: minmax(0, 1fr); }
  .balance .act { grid-column: 1; grid-row: auto; margin-top: 12px; }
  .balance .act .button { width: 100%; }
  .chart svg { height: 90px; }
  .entries tbody tr:not(.day-row) { display: grid; grid-template-columns: minmax(0, 1fr) auto; grid-template-rows: auto 1fr; gap: 0 14px; padding: 11px 0; border-bottom: 1px solid var(--line); }
  .entries td { padding: 0 !important; border: 0; }
  .entries .after { grid-column: 2; }
  .entries .what { grid-row: 1 / span 2; }
  .entries thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
}
`;
