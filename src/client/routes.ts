import type * as v from 'valibot';
import type { Operations } from '../adapters/http/api/operations.ts';
import type { WithBigints } from './amounts.ts';

/** Method and path of a route, such as `GET /api/accounts/{accountId}`. */
export type Route = keyof Operations;

/** The routes that take an idempotency key. */
export type KeyedRoute = { [R in Route]: Operations[R] extends { readonly key: string } ? R : never }[Route];

type InputOf<R extends Route, Part extends string> = Operations[R] extends {
  readonly [K in Part]: infer Schema extends v.GenericSchema;
}
  ? v.InferInput<Schema>
  : never;

type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;

type OmitEach<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The body of a request, without its key. */
export type BodyOf<R extends Route> = WithBigints<OmitEach<InputOf<R, 'body'>, 'idempotencyKey'>>;

type Param<T> = T | (string extends T ? number | bigint : never);

/** The query of a request. */
export type QueryOf<R extends Route> = {
  [K in keyof InputOf<R, 'query'>]: Param<InputOf<R, 'query'>[K]>;
} & (Operations[R] extends { readonly metadataQuery: true }
  ? { [K in `metadata.${string}`]: string }
  : unknown);

/** All that a request to the route can have. */
export type RequestTo<R extends Route> = ([NamesIn<R>] extends [never]
  ? { readonly params?: undefined }
  : { readonly params: { readonly [Name in NamesIn<R>]: string } }) &
  ([InputOf<R, 'query'>] extends [never] ? { readonly query?: undefined } : { readonly query?: QueryOf<R> }) &
  (R extends `GET ${string}` ? { readonly body?: undefined } : { readonly body: BodyOf<R> });

/** The answer of the route in case of success. */
export type AnswerOf<R extends Route> = Operations[R] extends {
  readonly answer: infer Schema extends v.GenericSchema;
}
  ? WithBigints<v.InferOutput<Schema>>
  : undefined;
