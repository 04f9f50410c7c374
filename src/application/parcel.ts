import type { Message } from '../domain/message.ts';

/** Messages that a store keeps as one, for as long as the same becomes of all of them. */
export type Parcel = { readonly id: string; readonly messages: readonly Message[] };

/** A row for each message would cost a transfer as much as its money does. */
const MESSAGES_PER_PARCEL = 200;

/** The messages of one unit of work in their order; a parcel bears the id of its first. */
export function parcelsOf(messages: readonly Message[]): readonly Parcel[] {
  const parcels: Parcel[] = [];
  for (let at = 0; at < messages.length; at += MESSAGES_PER_PARCEL) {
    const some = messages.slice(at, at + MESSAGES_PER_PARCEL);
    parcels.push({ id: some[0]?.id ?? '', messages: some });
  }
  return parcels;
}

/** As a store keeps it: how often it was claimed, and for how long. */
export type KeptParcel = Parcel & { readonly attempts: number };

/**
 * Parts a parcel where something becomes of some of its messages alone. Undefined where none of `ids` is in it; the
 * rest is null where all of them are.
 */
export function part(
  parcel: KeptParcel,
  ids: ReadonlySet<string>,
): { readonly gone: Parcel; readonly rest: Parcel | null } | undefined {
  const gone = parcel.messages.filter(({ id }) => ids.has(id));
  const [first] = gone;
  if (!first) return undefined;
  if (gone.length === parcel.messages.length) return { gone: parcel, rest: null };
  // A message leaves once in each attempt, so no two parcels come to bear one id.
  return {
    gone: { id: `${first.id}/${parcel.attempts}`, messages: gone },
    rest: { id: parcel.id, messages: parcel.messages.filter(({ id }) => !ids.has(id)) },
  };
}

/** In which parcel this process last saw a message: what is said of a message is said by whoever claimed it. */
export class ParcelsSeen {
  readonly #parcelIds = new Map<string, string>();

  saw({ id, messages }: Parcel): void {
    for (const message of messages) this.#parcelIds.set(message.id, id);
  }

  forget(messageIds: readonly string[]): void {
    for (const id of messageIds) this.#parcelIds.delete(id);
  }

  /** Without repeats. */
  of(messageIds: readonly string[]): readonly string[] {
    return [...new Set(messageIds.flatMap((id) => this.#parcelIds.get(id) ?? []))];
  }
}

/** Without a transfer's text, where it was erased. */
export function withoutText<P extends Parcel>(parcel: P, transferId: string): P {
  const messages = parcel.messages.map((message) =>
    message.kind !== 'welcome' && message.transferId === transferId
      ? { ...message, description: null }
      : message,
  );
  return { ...parcel, messages };
}
