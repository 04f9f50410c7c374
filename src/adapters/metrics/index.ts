export { startMetricsServer } from './metrics-server.ts';
export type { MetricsServer } from './metrics-server.ts';
export { RecentSeconds } from './recent-seconds.ts';
export { createServerMetrics } from './server-metrics.ts';
export type { ServerMetrics } from './server-metrics.ts';
