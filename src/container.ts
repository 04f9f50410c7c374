// tsyringe throws at import without it.
import 'reflect-metadata/lite';
import { container as root } from 'tsyringe';
import type { InjectionToken } from 'tsyringe';
import type { Logger } from 'pino';
import { createConsole } from './adapters/console/index.ts';
import { createApp } from './adapters/http/index.ts';
import type { App, AppOptions } from './adapters/http/index.ts';
import { createCheckpointArchive } from './adapters/files/index.ts';
import {
  apiKeyFormat,
  createCheckpointSigner,
  createLinkTokens,
  createFactorTools,
  createFormTokens,
  createPasswordHasher,
  createRefreshTokens,
  createTokenIssuer,
  isCommonPassword,
} from './adapters/security/index.ts';
import { createServerMetrics, RecentSeconds } from './adapters/metrics/index.ts';
import type { ServerMetrics } from './adapters/metrics/index.ts';
import { openTelemetry } from './adapters/traces/index.ts';
import type { BankPages } from './adapters/smtp/bank-pages.ts';
import type { MailTerms } from './adapters/smtp/compose-mail.ts';
import { createFileMailer } from './adapters/smtp/file-mailer.ts';
import type { NameReads, ShownAccount } from './adapters/smtp/mail-names.ts';
import { createSmtpMailer } from './adapters/smtp/smtp-mailer.ts';
import { sha256OfHex, systemClock, systemIds } from './adapters/system.ts';
import { sha256 } from './adapters/shared/sha256.ts';
import { StoreWatch } from './application/availability/store-watch.ts';
import { assembleBank } from './application/bank.ts';
import type { Bank } from './application/bank.ts';
import type { HoldSweeper } from './application/jobs/hold-sweeper.ts';
import { Checkpointer } from './application/proofs/make-checkpoint.ts';
import { OutboxDispatcher } from './application/jobs/outbox-dispatcher.ts';
import type { LiveFigures } from './application/ports/live-figures.ts';
import type { Store } from './application/ports/ledger-store.ts';
import type { Mailer } from './application/ports/outbox.ts';
import type { LinkTokens, PasswordHasher, TokenIssuer } from './application/ports/user-store.ts';
import { isWordIn } from './application/users/password.ts';
import { SessionSweeper } from './application/jobs/session-sweeper.ts';
import type { Config, MailConfig } from './config.ts';
import { payeeNames } from './application/payees/payee-names.ts';
import { readLetterhead } from './letterhead.ts';
import { version } from './version.ts';

/** The running parts of the server. */
export type Services = {
  readonly bank: Bank;
  readonly dispatcher: OutboxDispatcher;
  readonly sweeper: HoldSweeper;
  readonly sessionSweeper: SessionSweeper;
  /** Null if checkpoints are made only on demand. */
  readonly checkpointer: Checkpointer | null;
  readonly app: App;
  /** Figures of this process for pages that show them. */
  readonly figures: LiveFigures;
  /** Null if nobody may read metrics. */
  readonly metrics: ServerMetrics | null;
  /** Closes all parts, the last one made first: the writer, the dispatcher, the mailer, the store. */
  close(): Promise<void>;
};

const WATCH = token<StoreWatch>('store watch');
const STORE = token<Store>('store');
const MAILER = token<ClosableMailer>('mailer');
const HASHER = token<PasswordHasher>('password hasher');
const LINKS = token<LinkTokens>('link tokens');
const TOKENS = token<TokenIssuer>('token issuer');
const DISPATCHER = token<OutboxDispatcher>('outbox dispatcher');
const BANK = token<Bank>('bank');
const APP = token<App>('app');
const CHECKPOINTER = token<Checkpointer | null>('checkpointer');
const SWEEPER = token<HoldSweeper>('hold sweeper');
const SESSION_SWEEPER = token<SessionSweeper>('session sweeper');

type ClosableMailer = Mailer & { close?(): void };

