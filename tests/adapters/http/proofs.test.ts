import { describe, expect, test } from 'vitest';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import {
  A_TEXT,
  Edge,
  expectAnswer,
  idIn,
  invalid,
  problem,
  refusal,
  UNAUTHENTICATED,
} from '../../support/edge.ts';
import type { Answer } from '../../support/edge.ts';

const FORBIDDEN = problem(403, 'forbidden', {
  title: 'Forbidden',
  detail: 'Your role does not allow this',
});

describe('Erasing the texts of a transaction', () => {
  test('is for the system, requires a reason, and is recorded in the audit log', async () => {
    const { edge, alice, operator, paid } = await aBank();
    const route = `POST /api/system/transactions/${paid}/erase-text`;
    const before = (await edge.call(`GET /api/transactions/${paid}`, { as: alice.token })).body as {
      transaction: object;
    };
    expect(before).toMatchObject({ transaction: { description: 'Rent' } });

    const erased = await edge.call(route, { as: operator.token, body: { reason: 'On demand' } });
    const { description: _gone, ...rest } = before.transaction as { description?: string };
    expectAnswer(await edge.call(`GET /api/transactions/${paid}`, { as: alice.token }), {
      status: 200,
      body: { transaction: rest },
    });
    expect(erased).toMatchObject({ status: 200, body: { transaction: { id: paid }, balances: [] } });
    expect(erased.text).not.toContain('Rent');
    expectAnswer(
      await edge.call(route, { as: operator.token, body: { reason: 'Again' } }),
      refusal(409, 'nothing_to_erase'),
    );
    const log = await edge.call('GET /api/system/audit', { as: operator.token });
    // The roles of the operator and the auditor were granted before
    const [, , ...records] = (log.body as { records: readonly object[] }).records;
    expectAnswer(
      { ...log, body: { ...(log.body as object), records } },
      {
        status: 200,
        body: {
          records: [
            {
              sequence: 3,
              at: '2026-01-15T10:00:00.000Z',
              actor: { kind: 'system', id: operator.id },
              action: 'text_erased',
              transactionId: paid,
              reason: 'On demand',
              changes: [{ field: 'description', before: A_TEXT, after: null }],
              hash: A_TEXT,
            },
          ],
          nextCursor: null,
        },
      },
    );
  });

  test('is refused without a reason, without the role, and for an unknown transaction', async () => {
    const { edge, alice, operator, paid } = await aBank();
    const route = `POST /api/system/transactions/${paid}/erase-text`;
    const body = { reason: 'On demand' };
    expectAnswer(await edge.call(route, { body }), UNAUTHENTICATED);
    expectAnswer(await edge.call(route, { as: alice.token, body }), FORBIDDEN);
    expectAnswer(
      await edge.call(route, { as: operator.token, body: {} }),
      invalid(['reason', 'is required']),
    );
    const absent = `POST /api/system/transactions/${freshId()}/erase-text`;
    expectAnswer(await edge.call(absent, { as: operator.token, body }), refusal(404, 'transfer_not_found'));
  });
});

describe('Checkpoints', () => {
  test('are made by the system, and visible to it and to auditors', async () => {
    const { edge, alice, operator, auditor } = await aBank();
    const made = await edge.call('POST /api/system/checkpoints', { as: operator.token });
    const checkpoint = {
      number: 1,
      at: '2026-01-15T10:00:00.000Z',
      accounts: 3,
      root: A_TEXT,
      previous: '0'.repeat(64),
      audit: { sequence: 2, hash: A_TEXT },
      digest: A_TEXT,
      signed: A_TEXT,
    };
    expectAnswer(made, { status: 201, body: { checkpoint } });
    for (const { token } of [operator, auditor]) {
      expectAnswer(await edge.call('GET /api/system/checkpoints', { as: token }), {
        status: 200,
        body: { checkpoints: [(made.body as { checkpoint: object }).checkpoint], nextCursor: null },
      });
    }
    for (const method of ['GET', 'POST']) {
      expectAnswer(await edge.call(`${method} /api/system/checkpoints`), UNAUTHENTICATED);
      expectAnswer(await edge.call(`${method} /api/system/checkpoints`, { as: alice.token }), FORBIDDEN);
    }
    expectAnswer(await edge.call('POST /api/system/checkpoints', { as: auditor.token }), FORBIDDEN);
  });
});

describe('The proof of a statement', () => {
  test('is available to the owner, the system and auditors alone', async () => {
    const { edge, alice, bob, operator, auditor, account } = await aBank();
    const proofFor = (token: string, query = ''): Promise<Answer> =>
      edge.call(`GET /api/accounts/${account}/statement-proof${query}`, { as: token });
    expectAnswer(await proofFor(alice.token), refusal(404, 'checkpoint_not_found'));
    edge.clock.advance(1);
    await edge.call('POST /api/system/checkpoints', { as: operator.token });

    const [proof, ...others] = await Promise.all(
      [alice, operator, auditor].map(({ token }) => proofFor(token)),
    );
    expect(proof).toMatchObject({
      status: 200,
      body: { format: 'passbook statement proof', version: 2, opening: null, following: null, digests: [] },
    });
    for (const other of others) expect(other.text).toBe(proof?.text);
    expectAnswer(await proofFor(bob.token), refusal(404, 'account_not_found'));
    expectAnswer(await edge.call(`GET /api/accounts/${account}/statement-proof`), UNAUTHENTICATED);
    expect(
      (await proofFor(alice.token, '?from=2026-01-15T10:00:00Z&to=2026-01-15T10:00:00Z')).body,
    ).toMatchObject({
      entries: [],
    });
    expectAnswer(
      await proofFor(alice.token, '?from=yesterday'),
      invalid(['from', 'must be a day, such as 2030-01-31, or an instant of RFC 3339']),
    );
    for (const beyond of ['?to=2027-01-15T10:00:00Z', '?from=2026-01-16', '?from=2026-01-16&to=2026-01-17']) {
      expectAnswer(await proofFor(alice.token, beyond), refusal(404, 'checkpoint_not_found'));
    }
    expect((await proofFor(alice.token, '?from=2026-01-14&to=2026-01-15')).body).toMatchObject({
      period: { from: Date.UTC(2026, 0, 14), to: Date.UTC(2026, 0, 15) },
      entries: [],
    });
    expect((await proofFor(alice.token, '?from=2026-01-15')).body).toMatchObject({
      period: { from: Date.UTC(2026, 0, 15) },
    });
  });
});

async function aBank() {
  const edge = new Edge();
  const alice = await edge.register('Alice');
  const bob = await edge.register('Bob');
  const operator = await edge.register('Operator', { role: 'system' });
  const auditor = await edge.register('Auditor', { role: 'auditor' });
  const account = await edge.account(alice, 1_000);
  const body = { fromAccount: account, toAccount: await edge.account(bob), amount: 10, description: 'Rent' };
  const paid = idIn(await edge.send('POST /api/transactions', alice, body));
  return { edge, alice, bob, operator, auditor, account, paid };
}
