import type { UnfreezeRequest } from '../../../src/application/accounts/administer-account.ts';
import { drawIdOrNumber, withIds } from '../account-numbers.ts';
import type { CommandKind } from '../command.ts';
import { thrown } from '../command.ts';
import { drawAccountId, drawAgain, drawOperator, drawOptionalKey, drawReason, OPERATORS } from '../draw.ts';
import type { Asked, SystemActor } from '../draw.ts';
import { alter } from '../model-administration.ts';
import { once } from '../model-answers.ts';
import { malformedField } from '../requests.ts';

type Unfreeze = { readonly accountId: string; readonly reason?: string; readonly idempotencyKey?: string };

export const unfreezeAccountKind: CommandKind<Asked<Unfreeze, SystemActor>> = {
  name: 'unfreezeAccount',
  weight: 4,
  door: 'write',

  generate(drawing, earlier) {
    const withKey = earlier.filter(({ request }) => request.idempotencyKey !== undefined);
    const again = drawAgain(drawing, withKey, {
      actors: OPERATORS,
      changes: () => [{ reason: 'Another' }, { accountId: drawFrozen() }],
    });
    if (again) return again;
    return {
      actor: drawOperator(drawing),
      request: { accountId: drawFrozen(), ...drawReason(drawing), ...drawOptionalKey(drawing) },
    };

    function drawFrozen(): string {
      return drawIdOrNumber(
        drawing,
        drawAccountId(drawing, ({ status }) => status === 'frozen'),
      );
    }
  },

  runOnLedger: ({ actor, request }, { ledger }) => ledger.unfreezeAccount(actor, request as UnfreezeRequest),

  runOnModel({ actor, request: typed }, model) {
    if (malformedField(typed, ['accountId'])) return thrown('invalid_request', 'accountId');
    const request = withIds(model, typed);
    const { accountId, reason } = request;
    if (reason === undefined) return thrown('invalid_request', 'reason');
    const malformed = malformedField(request, ['reason', 'idempotencyKey']);
    if (malformed) return thrown('invalid_request', malformed);

    const fields = [
      ['accountId', accountId],
      ['reason', reason],
    ] as const;
    const change = { status: 'active', creditsFrozen: false } as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      alter(model, { actor, accountId, reason, action: 'account_unfrozen' }, change),
    );
  },

  keyUse,
};

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<Unfreeze, SystemActor>) {
  return key === undefined ? null : ({ actor, operation: 'unfreeze_account', key } as const);
}
