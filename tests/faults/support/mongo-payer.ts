/** A bank that pays once, and dies as it begins to commit: all of its transaction is at the server but the end. */
import { openMongoStore } from '../../../src/adapters/mongo/index.ts';
import { systemClock } from '../../../src/adapters/system.ts';
import type { TransferRequest } from '../../../src/application/transfers/transfer-funds.ts';
import type { Actor } from '../../../src/domain/actor.ts';
import { createLedger } from '../../../src/index.ts';

export type Payment = {
  readonly uri: string;
  readonly databaseName: string;
  readonly actor: Actor;
  /** The amount is 1. */
  readonly request: Omit<TransferRequest, 'amount'>;
};

const { uri, databaseName, actor, request } = JSON.parse(process.argv[2] ?? '') as Payment;
const store = await openMongoStore({
  uri,
  databaseName,
  clock: systemClock,
  clockToleranceMs: Infinity,
  driver: { monitorCommands: true },
  onClient: (client) =>
    client.on('commandStarted', ({ commandName }) => {
      if (commandName === 'commitTransaction') process.kill(process.pid, 'SIGKILL');
    }),
});
await createLedger({ store, clock: systemClock }).transferFunds(actor, { ...request, amount: 1n });
