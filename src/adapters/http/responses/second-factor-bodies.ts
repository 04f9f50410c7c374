import * as v from 'valibot';

const Time = v.pipe(v.string(), v.isoTimestamp());
const Codes = v.array(v.string());
/** Options for the browser, whose fields the Web Authentication standard defines. */
const Options = v.record(v.string(), v.unknown());

export const PasskeyJson = v.strictObject({
  id: v.string(),
  name: v.string(),
  createdAt: Time,
  lastUsedAt: v.nullable(Time),
});

export const FactorsJson = v.strictObject({
  totp: v.boolean(),
  recoveryCodes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  passkeys: v.array(PasskeyJson),
});

export const FactorsAnswer = v.strictObject({ factors: FactorsJson });
export const PasskeysAnswer = v.strictObject({ passkeys: v.array(PasskeyJson) });
export const OnePasskeyAnswer = v.strictObject({ passkey: PasskeyJson });
export const TotpSetupJson = v.strictObject({ secret: v.string(), uri: v.string(), qr: v.string() });
export const RecoveryCodesJson = v.strictObject({ recoveryCodes: Codes });
export const PasskeyQuestionJson = v.strictObject({ challengeId: v.string(), options: Options });
export const ConfirmationJson = v.strictObject({ confirmation: v.string(), expiresAt: Time });
