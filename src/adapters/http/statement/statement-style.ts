/** Style for screen and any paper size. The page's content security policy allows it by its digest. */
export const STATEMENT_STYLE = `
:root { color-scheme: light; --paper: #fff; --ground: #eef1f4; --ink: #1b2430; --faint: #5d6b7c; --line: #d8dee6; --accent: #1d4f6e; --tint: #eef4f8; }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; --paper: #171d24; --ground: #10151a; --ink: #e4e9ee; --faint: #9dabb9; --line: #303a45; --accent: #8fc4e6; --tint: #1d2a35; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
main { max-width: 860px; margin: 32px auto; padding: 44px 52px; background: var(--paper); border-radius: 6px; box-shadow: 0 1px 3px #0002, 0 8px 24px #0000000d; }
h1 { margin: 0; font-size: 27px; font-weight: 650; letter-spacing: -0.01em; color: var(--accent); }
h2 { margin: 34px 0 8px; font-size: 17px; font-weight: 650; color: var(--accent); }
p, dl, dd { margin: 0; }
.period { margin-top: 2px; font-size: 17px; }
dt { color: var(--faint); font-size: 12px; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 36px; margin-top: 18px; }
.totals { display: grid; grid-template-columns: repeat(4, 1fr); margin: 24px 0 28px; border: 1px solid var(--line); border-radius: 6px; }
.totals div { padding: 12px 16px; border-left: 1px solid var(--line); overflow-wrap: anywhere; }
.totals div:first-child { border-left: 0; }
.totals dd { font-size: 18px; font-weight: 600; font-variant-numeric: tabular-nums; }
.totals .closing { background: var(--tint); }
table { width: 100%; border-collapse: collapse; }
th { padding: 0 0 7px; border-bottom: 2px solid var(--accent); text-align: left; vertical-align: bottom; font-size: 12px; font-weight: 600; color: var(--faint); }
td { padding: 9px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th + th, td + td { padding-left: 18px; }
td:first-child { white-space: nowrap; }
td b { font-weight: 600; overflow-wrap: anywhere; }
td span, td small { display: block; overflow-wrap: anywhere; }
td small { color: var(--faint); font-size: 12px; }
.reference { font-size: 11px; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.edge td { font-weight: 600; }
footer { margin-top: 22px; color: var(--faint); font-size: 12px; }
@media screen and (max-width: 640px) {
  main { margin: 0; padding: 24px 16px; border-radius: 0; }
  .totals { grid-template-columns: repeat(2, 1fr); }
  .totals div:nth-child(odd) { border-left: 0; }
  .totals div:nth-child(n + 3) { border-top: 1px solid var(--line); }
  .reference { display: none; }
  table, tbody { display: block; }
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: grid; grid-template-columns: 1fr auto; gap: 2px 12px; padding: 10px 0; border-bottom: 1px solid var(--line); }
  td, td + td { padding: 0; border: 0; }
  td:empty { display: none; }
  td:first-child { grid-column: 1; color: var(--faint); font-size: 12px; }
  td:first-child small { display: inline; margin-left: 0.6em; }
  td:nth-child(2) { grid-column: 1; grid-row: 2 / span 2; }
  td.amount { grid-column: 2; }
  main > table td:nth-child(3):not(:empty)::before { content: "−"; }
  main > table td:nth-child(4):not(:empty)::before { content: "+"; }
  main > table td:nth-child(5)::before { content: "Balance "; color: var(--faint); font-size: 12px; }
  section td:nth-child(3):not(:empty)::before { content: "until "; }
}
@page { margin: 16mm 15mm 18mm; @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 9pt sans-serif; color: #5d6b7c; } }
@media print {
  body { background: none; font-size: 9.5pt; }
  main { max-width: none; margin: 0; padding: 0; box-shadow: none; }
  thead { display: table-header-group; }
  tr, .totals, section h2 { break-inside: avoid; }
  h2 { break-after: avoid; }
  .totals .closing { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