/** Makes the server's parts from the configuration, each once. They take over the store, and close it. */
export async function assembleServices(given: {
  config: Config;
  /** Random texts. The first signs, and all of them verify. */
  jwtSecrets: readonly [string, ...string[]];
  /** Ed25519, private, as JWK or PEM. */
  checkpointKey: string;
  store: Store;
  log: Logger;
  /** Result of `metricsFor`, which the store may use before. Default: created here. */
  metrics?: ServerMetrics | null;
  /** Returns the origin of the bank's pages, to which the links in mails lead. */
  origin: () => string;
  /** Replaces the configured mailer. */
  mailer?: ClosableMailer;
  /** Routes of the program's own. Default: none. */
  extraRoutes?: NonNullable<AppOptions['extraRoutes']>;
}): Promise<Services> {
  const { config, log } = given;
  const signer = await createCheckpointSigner(given.checkpointKey);
  const letterhead = await readLetterhead(config.bank);
  const scope = new Scope();
  const figures = new RecentSeconds({ clock: systemClock });
  const { metrics = metricsFor(config) } = given;
  if (given.store.outbox) metrics?.watchOutbox(given.store.outbox);
  const tracing = openTelemetry({ version });
  const observers = [figures, metrics?.commits, tracing?.commits].filter((one) => one !== undefined);
  scope.provide(WATCH, () => {
    const { isMaintenance } = config;
    return new StoreWatch({ store: given.store, clock: systemClock, log, isMaintenance });
  });
  scope.provide(STORE, () => scope.resolve(WATCH).store, { close: (store) => store.close() });
  scope.provide(LINKS, () => createLinkTokens(given.jwtSecrets));
  scope.provide(
    MAILER,
    () => {
      const links = scope.resolve(LINKS);
      const pages: BankPages = { origin: given.origin, tokenOf: (linkId) => links.tokenOf(linkId) };
      const names = nameReads(scope.resolve(STORE));
      return given.mailer ?? createMailer(config.mail, { bank: config.bank, pages, names });
    },
    { close: (mailer) => mailer.close?.() },
  );
  scope.provide(HASHER, () => createPasswordHasher());
  scope.provide(TOKENS, () =>
    createTokenIssuer({
      secrets: given.jwtSecrets,
      issuer: 'passbook',
      audience: 'passbook',
      clock: systemClock,
    }),
  );
  scope.provide(
    DISPATCHER,
    () =>
      new OutboxDispatcher({
        unitOfWork: scope.resolve(STORE).unitOfWork,
        mailer: scope.resolve(MAILER),
        clock: systemClock,
        log,
        tracer: tracing?.tracer ?? null,
        onAttempt: (outcome) => metrics?.attemptedMail(outcome),
      }),
    { close: (dispatcher) => stopDispatcher(dispatcher, scope.resolve(MAILER), config.shutdownMs / 4) },
  );
  scope.provide(
    BANK,
    () => {
      const dispatcher = scope.resolve(DISPATCHER);
      return assembleBank({
        store: scope.resolve(STORE),
        clock: systemClock,
        ids: systemIds,
        digest: sha256,
        hexDigest: sha256OfHex,
        checkpoints: {
          signer,
          archive: createCheckpointArchive({ directory: config.checkpointDirectory }),
          onMade: (checkpoint) => log.info(checkpoint, 'checkpoint'),
        },
        hasher: scope.resolve(HASHER),
        tokens: scope.resolve(TOKENS),
        refreshTokens: createRefreshTokens(given.jwtSecrets),
        links: scope.resolve(LINKS),
        isCommonPassword: (password) => isCommonPassword(password) || isWordIn(config.bank.name, password),
        factorTools: createFactorTools({ secrets: given.jwtSecrets, clock: systemClock }),
        stepUpAmounts: config.stepUpAmounts,
        apiKeyFormat,
        defaultCurrency: config.defaultCurrency,
        accountPrefix: config.accountPrefix,
        accountsPerOwner: config.accountsPerUser,
        sessionLifetimeMs: config.sessionLifetimeMs,
        accessTokenLifetimeMs: config.accessTokenLifetimeMs,
        log,
        notify: true,
        onCommit: () => dispatcher.wake(),
        directDelivery: dispatcher,
        observers,
        onSignIn: (attempt) => metrics?.signedIn(attempt),
      });
    },
    { close: (bank) => bank.ledger.close() },
  );

  scope.provide(SWEEPER, () => scope.resolve(BANK).ledger.sweeper(log), {
    close: (sweeper) => sweeper.stop(),
  });
  scope.provide(
    SESSION_SWEEPER,
    () => {
      const { unitOfWork } = scope.resolve(STORE);
      return new SessionSweeper({ unitOfWork, clock: systemClock, log });
    },
    { close: (sweeper) => sweeper.stop() },
  );
  scope.provide(
    CHECKPOINTER,
    () => {
      const { checkpointEveryMs: everyMs } = config;
      const make = scope.resolve(BANK).ledger.makeCheckpoint;
      return everyMs === null ? null : new Checkpointer({ make, log, everyMs });
    },
    { close: (checkpointer) => checkpointer?.stop() },
  );
  scope.provide(APP, () => {
    const { publicOrigin, allowedOrigins, trustedProxies, staffNeedsSecondFactor, logAddresses } = config;
    const { sharedCounts, throttleCounts } = scope.resolve(STORE);
    return createApp({
      bank: scope.resolve(BANK),
      log,
      publicOrigin,
      allowedOrigins,
      trustedProxies,
      staffNeedsSecondFactor,
      letterhead,
      bankName: config.bank.name,
      pages: config.hasConsole
        ? createConsole({
            clock: systemClock,
            formTokens: createFormTokens({ secrets: given.jwtSecrets, clock: systemClock }),
            figures,
            mails: scope.resolve(STORE).outbox ?? null,
            offersPlayMoney: !config.isProduction,
          })
        : null,
      availability: scope.resolve(WATCH),
      loggedAddress: logAddresses,
      writes: { perMinute: config.writesPerMinute },
      requests: { perMinute: config.requestsPerMinute, shared: sharedCounts },
      throttle: { shared: throttleCounts },
      extraRoutes: given.extraRoutes ?? null,
      metrics: metrics && config.metrics.token ? { token: config.metrics.token, read: metrics.read } : null,
      onAnswered: metrics?.answered,
      tracer: tracing?.tracer ?? null,
    });
  });

  try {
    return {
      app: scope.resolve(APP),
      bank: scope.resolve(BANK),
      dispatcher: scope.resolve(DISPATCHER),
      sweeper: scope.resolve(SWEEPER),
      sessionSweeper: scope.resolve(SESSION_SWEEPER),
      checkpointer: scope.resolve(CHECKPOINTER),
      figures,
      metrics,
      close: () => scope.close(),
    };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

/** Creates the metrics. Null if the configuration lets nobody read them: then they must cost nothing. */
export function metricsFor({ metrics, store }: Config): ServerMetrics | null {
  const isRead = metrics.token !== null || metrics.address !== null;
  return isRead ? createServerMetrics({ version, store: store.kind, node: process.version }) : null;
}

function createMailer(mail: MailConfig, terms: Omit<MailTerms, 'from'>): ClosableMailer {
  return mail.kind === 'smtp'
    ? createSmtpMailer({ ...mail, ...terms })
    : createFileMailer({ ...mail, ...terms });
}

function nameReads({ reads }: Store): NameReads {
  const accounts = async (ids: readonly string[]): Promise<ReadonlyMap<string, ShownAccount>> => {
    const found = await Promise.all(ids.map((id) => reads.account(id)));
    return new Map(found.flatMap((account) => (account ? [[account.id, account]] : [])));
  };
  return { accounts, payees: payeeNames({ reads }) };
}

/** Lets a mail in progress finish within `graceMs`. Then it fails, and a later start sends it again. */
async function stopDispatcher(
  dispatcher: OutboxDispatcher,
  mailer: ClosableMailer,
  graceMs: number,
): Promise<void> {
  const timer = setTimeout(() => mailer.close?.(), graceMs);
  await dispatcher.stop();
  clearTimeout(timer);
}

/** A symbol with a type: a bare symbol has none. */
function token<T>(name: string): InjectionToken<T> {
  return Symbol(name);
}

/** A child container that caches and closes the products of its factories. tsyringe does neither. */
class Scope {
  readonly #container = root.createChildContainer();
  readonly #closing: (() => Promise<void> | void)[] = [];

  provide<T>(
    name: InjectionToken<T>,
    make: () => T,
    { close }: { close?: (made: T) => Promise<void> | void } = {},
  ): void {
    let kept: { readonly made: T } | undefined;
    this.#container.register(name, {
      useFactory: () => {
        if (kept) return kept.made;
        const made = make();
        kept = { made };
        if (close) this.#closing.push(() => close(made));
        return made;
      },
    });
  }

  resolve<T>(name: InjectionToken<T>): T {
    return this.#container.resolve(name);
  }

  /** Closes all parts, even after one fails to close. @throws the first error */
  async close(): Promise<void> {
    const faults: unknown[] = [];
    for (const close of this.#closing.splice(0).toReversed()) {
      try {
        await close();
      } catch (fault) {
        faults.push(fault);
      }
    }
    if (faults.length > 0) throw faults[0];
  }
}
