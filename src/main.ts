import type { Logger } from 'pino';
import { startServer } from './adapters/http/index.ts';
import type { RunningServer } from './adapters/http/index.ts';
import { systemClock } from './adapters/system.ts';
import type { Bank } from './application/bank.ts';
import { configWarnings, readConfig, readEnvironment } from './config.ts';
import type { Config, MailConfig, StoreConfig } from './config.ts';
import { assembleServices } from './container.ts';
import type { Services } from './container.ts';
import { PassbookError } from './domain/errors.ts';
import { faultText } from './fault-text.ts';
import { checkpointKey, forget, jwtSecret, systemUser } from './local-secrets.ts';
import type { SystemUser } from './local-secrets.ts';
import { createLog } from './log.ts';
import { openStore } from './open-store.ts';

type Running = {
  readonly services: Services;
  readonly server: RunningServer;
  readonly user: SystemUser | null;
};

// The reader of the greeting may leave; the server goes on
process.stdout.on('error', () => {});

try {
  const { env, warnings } = readEnvironment(process.env);
  const config = readConfig(env);
  const log = createLog({ level: config.logLevel });
  endOnFault(log);
  const running = await start(config, log);
  stopOnSignal(running, config, log);
  running.services.dispatcher.start();
  running.services.sweeper.start();
  running.services.sessionSweeper.start();
  running.services.checkpointer?.start();
  await greet(running, { config, warnings: [...warnings, ...configWarnings(env)], log });
} catch (error) {
  process.stderr.write(`Passbook cannot start: ${faultText(error)}\n`);
  process.exitCode = 1;
}

/** What was opened is closed again where a later step fails. */
async function start(config: Config, log: Logger): Promise<Running> {
  const secret = await jwtSecret(config);
  const signingKey = await checkpointKey(config);
  const store = await openStore(config.store, { clock: systemClock });
  const services = await assembleServices({
    config,
    jwtSecret: secret,
    checkpointKey: signingKey,
    store,
    log,
  });
  try {
    const user = await ensureSystemUser(services.bank, await systemUser(config), log);
    const server = await startServer({
      app: services.app,
      port: config.port,
      host: config.host,
      // The rest of the time is for what comes after the last answer
      limits: { closeMs: config.shutdownMs / 2, connections: config.maxConnections },
    });
    return { services, server, user };
  } catch (error) {
    await services.close();
    throw error;
  }
}

async function ensureSystemUser(
  bank: Bank,
  user: SystemUser | null,
  log: Logger,
): Promise<SystemUser | null> {
  if (!user) return null;

  const outcome = await bank.ensureSystemUser(user).catch((error: unknown) => {
    throw isTaken(error)
      ? new Error(`SYSTEM_EMAIL is the address of a user who is not the system: ${user.email}`)
      : new Error(`The system user cannot be made: ${faultText(error)}`);
  });
  // The books know a password that was kept elsewhere, or whose file is gone
  if (outcome === 'created' || !user.isNew || user.path === null) return user;
  await forget(user.path);
  log.warn({ email: user.email }, 'the password of the system user is not known here');
  return { ...user, path: null };
}

function isTaken(error: unknown): boolean {
  return error instanceof PassbookError && error.code === 'email_already_registered';
}

/** The first signal stops in order, within the time that is configured; a second one ends at once. */
function stopOnSignal(running: Running, config: Config, log: Logger): void {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.fatal('the time to stop is over, what is under way is cut off');
      process.exit(1);
    }, config.shutdownMs).unref();
    void stop(running, log);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** Requests first, then what they wait for: nobody is left without an answer. */
async function stop({ server, services }: Running, log: Logger): Promise<void> {
  await server.close();
  await services.close();
  log.info('stopped');
  process.exit(0);
}

/**
 * Nothing can be said of the state after a fault that nobody caught; Node takes a rejection that nobody waits for to
 * be one. The store keeps what it has committed.
 */
function endOnFault(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected fault, the process ends');
    process.exit(1);
  });
}

/** To people, on standard output: the address first, then where everything is, and what may be wrong. */
async function greet(
  { server, services, user }: Running,
  { config, warnings, log }: { config: Config; warnings: readonly string[]; log: Logger },
): Promise<void> {
  const address = `http://${hostShown(config.host)}:${server.port}`;
  const lines = [
    `Passbook listens on ${address}`,
    ...(config.publicOrigin === null ? [] : [`  reached at:  ${config.publicOrigin}`]),
    `  books:       ${booksText(config.store)}`,
    `  mails:       ${mailsText(config.mail)}`,
    `  system user: ${systemUserText(user)}`,
    ...warnings.map((warning) => `  WARNING:     ${warning}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);

  const facts = { address, store: config.store.kind, mail: config.mail.kind };
  log.info(facts, 'started');
  if (config.store.kind === 'memory') log.warn('nothing is kept when this process ends');
  if (config.isProduction && config.mail.kind === 'files') log.warn('mails are files, nobody is sent any');
  for (const warning of warnings) log.warn({ warning }, 'a setting may not be what was meant');
  await services.bank.check().catch((error: unknown) => {
    process.stdout.write(`  WARNING:     The store takes no writes now: ${faultText(error)}\n`);
    log.error({ err: error }, 'the store takes no writes');
  });
}

/** Where it can be reached from this machine. */
function hostShown(host: string): string {
  if (['0.0.0.0', '127.0.0.1', '::', '::1'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function booksText(store: StoreConfig): string {
  switch (store.kind) {
    case 'mongo':
      // Neither its password nor its options
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
  if (!user) return 'none from here; "passbook users grant EMAIL system" makes one of a user';
  return user.path === null ? user.email : `${user.email}, with its password in ${user.path}`;
}
