/** Fields and buttons. */
export const FORMS_STYLE = `
form { display: grid; gap: 16px; margin-top: 18px; }
form.inline { display: inline; margin: 0; }
form.row { grid-template-columns: repeat(auto-fit, minmax(min(100%, 150px), 1fr)); align-items: end; }
.field { display: grid; gap: 5px; min-width: 0; }
label { font-weight: 600; font-size: 0.94rem; }
input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea { width: 100%; min-height: 46px; padding: 10px 13px; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line-strong); border-radius: 9px; }
textarea { min-height: 90px; }
input:focus-visible, select:focus-visible { outline-offset: 0; border-color: var(--accent); }
input[aria-invalid] { border-color: var(--bad); }
.field.amount input { min-height: 68px; font-size: 2rem; font-weight: 650; letter-spacing: -0.02em; }
.hint { color: var(--faint); font-size: 0.86rem; }
.field-fault { color: var(--bad); font-size: 0.9rem; font-weight: 550; }
.field-fault:empty { display: none; }
.check { display: flex; gap: 10px; align-items: start; font-weight: 500; }
.check input { flex: none; margin: 4px 0 0; width: 18px; height: 18px; accent-color: var(--accent); }
.button { display: inline-flex; align-items: center; justify-content: center; min-height: 46px; padding: 10px 22px; font: inherit; font-weight: 620; text-decoration: none; color: var(--accent-ink); background: var(--accent); border: 1px solid var(--accent); border-radius: 10px; cursor: pointer; }
.button:hover { filter: brightness(1.08); }
.button.quiet { color: var(--ink); background: var(--paper); border-color: var(--line-strong); }
.button.bad { color: var(--bad); background: var(--paper); border-color: var(--bad); }
.button.grave { color: var(--paper); background: var(--bad); border-color: var(--bad); }
.button.small { min-height: 38px; padding: 5px 14px; font-size: 0.92rem; }
.button.wide { width: 100%; }
.button + .button.wide, .gate .button.quiet { margin-top: 10px; }
fieldset { display: grid; gap: 10px; margin: 0; padding: 0; border: 0; }
legend { padding: 0 0 6px; font-weight: 600; font-size: 0.94rem; }
.qr { display: inline-block; margin: 18px 0 10px; padding: 8px; background: #fff; border: 1px solid var(--line); border-radius: 12px; }
.qr svg { display: block; width: 200px; height: 200px; }
.codes { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 8px; margin: 18px 0 0; }
.codes li { padding: 9px 12px; border: 1px solid var(--line); border-radius: 8px; }
.secret input { font-family: ui-monospace, SFMono-Regular, Menlo, monospace; }
.menu form { margin: 8px 0; }
button[hidden] { display: none; }
button.link { padding: 0; font: inherit; color: var(--accent); background: none; border: 0; cursor: pointer; text-decoration: underline; text-underline-offset: 0.18em; }
`;
