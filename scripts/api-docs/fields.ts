import {
  ACCOUNT_NAME_MAX_LENGTH,
  DESCRIPTION_MAX_LENGTH,
  METADATA_MAX_PAIRS,
  METADATA_VALUE_MAX_LENGTH,
} from '../../src/application/validation.ts';
import {
  API_KEY_ACCOUNTS_MAX,
  API_KEY_DAYS_MAX,
  API_KEY_NAME_MAX_LENGTH,
} from '../../src/application/api-keys/manage-api-keys.ts';
import { PAGE_LIMIT_MAX } from '../../src/application/page.ts';
import { PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from '../../src/application/users/password.ts';
import { API_KEY_SCOPES } from '../../src/domain/entities/credential.ts';
import { NAME_MAX_LENGTH } from '../../src/domain/entities/user.ts';

export type JsonSchema = { [keyword: string]: unknown };

const CONTROLS = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029';

/** Keywords of a printable text. */
export function text(maxLength: number): JsonSchema {
  return { minLength: 1, maxLength, pattern: `^[^${CONTROLS}]+$` };
}

const AMOUNT = 'In minor units: 500 is 5.00 in a currency with two decimals.';
const id = { minLength: 1, maxLength: 255, pattern: '^[!-~]+$' };
const day = { format: 'date' };
const dateTime = { format: 'date-time' };
const dayOrInstant = { type: 'string', anyOf: [dateTime, day] };
const amount = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER };

/**
 * Meaning and limits of each field, by its name, or by `Component.field` where one name has several meanings. The
 * keywords are merged into the schema that validates the field.
 */
