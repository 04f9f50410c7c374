/** Style for screen and any paper size. The page's content security policy allows it by its digest. */
export const STATEMENT_STYLE = `
:root { color-scheme: light; --paper: #fff; --ground: #eef1f4; --ink: #1b2430; --faint: #566373; --line: #dde3ea; --accent: #1d4f6e; --tint: #f1f6f9; }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; --paper: #171d24; --ground: #10151a; --ink: #e4e9ee; --faint: #a3b0bd; --line: #2d3742; --accent: #8fc4e6; --tint: #1d2832; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; }
.sheet { max-width: 900px; margin: 32px auto; padding: 48px 56px 40px; background: var(--paper); border-radius: 8px; box-shadow: 0 1px 3px #0002, 0 8px 24px #0000000d; }
h1, h2, p, dl, dd { margin: 0; }
.bank { display: flex; justify-content: space-between; gap: 24px; margin-bottom: 40px; padding-bottom: 20px; border-bottom: 2px solid var(--accent); }
.bank p { margin-left: auto; color: var(--faint); font-size: 12px; text-align: right; overflow-wrap: anywhere; }
.bank p:first-child { margin-left: 0; display: flex; flex: 1; flex-wrap: wrap; justify-content: space-between; gap: 2px 24px; align-items: baseline; text-align: left; }
.bank p:first-child b { flex: 1; }
.bank b { display: block; color: var(--ink); font-size: 13px; }
.bank p:first-child b { color: var(--accent); font-size: 20px; letter-spacing: -0.01em; }
.bank span { display: block; }
.logo { display: block; flex: none; align-self: flex-start; height: 44px; width: auto; max-width: 220px; color: var(--accent); }
h1 { font-size: 26px; font-weight: 650; letter-spacing: -0.015em; line-height: 1.2; }
.period { margin-top: 4px; font-size: 16px; color: var(--faint); }
.facts { display: grid; grid-template-columns: 1.35fr 1fr; gap: 24px 40px; margin: 28px 0; }
.facts div { display: flex; gap: 12px; padding: 3px 0; }
.facts dt { flex: 0 0 116px; color: var(--faint); }
.facts dl + dl dt { flex-basis: 84px; }
.facts dd { overflow-wrap: anywhere; font-weight: 550; }
.totals { display: grid; grid-template-columns: repeat(4, auto); margin: 0 0 32px; border-radius: 8px; background: var(--tint); }
.totals div { padding: 16px 20px; overflow-wrap: anywhere; }
.totals dt { color: var(--faint); font-size: 12px; }
.totals dd { margin-top: 2px; font-size: 19px; font-weight: 600; letter-spacing: -0.01em; }
.totals div:last-child { text-align: right; }
.totals div:last-child dd { color: var(--accent); }
table { width: 100%; border-collapse: collapse; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th { padding: 0 0 8px; border-bottom: 1.5px solid var(--accent); text-align: left; vertical-align: bottom; font-size: 12px; font-weight: 600; color: var(--faint); white-space: nowrap; }
td { padding: 10px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th + th, td + td { padding-left: 20px; }
td:first-child { white-space: nowrap; color: var(--faint); }
td.details { color: var(--faint); font-size: 12.5px; overflow-wrap: anywhere; }
td b { display: block; color: var(--ink); font-size: 14px; font-weight: 600; }
.reference { min-width: 9em; color: var(--faint); font-size: 12.5px; overflow-wrap: anywhere; }
td.reference, td.until { padding-top: 11px; }
.until { color: var(--faint); white-space: nowrap; }
.amount { text-align: right; white-space: nowrap; }
.edge td { font-weight: 600; color: var(--ink); background: var(--tint); }
.edge td:first-child { color: var(--faint); font-weight: 400; }
.entries td:first-child, .entries th:first-child, .holds td:first-child, .holds th:first-child { padding-left: 12px; }
.entries td:last-child, .entries th:last-child, .holds td:last-child, .holds th:last-child { padding-right: 12px; }
h2 { margin: 40px 0 12px; font-size: 17px; font-weight: 650; }
footer { margin-top: 28px; color: var(--faint); font-size: 12px; line-height: 1.5; overflow-wrap: anywhere; }
footer p + p { margin-top: 4px; }
@media screen and (max-width: 720px) {
  body { background: var(--paper); }
  .sheet { margin: 0; padding: 24px 18px 28px; border-radius: 0; box-shadow: none; }
  .bank { flex-direction: column; gap: 14px; margin-bottom: 28px; }
  .bank p { margin-left: 0; text-align: left; }
  .facts { grid-template-columns: 1fr; gap: 0; margin: 22px 0; }
  .facts dt, .facts dl + dl dt { flex-basis: 116px; }
  .totals { grid-template-columns: repeat(2, 1fr); margin-bottom: 20px; }
  .totals div { padding: 12px 14px; }
  .totals dd { font-size: 16px; }
  .totals div:nth-child(2n) { text-align: right; }
  table, tbody { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 1px 16px; padding: 12px 0; border-bottom: 1px solid var(--line); }
  .entries tbody td, .holds tbody td { padding: 0 !important; border: 0; background: none; }
  td:empty { display: none; }
  td:first-child, td.reference, td.until { font-size: 12.5px; }
  td.details b { font-size: 14px; }
  .entries td:first-child, .entries td:nth-child(2), .entries td.reference, .holds td { grid-column: 1; }
  .entries td.out, .entries td.in { grid-column: 2; grid-row: 1 / span 2; font-weight: 600; }
  .entries td.out:not(:empty)::before { content: "\\2212"; }
  .entries td.in:not(:empty)::before { content: "+"; }
  .entries td.balance { grid-column: 1 / -1; margin-top: 5px; color: var(--faint); font-size: 12.5px; text-align: left; }
  .entries td.balance::before { content: "Balance "; }
  .holds td.amount { grid-column: 2; grid-row: 1 / span 2; font-weight: 600; }
  td.until:not(:empty)::before { content: "until "; }
  td.reference:not(:empty)::before { content: "Reference "; }
  .edge { margin: 0 -12px; padding: 10px 12px !important; background: var(--tint); border: 0 !important; border-radius: 6px; }
  .entries .edge td.balance { grid-column: 2; grid-row: 1 / span 2; align-self: center; margin: 0; color: var(--ink); font-size: 14px; }
  .entries .edge td.balance::before { content: none; }
}
@page { size: A4; margin: 20mm 17mm 20mm; @top-left { font: 8.5pt sans-serif; color: #566373; } @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 8.5pt sans-serif; color: #566373; } }
@page :first { margin-top: 15mm; }
@media print {
  body { background: none; font-size: 8.8pt; }
  .sheet { max-width: none; margin: 0; padding: 0; box-shadow: none; border-radius: 0; }
  .bank { margin-bottom: 22pt; }
  .facts { margin: 16pt 0; }
  .totals { margin-bottom: 16pt; }
  .totals dd { font-size: 13pt; }
  td.details, .reference, th, .totals dt, footer { font-size: 7.8pt; }
  td b { font-size: 8.8pt; }
  h1 { font-size: 19pt; }
  .period { font-size: 11pt; }
  thead { display: table-header-group; }
  td { padding: 6pt 0; }
  tr, .totals, footer { break-inside: avoid; }
  h2 { break-after: avoid; }
  .totals, .edge td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
