/* oxlint-disable import/no-named-as-default-member -- Node finds no names in this CommonJS package */
import gifenc from 'gifenc';
import { PNG } from 'pngjs';

/** A screenshot, and the time since the first one at which it was taken. */
export type Frame = { readonly atMs: number; readonly png: Uint8Array };

const COLOURS = 255;
/** The colour after all others stands for a pixel that has not changed. */
const UNCHANGED = COLOURS;
/** Time for which the last frame stays before the picture starts again. */
const LAST_MS = 1_500;

/** Encodes screenshots of one size as a moving picture that repeats. Frames that change nothing take no room. */
export function encodeGif(frames: readonly Frame[]): Uint8Array {
  const images = frames.map(({ atMs, png }) => ({ atMs, ...PNG.sync.read(Buffer.from(png)) }));
  const changed = images.filter(
    ({ data }, index) => index === 0 || !data.equals(images[index - 1]?.data ?? data),
  );
  const palette = gifenc.quantize(colourSample(changed.map(({ data }) => data)), COLOURS);
  const colours = Array.from({ length: COLOURS + 1 }, (_, index) => palette[index] ?? [0, 0, 0]);
  const encoder = gifenc.GIFEncoder();
  let shown: Uint8Array | undefined;
  for (const [index, { atMs, width, height, data }] of changed.entries()) {
    const indexed = gifenc.applyPalette(data, palette);
    const before = shown;
    encoder.writeFrame(
      before ? indexed.map((one, at) => (one === before[at] ? UNCHANGED : one)) : indexed,
      width,
      height,
      {
        ...(before ? {} : { palette: colours }),
        transparent: before !== undefined,
        transparentIndex: UNCHANGED,
        delay: (changed[index + 1]?.atMs ?? atMs + LAST_MS) - atMs,
        dispose: 1,
      },
    );
    shown = indexed;
  }
  encoder.finish();
  return encoder.bytes();
}

/** Pixels of the first, the middle and the last image, which have all colours that matter. */
function colourSample(images: readonly Uint8Array[]): Uint8Array {
  const chosen = [0, Math.floor(images.length / 2), images.length - 1].flatMap((at) => images[at] ?? []);
  return Buffer.concat(chosen);
}
