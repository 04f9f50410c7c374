import { isEmail, normaliseEmail } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import { ofKind } from '../../domain/entities/credential.ts';
import type { Credential } from '../../domain/entities/credential.ts';
import { ownTurn } from '../event-loop.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';

const PAGE = 200;
/** Number of people whose names a search looks at, oldest first. */
const LOOKED_AT = 2_000;

export type FoundPeople = {
  readonly users: readonly User[];
  /** Whether the text is the id or the address of the only user. */
  readonly isExact: boolean;
  /** Whether there are people whose names were not looked at. */
  readonly isPartial: boolean;
};

/**
 * Finds people by id or e-mail address, or else by a part of the name or address. The latter looks at the first 2,000
 * people. For the staff; the caller must check the role.
 * @throws PassbookError `unavailable`
 */
export function searchPeople({ unitOfWork }: { unitOfWork: UnitOfWork }) {
  return async (text: string, { limit }: { limit: number }): Promise<FoundPeople> => {
    const email = normaliseEmail(text);
    const exact = await unitOfWork.run(async ({ users }) =>
      isEmail(email) ? (await users.byEmail(email))?.user : users.byId(text),
    );
    if (exact) return { users: [exact], isExact: true, isPartial: false };

    const part = text.toLocaleLowerCase('en');
    const found: User[] = [];
    let after: string | null = null;
    for (let looked = 0; looked < LOOKED_AT; looked += PAGE) {
      const page: readonly User[] = await unitOfWork.run(({ users }) => users.page({ after, limit: PAGE }));
      found.push(
        ...page.filter(({ name, email: address }) =>
          [name, address].some((one) => one.toLocaleLowerCase('en').includes(part)),
        ),
      );
      if (page.length < PAGE || found.length >= limit) {
        return { users: found.slice(0, limit), isExact: false, isPartial: found.length > limit };
      }
      after = page.at(-1)?.id ?? null;
      await ownTurn();
    }
    return { users: found, isExact: false, isPartial: true };
  };
}

/**
 * Finds an API key by its id. For the staff; the caller must check the role.
 * @throws PassbookError `unavailable`
 */
export function findApiKey({ unitOfWork }: { unitOfWork: UnitOfWork }) {
  return (id: string): Promise<Credential<'api_key'> | undefined> =>
    unitOfWork.run(async ({ credentials }) => ofKind(await credentials.find(id), 'api_key'));
}
