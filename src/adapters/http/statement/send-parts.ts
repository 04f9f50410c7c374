import type { Context } from 'hono';
import type { Logger } from '../../../application/ports/runtime.ts';

/**
 * Sends a text as its parts are made, at the pace of the client: two parts are held at most. A fault before the first
 * part is answered as any fault.
 * @param terms `name` is of what is sent, for the log
 */
export async function sendParts(
  c: Context,
  parts: AsyncGenerator<string, void>,
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
        controller.enqueue(encoder.encode(next.value));
        next = await parts.next();
      } catch (error) {
        // The answer has begun: it is cut off, and the client sees that it is not whole
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
