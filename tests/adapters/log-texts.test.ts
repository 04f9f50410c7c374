import { describe, expect, it } from 'vitest';
import { linesForPeople } from '../../src/log-for-people.ts';
import { secretsRemoved } from '../../src/log-secrets.ts';
import { secretsIn } from '../../src/config.ts';

const TIME = '2026-01-15T10:00:00.000Z';

/** The lines without their first part, the time of this machine. */
function shown(event: object, isColored = false): string {
  const line = JSON.stringify({ level: 'info', time: TIME, ...event });
  return linesForPeople({ isColored })(`${line}\n`).replaceAll(/^\[\d\d:\d\d:\d\d\] /gm, '');
}

describe('a line for people', () => {
  const request = {
    msg: 'request',
    requestId: 'r-1',
    method: 'GET',
    route: '/api/accounts/:accountId',
    status: 200,
    durationMs: 3.2,
    userId: '01a21eac-c642-7225-a54a-664ac39965c6',
    address: '192.0.2.1',
  };

  it('says how a request ended, and fits 80 columns', () => {
    const line = shown(request);
    expect(line).toBe('INFO: 200 GET /api/accounts/:accountId 3 ms, user …9965c6\n');
    expect('[10:00:00] '.length + line.trimEnd().length).toBeLessThanOrEqual(80);
  });

  it('names the code of a refusal, and the id of a request that failed', () => {
    const failed = { ...request, status: 503, code: 'storage_full', userId: undefined };
    expect(shown(failed)).toBe('INFO: 503 GET /api/accounts/:accountId 3 ms, storage_full, request r-1\n');
    expect(shown({ ...failed, route: null, status: 404, code: 'route_not_found' })).toBe(
      'INFO: 404 GET no such route 3 ms, route_not_found\n',
    );
  });

  it('has the facts of any other event behind it', () => {
    expect(shown({ level: 'warn', msg: 'mail failed', attempt: 2, methods: ['a'] })).toBe(
      'WARN: mail failed attempt=2 methods=["a"]\n',
    );
  });

  it('has the stack of an unexpected error alone', () => {
    const err = { type: 'PassbookError', message: 'The disk is full', stack: 'PassbookError\n  at here' };
    expect(shown({ level: 'error', msg: 'request failed', err })).toBe(
      'ERROR: request failed (The disk is full)\n',
    );
    expect(shown({ level: 'error', msg: 'request failed', err: { ...err, type: 'TypeError' } })).toMatch(
      /^ERROR: request failed \(The disk is full\)\n\s+PassbookError\n\s+at here\n$/,
    );
  });

  it('lets no text clear the terminal or forge a line', () => {
    const err = { type: 'PassbookError', message: 'a\u001B[2J\r\n[10:00:00] INFO: forged' };
    expect(shown({ msg: 'b\u0007', file: 'c\u009B2J', err })).toBe(
      'INFO: b  (a [2J [10:00:00] INFO: forged) file=c 2J\n',
    );
  });

  it('is colored on a terminal alone', () => {
    expect(shown(request)).not.toContain('\u001B');
    expect(shown(request, true)).toContain('\u001B[32m200\u001B[39m');
    expect(shown({ ...request, status: 500 }, true)).toContain('\u001B[31m500\u001B[39m');
  });
});

describe('a secret in a text', () => {
  const env = {
    JWT_SECRET: 'canary-jwt-"quoted"-5e1f',
    MONGO_URI: 'mongodb://ada:canary%2Fmongo@db.example/bank',
    SMTP_URL: 'smtps://bob:canary-smtp-5e1f@mail.example',
    GMAIL_PASS: 'cana ryma ilab cdef',
    SYSTEM_PASSWORD: 'short',
    BANK_NAME: 'canary-public',
  };
  const remove = secretsRemoved(secretsIn(env));

  it.each([
    ['as configured', env.MONGO_URI],
    ['as a password of a URL', 'Login of canary%2Fmongo failed'],
    ['decoded', 'Login of canary/mongo failed'],
    ['of a mail server', '535 canary-smtp-5e1f'],
    ['without its spaces', 'AUTH PLAIN canarymailabcdef'],
    ['as JSON', JSON.stringify({ jwt: env.JWT_SECRET })],
    ['in base 64', `AUTH ${Buffer.from('canary-smtp-5e1f').toString('base64')}`],
    ['in a URL', `https://a.example/?k=${encodeURIComponent(env.JWT_SECRET)}`],
  ])('is removed: %s', (_, text) => {
    const left = remove(text);
    expect(left).toContain('[redacted]');
    expect(left).not.toMatch(/canary|Y2FuYXJ5/);
  });

  it.each([
    ['a password in any URL', 'redis://user:canary@host/1', 'redis://user:[redacted]@host/1'],
    ['a Bearer token', 'authorization: Bearer eyJcanary.e30.x-_1', 'authorization: Bearer [redacted]'],
    ['an API key', 'key pb_canary0123456789abcdef', 'key pb_[redacted]'],
    ['a token in a query', '/verify?token=canary&x=1', '/verify?token=[redacted]&x=1'],
    [
      'a session cookie',
      'cookie: a=b; __Host-session=canary; c=d',
      'cookie: a=b; __Host-session=[redacted]; c=d',
    ],
  ])('is removed by its form: %s', (_, text, left) => {
    expect(secretsRemoved([])(text)).toBe(left);
  });

  it('that is too short to be one stays, and so does what is public', () => {
    expect(remove('a short word of canary-public')).toBe('a short word of canary-public');
  });

  it('leaves a line of JSON one', () => {
    const line = JSON.stringify({ err: { message: env.MONGO_URI, stack: `at ${env.JWT_SECRET}\n` } });
    expect(JSON.parse(remove(line))).toEqual({
      err: { message: '[redacted]', stack: 'at [redacted]\n' },
    });
  });
});
