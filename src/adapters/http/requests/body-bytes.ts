import type { IncomingMessage } from 'node:http';
import type { HonoRequest } from 'hono';
import { invalid, PassbookError } from '../../../domain/errors.ts';
import type { HttpEnv } from '../env.ts';

/** A short body may arrive byte by byte. Beyond that, chunks must have `CHUNK_BYTES` on average. */
const FREE_CHUNKS = 1_024;
const CHUNK_BYTES = 64;
const FIRST_CAPACITY_BYTES = 4_096;

/** The part of a handler's context that a body is read from. */
export type RequestContext = {
  readonly req: HonoRequest<string>;
  /** Absent if the app is called without a socket. */
  readonly env: HttpEnv['Bindings'] | undefined;
};

/**
 * Reads the body into one buffer, so that many small chunks take no extra memory.
 * @throws PassbookError `body_too_large`, `invalid_request`, `malformed_json`
 */
export async function readBytes(c: RequestContext, limitBytes: number): Promise<Uint8Array> {
  const announced = c.req.header('content-length');
  if (announced !== undefined && Number(announced) > limitBytes) {
    throw new PassbookError('body_too_large');
  }
  const incoming = c.env?.incoming;
  try {
    // If the client has already disconnected, only the adapter still has the body
    if (typeof incoming?.on !== 'function' || incoming.destroyed) {
      return await gathered(c.req.raw.body ?? [], limitBytes);
    }
    return await readIncoming(incoming, limitBytes);
  } catch (error) {
    if (error instanceof PassbookError) throw error;
    // The client has disconnected, so nobody reads this answer
    throw new PassbookError('malformed_json', {}, { cause: error });
  }
}

/** Reads by events: an iterator over the stream costs one promise per chunk. */
function readIncoming(incoming: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const body = new GatheredBytes(limitBytes);
    const settle = (finish: () => void) => {
      incoming.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      finish();
    };
    const onData = (chunk: Buffer) => {
      const fault = body.add(chunk);
      if (!fault) return;
      incoming.pause();
      settle(() => reject(fault));
    };
    const onEnd = () => settle(() => resolve(body.bytes()));
    const onGone = () => settle(() => reject(new Error('The client left before its body was whole')));
    incoming.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

async function gathered(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limitBytes: number,
): Promise<Uint8Array> {
  const body = new GatheredBytes(limitBytes);
  for await (const chunk of chunks) {
    const fault = body.add(chunk);
    if (fault) throw fault;
  }
  return body.bytes();
}

/** Collects chunks in one growing buffer. A body of one chunk is not copied. */
class GatheredBytes {
  readonly #limitBytes: number;
  #buffer: Uint8Array = new Uint8Array();
  #length = 0;
  #chunks = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Takes a chunk, or returns the reason for refusing the body. */
  add(chunk: Uint8Array): PassbookError | undefined {
    const length = this.#length + chunk.length;
    this.#chunks++;
    if (length > this.#limitBytes) return new PassbookError('body_too_large');
    if (this.#chunks > FREE_CHUNKS + length / CHUNK_BYTES) {
      return invalid('body', `must come in chunks of at least ${CHUNK_BYTES} bytes on average`);
    }
    if (this.#chunks === 1) this.#buffer = chunk;
    else this.#append(chunk);
    this.#length = length;
    return undefined;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    // The first chunk belongs to the stream, so it must not be written to
    if (this.#chunks === 2 || needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(FIRST_CAPACITY_BYTES, needed * 2));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, this.#length);
  }
}
