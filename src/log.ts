import { destination, pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';
import type { LogLevel } from './config.ts';

/** Fields that never reach a log, by whatever object they came there. */
const SECRETS = [
  'password',
  'passwordHash',
  'pass',
  'token',
  'secret',
  'jwtSecret',
  'authorization',
  'cookie',
];

/**
 * JSON lines on standard error; standard output is for people. Each is written before the call returns: what is
 * written in the background is lost when the process ends, and it is the last lines that tell why.
 */
export function createLog({ level }: { level: LogLevel }): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`]),
        censor: '[redacted]',
      },
    },
    destination({ fd: 2, sync: true }),
  );
}
