import type { Actor } from '../../domain/actor.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { AccountRef } from '../../domain/books/command.ts';
import { invalid, PassbookError } from '../../domain/errors.ts';
import { scopeOf } from '../../domain/books/idempotency.ts';
import { withTransferView } from '../alongside.ts';
import { dryRunTransfer, withDryRun } from '../dry-run.ts';
import { lookUpNumbers, requireAccountId } from '../accounts/account-ids.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { leg } from './transfer-request.ts';
import type { IdGenerator } from '../ports/runtime.ts';
import {
  DESCRIPTION_MAX_LENGTH,
  REFERENCE_MAX_LENGTH,
  normalise,
  optionalCurrency,
  optionalExternalId,
  optionalText,
  requireAmount,
  requireId,
  requireKey,
  withoutTexts,
} from '../validation.ts';
import type { SubmitOptions, CommandWriter } from '../group-commit.ts';
import { viewTransferAnswer } from '../views.ts';
import type { TransferResult } from '../views.ts';

type SystemActor = Extract<Actor, { kind: 'system' }>;
type Ports = {
  readonly writer: CommandWriter;
  readonly reads: LedgerReads;
  readonly ids: IdGenerator;
  readonly digest: Digest;
  readonly defaultCurrency: string;
};

type Funding = {
  /** User whose oldest active account in the currency is used, instead of an account id. */
  readonly userId?: string;
  /** Amount in minor units. */
  readonly amount: bigint;
  readonly idempotencyKey: string;
  /** With a user, default: the ledger's default currency. With an account, it must match if present. */
  readonly currency?: string;
  readonly description?: string;
  /** Short text that the owner can see; 1 to 35 printable characters. */
  readonly reference?: string;
  /** Id of the transfer in the calling program, unique among transfers that were not rejected. */
  readonly externalId?: string;
};

export type InitialFundsRequest = Funding & { readonly destinationAccountId?: string };
export type WithdrawalRequest = Funding & { readonly sourceAccountId?: string };

/**
 * Brings money into the bank, from the currency's funding account to a customer's account.
 * @throws PassbookError `forbidden`, `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function fundAccount(ports: Ports) {
  const fund = (
    actor: SystemActor,
    request: InitialFundsRequest,
    options?: SubmitOptions<never, TransferResult>,
  ): Promise<TransferResult> => {
    const { destinationAccountId: accountId } = request;
    return throughFunding(ports, { actor, request, accountId, kind: 'initial_funds' }, options);
  };
  return withDryRun(fund, dryRunTransfer);
}

/**
 * Takes money out of the bank, from a customer's account to the currency's funding account.
 * @throws PassbookError `forbidden`, `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function withdrawFunds(ports: Ports) {
  const withdraw = (
    actor: SystemActor,
    request: WithdrawalRequest,
    options?: SubmitOptions<never, TransferResult>,
  ): Promise<TransferResult> => {
    const { sourceAccountId: accountId } = request;
    return throughFunding(ports, { actor, request, accountId, kind: 'withdrawal' }, options);
  };
  return withDryRun(withdraw, dryRunTransfer);
}

const CUSTOMER_FIELD = { initial_funds: 'destinationAccountId', withdrawal: 'sourceAccountId' } as const;

async function throughFunding(
  { writer, reads, ids, digest, defaultCurrency }: Ports,
  what: {
    actor: SystemActor;
    request: Funding;
    accountId: string | undefined;
    kind: keyof typeof CUSTOMER_FIELD;
  },
  options?: SubmitOptions<never, TransferResult>,
): Promise<TransferResult> {
  const { actor, request, kind } = what;
  const { userId } = request;
  const field = CUSTOMER_FIELD[kind];
  if (actor.kind !== 'system') throw new PassbookError('forbidden');
  const found = lookUpNumbers(reads, [what.accountId]);
  const idOf = typeof found === 'function' ? found : await found;
  const accountId = what.accountId === undefined ? undefined : requireAccountId(field, what.accountId, idOf);
  if ((accountId === undefined) === (userId === undefined)) {
    throw invalid(field, 'or "userId" must be given, and not both');
  }
  const currency = optionalCurrency(request.currency) ?? (userId === undefined ? null : defaultCurrency);
  const customer: AccountRef =
    accountId !== undefined
      ? { accountId }
      : { ownerId: requireId('userId', userId), currency: currency ?? defaultCurrency };
  const amount = requireAmount(request.amount);
  const description = optionalText('description', request.description, DESCRIPTION_MAX_LENGTH);
  const reference = optionalText('reference', request.reference, REFERENCE_MAX_LENGTH);
  const externalId = optionalExternalId(request.externalId);
  const funding: AccountRef = { purpose: 'funding' };
  const [source, destination] = kind === 'withdrawal' ? [customer, funding] : [funding, customer];
  const key = {
    scope: scopeOf(actor),
    operation: kind,
    key: requireKey(request.idempotencyKey),
  };
  const fields = { [field]: accountId ?? null, userId: userId ?? null, amount, currency };
  const command = {
    type: 'transfer',
    actor,
    key,
    request: normalise(withoutTexts({ ...fields, description, reference, externalId }, { key, digest })),
    instruction: {
      id: ids.newId(),
      salt: ids.newSalt(),
      kind,
      legs: [leg(source, 'debit', amount), leg(destination, 'credit', amount)],
      currency,
      hold: null,
      description,
      reference,
      externalId,
      metadata: null,
    },
  } as const;
  return viewTransferAnswer(await writer.submit(command, withTransferView(options, actor)), actor);
}
