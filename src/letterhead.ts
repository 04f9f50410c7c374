import { readFile } from 'node:fs/promises';
import { LogoFault, readLogo } from './adapters/http/index.ts';
import type { Letterhead } from './adapters/http/index.ts';
import { ConfigError } from './config.ts';
import type { BankConfig } from './config.ts';

/** Reads the bank's letterhead, and checks its logo. @throws ConfigError for a logo that cannot be used */
export async function readLetterhead({ name, address, logo }: BankConfig): Promise<Letterhead> {
  if (logo === null) return { name, address, logo };
  let text: string;
  try {
    text = await readFile(logo, 'utf8');
  } catch {
    throw new ConfigError([`BANK_LOGO names a file that cannot be read: ${logo}`]);
  }
  try {
    return { name, address, logo: readLogo(text) };
  } catch (error) {
    if (error instanceof LogoFault) throw new ConfigError([`BANK_LOGO ${error.message}`]);
    throw error;
  }
}
