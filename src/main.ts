import type { Logger } from 'pino';
import { startServer } from './adapters/http/index.ts';
import type { RunningServer } from './adapters/http/index.ts';
import { startMetricsServer } from './adapters/metrics/index.ts';
import type { MetricsServer } from './adapters/metrics/index.ts';
import { systemClock } from './adapters/system.ts';
import type { Bank } from './application/bank.ts';
import { configWarnings, readConfig, readEnvironment, secretsIn } from './config.ts';
import type { Config, MailConfig, StoreConfig } from './config.ts';
import { assembleServices, metricsFor } from './container.ts';
import type { Services } from './container.ts';
import { PassbookError } from './domain/errors.ts';
import type { ErrorCode } from './domain/errors.ts';
import { reasonText } from './reason-text.ts';
import { checkpointKey, forget, jwtSecrets, systemUser } from './local-secrets.ts';
import type { SystemUser } from './local-secrets.ts';
import { createLog } from './log.ts';
import { secretsRemoved } from './log-secrets.ts';
import { openStore } from './open-store.ts';
import { stopSignals } from './stop-signals.ts';

type Running = {
  readonly services: Services;
  readonly server: RunningServer;
  /** Null if metrics have no port of their own. */
  readonly metricsServer: MetricsServer | null;
  readonly user: SystemUser | null;
};

const MAINTENANCE_TEXT = 'nothing can be changed, reads work, and no mail is sent. MAINTENANCE=off ends it';

// The reader of the greeting may close the pipe: the server must keep running
process.stdout.on('error', () => {});

let secrets = secretsIn(process.env);
try {
  const { env, warnings } = readEnvironment(process.env);
  secrets = secretsIn(env);
  const config = readConfig(env);
  const log = await createLog({ level: config.logLevel, format: config.logFormat, secrets });
  endOnFault(log);
  const running = await start(config, log);
  stopOnSignal(running, config, log);
  if (!config.isMaintenance) startJobs(running.services);
  const notices = configWarnings(env).map(({ text }) => text);
  await greet(running, { config, warnings: [...warnings, ...notices], log });
} catch (error) {
  process.stderr.write(secretsRemoved(secrets)(`Passbook cannot start: ${reasonText(error)}\n`));
  process.exitCode = 1;
}

/** Starts the work in the background, all of which writes. */
function startJobs({ dispatcher, sweeper, sessionSweeper, checkpointer }: Services): void {
  dispatcher.start();
  sweeper.start();
  sessionSweeper.start();
  checkpointer?.start();
}

/** Opens everything that the server needs. If a step fails, closes everything again. */
async function start(config: Config, log: Logger): Promise<Running> {
  const secrets = await jwtSecrets(config);
  const signingKey = await checkpointKey(config);
  const metrics = metricsFor(config);
  const store = await openStore(config.store, {
    clock: systemClock,
    accountPrefix: config.accountPrefix,
    ...(metrics ? { events: metrics } : {}),
  });
  let { port } = config;
  const services = await assembleServices({
    config,
    jwtSecrets: secrets,
    checkpointKey: signingKey,
    store,
    log,
    metrics,
    origin: () => config.publicOrigin ?? `http://localhost:${port}`,
  });
  try {
    const user = await ensureSystemUser(services.bank, await systemUser(config), log);
    const server = await startServer({
      app: services.app,
      port: config.port,
      host: config.host,
      // The rest of the time is for closing the services
      limits: { closeMs: config.shutdownMs / 2, connections: config.maxConnections },
    });
    // Another one than configured, if that is 0
    port = server.port;
    const metricsServer = await serveMetrics(services, config, log).catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
    return { services, server, metricsServer, user };
  } catch (error) {
    await services.close();
    throw error;
  }
}

async function serveMetrics(
  { metrics }: Services,
  config: Config,
  log: Logger,
): Promise<MetricsServer | null> {
  const { address } = config.metrics;
  if (!metrics || !address) return null;
  const onFault = (err: unknown): void => log.error({ err }, 'metrics could not be read');
  return startMetricsServer({ ...address, read: metrics.read, onFault });
}

