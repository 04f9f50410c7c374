import type { Actor } from '../../../src/domain/actor.ts';
import type { OpenAccountRequest } from '../../../src/index.ts';
import type { CommandKind } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, drawCurrency, drawKey, drawText, OPERATORS } from '../draw.ts';
import { accountsOf } from '../model.ts';
import type { Model, ModelAccount, ModelOutcome } from '../model.ts';
import { once, refused } from '../model-answers.ts';
import { viewAccount } from '../model-views.ts';
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
      const change = random.pick([{ currency: drawCurrency(drawing) }, { name: 'Another' }]);
      return { actor, request: { ...request, ...change } };
    }
    const owner = random.pick(CUSTOMERS);
    const actor = random.chance(0.85) ? owner : random.pick([...OPERATORS, random.pick(CUSTOMERS)]);
    const name = drawText(drawing, ['Savings', 'Zoë’s 🏠']);
    return {
      actor,
      request: {
        ...(actor !== owner && { ownerId: owner.id }),
        ...(random.chance(0.5) && { currency: drawCurrency(drawing) }),
        ...(random.chance(0.01) && { currency: 'eur' }),
        ...(name !== undefined && { name }),
        ...(random.chance(0.5) && { idempotencyKey: drawKey(drawing) }),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }) => ledger.openAccount(actor, request),

  runOnModel({ actor, request }, model, id) {
    const ownerId = request.ownerId ?? (actor.kind === 'user' ? actor.id : undefined);
    const { currency = model.terms.defaultCurrency, name = null } = request;
    const malformed = malformedField(request, ['currency', 'name']);
    if (malformed) return thrown('invalid_request', malformed);
    if (ownerId === undefined || (actor.kind === 'user' && ownerId !== actor.id)) {
      return thrown('invalid_request', 'ownerId');
    }
    if (malformedField(request, ['idempotencyKey'])) return thrown('invalid_request', 'idempotencyKey');
    const fields = [
      ['ownerId', ownerId],
      ['currency', currency],
      ['name', name],
    ] as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      open(model, { id, ownerId, currency, name }),
    );
  },

  keyUse,
};

function keyUse({ actor, request: { idempotencyKey: key } }: OpenFacts) {
  return key === undefined ? null : ({ actor, operation: 'open_account', key } as const);
}

function open(
  model: Model,
  { id, ownerId, currency, name }: { id: string; ownerId: string; currency: string; name: string | null },
): ModelOutcome {
  const { accountsPerOwner } = model.terms;
  if (accountsPerOwner !== null && accountsOf(model, ownerId).length >= accountsPerOwner) {
    return refused('account_limit_reached');
  }
  const account: ModelAccount = {
    id,
    ownerId,
    purpose: null,
    name,
    currency,
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
