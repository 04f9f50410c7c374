import type { Document } from 'mongodb';
import { ROLES } from '../../../domain/entities/user.ts';
import { MAX_AMOUNT, MAX_COUNTER } from '../../../domain/money/money.ts';

/*
 * The second line of defence behind the domain: rules that the server enforces for every writer. A refusal here is a
 * bug of ours, never an answer to a request.
 */

const text = { bsonType: 'string' };
const textOrNull = { bsonType: ['string', 'null'] };
const date = { bsonType: 'date' };
const dateOrNull = { bsonType: ['date', 'null'] };
const count = { bsonType: 'long', minimum: 0n };
const counter = { bsonType: 'long', minimum: 0n, maximum: MAX_COUNTER };
const amount = { bsonType: 'long', minimum: 1n, maximum: MAX_AMOUNT };
const limit = { bsonType: ['long', 'null'], minimum: -MAX_AMOUNT, maximum: MAX_AMOUNT };
const exponent = { bsonType: 'int', minimum: 0, maximum: 4 };
const number = { bsonType: ['string', 'null'], pattern: '^[A-Z]{2,4}[0-9]{14}$' };
const hash = { bsonType: 'string', pattern: '^[0-9a-f]{64}$' };
/** The first half of a SHA-256. */
const digest = { bsonType: 'binData' };
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
    number,
    name: textOrNull,
    externalId: textOrNull,
    metadata: { bsonType: ['object', 'null'] },
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
    digest,
  }),
  $expr: {
    $and: [
      { $lte: [postedDifference, MAX_AMOUNT] },
      // Every account of an owner has a number
      { $or: [{ $eq: ['$ownerId', null] }, { $ne: ['$number', null] }] },
    ],
  },
};

export const ledger: Document = { $jsonSchema: object({ _id: text, unit: count }) };

const entry = object({
  leg: { bsonType: 'int', minimum: 0 },
  sequence: { bsonType: 'long', minimum: 1n },
  step: { enum: ['completed', 'held', 'captured', 'voided', 'expired'] },
  posted: counter,
  pending: counter,
  debitsPosted: counter,
  creditsPosted: counter,
  debitsPending: counter,
  creditsPending: counter,
  at: date,
  hash: { bsonType: 'binData' },
});

export const transfers: Document = {
  $jsonSchema: sparse(
    {
      _id: text,
      kind: { enum: ['transfer', 'initial_funds', 'withdrawal', 'reversal'] },
      status: { enum: ['completed', 'pending', 'voided', 'expired', 'rejected'] },
      legs: {
        bsonType: 'array',
        minItems: 2,
        items: object({ accountId: text, ownerId: textOrNull, direction, amount }),
      },
      initiator: object({ kind: { enum: ['user', 'system'] }, id: textOrNull }),
      salt: text,
      createdAt: date,
      digest,
    },
    {
      entries: { bsonType: 'array', items: entry },
      places: { bsonType: 'array', items: text },
      code: textOrNull,
      currency: text,
      expiresAt: date,
      completedAt: dateOrNull,
      amountCaptured: { ...amount, bsonType: ['long', 'null'] },
      reversed: { bsonType: ['array', 'null'], items: counter },
      reference: text,
      externalId: text,
      erased: sparse({ description: textOrNull, metadata: textOrNull }, { reference: textOrNull }),
      unbookedFor: text,
      reserved: object({ debited: text, credited: text, amount }),
      record: object({ key: text, request: text, balances: text, at: date }),
    },
  ),
  // An older program, without reserved amounts, can neither place nor end a hold
  $expr: { $eq: [{ $eq: ['$status', 'pending'] }, { $ne: [{ $type: '$reserved' }, 'missing'] }] },
};

export const blocks: Document = { $jsonSchema: object({ _id: text, others: text }) };

const outcomeKind = { enum: ['transferred', 'opened', 'changed', 'refused', 'batch'] };

export const records: Document = {
  $jsonSchema: object({ _id: text, request: text, outcome: object({ kind: outcomeKind }), at: date, digest }),
};

export const audit: Document = {
  $jsonSchema: sparse(
    {
      _id: { bsonType: 'long', minimum: 1n },
      at: date,
      actor: object({ kind: { enum: ['user', 'system'] }, id: textOrNull }),
      action: text,
      accountId: textOrNull,
      transferId: textOrNull,
      reason: textOrNull,
      changes: { bsonType: 'array' },
      hash,
    },
    { userId: text },
  ),
};

export const parcels: Document = {
  $jsonSchema: sparse(
    { _id: text, messages: text, attempts: { bsonType: 'int', minimum: 0 } },
    { dueAt: date, gaveUpAt: date },
  ),
};

export const users: Document = {
  $jsonSchema: sparse(
    { _id: text, name: text, email: text, role: { enum: [...ROLES] }, passwordHash: text, createdAt: date },
    {
      emailVerifiedAt: dateOrNull,
      language: text,
      timeZone: text,
      lockedAt: dateOrNull,
      erasedAt: dateOrNull,
    },
  ),
};

export const sessions: Document = {
  $jsonSchema: sparse(
    { _id: text, userId: text, createdAt: date, expiresAt: date, endedAt: dateOrNull },
    {
      refreshDigest: textOrNull,
      previousDigest: textOrNull,
      refreshedAt: date,
      lastUsedAt: date,
      methods: { bsonType: 'array', items: text },
      address: textOrNull,
      device: textOrNull,
    },
  ),
};

export const credentials: Document = {
  $jsonSchema: object({
    _id: text,
    userId: text,
    kind: text,
    digest: textOrNull,
    createdAt: date,
    expiresAt: dateOrNull,
    content: { bsonType: 'object' },
  }),
};

export const securityEvents: Document = {
  $jsonSchema: object({
    _id: text,
    at: date,
    userId: textOrNull,
    actorId: textOrNull,
    action: text,
    sessionId: textOrNull,
    address: textOrNull,
    device: textOrNull,
    details: { bsonType: 'object' },
  }),
};

export const payees: Document = {
  $jsonSchema: object({
    _id: text,
    userId: text,
    accountId: text,
    number: text,
    label: textOrNull,
    confirmedName: textOrNull,
    savedAt: dateOrNull,
    createdAt: date,
  }),
};

export const mailHours: Document = { $jsonSchema: object({ _id: text, endsAt: date, content: text }) };

export const throttles: Document = {
  $jsonSchema: object({ _id: text, count: { bsonType: 'int' }, expiresAt: date }),
};

/** All of these properties are required. */
function object(properties: Readonly<Record<string, Document>>): Document {
  return { bsonType: 'object', required: Object.keys(properties), properties };
}

/** The first properties are required, the second ones optional. */
function sparse(
  required: Readonly<Record<string, Document>>,
  optional: Readonly<Record<string, Document>>,
): Document {
  return { ...object(required), properties: { ...required, ...optional } };
}
