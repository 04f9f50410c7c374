import type { Actor } from '../../../src/domain/actor.ts';
import type { OpenAccountRequest } from '../../../src/index.ts';
import { digitsFor, numberOf } from '../account-numbers.ts';
import type { CommandKind } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, drawCurrency, drawExternalId, drawKey, drawText, OPERATORS } from '../draw.ts';
import { accountsOf } from '../model.ts';
import type { Model, ModelAccount, ModelOutcome } from '../model.ts';
import { once, refused } from '../model-answers.ts';
import { viewAccount } from '../model-views.ts';
import { METADATA, pairsOf, textOfMetadata } from '../order-requests.ts';
import { malformedField } from '../requests.ts';

export type OpenFacts = { readonly actor: Actor; readonly request: OpenAccountRequest };

export const openAccountKind: CommandKind<OpenFacts> = {
  name: 'openAccount',
  weight: 6,
  door: 'write',

  generate(drawing, earlier) {
    const { random } = drawing;
    const withKey = earlier.filter(({ request }) => request.idempotencyKey !== undefined);
    if (withKey.length > 0 && random.chance(0.2)) {
      const { actor, request } = random.pick(withKey);
      if (random.chance(0.5)) return { actor, request };
      const change = random.pick<Partial<OpenAccountRequest>>([
        { currency: drawCurrency(drawing) },
        { name: 'Another' },
        { externalId: 'another' },
        { metadata: random.pick(METADATA) },
      ]);
      return { actor, request: { ...request, ...change } };
    }
    const owner = random.pick(CUSTOMERS);
    const actor = random.chance(0.85) ? owner : random.pick([...OPERATORS, random.pick(CUSTOMERS)]);
    const name = drawText(drawing, ['Savings', 'Zoë’s 🏠']);
    const externalId = drawExternalId(drawing, 0.4);
    return {
      actor,
      request: {
        ...(actor !== owner && { ownerId: owner.id }),
        ...(random.chance(0.5) && { currency: drawCurrency(drawing) }),
        ...(random.chance(0.01) && { currency: 'eur' }),
        ...(name !== undefined && { name }),
        ...(externalId !== undefined && { externalId }),
        ...(random.chance(0.2) && { metadata: random.pick(METADATA) }),
        ...(random.chance(0.5) && { idempotencyKey: drawKey(drawing) }),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }) => ledger.openAccount(actor, request),

  runOnModel({ actor, request }, model, id) {
    const ownerId = request.ownerId ?? (actor.kind === 'user' ? actor.id : undefined);
    const { currency = model.terms.defaultCurrency, name = null, externalId = null } = request;
    const malformed = malformedField(request, ['currency', 'name', 'externalId']);
    if (malformed) return thrown('invalid_request', malformed);
    if (ownerId === undefined || (actor.kind === 'user' && ownerId !== actor.id)) {
      return thrown('invalid_request', 'ownerId');
    }
    if (malformedField(request, ['idempotencyKey'])) return thrown('invalid_request', 'idempotencyKey');
    const fields = [
      ['ownerId', ownerId],
      ['currency', currency],
      ['name', name],
      ['externalId', externalId],
      ['metadata', textOfMetadata(request.metadata)],
    ] as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      open(model, { id, ownerId, currency, name, externalId, metadata: pairsOf(request.metadata) }),
    );
  },

  keyUse,
};

function keyUse({ actor, request: { idempotencyKey: key } }: OpenFacts) {
  return key === undefined ? null : ({ actor, operation: 'open_account', key } as const);
}

function open(
  model: Model,
  opening: Pick<ModelAccount, 'id' | 'currency' | 'name' | 'externalId' | 'metadata'> & { ownerId: string },
): ModelOutcome {
  const { id, ownerId, externalId } = opening;
  const { accountsPerOwner } = model.terms;
  if (accountsPerOwner !== null && accountsOf(model, ownerId).length >= accountsPerOwner) {
    return refused('account_limit_reached');
  }
  const others = [...model.accounts.values()];
  if (externalId !== null && others.some((one) => one.externalId === externalId)) {
    return refused('external_id_taken');
  }
  const draws = digitsFor(id).map(numberOf);
  const number = draws.find((one) => others.every((other) => other.number !== one));
  if (number === undefined) throw new TypeError('The last number that is drawn is free');
  const account: ModelAccount = {
    ...opening,
    purpose: null,
    number,
    class: 'liability',
    openedAt: model.now,
    opening: { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n },
    status: 'active',
    creditsFrozen: false,
    minimumBalance: 0n,
    maximumBalance: null,
    entries: [],
  };
  model.accounts.set(id, account);
  return { account: viewAccount(account) };
}
