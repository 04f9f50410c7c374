import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCheckpointArchive } from '../../src/adapters/files/index.ts';
import {
  createCheckpointSigner,
  isCheckpointKey,
  newCheckpointKey,
  publicCheckpointKey,
  verifyCheckpoint,
} from '../../src/adapters/security/index.ts';
import type { Checkpoint } from '../../src/domain/integrity/checkpoint.ts';
import { JANUARY } from '../../src/testing/fixtures/builders.ts';

/** RFC 8037, appendix A.1 and A.2. */
const KEY =
  '{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}';
const PUBLIC = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};
/** RFC 8037, appendix A.3. */
const THUMBPRINT = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';

const CHECKPOINT: Checkpoint = {
  version: 1,
  number: 7,
  at: JANUARY,
  previous: 'a'.repeat(64),
  accounts: 3,
  root: 'b'.repeat(64),
  audit: { sequence: 5, hash: 'c'.repeat(64) },
};

describe('a signed checkpoint', () => {
  it('is a compact JWS by Ed25519 that anyone with the public key can read', async () => {
    const signer = await createCheckpointSigner(KEY);
    const signed = await signer.sign(CHECKPOINT);
    const [header = '', payload = ''] = signed.split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'EdDSA',
      typ: 'passbook-checkpoint+jws',
      kid: THUMBPRINT,
    });
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual(CHECKPOINT);
    expect(signer.read(signed)).toEqual(CHECKPOINT);
    expect(await verifyCheckpoint(signed, JSON.stringify(PUBLIC))).toEqual(CHECKPOINT);
    expect(JSON.parse(await publicCheckpointKey(KEY))).toEqual({
      ...PUBLIC,
      kid: THUMBPRINT,
      use: 'sig',
      alg: 'EdDSA',
    });
  });

  it('is signed and read with keys as PEM too, in one line or in several', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    for (const key of [pem, pem.trim().replaceAll('\n', String.raw`\n`)]) {
      const signed = await (await createCheckpointSigner(key)).sign(CHECKPOINT);
      expect(await verifyCheckpoint(signed, spki)).toEqual(CHECKPOINT);
      expect(await verifyCheckpoint(signed, await publicCheckpointKey(key))).toEqual(CHECKPOINT);
    }
  });

  it('is not one with another key, another payload, another type, or no signature', async () => {
    const signed = await (await createCheckpointSigner(KEY)).sign(CHECKPOINT);
    const [header = '', , signature = ''] = signed.split('.');
    const forged = Buffer.from(JSON.stringify({ ...CHECKPOINT, accounts: 4 })).toString('base64url');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged}.`;
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const token = await new SignJWT({ ...CHECKPOINT }).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey);
    const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(await verifyCheckpoint(signed, spki)).toBeUndefined();
    expect(await verifyCheckpoint(token, spki)).toBeUndefined();
    for (const text of [`${header}.${forged}.${signature}`, none, '', 'a.b.c']) {
      expect(await verifyCheckpoint(text, JSON.stringify(PUBLIC))).toBeUndefined();
    }
  });

  it('takes no key that is not one, and says nothing of what it was', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pem = rsa.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const key of ['hunter2', '{', pem, JSON.stringify(PUBLIC)]) {
      expect(isCheckpointKey(key)).toBe(false);
      await expect(createCheckpointSigner(key)).rejects.toThrow('A checkpoint key is Ed25519, as JWK or PEM');
    }
    expect(isCheckpointKey(newCheckpointKey())).toBe(true);
    expect(newCheckpointKey()).not.toBe(newCheckpointKey());
  });
});

describe('checkpoints as files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-checkpoints-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const add = (number: number, signed: string, ...portions: string[][]) =>
    createCheckpointArchive({ directory: join(folder, 'deep') }).add(number, async (write) => {
      for (const lines of portions) await write(lines);
      return signed;
    });

  it('are a signed text and a manifest each, for their owner’s eyes', async () => {
    const archive = createCheckpointArchive({ directory: join(folder, 'deep') });
    expect(await archive.newest()).toBeUndefined();
    expect(await archive.page({ after: null, limit: 10 })).toEqual([]);
    await add(9, 'nine', ['a', 'b'], [], ['c']);
    await add(10, 'ten');

    expect(await archive.newest()).toEqual({ number: 10, signed: 'ten' });
    expect(await archive.page({ after: null, limit: 10 })).toEqual([
      { number: 10, signed: 'ten' },
      { number: 9, signed: 'nine' },
    ]);
    expect(await archive.page({ after: 10, limit: 1 })).toEqual([{ number: 9, signed: 'nine' }]);
    const lines = [];
    for await (const line of archive.manifest(9)) lines.push(line);
    expect(lines).toEqual(['a', 'b', 'c']);
    expect((await readdir(join(folder, 'deep'))).toSorted()).toEqual([
      '10.jws',
      '10.manifest',
      '9.jws',
      '9.manifest',
    ]);
    expect(await readFile(join(folder, 'deep', '9.jws'), 'utf8')).toBe('nine\n');
    for (const name of ['9.jws', '9.manifest']) {
      expect((await stat(join(folder, 'deep', name))).mode & 0o777).toBe(0o600);
    }
  });

  it('are never written over, and leave nothing behind where they fail', async () => {
    await add(1, 'one', ['a']);
    await expect(add(1, 'another', ['b'])).rejects.toThrow('EEXIST');
    const archive = createCheckpointArchive({ directory: join(folder, 'deep') });
    const failing = archive.add(2, async (write) => {
      await write(['x']);
      throw new Error('the books are gone');
    });
    await expect(failing).rejects.toThrow('the books are gone');
    expect((await readdir(join(folder, 'deep'))).toSorted()).toEqual(['1.jws', '1.manifest']);
    expect(await readFile(join(folder, 'deep', '1.manifest'), 'utf8')).toBe('a\n');
  });
});
