/** Colours, type, and the frame around each page. */
export const FRAME_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ground: #f2f5f7; --ink: #17222c; --faint: #566573; --line: #dbe2e8; --line-strong: #8795a3;
  --accent: #1d4f6e; --accent-ink: #fff; --accent-soft: #e7f0f5; --good: #14693f; --warn: #fff4d6; --warn-ink: #6b4a00; --bad: #a3261d; --bad-soft: #fdecea;
  --shadow: 0 1px 2px #0f1e2a0f, 0 6px 20px #0f1e2a0a; --radius: 14px;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #161d24; --ground: #0e1317; --ink: #e6ebf0; --faint: #a2b0bd; --line: #29333d; --line-strong: #6d7d8c;
    --accent: #8fc4e6; --accent-ink: #0c2230; --accent-soft: #1a2b37; --good: #78d3a2; --warn: #3a2f10; --warn-ink: #f2d58a; --bad: #ff9d94; --bad-soft: #3a1f1d;
    --shadow: none;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1, h2, h3, h4, p, dl, dd, ul, ol, figure { margin: 0; }
ul, ol { padding: 0; list-style: none; }
h1 { font-size: 1.7rem; font-weight: 680; line-height: 1.2; letter-spacing: -0.018em; }
h2 { font-size: 1.15rem; font-weight: 650; letter-spacing: -0.008em; }
h3 { font-size: 1rem; font-weight: 650; }
a { color: var(--accent); text-underline-offset: 0.18em; text-decoration-thickness: 0.06em; }
a:hover { text-decoration-thickness: 0.12em; }
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, "Liberation Mono", monospace; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.skip { position: absolute; left: 8px; top: -60px; z-index: 10; padding: 8px 14px; background: var(--paper); border-radius: 8px; }
.skip:focus { top: 8px; }
.hidden { position: absolute !important; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.bar { background: var(--paper); border-bottom: 1px solid var(--line); }
.bar-in { display: flex; align-items: center; gap: 28px; max-width: 1040px; margin: 0 auto; padding: 0 24px; min-height: 60px; }
.bank-name { display: inline-flex; align-items: center; gap: 10px; color: var(--ink); font-weight: 680; letter-spacing: -0.01em; text-decoration: none; }
.mark { display: block; width: 22px; height: 22px; border-radius: 6px; background: linear-gradient(var(--accent-ink) 0 0) 50% 38% / 52% 2px no-repeat, linear-gradient(var(--accent-ink) 0 0) 50% 64% / 52% 2px no-repeat, var(--accent); }
.tabs { display: flex; gap: 4px; align-self: stretch; }
.tab { display: flex; align-items: center; padding: 0 12px; color: var(--faint); text-decoration: none; border-bottom: 2px solid transparent; border-top: 2px solid transparent; }
.tab:hover { color: var(--ink); }
.tab[aria-current] { color: var(--ink); font-weight: 600; border-bottom-color: var(--accent); }
.who { display: flex; align-items: center; gap: 16px; margin-left: auto; font-size: 0.92rem; }
.who-name { color: var(--ink); text-decoration: none; }
.who-name:hover { text-decoration: underline; }
.initials { display: none; }
main { max-width: 1040px; margin: 0 auto; padding: 32px 24px 72px; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 8px 24px; margin-bottom: 20px; }
.lead { color: var(--faint); font-size: 1.05rem; margin-top: 4px; }
.fine { color: var(--faint); font-size: 0.84rem; }
.crumb { margin-bottom: 12px; font-size: 0.92rem; }
.crumb a::before { content: "\\2039\\a0" / ""; }
.gate { display: grid; place-items: start center; padding-top: 4vh; }
.gate .card { width: min(100%, 440px); padding: 34px 36px; }
.narrow { max-width: 620px; margin-inline: auto; }
.columns { display: grid; grid-template-columns: minmax(0, 1.7fr) minmax(0, 1fr); gap: 20px; align-items: start; }
.stack { display: grid; gap: 20px; }
@media (max-width: 760px) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  .bar-in { flex-wrap: wrap; gap: 0 12px; padding: 0 16px; min-height: 52px; }
  .signed-in .tabs { order: 3; width: calc(100% + 32px); margin: 0 -16px; padding: 0 8px; overflow-x: auto; border-top: 1px solid var(--line); scrollbar-width: none; }
  .bank-name, .who { min-height: 52px; }
  .bank-name { flex: 1; min-width: 0; line-height: 1.2; text-wrap: balance; }
  .who { align-items: center; flex: none; gap: 12px; }
  .who-name .name { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .initials { display: grid; place-items: center; width: 34px; height: 34px; border-radius: 50%; color: var(--accent); background: var(--accent-soft); font-size: 0.82rem; font-weight: 650; }
  .tab { flex: 1 0 auto; justify-content: center; min-height: 44px; padding: 0 10px; font-size: 0.94rem; }
  .tabs:has(> :nth-child(5)) .tab { padding: 0 4px; font-size: 0.82rem; }
  main { padding: 20px 16px 56px; }
  .gate { padding-top: 0; }
  .gate .card { padding: 26px 20px; }
  h1 { font-size: 1.45rem; }
}
@media (prefers-reduced-motion: no-preference) { .arrived { animation: arrived 1.6s ease-out; } }
@keyframes arrived { from { background: var(--accent-soft); } }
@media print { .bar, .actions, .skip { display: none; } body { background: #fff; } .card { box-shadow: none; border: 0; } }
`;
