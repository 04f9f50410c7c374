import type { Context } from 'hono';
import type { Logger } from '../../../application/ports/runtime.ts';

/**
 * Streams a document part by part at the client's pace, with at most two parts in memory. An error before the first part
 * is answered like any other.
 * @param terms `name` is the document's name for the log
 */
export async function sendParts(
  c: Context,
  parts: AsyncGenerator<string | Uint8Array, void>,
  { headers, log, name }: { headers: Readonly<Record<string, string>>; log: Logger; name: string },
): Promise<Response> {
  const encoder = new TextEncoder();
  let next = await parts.next();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        if (next.done) {
          controller.close();
          return;
        }
        controller.enqueue(typeof next.value === 'string' ? encoder.encode(next.value) : next.value);
        next = await parts.next();
      } catch (error) {
        // The response has begun. Cutting it off shows the client that it is incomplete
        log.error({ err: error }, `${name} cut off`);
        controller.error(error);
      }
    },
    async cancel() {
      await parts.return();
    },
  });
  return c.body(body, 200, headers);
}
