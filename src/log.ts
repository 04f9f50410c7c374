import { isatty } from 'node:tty';
import { pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';
import type { LogFormat, LogLevel } from './config.ts';
import { descriptorThatNeverWaits, LogLines, MOST_WAITING_BYTES } from './log-lines.ts';
import { secretsRemoved } from './log-secrets.ts';

/** Fields that are redacted in every logged object. */
const SECRETS = [
  'password',
  'passwordHash',
  'pass',
  'token',
  'refreshToken',
  'secret',
  'jwtSecret',
  'authorization',
  'cookie',
];

const STDERR = 2;
/** How long an exit waits for a reader that has stopped. */
const LAST_WAIT_MS = 500;

/**
 * Logs to standard error, because standard output is for people: JSON lines, or lines for people who watch a terminal.
 * Each line is written before the call returns, so that the last lines are not lost on exit unless the log's reader has
 * stopped.
 * @param terms.secrets texts that no line may contain
 */
export async function createLog(terms: {
  level: LogLevel;
  format: LogFormat;
  secrets: readonly string[];
}): Promise<Logger> {
  const redacted = secretsRemoved(terms.secrets);
  const shown = await formatter(terms.format);
  const lines = new LogLines({ fd: descriptorThatNeverWaits() }, MOST_WAITING_BYTES, shown);
  process.on('exit', () => lines.flush({ mostMs: LAST_WAIT_MS }));
  return pino(
    {
      level: terms.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`]),
        censor: '[redacted]',
      },
    },
    { write: (line) => lines.write(shown(redacted(line))) },
  );
}

async function formatter(format: LogFormat): Promise<(line: string) => string> {
  const isTerminal = isatty(STDERR);
  if (format === 'json' || (format === 'auto' && !isTerminal)) return (line) => line;
  // Only people need the package
  const { linesForPeople } = await import('./log-for-people.ts');
  return linesForPeople({ isColored: isTerminal && !process.env['NO_COLOR'] });
}
