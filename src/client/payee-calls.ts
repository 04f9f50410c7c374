import type { Terms } from './client-session.ts';
import { listOfPages } from './pages.ts';
import type { PayeesClient } from './payees-client.ts';
import type { AnswerOf, RequestTo, Route } from './routes.ts';

type Call = <R extends Route>(route: R, request: RequestTo<R>, terms?: Terms) => Promise<AnswerOf<R>>;

export function payeesClient(call: Call): PayeesClient {
  return {
    check: (body, terms) => call('POST /api/payees/check', { body }, terms),
    save: (body, terms) => call('POST /api/payees', { body }, terms),
    list: ({ order, pageSize, cursor: start } = {}, terms) =>
      listOfPages(async (cursor) => {
        const query = { order, limit: pageSize, cursor };
        const page = await call('GET /api/payees', { query }, terms);
        return { items: page.payees, nextCursor: page.nextCursor };
      }, start),
    relabel: async (payeeId, label, terms) =>
      (await call('PATCH /api/payees/{payeeId}', { params: { payeeId }, body: { label } }, terms)).payee,
    remove: (payeeId, terms) =>
      call('DELETE /api/payees/{payeeId}', { params: { payeeId }, body: {} }, terms),
  };
}
