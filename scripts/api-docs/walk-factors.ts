import { SAMPLE_PASSKEY } from './sample-factors.ts';
import type { Operations } from '../../src/adapters/http/api/operations.ts';

type Send = (
  operation: keyof Operations,
  title: string,
  terms?: {
    readonly as?: { readonly name: string; readonly token: string; readonly id: string };
    readonly path?: Readonly<Record<string, string>>;
    readonly body?: Readonly<Record<string, unknown>>;
  },
) => Promise<unknown>;

const PASSWORD = 'correct horse battery';
const bytes = (text: string) => Buffer.from(text).toString('base64url');
const CREDENTIAL = { id: SAMPLE_PASSKEY, rawId: SAMPLE_PASSKEY, type: 'public-key' };
const ASSERTION = {
  ...CREDENTIAL,
  response: {
    clientDataJSON: bytes('{"type":"webauthn.get"}'),
    authenticatorData: bytes('authenticator data'),
    signature: bytes('signature'),
  },
};
const ATTESTATION = {
  ...CREDENTIAL,
  response: {
    clientDataJSON: bytes('{"type":"webauthn.create"}'),
    attestationObject: bytes('attestation'),
    transports: ['internal'],
  },
};

/** Sets second factors up, uses them and removes them again. */
export async function walkFactors(
  send: Send,
  { person: as, payee }: { person: NonNullable<NonNullable<Parameters<Send>[2]>['as']>; payee: string },
): Promise<void> {
  const credentials = { email: `${as.name.toLowerCase()}@example.com`, password: PASSWORD };
  const idIn = (answer: unknown) => (answer as { challengeId: string }).challengeId;

  await send('POST /api/auth/totp', 'The secret of an authenticator app', {
    as,
    body: { password: PASSWORD },
  });
  await send('POST /api/auth/totp/confirm', 'The code is wrong', { as, body: { code: '000000' } });
  await send('POST /api/auth/totp/confirm', 'The first code', { as, body: { code: '100001' } });
  await send('POST /api/auth/login', 'A second factor is required', { body: credentials });
  await send('POST /api/auth/login', 'The code is wrong', { body: { ...credentials, code: '000000' } });
  await send('POST /api/auth/login', 'A password and a code', { body: { ...credentials, code: '100002' } });
  await send('POST /api/auth/recovery-codes', 'New codes', { as, body: { code: '100003' } });

  const asked = await send('POST /api/auth/passkeys/options', 'A new passkey', {
    as,
    body: { password: PASSWORD },
  });
  const added = await send('POST /api/auth/passkeys', 'The new passkey', {
    as,
    body: { name: 'Phone', challengeId: idIn(asked), credential: ATTESTATION },
  });
  const { passkey } = added as { passkey: { id: string } };
  const path = { passkeyId: passkey.id };
  await send('PATCH /api/auth/passkeys/{passkeyId}', 'A new name', { as, path, body: { name: 'Old phone' } });
  await send('GET /api/auth/passkeys', 'All passkeys', { as });
  const question = await send('POST /api/auth/passkeys/sign-in/options', 'A challenge');
  await send('POST /api/auth/passkeys/sign-in', 'A passkey alone', {
    body: { challengeId: idIn(question), credential: ASSERTION },
  });

  const order = {
    operation: 'transfer',
    payments: [{ toAccount: payee, amount: 20_000_000, currency: 'EUR' }],
    idempotencyKey: 'house-1',
  };
  await send('POST /api/transactions/confirmations/options', 'A challenge for one order', {
    as,
    body: order,
  });
  await send('POST /api/transactions/confirmations', 'A code confirms the order', {
    as,
    body: { ...order, code: '100004' },
  });

  await send('GET /api/auth/factors', 'All second factors', { as });
  await send('DELETE /api/auth/passkeys/{passkeyId}', 'The passkey goes', {
    as,
    path,
    body: { code: '100005' },
  });
  await send('DELETE /api/auth/totp', 'The app goes', { as, body: { code: '100006' } });
}
