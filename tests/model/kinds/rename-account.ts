import type { Actor } from '../../../src/domain/actor.ts';
import { drawIdOrNumber, idOf } from '../account-numbers.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { thrown } from '../command.ts';
import { CUSTOMERS, drawAccountId, OPERATORS } from '../draw.ts';
import type { Asked } from '../draw.ts';
import { rename } from '../model-administration.ts';
import { once } from '../model-answers.ts';
import { malformedField } from '../requests.ts';

type Renaming = { readonly accountId: string; readonly name: string | null };

export const renameAccountKind: CommandKind<Asked<Renaming>> = {
  name: 'renameAccount',
  weight: 3,
  door: 'write',

  generate(drawing) {
    const { random } = drawing;
    const actor = random.pick<Actor>(random.chance(0.95) ? CUSTOMERS : OPERATORS);
    const accountId = drawAccountId(drawing, ({ ownerId }) => ownerId === actor.id);
    return { actor, request: { accountId: drawIdOrNumber(drawing, accountId), name: drawName(drawing) } };
  },

  runOnLedger: ({ actor, request }, { ledger }) => ledger.renameAccount(actor, request),

  runOnModel({ actor, request: { accountId: typed, name } }, model) {
    const given = { accountId: typed, ...(name !== null && { name }) };
    const malformed = malformedField(given, ['accountId', 'name']);
    if (malformed) return thrown('invalid_request', malformed);
    const accountId = idOf(model, typed);
    return once(model, { actor, use: null, fields: [] }, () => rename(model, { actor, accountId, name }));
  },
};

function drawName({ random }: Drawing): string | null {
  return random.chance(0.02) ? 'two\nlines' : random.pick([null, 'Holidays', 'Zoë’s 🏠']);
}
