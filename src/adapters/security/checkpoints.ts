import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, CompactSign, compactVerify, errors } from 'jose';
import type { CheckpointSigner } from '../../application/ports/checkpoints.ts';
import { readCheckpoint } from '../../domain/integrity/checkpoint.ts';
import type { Checkpoint } from '../../domain/integrity/checkpoint.ts';

/** Algorithm of RFC 8037. The explicit type keeps other signed texts from passing as checkpoints (RFC 8725, 3.11). */
const ALGORITHM = 'EdDSA';
const TYPE = 'passbook-checkpoint+jws';

/**
 * Creates a signer of checkpoints: Ed25519, as compact JWS.
 * @param privateKey as JWK or PEM (PKCS #8)
 * @throws TypeError for an invalid key
 */
export async function createCheckpointSigner(privateKey: string): Promise<CheckpointSigner> {
  const key = requireEd25519(() => createPrivateKey(keyInput(privateKey)));
  const kid = await keyId(createPublicKey(key));
  return {
    sign: (checkpoint) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(checkpoint)))
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .sign(key),
    read: (signed) => {
      const [, payload = ''] = signed.split('.');
      return checkpointOf(Buffer.from(payload, 'base64url'));
    },
  };
}

/**
 * Returns the signed checkpoint. Undefined if it is not a checkpoint, or not signed with the key.
 * @param publicKey as JWK or PEM (SPKI)
 * @throws TypeError for an invalid key
 */
export async function verifyCheckpoint(signed: string, publicKey: string): Promise<Checkpoint | undefined> {
  const key = requireEd25519(() => createPublicKey(keyInput(publicKey)));
  try {
    const { payload, protectedHeader } = await compactVerify(signed, key, { algorithms: [ALGORITHM] });
    return protectedHeader.typ === TYPE ? checkpointOf(payload) : undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** A new private key as a JWK, in one line. */
export function newCheckpointKey(): string {
  return JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
}

export function isCheckpointKey(privateKey: string): boolean {
  try {
    return createPrivateKey(keyInput(privateKey)).asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}

/** The public half of a private key, as a JWK in one line. @throws TypeError for an invalid key */
export async function publicCheckpointKey(privateKey: string): Promise<string> {
  const key = createPublicKey(requireEd25519(() => createPrivateKey(keyInput(privateKey))));
  return JSON.stringify({
    ...key.export({ format: 'jwk' }),
    kid: await keyId(key),
    use: 'sig',
    alg: ALGORITHM,
  });
}

function keyInput(text: string) {
  const trimmed = text.trim();
  // An environment variable may hold a PEM in one line
  if (!trimmed.startsWith('{')) return trimmed.replaceAll(String.raw`\n`, '\n');
  return { key: JSON.parse(trimmed) as Record<string, string>, format: 'jwk' as const };
}

/** @throws TypeError without the given text, which may be secret */
function requireEd25519(read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    // Reported below
  }
  if (key?.asymmetricKeyType !== 'ed25519') throw new TypeError('A checkpoint key is Ed25519, as JWK or PEM');
  return key;
}

async function keyId(key: KeyObject): Promise<string> {
  return calculateJwkThumbprint(key.export({ format: 'jwk' }));
}

function checkpointOf(payload: Uint8Array): Checkpoint | undefined {
  try {
    return readCheckpoint(JSON.parse(new TextDecoder().decode(payload)));
  } catch {
    return undefined;
  }
}
