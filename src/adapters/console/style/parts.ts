/** Cards, lists, tables, facts and notes. */
export const PARTS_STYLE = `
.card { padding: 24px; background: var(--paper); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); }
.card + .card { margin-top: 20px; }
.stack > .card + .card, .columns > .card + .card { margin-top: 0; }
.card > h2:first-child, .card-head { margin-bottom: 14px; }
.card-head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 4px 16px; }
.card > form:first-child, .card > form.first { margin-top: 0; }
.card > form + h2 + table, .card > form + table { margin-top: 22px; }
.card > .rows:first-child > li:first-child, .card > :is(h2, .card-head) + .rows > li:first-child { padding-top: 0; }
.card > .rows:last-child > li:last-child { padding-bottom: 0; }
.card > .facts:first-child > div:first-child { padding-top: 0; }
.card > .facts:last-child > div:last-child { padding-bottom: 0; }
.lead + .rows, .lead + .note, .field + .facts { margin-top: 14px; }
.lead + .note { margin-bottom: 0; }
.actions + .fine { margin-top: 16px; }
form > .actions + .fine { margin-top: 0; }
h1 + .note { margin-top: 14px; }
table + details { margin-top: 12px; }
.card.flush { padding-bottom: 8px; }
.chips { display: flex; gap: 8px; margin: 0 0 16px; overflow-x: auto; padding: 3px; scrollbar-width: none; }
.chip { flex: none; display: grid; padding: 8px 16px; border: 1px solid var(--line); border-radius: 999px; background: var(--paper); color: var(--ink); font-size: 0.92rem; text-decoration: none; }
.chip:hover { border-color: var(--line-strong); }
.chip[aria-current] { border-color: var(--accent); background: var(--accent-soft); font-weight: 600; }
.facts > div { display: grid; grid-template-columns: 13em minmax(0, 1fr); gap: 4px 16px; padding: 9px 0; border-bottom: 1px solid var(--line); }
.facts > div:last-child { border-bottom: 0; }
.facts dt { color: var(--faint); }
.table-wrap { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; color: var(--faint); padding-bottom: 8px; }
th { padding: 0 0 8px; color: var(--faint); font-size: 0.84rem; font-weight: 600; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { padding: 11px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child > td { border-bottom: 0; }
th + th, td + td { padding-left: 20px; }
.num { text-align: right; white-space: nowrap; }
.rows > li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 20px; align-items: center; padding: 13px 0; border-bottom: 1px solid var(--line); }
.rows > li:last-child { border-bottom: 0; }
.rows .sub { grid-column: 1; color: var(--faint); font-size: 0.88rem; }
.rows .end { grid-column: 2; grid-row: 1 / span 2; display: flex; gap: 8px; align-items: center; justify-content: flex-end; flex-wrap: wrap; }
.rows a.row-link { color: inherit; text-decoration: none; font-weight: 550; }
.rows a.row-link:hover { text-decoration: underline; }
.note { padding: 12px 16px; margin: 0 0 16px; border-radius: 10px; background: var(--accent-soft); }
.note.fault { background: var(--bad-soft); color: var(--bad); }
.note.warn { background: var(--warn); color: var(--warn-ink); }
.note.good { background: var(--accent-soft); color: var(--good); }
.badge { display: inline-block; padding: 1px 9px; border-radius: 999px; background: var(--accent-soft); color: var(--accent); font-size: 0.8rem; font-weight: 600; white-space: nowrap; }
.badge.warn { background: var(--warn); color: var(--warn-ink); }
.badge.bad { background: var(--bad-soft); color: var(--bad); }
.badge.plain { background: none; border: 1px solid var(--line); color: var(--faint); }
.empty { padding: 28px 8px; text-align: center; color: var(--faint); }
.empty .title { color: var(--ink); font-weight: 650; margin-bottom: 4px; }
.empty .actions { justify-content: center; }
.links { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 8px 20px; margin-top: 20px; font-size: 0.94rem; }
.actions { display: flex; flex-wrap: wrap; gap: 10px; margin-top: 20px; align-items: center; }
.number { font-variant-numeric: tabular-nums; letter-spacing: 0.01em; white-space: nowrap; }
details > summary { cursor: pointer; color: var(--accent); }
details[open] > summary { margin-bottom: 12px; }
@media (max-width: 760px) {
  .card { padding: 18px 16px; }
  .facts > div { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .actions:not(.flat) > .button { flex: 1 1 auto; }
  .rows .end.fine, .rows .end:has(> :nth-child(2)) { grid-column: 1 / -1; grid-row: auto; justify-content: flex-start; margin-top: 4px; }
}
`;
