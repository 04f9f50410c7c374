export { openTelemetry } from './open-telemetry.ts';
export type { Tracing } from './open-telemetry.ts';
