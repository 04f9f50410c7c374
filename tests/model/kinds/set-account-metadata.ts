import type { AccountMetadataRequest } from '../../../src/application/accounts/administer-account.ts';
import type { Actor } from '../../../src/domain/actor.ts';
import { drawIdOrNumber, withIds } from '../account-numbers.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, drawAccountId, drawAgain, drawOptionalKey, drawText, OPERATORS } from '../draw.ts';
import type { Asked } from '../draw.ts';
import { describe } from '../model-administration.ts';
import { once } from '../model-answers.ts';
import { METADATA, pairsOf, textOfMetadata } from '../order-requests.ts';
import { malformedField } from '../requests.ts';

export const setAccountMetadataKind: CommandKind<Asked<AccountMetadataRequest>> = {
  name: 'setAccountMetadata',
  weight: 4,
  door: 'write',

  generate(drawing, earlier) {
    const { random } = drawing;
    const withKey = earlier.filter(({ request }) => request.idempotencyKey !== undefined);
    const again = drawAgain(drawing, withKey, {
      actors: [...CUSTOMERS, ...OPERATORS],
      changes: () => [{ metadata: drawMetadata(drawing) }, { reason: 'Another' }],
    });
    if (again) return again;

    const actor = random.pick<Actor>(random.chance(0.7) ? CUSTOMERS : OPERATORS);
    const accountId = drawAccountId(drawing, ({ ownerId }) =>
      actor.kind === 'system' ? ownerId !== null : ownerId === actor.id,
    );
    const reason = drawText(drawing, ['Moved house']);
    return {
      actor,
      request: {
        accountId: drawIdOrNumber(drawing, accountId),
        metadata: drawMetadata(drawing),
        ...(reason !== undefined && { reason }),
        ...drawOptionalKey(drawing),
      },
    };
  },

  runOnLedger: ({ actor, request }, { ledger }) => ledger.setAccountMetadata(actor, request),

  runOnModel({ actor, request: typed }, model) {
    const malformed = malformedField(typed, ['accountId', 'reason', 'idempotencyKey']);
    if (malformed) return thrown('invalid_request', malformed);

    const request = withIds(model, typed);
    const { accountId, reason = null } = request;
    const fields = [
      ['accountId', accountId],
      ['metadata', textOfMetadata(request.metadata)],
      ['reason', reason],
    ] as const;
    return once(model, { actor, use: keyUse({ actor, request }), fields }, () =>
      describe(model, { actor, accountId, reason, metadata: pairsOf(request.metadata) }),
    );
  },

  keyUse,
};

function drawMetadata({ random }: Drawing): AccountMetadataRequest['metadata'] {
  return random.pick([null, ...METADATA]);
}

function keyUse({ actor, request: { idempotencyKey: key } }: Asked<AccountMetadataRequest>) {
  return key === undefined ? null : ({ actor, operation: 'set_account_metadata', key } as const);
}
