import { describe, expect, it } from 'vitest';
import { createServerMetrics } from '../../../src/adapters/metrics/index.ts';
import { OutboxDispatcher } from '../../../src/application/jobs/outbox-dispatcher.ts';
import { MailServerFault } from '../../../src/application/ports/outbox.ts';
import { systemClock } from '../../../src/adapters/system.ts';
import { Edge, PASSWORD } from '../../support/edge.ts';
import { RecordingLog, RecordingMailer } from '../../support/people.ts';
import { samplesIn } from '../../support/samples.ts';

const BUILD = { version: '1.2.3', store: 'memory', node: 'v20.0.0' };
const TOKEN = 'the-token-of-the-tests';

function aMeasuredBank() {
  const metrics = createServerMetrics(BUILD);
  const edge = new Edge({
    app: { onAnswered: metrics.answered, metrics: { token: TOKEN, read: metrics.read } },
    observers: [metrics.commits],
    onSignIn: metrics.signedIn,
  });
  if (edge.store.outbox) metrics.watchOutbox(edge.store.outbox);
  return { edge, metrics, read: async () => samplesIn((await metrics.read()).text) };
}

describe('the metrics', () => {
  it('are for the holder of the token alone', async () => {
    const { edge } = aMeasuredBank();
    const answer = await edge.call('GET /metrics', { as: TOKEN });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(
      samplesIn(answer.text).get('passbook_build_info{version="1.2.3",store="memory",node="v20.0.0"}'),
    ).toBe(1);

    const { token } = await edge.register();
    for (const as of [undefined, '', `${TOKEN}x`, TOKEN.slice(1), token]) {
      const refused = await edge.call('GET /metrics', as === undefined ? {} : { as });
      expect(refused).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
      expect(refused.text).not.toContain('passbook_');
    }
  });

  it('are no path of a server without a token', async () => {
    const answer = await new Edge().call('GET /metrics', { as: TOKEN });
    expect(answer).toMatchObject({ status: 404, body: { code: 'route_not_found' } });
  });

  it('count requests by pattern, method and class of status, whatever path and method a client invents', async () => {
    const { edge, read } = aMeasuredBank();
    const person = await edge.register();
    const accountId = await edge.account(person);
    const path = '/api/accounts/:id';
    await edge.call(`GET /api/accounts/${accountId}`, { as: person.token });
    await edge.call(`GET /api/accounts/${accountId}`);
    for (let path = 0; path < 20; path++) await edge.app.request(`/nowhere/${path}`, { method: `M${path}` });

    const samples = await read();
    expect(samples.get(`passbook_http_requests_total{method="GET",route="${path}",status="2xx"}`)).toBe(1);
    expect(samples.get(`passbook_http_requests_total{method="GET",route="${path}",status="4xx"}`)).toBe(1);
    expect(samples.get(`passbook_http_request_duration_seconds_count{method="GET",route="${path}"}`)).toBe(2);
    expect(samples.get('passbook_http_requests_total{method="other",route="none",status="4xx"}')).toBe(20);
    expect(samples.get('passbook_http_problems_total{code="unauthenticated"}')).toBe(1);
    const names = [...samples.keys()];
    expect(names.filter((name) => name.includes(accountId) || name.includes('nowhere'))).toEqual([]);
  });

  it('count commands, commits, waits and refusals', async () => {
    const { edge, read } = aMeasuredBank();
    const person = await edge.register();
    const from = await edge.account(person, 100);
    const to = await edge.account(person);
    const pay = (amount: number, idempotencyKey: string) =>
      edge.send('POST /api/transactions', person, {
        fromAccount: from,
        toAccount: to,
        amount,
        idempotencyKey,
      });
    await pay(5, 'a');
    await pay(5, 'a');
    await pay(1_000, 'b');

    const samples = await read();
    const sample = (name: string) => samples.get(`passbook_${name}`);
    // Two accounts, the funds, and the first payment
    expect(sample('commands_total{outcome="done"}')).toBe(4);
    expect(sample('commands_total{outcome="replayed"}')).toBe(1);
    expect(sample('commands_total{outcome="refused"}')).toBe(1);
    expect(sample('commands_total{outcome="fault"}')).toBe(0);
    expect(sample('command_refusals_total{code="insufficient_funds"}')).toBe(1);
    expect(sample('commits_total{outcome="committed"}')).toBe(6);
    expect(sample('commit_commands_sum')).toBe(6);
    expect(sample('commit_duration_seconds_count')).toBe(6);
    expect(sample('command_wait_seconds_count')).toBe(6);
    expect(sample('command_queue_length')).toBe(0);
  });

  it('count the commands that wait for the store now, and the faults of those that gave up', async () => {
    const metrics = createServerMetrics(BUILD);
    const { commits } = metrics;
    const read = async () => samplesIn((await metrics.read()).text);
    const marks = [1, 2, 3].map(() => commits.submitted?.());
    expect((await read()).get('passbook_command_queue_length')).toBe(3);
    const unit = commits.began?.(marks.slice(0, 2));
    expect((await read()).get('passbook_command_queue_length')).toBe(1);
    commits.failed?.(unit, new Error('broken'));
    // One of them is tried again without the other, and waits no second time
    commits.began?.(marks.slice(1, 2));
    commits.answered?.(marks.map((mark) => ({ mark, outcome: { fault: 'unavailable' } })));

    const samples = await read();
    expect(samples.get('passbook_command_queue_length')).toBe(0);
    expect(samples.get('passbook_command_wait_seconds_count')).toBe(2);
    expect(samples.get('passbook_commits_total{outcome="failed"}')).toBe(1);
    expect(samples.get('passbook_command_faults_total{code="unavailable"}')).toBe(3);
    expect(samples.get('passbook_command_faults_total{code="queue_full"}')).toBe(0);
  });

  it('count sign-ins by outcome', async () => {
    const { edge, read } = aMeasuredBank();
    const { email } = await edge.register();
    const signIn = (password: string) => edge.call('POST /api/auth/login', { body: { email, password } });
    await signIn(PASSWORD);
    await signIn('a wrong password');

    const samples = await read();
    expect(samples.get('passbook_sign_ins_total{method="password",outcome="ok"}')).toBe(1);
    expect(samples.get('passbook_sign_ins_total{method="password",outcome="invalid_credentials"}')).toBe(1);
  });

  it('count mails by outcome, and those that wait at the time of the reading', async () => {
    const { edge, metrics, read } = aMeasuredBank();
    for (const name of ['Ada', 'Bob', 'Cy']) await edge.register(name);
    expect((await read()).get('passbook_mails_waiting')).toBe(3);

    const down = { cause: null, isPerhapsOfMail: false, responseCode: null };
    const mailer = new RecordingMailer(
      Promise.resolve(),
      'refused',
      new Error('451 later'),
      new MailServerFault('closed', down),
    );
    const { unitOfWork } = edge.store;
    const dispatcher = new OutboxDispatcher({
      unitOfWork,
      mailer,
      clock: systemClock,
      log: new RecordingLog(),
      onAttempt: metrics.attemptedMail,
      options: { delayMs: 0 },
    });
    while ((await dispatcher.dispatch()) > 0);

    const samples = await read();
    const outcomes = ['sent', 'given_up', 'failed', 'deferred', 'written'];
    expect(outcomes.map((outcome) => samples.get(`passbook_mails_total{outcome="${outcome}"}`))).toEqual([
      2, 1, 1, 1, 0,
    ]);
    expect(samples.get('passbook_mails_waiting')).toBe(0);
  });

  it('can be read while the store cannot: the number of waiting mails is then absent', async () => {
    const metrics = createServerMetrics(BUILD);
    let isDown = true;
    metrics.watchOutbox({
      countWaiting: async () => {
        if (isDown) throw new Error('the store is down');
        return 7;
      },
    });
    const read = async () => samplesIn((await metrics.read()).text);
    expect((await read()).get('passbook_mails_waiting')).toBeUndefined();
    isDown = false;
    expect((await read()).get('passbook_mails_waiting')).toBe(7);
    isDown = true;
    expect((await read()).get('passbook_mails_waiting')).toBeUndefined();
  });

  it('keep to a registry of their own', async () => {
    const [one, other] = [createServerMetrics(BUILD), createServerMetrics(BUILD)];
    one.retried();
    one.checkpointed(1_500);
    const read = async ({ read }: typeof one) => samplesIn((await read()).text);
    expect((await read(one)).get('passbook_mongodb_transaction_retries_total')).toBe(1);
    expect((await read(one)).get('passbook_sqlite_checkpoint_duration_seconds_sum')).toBe(1.5);
    expect((await read(other)).get('passbook_mongodb_transaction_retries_total')).toBe(0);
  });
});
