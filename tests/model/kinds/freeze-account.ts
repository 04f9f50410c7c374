import type { FreezeRequest } from '../../../src/application/accounts/administer-account.ts';
import { drawIdOrNumber, withIds } from '../account-numbers.ts';
import type { CommandKind } from '../command.ts';
import { thrown } from '../command.ts';
import { drawAccountId, drawAgain, drawOperator, drawOptionalKey, drawReason, OPERATORS } from '../draw.ts';
import type { Asked, SystemActor } from '../draw.ts';
import { alter } from '../model-administration.ts';
import { once } from '../model-answers.ts';
import { malformedField } from '../requests.ts';

type Freeze = {
  readonly accountId: string;
  readonly credits?: boolean;
  readonly reason?: string;
  readonly idempotencyKey?: string;
};

export const freezeAccountKind: CommandKind<Asked<Freeze, SystemActor>> = {
  name: 'freezeAccount',
  weight: 2,
  door: 'write',

  generate(drawing, earlier) {
    const { random } = drawing;
    const again = drawAgain(drawing, withKey(earlier), {
      actors: OPERATORS,
      changes: ({ credits = false }) => [{ credits: !credits }, { reason: 'Another' }],
    });
    if (again) return again;
    return {
      actor: drawOperator(drawing),
      request: {
        accountId: drawIdOrNumber(
          drawing,
          drawAccountId(drawing, ({ ownerId, status }) => ownerId !== null && status === 'active'),
        ),
        ...(random.chance(0.7) && { credits: random.chance(0.6) }),
        ...drawReason(drawing),
        ...drawOptionalKey(drawing),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }) => ledger.freezeAccount(actor, request as FreezeRequest),

  runOnModel({ actor, request: typed }, model) {
    if (malformedField(typed, ['accountId'])) return thrown('invalid_request', 'accountId');
    const request = withIds(model, typed);
    const { accountId, credits = false, reason } = request;
    if (reason === undefined) return thrown('invalid_request', 'reason');
    const malformed = malformedField(request, ['reason', 'idempotencyKey']);
    if (malformed) return thrown('invalid_request', malformed);

    const fields = [
      ['accountId', accountId],
      ['credits', String(credits)],
      ['reason', reason],
    ] as const;
    const change = { status: 'frozen', creditsFrozen: credits } as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      alter(model, { actor, accountId, reason, action: 'account_frozen' }, change),
    );
  },

  keyUse,
};

function withKey<Facts extends Asked<{ idempotencyKey?: string }, SystemActor>>(earlier: readonly Facts[]) {
  return earlier.filter(({ request }) => request.idempotencyKey !== undefined);
}

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<Freeze, SystemActor>) {
  return key === undefined ? null : ({ actor, operation: 'freeze_account', key } as const);
}