async function ensureSystemUser(
  bank: Bank,
  user: SystemUser | null,
  log: Logger,
): Promise<SystemUser | null> {
  if (!user) return null;

  const outcome = await bank.ensureSystemUser(user).catch((error: unknown) => {
    if (hasCode(error, 'maintenance')) return 'maintenance' as const;
    throw hasCode(error, 'email_already_registered')
      ? new Error(`SYSTEM_EMAIL is the address of a user who is not the system: ${user.email}`)
      : new Error(`Cannot create the system user: ${reasonText(error)}`);
  });
  if (outcome === 'maintenance') log.warn({ email: user.email }, 'the system user is made after maintenance');
  // The user exists with another password, kept elsewhere or in a file that was deleted
  if (outcome !== 'present' || !user.isNew || user.path === null) return user;
  await forget(user.path);
  log.warn({ email: user.email }, 'the password of the system user is not known here');
  return { ...user, path: null };
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof PassbookError && error.code === code;
}

/** Stops in order at the first signal, within the configured time. A second signal ends the process at once. */
function stopOnSignal(running: Running, config: Config, log: Logger): void {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.fatal('time to stop is over, cutting off work in progress');
      process.exit(1);
    }, config.shutdownMs).unref();
    void stop(running, log);
  };
  for (const signal of stopSignals(process.platform)) process.on(signal, onSignal);
}

/** Stops the server first, then the services that its requests wait for, so that every request is answered. */
async function stop({ server, services, metricsServer }: Running, log: Logger): Promise<void> {
  await server.close();
  // Last of the servers, so that the end of the others can be watched
  await metricsServer?.close();
  await services.close();
  log.info('stopped');
  process.exit(0);
}

/**
 * Ends the process at an uncaught error, unhandled rejections included: its state is unknown. The store keeps all
 * committed units.
 */
function endOnFault(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected fault, the process ends');
    process.exit(1);
  });
}

/** Prints to standard output for people: the address, where everything is stored, and warnings. */
async function greet(
  { server, services, metricsServer, user }: Running,
  { config, warnings, log }: { config: Config; warnings: readonly string[]; log: Logger },
): Promise<void> {
  const address = `http://${hostShown(config.host)}:${server.port}`;
  const lines = [
    `Passbook listens on ${address}`,
    ...(config.publicOrigin === null ? [] : [`  reached at:  ${config.publicOrigin}`]),
    `  books:       ${booksText(config.store)}`,
    `  mails:       ${mailsText(config.mail)}`,
    `  system user: ${systemUserText(user)}`,
    ...(config.isMaintenance ? [`  MAINTENANCE: ${MAINTENANCE_TEXT}`] : []),
    ...(metricsServer
      ? [
          `  metrics:     http://${hostShown(config.metrics.address?.host ?? '')}:${metricsServer.port}/metrics`,
        ]
      : []),
    ...warnings.map((warning) => `  WARNING:     ${warning}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);

  const facts = { address, store: config.store.kind, mail: config.mail.kind };
  log.info(facts, 'started');
  if (config.isMaintenance) log.warn('the bank takes no changes during maintenance');
  if (config.store.kind === 'memory') log.warn('nothing is kept when this process ends');
  if (config.isProduction && config.mail.kind === 'files') log.warn('mails are only written to files');
  for (const warning of warnings) log.warn({ warning }, 'a setting may be wrong');
  await services.bank.check().catch((error: unknown) => {
    process.stdout.write(`  WARNING:     The store does not accept writes now: ${reasonText(error)}\n`);
    log.error({ err: error }, 'the store does not accept writes');
  });
}

/** The host at which this machine reaches the server. */
function hostShown(host: string): string {
  if (['0.0.0.0', '127.0.0.1', '::', '::1'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function booksText(store: StoreConfig): string {
  switch (store.kind) {
    case 'mongo':
      // Without the password and the options
      return `in MongoDB, ${store.uri.replace(/^[^/]*\/\/(?:[^@/]*@)?/, '').replace(/\?.*$/, '')}`;
    case 'sqlite':
      return `in SQLite, ${store.path}`;
    case 'memory':
      return 'in memory: NOTHING IS KEPT when this process ends';
    default:
      return store satisfies never;
  }
}

function mailsText(mail: MailConfig): string {
  return mail.kind === 'smtp'
    ? `by ${mail.server.host}:${mail.server.port}, from ${mail.from.address}`
    : `written to ${mail.directory}`;
}

function systemUserText(user: SystemUser | null): string {
  if (!user) return 'not configured; "passbook users grant EMAIL system" gives a user the role';
  return user.path === null ? user.email : `${user.email}, with its password in ${user.path}`;
}
