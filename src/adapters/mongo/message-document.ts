import type { Message, TransferMessage, WelcomeMessage } from '../../domain/message.ts';

export type MessageDocument = {
  readonly _id: string;
  readonly message:
    | (Omit<WelcomeMessage, 'id' | 'at'> & { readonly at: Date })
    | (Omit<TransferMessage, 'id' | 'at'> & { readonly at: Date });
  /** How often it was claimed. */
  readonly attempts: number;
  /** Absent once it is sent or given up, so that the index holds what waits and no more. */
  readonly dueAt?: Date;
  readonly sentAt?: Date;
  readonly gaveUpAt?: Date;
  /** Why the last attempt failed. */
  readonly reason?: string;
};

/** Due at once. */
export function messageDocument({ id, ...message }: Message): MessageDocument {
  const at = new Date(message.at);
  return { _id: id, message: { ...message, at }, attempts: 0, dueAt: at };
}

export function messageOf({ _id, message }: MessageDocument): Message {
  return { ...message, id: _id, at: message.at.getTime() };
}
