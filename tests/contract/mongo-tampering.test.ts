import { describeWithMongo } from '../support/mongo.ts';
import { aTamperedMongo } from '../support/tamper-mongo.ts';
import { tamperingContract } from './tampering.ts';

describeWithMongo('books in MongoDB', () => {
  tamperingContract('MongoDB', aTamperedMongo, {
    isWhole: false,
    // A record takes its outcome from the transfer
    impossible: ['a refusal, made of an idempotency record that tells of success'],
  });
});
