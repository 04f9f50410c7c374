import * as v from 'valibot';

export const LinkBody = v.strictObject({ token: v.string() });
export const ForgottenPasswordBody = v.strictObject({ email: v.string() });
export const PasswordResetBody = v.strictObject({ token: v.string(), password: v.string() });
export const PasswordChangeBody = v.strictObject({ currentPassword: v.string(), newPassword: v.string() });
export const EmailChangeBody = v.strictObject({ email: v.string(), password: v.string() });
export const ProfileBody = v.strictObject({
  name: v.optional(v.string()),
  language: v.optional(v.string()),
  timeZone: v.optional(v.string()),
});
export const SelfErasureBody = v.strictObject({ password: v.string() });
