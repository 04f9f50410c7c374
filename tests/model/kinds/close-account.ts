import type { CloseRequest } from '../../../src/application/accounts/administer-account.ts';
import type { Actor } from '../../../src/domain/actor.ts';
import { drawIdOrNumber, withIds } from '../account-numbers.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, drawAccountId, drawAgain, drawOptionalKey, drawText, OPERATORS } from '../draw.ts';
import type { Asked } from '../draw.ts';
import { fundsOf } from '../model.ts';
import { close } from '../model-administration.ts';
import { once } from '../model-answers.ts';
import { malformedField } from '../requests.ts';

export const closeAccountKind: CommandKind<Asked<CloseRequest>> = {
  name: 'closeAccount',
  weight: 3,
  door: 'write',

  generate(drawing, earlier) {
    const { random } = drawing;
    const withKey = earlier.filter(({ request }) => request.idempotencyKey !== undefined);
    const actors = [...CUSTOMERS, ...OPERATORS];
    const again = drawAgain(drawing, withKey, { actors, changes: () => [{ reason: 'Another' }] });
    if (again) return again;

    const actor = random.pick<Actor>(random.chance(0.7) ? CUSTOMERS : OPERATORS);
    const isTheirs = (ownerId: string | null) =>
      actor.kind === 'system' ? ownerId !== null : ownerId === actor.id;
    const isEmpty = random.chance(0.5);
    const accountId = drawAccountId(
      drawing,
      (account) => isTheirs(account.ownerId) && (!isEmpty || fundsOf(account).balance === 0n),
    );
    const reason = drawText(drawing, ['Moving away']);
    return {
      actor,
      request: {
        accountId: drawIdOrNumber(drawing, accountId),
        ...(random.chance(0.5) && { sweepTo: drawIdOrNumber(drawing, drawSweepTo(drawing, accountId)) }),
        ...(reason !== undefined && { reason }),
        ...drawOptionalKey(drawing),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }) => ledger.closeAccount(actor, request),

  runOnModel({ actor, request: typed }, model, sweepId) {
    const request = withIds(model, typed);
    const { accountId, sweepTo = null, reason = null } = request;
    const malformed =
      malformedField(typed, ['accountId', 'sweepTo', 'reason']) ??
      (sweepTo === accountId ? 'sweepTo' : malformedField(request, ['idempotencyKey']));
    if (malformed) return thrown('invalid_request', malformed);

    const fields = [
      ['accountId', accountId],
      ['sweepTo', sweepTo],
      ['reason', reason],
    ] as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      close(model, { actor, accountId, reason, sweepTo, sweepId }),
    );
  },

  keyUse,
};

function drawSweepTo(drawing: Drawing, accountId: string): string {
  const from = drawing.model.accounts.get(accountId);
  return drawAccountId(
    drawing,
    ({ id, ownerId, currency }) =>
      id !== accountId && ownerId === from?.ownerId && currency === from?.currency,
  );
}

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<CloseRequest>) {
  return key === undefined ? null : ({ actor, operation: 'close_account', key } as const);
}
