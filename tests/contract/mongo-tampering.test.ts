import { afterAll } from 'vitest';
import { describeWithMongo } from '../support/mongo.ts';
import { aTamperedMongo } from '../support/tamper-mongo.ts';
import { tamperingContract } from './tampering.ts';

describeWithMongo('books in MongoDB', () => {
  let close: (() => Promise<void>) | undefined;
  afterAll(() => close?.());
  const open = async () => {
    const opened = await aTamperedMongo();
    close = opened.close;
    return opened;
  };
  tamperingContract('MongoDB', open, {
    isWhole: false,
    // Unique indexes; and a transfer's record tells what the transfer itself does
    impossible: [
      'the number of an account, to another one’s, with its digest',
      'the external id of an account, to another one’s, with its digest',
      'the external id of a transfer, to another one’s, with all hashes and digests',
      'an idempotency record, changed from success to refusal',
    ],
  });
});
