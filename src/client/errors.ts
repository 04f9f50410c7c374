import type { ErrorCode, FieldError, MaskedCode, RefusalCode, Retry } from '../domain/errors.ts';
import type { Intent } from './intents.ts';
import type { ApiBatchMember, ApiSecondFactorMethod } from './types.ts';

/** Base of all errors that the client throws. An abort rejects with the reason of its signal instead. */
export abstract class ClientError extends Error {}

/** No whole answer arrived: the connection failed, was cut or took too long. The request may have taken effect. */
export class ConnectionError extends ClientError {
  override readonly name = 'ConnectionError';
}

/** An answer that is not the bank's own, such as one from a proxy. The request may have taken effect. */
export class UnexpectedAnswerError extends ClientError {
  override readonly name = 'UnexpectedAnswerError';
  /** HTTP status. 0 for a redirect in a browser. */
  readonly status: number;
  /** Time to wait before another attempt. */
  readonly retryAfterMs: number | undefined;

  constructor({ status, retryAfterMs }: { status: number; retryAfterMs?: number | undefined }) {
    super(`The answer with status ${status} is not the bank's`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The intent store failed, so nothing was sent. `cause` is the store's error. */
export class IntentStoreError extends ClientError {
  override readonly name = 'IntentStoreError';
}

/** Another user signed in while the call was under way. The request was not sent as that user. */
export class SessionChangedError extends ClientError {
  override readonly name = 'SessionChangedError';

  constructor() {
    super('Another user has signed in since the call began');
  }
}

/**
 * The client gave up before it knew the outcome. The money may have moved. The intent stays in the store, and the same
 * call goes on with it under the same key. `settleOpenIntents` does so too. `cause` is the last error.
 */
export class OpenIntentError extends ClientError {
  override readonly name = 'OpenIntentError';
  readonly intent: Intent;

  constructor(intent: Intent, cause: unknown) {
    super(`The outcome of key ${intent.key} is not known. Make the same call again, or settle it`, { cause });
    this.intent = intent;
  }
}

/** Facts of an answer that says why a request failed. */
export type ApiErrorFacts<C extends ErrorCode> = {
  readonly code: C;
  readonly retry: Retry;
  /** HTTP status. */
  readonly status: number;
  readonly detail: string;
  readonly transactionId?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly methods?: readonly ApiSecondFactorMethod[] | undefined;
  readonly results?: readonly ApiBatchMember[] | undefined;
  readonly dryRun?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
};

/** The bank answered with an error. Each code has a class of its own. */
export class ApiError<C extends ErrorCode = ErrorCode> extends ClientError {
  /** Stable. */
  readonly code: C;
  /** Advice on another attempt. The client has followed `same_key` within its time limit. */
  readonly retry: Retry;
  /** HTTP status. */
  readonly status: number;
  /** The rejected transaction that was kept. */
  readonly transactionId: string | undefined;
  /** Fields at fault. */
  readonly errors: readonly FieldError[];
  /** Second factors that the user has set up, where one is required. */
  readonly methods: readonly ApiSecondFactorMethod[];
  /** Result of each transfer of a linked batch that failed. */
  readonly results: readonly ApiBatchMember[] | undefined;
  /** Whether the request was a dry run. */
  readonly isDryRun: boolean;
  /** Time to wait before another attempt. */
  readonly retryAfterMs: number | undefined;
  /** Id of the request in the server's log. */
  readonly requestId: string | undefined;

  constructor(facts: ApiErrorFacts<C>) {
    super(facts.detail);
    this.name = nameOf(facts.code);
    this.code = facts.code;
    this.retry = facts.retry;
    this.status = facts.status;
    this.transactionId = facts.transactionId;
    this.errors = facts.errors ?? [];
    this.methods = facts.methods ?? [];
    this.results = facts.results;
    this.isDryRun = facts.dryRun ?? false;
    this.retryAfterMs = facts.retryAfterMs;
    this.requestId = facts.requestId;
  }
}

/** A rule of the ledger refused the request. The refusal is recorded under the key and final for it. */
export class RefusalError<
  C extends RefusalCode | MaskedCode = RefusalCode | MaskedCode,
> extends ApiError<C> {}

/** The class's name. A bundler may have shortened the one in the code. */
function nameOf(code: ErrorCode): string {
  return `${code.replace(/_error$/, '').replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase())}Error`;
}