export const FIELDS: Readonly<Record<string, JsonSchema>> = {
  // Identity
  id: { description: 'Id, a UUID of version 7.' },
  'User.name': { description: 'Display name. Payees see it.' },
  'StaffUser.name': { description: 'Display name. Payees see it.' },
  'Account.name': { description: "The owner's own name for the account. Nobody else sees it." },
  'Counterparty.name': { description: 'Display name of the payer, or null.' },
  'RegisterRequest.name': {
    description: 'Display name. Payees see it.',
    minLength: 1,
    maxLength: NAME_MAX_LENGTH,
    pattern: `^[^${CONTROLS}]*[^${CONTROLS}\\s][^${CONTROLS}]*$`,
  },
  'OpenAccountRequest.name': {
    description: 'A name of your own for the account.',
    ...text(ACCOUNT_NAME_MAX_LENGTH),
  },
  'RenameAccountRequest.name': {
    description: 'The new name, or null for none.',
    anyOf: [{ type: 'string', ...text(ACCOUNT_NAME_MAX_LENGTH) }, { type: 'null' }],
  },
  email: { description: 'E-mail address, in lower case.' },
  'RegisterRequest.email': {
    description: 'One e-mail address. Its case does not matter.',
    maxLength: 254,
    pattern:
      "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
  },
  'query.email': { description: "The user's e-mail address.", type: 'string' },
  password: {
    description: 'Any characters. The most common passwords are refused.',
    format: 'password',
    minLength: PASSWORD_MIN_LENGTH,
    maxLength: PASSWORD_MAX_LENGTH,
  },
  'SignInRequest.password': { description: 'The password.', format: 'password' },
  role: { description: 'Role, which decides what the user may do.' },
  user: { description: 'The user.' },
  token: { description: "The session's token. Send it as a Bearer token." },
  userId: { description: 'Id of a user.', ...id },
  createdAt: { description: 'Time of creation.' },

  users: { description: 'The users of this page.' },
  emailVerifiedAt: { description: 'Time at which the user proved the address. Absent: not yet.' },
  lockedAt: { description: 'Time at which the user was locked out. Absent: not locked.' },
  erasedAt: { description: "Time at which the user's personal data was erased. Absent: not erased." },
  'request.role': { description: 'The new role.' },

  // API keys
  apiKeyId: { description: 'Id of the API key.' },
  apiKey: { description: 'The API key, without its secret.' },
  apiKeys: { description: 'The API keys.' },
  secret: { description: 'The key itself. No later answer shows it. Send it as a Bearer token.' },
  'ApiKey.name': { description: 'Name that the owner gave the key.' },
  'MakeApiKeyRequest.name': {
    description: 'A name by which you recognise the key.',
    ...text(API_KEY_NAME_MAX_LENGTH),
  },
  prefix: { description: 'Beginning of the key.' },
  scopes: { description: 'What the key allows.' },
  'MakeApiKeyRequest.scopes': {
    description: 'What the key allows: one or more of `read`, `transfer`, `hold` and `admin`.',
    items: { type: 'string', enum: [...API_KEY_SCOPES] },
    minItems: 1,
    maxItems: API_KEY_SCOPES.length,
  },
  'ApiKey.accounts': { description: 'Ids of the accounts that the key may touch. Absent: all.' },
  'MakeApiKeyRequest.accounts': {
    description: 'Ids of your accounts that the key may touch. Default: all of them, future ones too.',
    items: { type: 'string', ...id },
    minItems: 1,
    maxItems: API_KEY_ACCOUNTS_MAX,
  },
  transferLimit: { description: `Largest amount of one transaction. Absent: no limit. ${AMOUNT}` },
  'request.transferLimit': { description: `Largest amount of one transaction. ${AMOUNT}`, ...amount },
  expiresInDays: {
    description: `Days until the key expires. Default: 90.`,
    type: 'integer',
    minimum: 1,
    maximum: API_KEY_DAYS_MAX,
  },
  'ApiKey.expiresAt': { description: 'Time from which the key is refused.' },
  lastUsedAt: { description: 'Time of the last use, to within five minutes. Absent: never used.' },

  // Security events
  events: { description: 'The security events of this page.' },
  'SecurityEvent.action': { description: 'The event.' },
  'SecurityEvent.userId': {
    description: 'Id of the user whom it is about. Absent: nobody has the given address.',
  },
  actorId: { description: 'Id of the user who acted. Absent: an operator at the command line, or unknown.' },
  sessionId: { description: 'Id of the session.' },
  address: { description: 'IP address of the request.' },
  device: { description: 'User agent of the request.' },
  details: { description: 'Facts about the event, by name.' },

  // Accounts
  account: { description: 'The account.' },
  'Counterparty.account': { description: 'Id of the account, or its last four characters.' },
  'Leg.account': { description: 'Id of the account.' },
  'LegRequest.account': { description: 'Id of the account.', ...id },
  accountId: { description: 'Id of the account.' },
  accounts: { description: 'The accounts of this page.' },
  'Checkpoint.accounts': { description: 'Number of accounts that the checkpoint covers.' },
  'Customers.accounts': { description: 'Number of accounts.' },
  currency: { description: 'Currency, as a code of ISO 4217.' },
  'request.currency': {
    description: 'Currency, as a code of ISO 4217 in capitals.',
    $ref: '#/components/schemas/CurrencyCode',
  },
  currencyExponent: { description: "Number of decimals of the currency's minor unit." },
  class: { description: "Class in the bank's books: a customer's account is a liability." },
  status: { description: 'Status.' },
  'Problem.status': { description: 'Status of the answer.' },
  'BatchProblem.status': { description: 'Status of the answer.' },
  'Health.status': { description: 'Always "ok".' },
  'query.status': { description: "The transaction's status at the moment of the request." },
  balance: { description: `Balance. ${AMOUNT}` },
  held: { description: `Amount reserved by holds. ${AMOUNT}` },
  available: { description: `Balance less the held amount. ${AMOUNT}` },
  minimumBalance: { description: `Minimum of the available balance, negative for an overdraft. ${AMOUNT}` },
  maximumBalance: { description: `Maximum balance. Absent or null: none. ${AMOUNT}` },
  sweepTo: {
    description: 'Id of another account of the same owner and currency, which gets the rest.',
    ...id,
  },
  reason: { description: 'Reason, for the audit log.' },
  'request.reason': { description: 'Reason, for the audit log.', ...text(DESCRIPTION_MAX_LENGTH) },
  credits: { description: 'Sum of the credits, as decimal text.' },
  'FreezeAccountRequest.credits': { description: 'Whether credits are stopped too.' },
  debits: { description: 'Sum of the debits, as decimal text.' },
  at: { description: 'The instant.' },
  'query.userId': { description: 'Id of the user.' },
  'query.at': {
    ...dayOrInstant,
    description: 'An instant, or a day, which stands for its first instant in UTC.',
  },
  'ProvenEntry.at': { description: 'The instant, in milliseconds since 1970.' },
  final: { description: 'Whether no commit under way can still change the answer.' },

  // Transactions
  transaction: { description: 'The transaction.' },
  transactions: { description: 'The transactions of this page, newest first.' },
  transactionId: { description: 'Id of the transaction.' },
  fromAccount: { description: 'Id of the account that pays. Null where you may not see it.' },
  toAccount: { description: 'Id of the account that is paid. Null where you may not see it.' },
  'request.fromAccount': { description: 'Id of the account that pays.', ...id },
  'request.toAccount': { description: 'Id of the account that is paid.', ...id },
  amount: { description: `Amount. ${AMOUNT}` },
  fromAmount: { description: `Amount to debit, in the currency of \`fromAccount\`. ${AMOUNT}` },
  toAmount: { description: `Amount to credit, in the currency of \`toAccount\`. ${AMOUNT}` },
  'CaptureRequest.amount': { description: `Amount to take. Default: the whole hold. ${AMOUNT}` },
  'ReverseRequest.amount': { description: `Amount to send back. Default: all that is left. ${AMOUNT}` },
  description: { description: 'Text that both sides see.' },
  'request.description': { description: 'Text that both sides see.', ...text(DESCRIPTION_MAX_LENGTH) },
  metadata: { description: 'Pairs of text, which the initiator and the system see.' },
  'request.metadata': {
    description: 'Pairs of text, which the initiator and the system see.',
    type: 'object',
    maxProperties: METADATA_MAX_PAIRS,
    propertyNames: {
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$',
      not: { enum: ['constructor', 'prototype'] },
    },
    additionalProperties: { type: 'string', ...text(METADATA_VALUE_MAX_LENGTH) },
  },
  pending: { description: 'Whether to hold the amount instead of moving it.' },
  expiresAt: { description: 'End of the hold.' },
  'request.expiresAt': {
    description:
      'End of the hold, an instant at most 31 days ahead. Only with `pending`, and not with `expiresInSeconds`.',
    type: 'string',
    ...dateTime,
  },
  expiresInSeconds: {
    description: 'Life of the hold. Default: 7 days. Only with `pending`.',
    type: 'integer',
    minimum: 1,
    maximum: 31 * 24 * 60 * 60,
  },
  'Transfer.expiresAt': { description: 'End of the hold, in milliseconds since 1970, or null.' },
  'Transfer.createdAt': { description: 'Time of creation, in milliseconds since 1970.' },
  legs: { description: 'Its legs that you may see, if it has more than two.' },
  'request.legs': {
    description: 'One debit and many credits, or many debits and one credit. Both sides are equal.',
  },
  direction: { description: 'Whether the account is debited or credited.' },
  kind: { description: 'Kind of the transaction.' },
  counterparty: { description: 'The other side, as far as you may see it.' },
  'query.counterparty': {
    description: 'Account on the other side: a whole id, or its last four characters.',
    ...id,
  },
  more: { description: 'Number of further accounts on that side.' },
  amountCaptured: { description: `Captured part of a hold. ${AMOUNT}` },
  amountReversed: { description: `Reversed part. Only the paying side sees it. ${AMOUNT}` },
  reverses: { description: 'On a reversal: id of the original transaction.' },
  batchId: { description: 'Id of the batch. Its initiator, the system and auditors see it.' },
  completedAt: { description: 'Time of completion.' },
  balances: { description: 'Balances of your own accounts right after the transaction.' },
  idempotencyKey: {
    description:
      'Makes a retry safe: the same key and the same request take effect at most once. It may also come in the header `Idempotency-Key` instead.',
    minLength: 1,
    maxLength: 255,
    pattern: '^[ -~]+$',
  },
  dryRun: { description: 'Set for a dry run, which changes nothing.' },
  'query.dryRun': { description: 'With `true`, runs every check and changes nothing.' },
  transfers: { description: 'The transactions to make, in order.' },
  linked: { description: 'Whether all succeed or none does. Default: false.' },
  results: { description: 'The result of each transaction, in the order of the request.' },
  problem: { description: 'Why this transaction was refused.' },
  'query.operation': {
    description: 'The operation of the key. Default: transfer. The last three are for the role system.',
  },
  key: { description: 'The idempotency key.' },

  // Lists
  nextCursor: { description: 'Send it as `cursor` to get the next page. Null after the last page.' },
  limit: {
    description: 'Maximum of items in the page.',
    type: 'integer',
    minimum: 1,
    maximum: PAGE_LIMIT_MAX,
    default: 50,
  },
  cursor: {
    description: 'The `nextCursor` of the page before, from the same list and filter.',
    type: 'string',
  },
  'query.direction': { description: 'Direction on your account.' },
  'query.kind': { description: "The transaction's kind." },
  'query.from': { ...dayOrInstant, description: 'Start, inclusive: a day or an instant.' },
  'query.to': { ...dayOrInstant, description: 'End, exclusive: a day or an instant.' },
  'query.minAmount': { ...amount, description: `Smallest amount. ${AMOUNT}` },
  'query.maxAmount': { ...amount, description: `Largest amount. ${AMOUNT}` },
  'query.format': { description: 'Format. Default: by the header `Accept`, else JSON.' },

  // Entries and statements
  entries: { description: 'The entries of this page, newest first.' },
  'StatementProof.entries': { description: 'All entries of the period, oldest first.' },
  sequence: { description: 'Position, starting at 1, without gaps.' },
  step: { description: "The step of the transaction's life that made the entry." },
  hash: { description: 'Link of the hash chain, in hexadecimal.' },
  from: { description: 'Start, inclusive.' },
  to: { description: 'End, exclusive.' },
  'Period.from': { description: 'Start, inclusive, in milliseconds since 1970.' },
  'Period.to': { description: 'End, exclusive, in milliseconds since 1970.' },
  statement: { description: 'The statement.' },
  openingBalance: { description: `Balance at the start. ${AMOUNT}` },
  closingBalance: { description: `Balance at the end. ${AMOUNT}` },
  totalIn: { description: 'Sum of the credits, as decimal text.' },
  totalOut: { description: 'Sum of the debits, as decimal text.' },
  holds: { description: 'Holds at the end of the period.' },
  placedAt: { description: 'Time at which the hold was placed.' },
  lines: { description: 'Posted changes, oldest first.' },
  flow: { description: 'Whether the money came in or went out.' },

  // Problems
  type: { description: 'Link to the page about this code.', format: 'uri-reference' },
  title: { description: 'Name of the status.' },
  detail: { description: 'What went wrong, for people. It may change.' },
  message: { description: 'The same as `detail`, for older clients.' },
  'FieldError.message': { description: 'What the field must be.' },
  code: { description: 'Stable code. Programs should branch on it.' },
  retry: {
    description:
      'What to do next. `same_key`: repeat the request with the same key. `new_key`: a later attempt needs a new key. `never`: the same request will always be refused.',
  },
  errors: { description: 'The fields that are wrong, at most 20.' },
  field: { description: 'Path of the field.' },
  before: { description: 'Value before, as text.' },
  after: { description: 'Value after, as text.' },
  'ProvenEntry.after': { description: "The account's counters after the entry." },

  // The system's own
  records: { description: 'The records of this page, oldest first.' },
  actor: { description: 'The person or system that did it.' },
  action: { description: 'What was done.' },
  changes: { description: 'The fields that changed.' },
  checkpoint: { description: 'The checkpoint.' },
  'StatementProof.checkpoint': { description: 'The signed text of the checkpoint.' },
  checkpoints: { description: 'The checkpoints of this page, newest first.' },
  number: { description: 'Number of the checkpoint, starting at 1, without gaps.' },
  root: { description: 'Root of the Merkle tree over all accounts.' },
  previous: { description: "Digest of the checkpoint before this one's signed text." },
  audit: { description: 'The end of the audit log.' },
  digest: { description: 'Digest of the signed text.' },
  signed: { description: 'The signed text. Keep a copy as evidence.' },
  currencies: { description: 'One trial balance for each currency.' },
  systemAccounts: { description: "The bank's own accounts." },
  customers: { description: "The sum over all customers' accounts." },
  purpose: { description: 'Purpose of the account.' },
  balanced: { description: 'Whether debits equal credits.' },

  // Statement proofs
  format: { description: 'Name of the format.' },
  version: { description: 'Version of the format.' },
  period: { description: 'The period.' },
  previousHash: { description: 'Hash before the first entry of the proof.' },
  opening: { description: 'Last entry before the period.' },
  following: { description: 'First entry after the period.' },
  digests: { description: 'Digests of every later entry, up to the checkpoint.' },
  leaf: { description: "The account's leaf in the checkpoint." },
  inclusion: { description: "The leaf's audit path in the Merkle tree." },
  index: { description: 'Index of the leaf.' },
  size: { description: 'Number of leaves.' },
  path: { description: 'Hashes from the leaf to the root.' },
  posted: { description: 'Change of the posted counter, as decimal text.' },
  'ProvenEntry.pending': { description: 'Change of the pending counter, as decimal text.' },
  debitsPosted: { description: 'Posted debits, as decimal text.' },
  creditsPosted: { description: 'Posted credits, as decimal text.' },
  debitsPending: { description: 'Pending debits, as decimal text.' },
  creditsPending: { description: 'Pending credits, as decimal text.' },
  transfer: { description: 'Facts of the transaction.' },
  seal: { description: 'Digests that stand for the parties and the texts.' },
  parties: { description: 'Digest of the parties.' },
  'Seal.description': { description: 'Digest of the description, or a dash.' },
  'Seal.metadata': { description: 'Digest of the metadata, or a dash.' },
  'ProvenEntry.description': { description: 'The text and its salt, or null.' },
  salt: { description: 'Salt of the digest.' },
  text: { description: 'The text.' },
};
