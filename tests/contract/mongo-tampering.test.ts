import { describeWithMongo } from '../support/mongo.ts';
import { TamperedMongo } from '../support/tamper-mongo.ts';
import { tamperingContract } from './tampering.ts';

describeWithMongo('books in MongoDB', () => {
  const mongo = new TamperedMongo();
  tamperingContract('MongoDB', () => mongo.open(), {
    isWhole: false,
    // A transfer's record tells what the transfer itself does
    impossible: ['an idempotency record, changed from success to refusal'],
  });
});
