import { expect, it } from 'vitest';
import { PLAIN } from '../../src/testing/fixtures/builders.ts';
import { embed } from './embed.ts';

it('the example of embedding moves 5.00 of 100.00, and answers with what is left', async () => {
  const id = expect.any(String) as string;
  const at = expect.any(Number) as number;
  expect(await embed()).toEqual({
    ok: true,
    replayed: false,
    transfer: {
      transferId: id,
      kind: 'transfer',
      status: 'completed',
      sourceAccountId: id,
      destinationAccountId: id,
      amount: 500n,
      currency: 'EUR',
      exponent: 2,
      description: null,
      metadata: null,
      counterparty: null,
      ...PLAIN,
      code: null,
      createdAt: at,
      completedAt: at,
    },
    balances: [{ accountId: id, balance: 9500n, held: 0n, available: 9500n }],
  });
});
