import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isCommonPassword } from '../../adapters/security/index.ts';
import { isWordIn } from '../../application/users/password.ts';
import {
  CONFIG_NAMES,
  ConfigError,
  configWarnings,
  LOOPBACK,
  readConfig,
  readEnvironment,
} from '../../config.ts';
import type { Config } from '../../config.ts';
import { readLetterhead } from '../../letterhead.ts';
import type { Environment } from '../command-tools.ts';
import { ok, trouble } from './finding.ts';
import type { Finding } from './finding.ts';

export type CheckedConfiguration = {
  readonly findings: readonly Finding[];
  /** Null if it has faults: then nothing that depends on it can be checked. */
  readonly config: Config | null;
  /** The variables of the process and of the file. */
  readonly env: Environment;
};

/** Checks the variables as the server reads them, and the file that holds some of them. */
export async function checkConfiguration(env: Environment, path: string): Promise<CheckedConfiguration> {
  const file = await checkEnvFile(env, path);
  if (file.env === null) return { findings: file.findings, config: null, env };

  const read = readWhole(file.env);
  if (read.config === null) {
    return { findings: [...file.findings, ...read.findings], config: null, env: file.env };
  }
  const findings = [
    ...file.findings,
    ...configurationFindings(file.env),
    ...proxyFindings(read.config),
    ...secretFindings(read.config),
    ...(await letterheadFindings(read.config)),
  ];
  return { findings, config: read.config, env: file.env };
}

async function checkEnvFile(
  env: Environment,
  path: string,
): Promise<{ findings: readonly Finding[]; env: Environment | null }> {
  const mode = await modeOf(path);
  if (mode === null) return { findings: [ok('.env', 'none, which is fine')], env };

  const findings: Finding[] = [];
  if (isOpen(mode)) {
    const found = `${resolve(path)} has mode ${modeText(mode)}: other users of this machine can read it`;
    findings.push(trouble('.env', 'env_file_open', found));
  }
  const read = readFileOf(env, path);
  findings.push(...read.findings);
  return { findings: findings.length > 0 ? findings : [ok('.env', resolve(path))], env: read.env };
}

function readFileOf(
  env: Environment,
  path: string,
): { findings: readonly Finding[]; env: Environment | null } {
  try {
    const { env: whole, warnings } = readEnvironment(env, { path });
    return { findings: warnings.map((found) => trouble('.env', 'env_name_unknown', found)), env: whole };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { findings: error.faults.map((found) => trouble('.env', 'env_file_invalid', found)), env: null };
  }
}

function readWhole(env: Environment): { findings: readonly Finding[]; config: Config | null } {
  try {
    return { findings: [], config: readConfig(env) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.faults.map((found) => trouble('configuration', 'config_invalid', found));
    return { findings, config: null };
  }
}

function configurationFindings(env: Environment): readonly Finding[] {
  const warnings = configWarnings(env);
  if (warnings.length > 0) return warnings.map(({ code, text }) => trouble('configuration', code, text));
  const set = CONFIG_NAMES.filter((name) => env[name]).length;
  return [ok('configuration', `${set} variables set, none of them at fault`)];
}

/** Trusting a proxy that does not exist lets each client choose the address that it seems to come from. */
function proxyFindings({ trustedProxies, publicOrigin }: Config): readonly Finding[] {
  const isDirect = publicOrigin === null || LOOPBACK.test(new URL(publicOrigin).hostname);
  if (trustedProxies === 0 || !isDirect) {
    return [ok('proxies', `${trustedProxies} trusted, reached at ${publicOrigin ?? 'http://localhost'}`)];
  }
  const found = `TRUSTED_PROXIES is ${trustedProxies}, but people reach the server at ${publicOrigin ?? 'http://localhost'}: a client could forge its address`;
  return [trouble('proxies', 'proxies_absent', found)];
}

function secretFindings(config: Config): readonly Finding[] {
  const { bank, checkpointKey, isProduction, systemUser } = config;
  const findings: Finding[] = [];
  const reused = reusedSecret(config);
  if (reused !== null) findings.push(trouble('secrets', 'secret_reused', reused));
  if (systemUser && (isCommonPassword(systemUser.password) || isWordIn(bank.name, systemUser.password))) {
    findings.push(trouble('secrets', 'system_password_weak', 'SYSTEM_PASSWORD is one that others guess'));
  }
  if (isProduction && checkpointKey === null) {
    const found = 'CHECKPOINT_KEY is not set, so the only copy of the key is in DATA_DIR';
    findings.push(trouble('secrets', 'checkpoint_key_unset', found));
  }
  return findings.length > 0 ? findings : [ok('secrets', 'none is weak or used twice')];
}

function reusedSecret({ jwtSecret, jwtSecretPrevious, systemUser }: Config): string | null {
  if (jwtSecret === null) return null;
  if (jwtSecret === jwtSecretPrevious) return 'JWT_SECRET and JWT_SECRET_PREVIOUS are the same';
  return jwtSecret === systemUser?.password ? 'JWT_SECRET and SYSTEM_PASSWORD are the same' : null;
}

async function letterheadFindings({ bank }: Config): Promise<readonly Finding[]> {
  if (bank.logo === null) return [];
  try {
    await readLetterhead(bank);
    return [ok('letterhead', `${bank.name}, with a logo`)];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((found) => trouble('letterhead', 'letterhead_invalid', found));
  }
}

/** The permissions of a file or folder. Null if there is none. */
export async function modeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch {
    return null;
  }
}

/** Whether others than the owner may use it. Windows has other means, which this does not see. */
export function isOpen(mode: number): boolean {
  return process.platform !== 'win32' && (mode & 0o077) !== 0;
}

export function modeText(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}
