import type { Instant } from '../../domain/time.ts';
import type { User } from '../../domain/entities/user.ts';

const FRESH_MS = 60_000;
const MOST = 10_000;

/** Cache of the last minute's recipients. Most mail goes to the same people, and their names rarely change. */
export class RecipientCache {
  readonly #users = new Map<string, User>();
  #since: Instant = 0;

  /**
   * Returns the users that exist, by id.
   * @param read reads the users that are not cached; not called if there are none
   */
  async find(
    ids: ReadonlySet<string>,
    now: Instant,
    read: (ids: readonly string[]) => Promise<readonly User[]>,
  ): Promise<ReadonlyMap<string, User>> {
    if (now < this.#since || now >= this.#since + FRESH_MS) {
      this.#users.clear();
      this.#since = now;
    }
    const found = new Map<string, User>();
    const unknown: string[] = [];
    for (const id of ids) {
      const user = this.#users.get(id);
      if (user) found.set(id, user);
      else unknown.push(id);
    }
    for (const user of unknown.length > 0 ? await read(unknown) : []) {
      found.set(user.id, user);
      if (this.#users.size < MOST) this.#users.set(user.id, user);
    }
    return found;
  }
}
