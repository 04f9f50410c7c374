import type { LimitsRequest } from '../../../src/application/accounts/administer-account.ts';
import { drawIdOrNumber, withIds } from '../account-numbers.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { thrown } from '../command.ts';
import { drawAccountId, drawAgain, drawOperator, drawOptionalKey, drawReason, OPERATORS } from '../draw.ts';
import type { Asked, SystemActor } from '../draw.ts';
import { BOUND, fundsOf, clampToBound } from '../model.ts';
import { alter } from '../model-administration.ts';
import { once } from '../model-answers.ts';
import { malformedField } from '../requests.ts';

/** The reason may be missing, as a caller in JavaScript may leave it out. */
type Limits = Omit<LimitsRequest, 'reason'> & { readonly reason?: string };

export const limitAccountKind: CommandKind<Asked<Limits, SystemActor>> = {
  name: 'limitAccount',
  weight: 4,
  door: 'write',

  generate(drawing, earlier) {
    const withKey = earlier.filter(({ request }) => request.idempotencyKey !== undefined);
    const again = drawAgain(drawing, withKey, {
      actors: OPERATORS,
      changes: ({ minimumBalance }) => [
        { minimumBalance: minimumBalance - 1n },
        { maximumBalance: null },
        { reason: 'Another' },
      ],
    });
    if (again) return again;
    const accountId = drawAccountId(drawing, ({ ownerId }) => ownerId !== null);
    return {
      actor: drawOperator(drawing),
      request: {
        accountId: drawIdOrNumber(drawing, accountId),
        ...drawLimits(drawing, accountId),
        ...drawReason(drawing),
        ...drawOptionalKey(drawing),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }) => ledger.limitAccount(actor, request as LimitsRequest),

  runOnModel({ actor, request: typed }, model) {
    if (malformedField(typed, ['accountId'])) return thrown('invalid_request', 'accountId');
    const request = withIds(model, typed);
    const { accountId, minimumBalance, maximumBalance, reason } = request;
    const isWithin = (limit: bigint) => limit >= -BOUND && limit <= BOUND;
    if (!isWithin(minimumBalance)) return thrown('invalid_request', 'minimumBalance');
    if (maximumBalance !== null && !(isWithin(maximumBalance) && maximumBalance >= minimumBalance)) {
      return thrown('invalid_request', 'maximumBalance');
    }
    if (reason === undefined) return thrown('invalid_request', 'reason');
    const malformed = malformedField(request, ['reason', 'idempotencyKey']);
    if (malformed) return thrown('invalid_request', malformed);

    const fields = [
      ['accountId', accountId],
      ['minimumBalance', String(minimumBalance)],
      ['maximumBalance', maximumBalance?.toString() ?? null],
      ['reason', reason],
    ] as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      alter(
        model,
        { actor, accountId, reason, action: 'account_limited' },
        { minimumBalance, maximumBalance },
      ),
    );
  },

  keyUse,
};

/** Around what is in the account, on either side of it; at the bounds; and seldom beyond them. */
function drawLimits({ random, model }: Drawing, accountId: string) {
  const account = model.accounts.get(accountId);
  const near = clampToBound((account ? fundsOf(account).balance : 0n) + BigInt(random.integer(-20, 40)));
  return random.weighted<{ weight: number; of: Pick<LimitsRequest, 'minimumBalance' | 'maximumBalance'> }>([
    { weight: 4, of: { minimumBalance: 0n, maximumBalance: null } },
    { weight: 4, of: { minimumBalance: -30n, maximumBalance: null } },
    { weight: 3, of: { minimumBalance: near, maximumBalance: null } },
    { weight: 4, of: { minimumBalance: near < 0n ? near : 0n, maximumBalance: near } },
    { weight: 2, of: { minimumBalance: -BOUND, maximumBalance: BOUND } },
    { weight: 0.2, of: { minimumBalance: 1n, maximumBalance: 0n } },
    { weight: 0.2, of: { minimumBalance: -BOUND - 1n, maximumBalance: null } },
  ]).of;
}

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<Limits, SystemActor>) {
  return key === undefined ? null : ({ actor, operation: 'limit_account', key } as const);
}
