const REDACTED = '[redacted]';
/** A shorter secret would hide parts of ordinary words. */
const SHORTEST = 6;

/** Texts that hold a secret by their form, each with what stays of them. */
const FORMS: readonly (readonly [form: RegExp, kept: string])[] = [
  // The password of a URL
  [/([a-z][a-z\d+.-]*:\/\/[^\s:@/"\\]*:)[^\s@/"\\]+@/gi, `$1${REDACTED}@`],
  [/\b((?:Bearer|Basic)\s+)[\w.~+/-]{8,}=*/gi, `$1${REDACTED}`],
  [/\bpb_\w{16,}/g, `pb_${REDACTED}`],
  [/([?&#](?:token|code|key|secret|password)=)[^\s&"\\]+/gi, `$1${REDACTED}`],
  [/\b((?:__Host-)?(?:session|refresh)=)[^\s;,"\\]+/g, `$1${REDACTED}`],
];

/**
 * Makes a function that removes secrets from a text, whatever field or message they are in: the given ones, and
 * everything that has the form of one.
 * @param secrets as they are configured. In the text they may be encoded as JSON, in a URL, or in base 64
 */
export function secretsRemoved(secrets: readonly string[]): (text: string) => string {
  const long = secrets.filter((secret) => secret.length >= SHORTEST);
  const written = [...new Set(long.flatMap(waysToWrite))].toSorted((a, b) => b.length - a.length);
  return (text) => {
    let left = text;
    for (const secret of written) if (left.includes(secret)) left = left.replaceAll(secret, REDACTED);
    for (const [form, kept] of FORMS) left = left.replaceAll(form, kept);
    return left;
  };
}

function waysToWrite(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, inJson, encodeURIComponent(secret), bytes.toString('base64'), bytes.toString('base64url')];
}
