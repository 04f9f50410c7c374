/** Steps of a payment, choices, and the pages of one payment and one account. */
export const CUSTOMER_STYLE = `
.steps { display: flex; gap: 8px; margin: 14px 0 18px; counter-reset: step; color: var(--faint); font-size: 0.92rem; }
.steps li { display: flex; align-items: center; gap: 8px; white-space: nowrap; counter-increment: step; }
.steps li::before { content: counter(step); display: grid; place-items: center; width: 24px; height: 24px; border: 1px solid var(--line-strong); border-radius: 50%; font-size: 0.8rem; font-weight: 650; }
.steps li + li::after { content: ""; order: -1; width: clamp(10px, 4vw, 34px); height: 1px; background: var(--line-strong); }
.steps [aria-current] { color: var(--ink); font-weight: 620; }
.steps [aria-current]::before, .steps .done::before { color: var(--accent-ink); background: var(--accent); border-color: var(--accent); }
.steps .done::before { content: "\\2713"; }
form.first { margin-top: 0; }
fieldset { display: grid; gap: 14px; min-width: 0; margin: 0; padding: 18px 0 0; border: 0; border-top: 1px solid var(--line); }
legend { float: left; width: 100%; padding: 0; font-weight: 650; }
legend + * { clear: both; }
fieldset .actions { margin-top: 4px; }
.choices { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 230px), 1fr)); gap: 10px; }
.choice { display: grid; gap: 1px; width: 100%; min-height: 46px; padding: 10px 14px; font: inherit; font-weight: 560; text-align: left; color: inherit; background: var(--paper); border: 1px solid var(--line-strong); border-radius: 10px; cursor: pointer; }
.choice:hover { border-color: var(--accent); background: var(--accent-soft); }
.choice .sub, .facts .sub { display: block; color: var(--faint); font-size: 0.88rem; font-weight: 400; }
.sub.good, .facts .sub.good { color: var(--good); }
.sub.bad, .facts .sub.bad { color: var(--bad); }
.signed { display: flex; align-items: stretch; border: 1px solid var(--line-strong); border-radius: 9px; background: var(--paper); }
.signed .sign { display: grid; place-items: center; padding: 0 4px 0 16px; color: var(--faint); font-size: 1.7rem; }
.field.amount .signed input { border: 0; background: none; }
.signed:focus-within { outline: 3px solid var(--accent); outline-offset: 0; border-color: var(--accent); }
.signed input:focus-visible { outline: none; }
.signed:has([aria-invalid]) { border-color: var(--bad); }
.number-field input { font-variant-numeric: tabular-nums; letter-spacing: 0.02em; }
.after { margin-top: 14px; }
.sum { margin: 8px 0 10px; }
.card form > .actions { margin-top: 4px; }
.link-list { display: flex; gap: 16px; }
.sum .big { font-size: clamp(2rem, 7vw, 2.7rem); font-weight: 700; letter-spacing: -0.03em; line-height: 1.15; }
.sum .gone { color: var(--faint); text-decoration: line-through; text-decoration-thickness: 1px; }
.save { display: grid; gap: 12px; padding: 14px 16px; border: 1px solid var(--line); border-radius: 10px; }
.save .field { display: none; }
.save:has(:checked) .field { display: grid; }
details .check, details .field { margin-bottom: 14px; }
.card form details { margin: 0; }
.copy { display: flex; gap: 10px; align-items: end; }
.copy .field { flex: 1; }
.more { padding-top: 16px; text-align: center; }
.filter { margin-top: 0; }
.filter .actions, .filter details { margin-top: 0; grid-column: 1 / -1; }
.filter .row { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 150px), 1fr)); align-items: end; }
.filter .row .field { margin: 0; }
.tools { display: flex; flex-wrap: wrap; gap: 6px 18px; font-size: 0.94rem; }
.month { font-weight: 600; }
.files { display: flex; flex-wrap: wrap; gap: 4px 14px; }
@media (max-width: 760px) {
  .steps { font-size: 0.82rem; gap: 5px; }
  .steps li { gap: 5px; }
  .steps li::before { width: 22px; height: 22px; }
  .steps li + li::after { width: 8px; }
  .stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacked tbody tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 14px; padding: 12px 0; border-bottom: 1px solid var(--line); }
  .stacked tbody tr:last-child { border-bottom: 0; }
  .stacked td, .stacked tbody th { padding: 0; border: 0; }
  .stacked .month, .stacked td:has(.files) { grid-column: 1 / -1; }
  .stacked .month + .num { text-align: left; }
  .stacked td[data-label]::before { content: attr(data-label) " "; color: var(--faint); font-size: 0.86rem; }
}
`;
