/** Pages of the staff: records, logs and tables that become cards. */
export const STAFF_STYLE = `
.answer { font-size: clamp(2rem, 6vw, 2.8rem); font-weight: 700; letter-spacing: -0.03em; line-height: 1.15; }
.answer + p { margin-top: 4px; }
.question { color: var(--faint); font-size: 0.94rem; font-weight: 400; letter-spacing: 0; }
.card > h2.question:first-child { margin-bottom: 0; }
.good-text { color: var(--good); }
.bad-text { color: var(--bad); }
.grounds { margin-top: 18px; border-top: 1px solid var(--line); }
.grounds > li, .counts > li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 20px; padding: 9px 0; border-bottom: 1px solid var(--line); }
.grounds > li:last-child, .counts > li:last-child { border-bottom: 0; padding-bottom: 0; }
.grounds > li { display: grid; grid-template-columns: auto minmax(0, 1fr); }
.grounds > li > :first-child { color: var(--faint); }
.grounds > li > :last-child { text-align: right; }
.counts > li { flex-wrap: nowrap; }
.row-title { font-weight: 550; }
.gap { margin: 22px 0 6px; }
.below { margin: -12px 0 20px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 260px), 1fr)); gap: 8px 32px; }
.live-chart { margin-top: 0; }
.chart.live-chart svg { height: 90px; }
.chart.live-chart figcaption { align-items: baseline; color: var(--ink); font-size: 0.94rem; margin: 0 0 6px; }
.live-chart strong { white-space: nowrap; font-size: 1.35rem; letter-spacing: -0.02em; }
.sums { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 170px), 1fr)); gap: 12px 24px; margin-bottom: 14px; }
.sums dt { color: var(--faint); font-size: 0.94rem; }
.sums dd { font-size: 1.5rem; font-weight: 680; letter-spacing: -0.02em; }
.record-amount { font-size: 1.5rem; font-weight: 680; letter-spacing: -0.02em; }
.head .badge { vertical-align: middle; margin-left: 6px; }
.actions.flat { margin-top: 0; }
.id { font-size: 0.92em; white-space: nowrap; }
.long-id { overflow-wrap: anywhere; }
.moment { white-space: nowrap; }
.grounds .moment { white-space: normal; }
.cell-label { display: none; }
.cards .sub { display: block; font-weight: 400; color: var(--faint); font-size: 0.86rem; }
.cards tr.passing td { color: var(--faint); }
.cards tfoot td { border-top: 1px solid var(--line-strong); border-bottom: 0; font-weight: 600; }
.cards + .cards { margin-top: 24px; }
.books .cards { table-layout: fixed; }
.log > li { padding: 14px 0; border-bottom: 1px solid var(--line); }
.log > li:first-child { padding-top: 0; }
.log > li:last-child { border-bottom: 0; padding-bottom: 0; }
.log details { margin-top: 2px; }
.changes { margin: 2px 0; color: var(--faint); font-size: 0.94rem; }
.changes strong { color: var(--ink); font-weight: 600; }
.plain { display: inline-block; margin: 4px 0 8px; padding-left: 20px; list-style: disc; text-align: left; }
.stack > .note { margin-bottom: 0; }
.effect { margin-top: 16px; }
.effect .note { margin: 16px 0 0; }
form.row .button { justify-self: start; }
.crumb + .card .only { display: none; }
@media (max-width: 760px) {
  .cards, .cards tbody, .cards tfoot { display: block; }
  .cards tr { display: grid; }
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cards tr { padding: 11px 0; border-bottom: 1px solid var(--line); }
  .cards tbody tr:first-child { padding-top: 0; }
  .cards tbody:last-child tr:last-child, .cards tfoot tr { border-bottom: 0; }
  .cards td { display: flex; justify-content: space-between; flex-wrap: wrap; align-items: baseline; gap: 2px 16px; padding: 2px 0; border: 0; text-align: right; white-space: normal; }
  .cards td.none, .cards td:empty { display: none; }
  .cell-value { min-width: 0; margin-left: auto; }
  .cards td.title { order: -1; padding-bottom: 4px; font-weight: 560; text-align: left; }
  .cards .title .cell-label { display: none; }
  .cards .title .cell-value { margin-left: 0; }
  .cards tfoot td { border-top: 0; }
  .cards td + td { padding-left: 0; }
  .cell-label { display: inline; flex: none; color: var(--faint); font-size: 0.88rem; font-weight: 400; text-align: left; }
  .sums { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .sums > :first-child { grid-column: 1 / -1; }
  .sums > :not(:first-child) dd { font-size: 1.15rem; }
  .tasks > li { grid-template-columns: minmax(0, 1fr); }
  .tasks .end { grid-column: 1; grid-row: auto; justify-content: flex-start; margin-top: 6px; }
}
`;
