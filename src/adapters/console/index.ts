export { createConsole } from './console.tsx';
export { readOpenForm } from './forms.ts';
export { Form, sendOpenPage } from './layout.tsx';
export type { ConsoleOptions } from './ports.ts';
