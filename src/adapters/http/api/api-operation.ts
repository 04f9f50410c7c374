import type * as v from 'valibot';
import type { ApiKeyScope } from '../../../domain/entities/credential.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { Access } from './access.ts';

/** One route of the API, described for documents and clients. */
export type ApiOperation = {
  readonly id: string;
  readonly group:
    | 'Sign-in'
    | 'Sessions'
    | 'Your profile'
    | 'Second factors'
    | 'API keys'
    | 'Payees'
    | 'Accounts'
    | 'Transactions'
    | 'System'
    | 'Server';
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  /** Scopes of which an API key needs one. Absent: no key may call it. */
  readonly scopes?: readonly ApiKeyScope[];
  readonly query?: v.GenericSchema;
  /** Whether the query takes pairs of metadata, `metadata.NAME=text`. */
  readonly metadataQuery?: true;
  readonly body?: v.GenericSchema;
  /** Whether the request takes an idempotency key, in the body or in the header. */
  readonly key?: 'required' | 'optional';
  /** Whether the request can be a dry run. */
  readonly dryRun?: true;
  /** The status of success, and its JSON. Undefined: no body. */
  readonly status: 200 | 201 | 204;
  readonly answer?: v.GenericSchema;
  /** Other formats of the same answer. */
  readonly formats?: readonly string[];
  /** Errors beside those that `access`, `body`, `key`, the store and the limit of requests bring. */
  readonly errors: readonly ErrorCode[];
};

/** Routes by method and path. */
export type ApiOperations = Readonly<
  Record<`${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`, ApiOperation>
>;
