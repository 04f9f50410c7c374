import type { Context } from 'hono';
import type { Logger } from '../../../application/ports/runtime.ts';
import type { PersonalData } from '../../../application/profile/export-data.ts';
import {
  credentialRecordShape,
  eventRecordShape,
  meShape,
  sessionRecordShape,
} from '../responses/profile-shapes.ts';
import { payeeRecordShape } from '../responses/payee-bodies.ts';
import { accountShape, transactionShape } from '../responses/responses.ts';
import { sendParts } from '../statement/send-parts.ts';

/** Streams all data about a person as one JSON document, page by page. */
export function sendPersonalData(c: Context, data: PersonalData, log: Logger): Promise<Response> {
  const headers = {
    'Content-Type': 'application/json',
    'Content-Disposition': 'attachment; filename="passbook-data.json"',
  };
  return sendParts(c, partsOf(data), { headers, log, name: 'personal data' });
}

async function* partsOf(data: PersonalData): AsyncGenerator<string, void> {
  const head = {
    ...meShape(data.user),
    sessions: data.sessions.map(sessionRecordShape),
    credentials: data.credentials.map(credentialRecordShape),
  };
  yield JSON.stringify(head).slice(0, -1);
  yield* listOf('securityEvents', data.securityEvents(), eventRecordShape);
  yield* listOf('payees', data.payees(), payeeRecordShape);
  yield* listOf('accounts', data.accounts(), accountShape);
  yield* listOf('transactions', data.transactions(), transactionShape);
  yield '}';
}

async function* listOf<T>(
  name: string,
  pages: AsyncGenerator<readonly T[], void>,
  shape: (item: T) => object,
): AsyncGenerator<string, void> {
  yield `,"${name}":[`;
  let isFirst = true;
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield (isFirst ? '' : ',') + page.map((item) => JSON.stringify(shape(item))).join(',');
    isFirst = false;
  }
  yield ']';
}
