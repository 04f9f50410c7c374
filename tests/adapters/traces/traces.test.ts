import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { openTelemetry } from '../../../src/adapters/traces/index.ts';
import type { Tracing } from '../../../src/adapters/traces/index.ts';
import { OutboxDispatcher } from '../../../src/application/jobs/outbox-dispatcher.ts';
import type { CommitObserver } from '../../../src/application/ports/commit-observer.ts';
import type { Store, UnitOfWork } from '../../../src/application/ports/ledger-store.ts';
import { systemClock } from '../../../src/adapters/system.ts';
import { Edge } from '../../support/edge.ts';
import { RecordingLog, RecordingMailer } from '../../support/people.ts';

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const TRACEPARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`;

afterEach(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

/** Registers a tracer provider, as a program does before it starts the server. */
function aCollector() {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const tracing = openTelemetry({ version: '1.2.3' });
  if (!tracing) throw new TypeError('No tracer provider is registered');
  return { exporter, tracing };
}

/** A bank that is traced, with two accounts of one person. */
async function aTracedBank(
  { tracer, commits }: Tracing,
  { store = createMemoryStore(), counting }: { store?: Store; counting?: CommitObserver } = {},
) {
  const observers = counting ? [commits, counting] : [commits];
  const edge = new Edge({ app: { tracer }, observers, store });
  const person = await edge.register();
  const other = await edge.register('Bob');
  const fromAccount = await edge.account(person, 100);
  const toAccount = await edge.account(other);
  const mailer = new RecordingMailer();
  const { unitOfWork } = store;
  const log = new RecordingLog();
  const dispatcher = new OutboxDispatcher({ unitOfWork, mailer, clock: systemClock, log, tracer });
  const dispatch = async () => {
    while ((await dispatcher.dispatch()) > 0);
  };
  await dispatch();
  const pay = (idempotencyKey: string, amount = 5) =>
    edge.call('POST /api/transactions', {
      as: person.token,
      body: { fromAccount, toAccount, amount, idempotencyKey },
      headers: { traceparent: TRACEPARENT, 'X-Request-Id': idempotencyKey },
    });
  return { edge, pay, dispatch, mailer };
}

/** The spans by name. One with several of a name fails the test. */
function spansIn(exporter: InMemorySpanExporter) {
  const spans = exporter.getFinishedSpans();
  return (name: string): ReadableSpan => {
    const [span, ...others] = spans.filter((one) => one.name === name);
    if (!span || others.length > 0) throw new TypeError(`${others.length + 1} spans are called ${name}`);
    return span;
  };
}

const idOf = (span: ReadableSpan) => span.spanContext().spanId;
const linksOf = (span: ReadableSpan) => span.links.map((link) => link.context.spanId);

describe('the trace of a transfer', () => {
  it('tells its whole story: the request, the command, its wait, the commit, and the mails', async () => {
    const { exporter, tracing } = aCollector();
    const { pay, dispatch, mailer } = await aTracedBank(tracing);
    exporter.reset();
    mailer.sent.length = 0;
    await pay('a');
    await dispatch();

    const span = spansIn(exporter);
    const [request, command, wait, commit] = [
      span('POST /api/transactions'),
      span('command'),
      span('wait'),
      span('commit'),
    ];
    expect(request).toMatchObject({ kind: SpanKind.SERVER, parentSpanContext: CALLER });
    expect(request.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/api/transactions',
      'http.response.status_code': 200,
      'passbook.request.id': 'a',
    });
    for (const one of [request, command, wait, commit]) {
      expect(one.spanContext().traceId).toBe(CALLER.traceId);
      expect(one.instrumentationScope).toEqual({ name: 'passbook', version: '1.2.3' });
    }
    expect(command.parentSpanContext?.spanId).toBe(idOf(request));
    expect(command.attributes).toEqual({ 'passbook.command.outcome': 'done' });
    expect(wait.parentSpanContext?.spanId).toBe(idOf(command));
    // The commit of a lone command belongs to it
    expect(commit.parentSpanContext?.spanId).toBe(idOf(command));
    expect(linksOf(commit)).toEqual([idOf(command)]);
    expect(linksOf(command)).toEqual([idOf(commit)]);
    expect(commit.attributes).toEqual({ 'passbook.commit.commands': 1, 'passbook.commit.accounts': 2 });

    const mails = exporter.getFinishedSpans().filter(({ name }) => name === 'send mail');
    expect(mails.map(({ kind, attributes }) => [kind, attributes['passbook.mail.id']])).toEqual(
      mailer.sent.map(({ message }) => [SpanKind.CLIENT, message.id]),
    );
    expect(mails).toHaveLength(2);
    for (const mail of mails) expect(linksOf(mail)).toEqual([idOf(commit)]);
  });

  it('shares a commit with other transfers: the commit links to each command, and each to it', async () => {
    const { exporter, tracing } = aCollector();
    const store = createMemoryStore();
    const held = new HeldUnits(store.unitOfWork);
    let submitted = 0;
    const counting: CommitObserver = {
      committed: () => {},
      // The first command has a unit of its own. The others wait meanwhile
      submitted: () => ++submitted === 3 && setImmediate(held.release),
    };
    const { pay } = await aTracedBank(tracing, { store: { ...store, unitOfWork: held }, counting });
    exporter.reset();
    submitted = 0;
    held.hold();
    await Promise.all([pay('a', 1), pay('b', 2), pay('c', 3)]);

    const commits = exporter.getFinishedSpans().filter(({ name }) => name === 'commit');
    const commands = exporter.getFinishedSpans().filter(({ name }) => name === 'command');
    expect(commits.map(({ attributes }) => attributes['passbook.commit.commands'])).toEqual([1, 2]);
    const [, commit] = commits as [ReadableSpan, ReadableSpan];
    const shared = commands.slice(1);
    expect(linksOf(commit)).toEqual(shared.map(idOf));
    for (const command of shared) expect(linksOf(command)).toEqual([idOf(commit)]);
    // It belongs to no request
    expect(commit.parentSpanContext).toBeUndefined();
    expect(commit.spanContext().traceId).not.toBe(CALLER.traceId);
  });

  it('names refusals and faults by their codes', async () => {
    const { exporter, tracing } = aCollector();
    const { edge, pay } = await aTracedBank(tracing);
    exporter.reset();
    await pay('a', 1_000);
    expect(spansIn(exporter)('command').attributes).toEqual({
      'passbook.command.outcome': 'refused',
      'passbook.command.refusals': ['insufficient_funds'],
    });
    // A refusal is an answer, and no failure of the server
    for (const span of exporter.getFinishedSpans()) expect(span.status.code).toBe(SpanStatusCode.UNSET);

    exporter.reset();
    await edge.bank.ledger.close();
    expect((await pay('b')).status).toBe(503);
    const span = spansIn(exporter);
    for (const name of ['POST /api/transactions', 'command']) {
      expect(span(name)).toMatchObject({
        status: { code: SpanStatusCode.ERROR },
        attributes: { 'error.type': 'unavailable' },
      });
    }
  });

  it('has no path that a client made up', async () => {
    const { exporter, tracing } = aCollector();
    const { edge } = await aTracedBank(tracing);
    exporter.reset();
    await edge.call('GET /nowhere/canary');
    const [request] = exporter.getFinishedSpans();
    expect(request?.name).toBe('GET');
    expect(JSON.stringify(request?.attributes)).not.toContain('canary');
  });
});

describe('a server without a tracer provider', () => {
  it('records nothing, and has nothing to call', () => {
    expect(openTelemetry({ version: '1.2.3' })).toBeNull();
  });
});

/** Holds the commits of units back until they are released. */
class HeldUnits implements UnitOfWork {
  readonly #unitOfWork: UnitOfWork;
  #gate: Promise<void> = Promise.resolve();
  release: () => void = () => {};

  constructor(unitOfWork: UnitOfWork) {
    this.#unitOfWork = unitOfWork;
  }

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  transact: UnitOfWork['transact'] = async (want, decide, deadline) => {
    const terms = want();
    await this.#gate;
    return this.#unitOfWork.transact(() => terms, decide, deadline);
  };

  run: UnitOfWork['run'] = (work) => this.#unitOfWork.run(work);
}
