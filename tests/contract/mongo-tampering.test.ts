import { describeWithMongo } from '../support/mongo.ts';
import { TamperedMongo } from '../support/tamper-mongo.ts';
import { tamperingContract } from './tampering.ts';

describeWithMongo('books in MongoDB', () => {
  const mongo = new TamperedMongo();
  tamperingContract('MongoDB', () => mongo.open(), {
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
