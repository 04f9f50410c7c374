import * as v from 'valibot';
import { AmountBody, listOf, PAYMENTS } from './schemas.ts';

/** Base64 for URLs, as browsers encode bytes in the JSON of a PublicKeyCredential. */
const Base64Url = v.pipe(v.string(), v.regex(/^[\w-]+$/, 'must be Base64 for URLs'));

const credential = {
  id: Base64Url,
  rawId: Base64Url,
  type: v.literal('public-key'),
  authenticatorAttachment: v.optional(v.nullable(v.string())),
  clientExtensionResults: v.optional(v.record(v.string(), v.unknown())),
};

/** `toJSON()` of what `navigator.credentials.get` returns. Browsers may add fields. */
export const AssertionBody = v.object({
  ...credential,
  response: v.object({
    clientDataJSON: Base64Url,
    authenticatorData: Base64Url,
    signature: Base64Url,
    userHandle: v.optional(v.nullable(Base64Url)),
  }),
});

/** `toJSON()` of what `navigator.credentials.create` returns. Browsers may add fields. */
export const AttestationBody = v.object({
  ...credential,
  response: v.object({
    clientDataJSON: Base64Url,
    attestationObject: Base64Url,
    transports: v.optional(v.array(v.string())),
  }),
});

export const PasskeyAnswerBody = v.strictObject({ challengeId: v.string(), credential: AssertionBody });

/** One of both answers the question for a second factor. */
export const secondFactor = { code: v.optional(v.string()), passkey: v.optional(PasskeyAnswerBody) };

export const SecondFactorBody = v.strictObject(secondFactor);
export const PasswordBody = v.strictObject({ password: v.string() });
export const CodeBody = v.strictObject({ code: v.string() });
export const NewPasskeyBody = v.strictObject({
  name: v.string(),
  challengeId: v.string(),
  credential: AttestationBody,
});
export const PasskeyNameBody = v.strictObject({ name: v.string() });

export const PaymentBody = v.strictObject({
  toAccount: v.string(),
  amount: AmountBody,
  currency: v.string(),
});

const order = {
  operation: v.optional(v.picklist(['transfer', 'batch'], 'must be transfer or batch')),
  payments: listOf(PaymentBody, PAYMENTS),
  idempotencyKey: v.string(),
};

export const OrderBody = v.strictObject(order);
export const ConfirmationBody = v.strictObject({ ...order, ...secondFactor });
