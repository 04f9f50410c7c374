/** Our server as `npm start` runs it, with everything on but the mail's way out: its mailer discards. */
import type * as Http from '../../src/adapters/http/index.ts';
import type * as System from '../../src/adapters/system.ts';
import type * as Configuration from '../../src/config.ts';
import type * as Container from '../../src/container.ts';
import type * as Secrets from '../../src/local-secrets.ts';
import type * as Logs from '../../src/log.ts';
import type * as Opening from '../../src/open-store.ts';

const dist = new URL('../../dist/', import.meta.url);

async function load<T>(path: string): Promise<T> {
  return (await import(new URL(path, dist).href)) as T;
}

const { readConfig } = await load<typeof Configuration>('config.js');
const { createLog } = await load<typeof Logs>('log.js');
const { openStore } = await load<typeof Opening>('open-store.js');
const { assembleServices } = await load<typeof Container>('container.js');
const { checkpointKey, jwtSecrets, systemUser } = await load<typeof Secrets>('local-secrets.js');
const { startServer } = await load<typeof Http>('adapters/http/index.js');
const { systemClock } = await load<typeof System>('adapters/system.js');

const config = readConfig(process.env);
const services = await assembleServices({
  config,
  jwtSecrets: await jwtSecrets(config),
  checkpointKey: await checkpointKey(config),
  store: await openStore(config.store, { clock: systemClock, accountPrefix: config.accountPrefix }),
  log: await createLog({ level: config.logLevel, format: 'json', secrets: [] }),
  origin: () => `http://localhost:${config.port}`,
  mailer: { send: async () => 'sent' },
});
const user = await systemUser(config);
if (user) await services.bank.ensureSystemUser(user);
const server = await startServer({
  app: services.app,
  port: config.port,
  host: config.host,
  limits: { closeMs: config.shutdownMs / 2 },
});
services.dispatcher.start();
services.sweeper.start();

process.once('SIGTERM', () => {
  void (async () => {
    await server.close();
    await services.close();
    process.exit(0);
  })();
});
