export { createConsole } from './console.tsx';
export type { ConsoleOptions, FormTokens } from './ports.ts';
