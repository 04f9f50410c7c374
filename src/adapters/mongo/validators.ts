import type { Document } from 'mongodb';
import { MAX_AMOUNT, MAX_COUNTER } from '../../domain/money.ts';

/*
 * The second line behind the domain: what the server refuses to keep, whoever writes it. A refusal here is a mistake
 * of ours, never an answer to a request.
 */

const text = { bsonType: 'string' };
const textOrNull = { bsonType: ['string', 'null'] };
const date = { bsonType: 'date' };
const dateOrNull = { bsonType: ['date', 'null'] };
const count = { bsonType: 'long', minimum: 0n };
const counter = { bsonType: 'long', minimum: 0n, maximum: MAX_COUNTER };
const amount = { bsonType: 'long', minimum: 1n, maximum: MAX_AMOUNT };
const balance = { bsonType: 'long', minimum: -MAX_AMOUNT, maximum: MAX_AMOUNT };
const limit = { bsonType: ['long', 'null'], minimum: -MAX_AMOUNT, maximum: MAX_AMOUNT };
const exponent = { bsonType: 'int', minimum: 0, maximum: 4 };
const hash = { bsonType: 'string', pattern: '^[0-9a-f]{64}$' };
const direction = { enum: ['debit', 'credit'] };

const counters = object({
  debitsPosted: counter,
  creditsPosted: counter,
  debitsPending: counter,
  creditsPending: counter,
});

const postedDifference = { $abs: { $subtract: ['$counters.creditsPosted', '$counters.debitsPosted'] } };

export const accounts: Document = {
  $jsonSchema: object({
    _id: text,
    ownerId: textOrNull,
    purpose: { enum: [null, 'funding', 'settlement', 'fees', 'exchange', 'suspense'] },
    name: textOrNull,
    currency: text,
    exponent,
    class: { enum: ['asset', 'liability', 'equity', 'income', 'expense'] },
    status: { enum: ['active', 'frozen', 'closed'] },
    creditsFrozen: { bsonType: 'bool' },
    minimumBalance: limit,
    maximumBalance: limit,
    counters,
    sequence: count,
    latestAt: date,
    head: hash,
    nextExpiryAt: dateOrNull,
    createdAt: date,
    version: count,
  }),
  $expr: { $lte: [postedDifference, MAX_AMOUNT] },
};

export const owners: Document = {
  $jsonSchema: object({ _id: text, accountCount: count, version: count }),
};

export const entries: Document = {
  $jsonSchema: object({
    _id: object({ accountId: text, sequence: { bsonType: 'long', minimum: 1n } }),
    transferId: text,
    step: { enum: ['completed', 'held', 'captured', 'voided', 'expired'] },
    direction,
    posted: counter,
    pending: counter,
    after: counters,
    at: date,
    hash,
  }),
};

export const transfers: Document = {
  $jsonSchema: object({
    _id: text,
    kind: { enum: ['transfer', 'initial_funds', 'withdrawal', 'reversal'] },
    status: { enum: ['completed', 'pending', 'voided', 'expired', 'rejected'] },
    code: textOrNull,
    legs: {
      bsonType: 'array',
      minItems: 2,
      items: object({ accountId: text, ownerId: textOrNull, direction, amount }),
    },
    parties: { bsonType: 'array', items: text },
    currency: textOrNull,
    initiator: object({ kind: { enum: ['user', 'system'] }, id: textOrNull }),
    salt: text,
    expiresAt: dateOrNull,
    createdAt: date,
    completedAt: dateOrNull,
    amountCaptured: { ...amount, bsonType: ['long', 'null'] },
    reversed: { bsonType: ['array', 'null'], items: counter },
  }),
};

const outcomeKind = { enum: ['transferred', 'opened', 'changed', 'refused', 'batch'] };

export const records: Document = {
  $jsonSchema: object({
    _id: text,
    request: object({ version: { bsonType: 'int' }, fields: { bsonType: 'object' } }),
    outcome: {
      ...object({ kind: outcomeKind }),
      properties: {
        kind: outcomeKind,
        balances: {
          bsonType: 'array',
          items: object({ accountId: text, balance, held: counter, available: balance }),
        },
      },
    },
    at: date,
  }),
};

export const audit: Document = {
  $jsonSchema: object({
    _id: { bsonType: 'long', minimum: 1n },
    at: date,
    actor: object({ kind: { enum: ['user', 'system'] }, id: textOrNull }),
    action: text,
    accountId: text,
    reason: textOrNull,
    changes: { bsonType: 'array' },
    hash,
  }),
};

export const messages: Document = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['_id', 'message', 'attempts'],
    properties: {
      _id: text,
      message: {
        ...object({ kind: text, recipientId: text, at: date }),
        properties: { kind: text, recipientId: text, at: date, amount },
      },
      attempts: { bsonType: 'int', minimum: 0 },
      dueAt: date,
      sentAt: date,
      gaveUpAt: date,
    },
  },
};

export const users: Document = {
  $jsonSchema: object({
    _id: text,
    name: text,
    email: text,
    role: { enum: ['customer', 'system', 'auditor'] },
    passwordHash: text,
    createdAt: date,
  }),
};

export const sessions: Document = {
  $jsonSchema: object({ _id: text, userId: text, createdAt: date, expiresAt: date, endedAt: dateOrNull }),
};

/** All of these properties must be there. */
function object(properties: Readonly<Record<string, Document>>): Document {
  return { bsonType: 'object', required: Object.keys(properties), properties };
}
