export { createApp } from './app.ts';
export type { App, AppOptions, PageEdge } from './app.ts';
export { LogoFault, readLogo } from './statement/logo.ts';
export type { Letterhead } from './statement/issued-statement.ts';
export { preparePdf } from './statement/statement-pdf.ts';
export { startServer } from './server.ts';
export type { RunningServer, ServerLimits } from './server.ts';
