export { createApp } from './app.ts';
export type { App, AppOptions } from './app.ts';
export { startServer } from './server.ts';
export type { RunningServer, ServerLimits } from './server.ts';
