import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { isCheckpointKey, newCheckpointKey } from './adapters/security/index.ts';
import type { Config } from './config.ts';

export type SystemUser = {
  readonly email: string;
  readonly password: string;
  /** File with the password. Null if it was configured. */
  readonly path: string | null;
  /** Whether the password was created just now. */
  readonly isNew: boolean;
};

/** An address under .localhost belongs to nobody, so mail to it never leaves the machine (RFC 6761, section 6.3). */
const SYSTEM_EMAIL = 'system@passbook.localhost';

/**
 * The secret that signs, and after it the previous one, if any. In development the default is one created at the first
 * start and stored.
 */
export async function jwtSecrets(config: Config): Promise<readonly [string, ...string[]]> {
  const previous = config.jwtSecretPrevious === null ? [] : [config.jwtSecretPrevious];
  return [config.jwtSecret ?? (await keptJwtSecret(config)), ...previous];
}

async function keptJwtSecret(config: Config): Promise<string> {
  const path = join(config.dataDirectory, 'jwt-secret');
  const { text } = await keep(path, `${randomBytes(48).toString('base64url')}\n`);
  const secret = text.trim();
  if (Buffer.byteLength(secret) < 32) throw new TypeError(`${path} holds no secret: delete it`);
  return secret;
}

/** The configured private key for checkpoints. Default: one created at the first start and stored. */
export async function checkpointKey(config: Config): Promise<string> {
  if (config.checkpointKey !== null) return config.checkpointKey;

  const path = join(config.dataDirectory, 'checkpoint-key');
  const { text } = await keep(path, `${newCheckpointKey()}\n`);
  if (!isCheckpointKey(text)) throw new TypeError(`${path} holds no key: delete it`);
  return text;
}

/** The configured system user. In development the default is one created at the first start and stored. */
export async function systemUser(config: Config): Promise<SystemUser | null> {
  if (config.systemUser) return { ...config.systemUser, path: null, isNew: false };
  if (config.isProduction) return null;

  const path = join(config.dataDirectory, 'system-user');
  const password = randomBytes(18).toString('base64url');
  const { text, isNew } = await keep(path, `SYSTEM_EMAIL=${SYSTEM_EMAIL}\nSYSTEM_PASSWORD=${password}\n`);
  const kept = parseEnv(text);
  if (!kept['SYSTEM_EMAIL'] || !kept['SYSTEM_PASSWORD'])
    throw new TypeError(`${path} holds no user: delete it`);
  return { email: kept['SYSTEM_EMAIL'], password: kept['SYSTEM_PASSWORD'], path, isNew };
}

/** Removes a file whose password does not work, so that it misleads nobody. */
export async function forget(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Returns the content of the file. If there is none, creates it with `text`, readable only by its owner. */
async function keep(path: string, text: string): Promise<{ text: string; isNew: boolean }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600, flush: true });
    return { text, isNew: true };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return { text: await readFile(path, 'utf8'), isNew: false };
  }
}
