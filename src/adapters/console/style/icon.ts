/** The mark of the bank: a passbook with two balanced lines. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="3" y="3" width="26" height="26" rx="7" fill="#1d4f6e"/><path d="M9 13h14M9 19h14" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>`;
