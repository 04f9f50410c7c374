import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ApiKeyFormat } from '../../application/ports/user-store.ts';
import { API_KEY_PREFIX } from '../../domain/entities/credential.ts';
import { sha256Url } from '../shared/sha256.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 238 bits. */
const SECRET_LENGTH = 40;
/** Enough for 32 bits in base 62. */
const CHECKSUM_LENGTH = 6;
const SHOWN_LENGTH = API_KEY_PREFIX.length + 6;
const PATTERN = new RegExp(
  `^${API_KEY_PREFIX}([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);

/**
 * The format `pb_`, 40 random characters and a CRC-32 of them in 6, all base 62. Scanners of source code recognise it,
 * as they do GitHub's tokens, and tell a key from a text that only looks like one.
 */
export const apiKeyFormat: ApiKeyFormat = {
  make: () => {
    const secret = Array.from({ length: SECRET_LENGTH }, () => DIGITS[randomInt(DIGITS.length)]).join('');
    return `${API_KEY_PREFIX}${secret}${checksumOf(secret)}`;
  },
  shownOf: (key) => key.slice(0, SHOWN_LENGTH),
  digestOf: (key) => {
    const [, secret = '', checksum] = PATTERN.exec(key) ?? [];
    return checksum === checksumOf(secret) ? sha256Url(key) : undefined;
  },
};

function checksumOf(secret: string): string {
  let rest = crc32(secret);
  let text = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place++) {
    text = `${DIGITS[rest % DIGITS.length]}${text}`;
    rest = Math.floor(rest / DIGITS.length);
  }
  return text;
}
