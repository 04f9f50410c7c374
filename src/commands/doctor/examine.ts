import type { Clock } from '../../application/ports/runtime.ts';
import type { Config, MailConfig } from '../../config.ts';
import type { Environment } from '../command-tools.ts';
import { checkConfiguration } from './check-configuration.ts';
import { checkMongo, checkMongoUri, checkSqlite } from './check-database.ts';
import { checkFiles } from './check-files.ts';
import { checkMachine } from './check-machine.ts';
import { checkUpkeep } from './check-upkeep.ts';
import { ok, trouble } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';

export type ExamineTerms = {
  readonly env: Environment;
  readonly envPath: string;
  /** Leaves out the checks that need the network. */
  readonly isOffline: boolean;
  readonly machine: Machine;
  readonly clock: Clock;
};

export type Examination = {
  readonly findings: readonly Finding[];
  /** Names of the checks that were left out. */
  readonly notChecked: readonly string[];
};

/** Looks for everything that could keep the bank from working. Changes nothing, and shows no secret. */
export async function examine({
  env,
  envPath,
  isOffline,
  machine,
  clock,
}: ExamineTerms): Promise<Examination> {
  const { config, findings } = await checkConfiguration(env, envPath);
  const about = [...checkMachine(machine, config), ...findings];
  if (config === null) {
    return { findings: about, notChecked: ['files', 'database', 'mail', 'upkeep'] };
  }
  const database = await databaseFindings(config, { isOffline, clock });
  const all = [
    ...about,
    ...(await checkFiles(config, machine)),
    ...database,
    ...(isOffline ? [] : await mailFindings(config.mail)),
    ...(await checkUpkeep(config, clock)),
  ];
  return { findings: all, notChecked: notChecked(config, isOffline) };
}

function notChecked({ store, mail }: Config, isOffline: boolean): readonly string[] {
  if (!isOffline) return [];
  return [...(store.kind === 'mongo' ? ['database'] : []), ...(mail.kind === 'smtp' ? ['mail'] : [])];
}

async function databaseFindings(
  { store, isProduction }: Config,
  { isOffline, clock }: { isOffline: boolean; clock: Clock },
): Promise<readonly Finding[]> {
  switch (store.kind) {
    case 'sqlite':
      return checkSqlite(store.path, clock);
    case 'mongo': {
      const terms = { uri: store.uri, isProduction, clock };
      return [...checkMongoUri(terms), ...(isOffline ? [] : await checkMongo(terms))];
    }
    case 'memory':
      return [trouble('database', 'store_memory', 'STORE=memory keeps nothing when the server ends')];
    default:
      return store satisfies never;
  }
}

async function mailFindings(mail: MailConfig): Promise<readonly Finding[]> {
  if (mail.kind === 'files') return [ok('mail', `written to files in ${mail.directory}`)];

  const { greetMailServer } = await import('../../adapters/smtp/smtp-mailer.ts');
  const { host, port, auth } = mail.server;
  const fault = await greetMailServer(mail.server);
  if (fault === null) {
    return [ok('mail', `${host}:${port} takes mail${auth ? `, signed in as ${auth.user}` : ''}`)];
  }
  return [trouble('mail', `mail_${fault.kind}`, `${host}:${port}: ${fault.reason}`)];
}
