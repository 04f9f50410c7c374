import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { create } from 'fontkit';
import type { Font } from 'fontkit';
import { nextTurn } from '../../../../application/event-loop.ts';

export type Weight = 'regular' | 'bold';

const require = createRequire(import.meta.url);

/** Fonts by weight, in the order in which they are tried for a character. All are free, and embedded as subsets. */
export const FONTS: Readonly<Record<Weight, readonly Font[]>> = {
  regular: [
    // Latin, Cyrillic, Greek and Devanagari
    await load('@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf'),
    // Arabic, Hebrew, Armenian, Georgian and symbols
    await load('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  ],
  bold: [
    await load('@expo-google-fonts/noto-sans/600SemiBold/NotoSans_600SemiBold.ttf'),
    await load('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
  ],
};

/** Shown for a character that no font has. DejaVu has it. */
export const REPLACEMENT = '\uFFFD';

async function load(path: string): Promise<Font> {
  const font = create(await readFile(require.resolve(path)));
  if (!('layout' in font)) throw new TypeError(`${path} holds several fonts`);
  // A font reads its tables at the first use, which takes tens of milliseconds
  for (const sample of ['Aé', 'ب', 'א', 'अ']) {
    await nextTurn();
    if (font.hasGlyphForCodePoint(sample.codePointAt(0) ?? 0)) font.layout(sample);
  }
  return font;
}
