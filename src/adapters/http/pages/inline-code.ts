import { html } from 'hono/html';
import type { Markup } from './page.ts';

/** Marks the parts between backticks as code. */
export function inlineCode(text: string): readonly (Markup | string)[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}
