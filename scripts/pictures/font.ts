import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const require = createRequire(import.meta.url);
const FACES = [
  { file: '400Regular/NotoSans_400Regular.ttf', weight: '400' },
  { file: '600SemiBold/NotoSans_600SemiBold.ttf', weight: '500 700' },
];

/** A font that is the same on every machine. Readers see the page in the font of their system. */
const STYLE = [
  ...FACES.map(({ file, weight }) => {
    const data = readFileSync(require.resolve(`@expo-google-fonts/noto-sans/${file}`)).toString('base64');
    return `@font-face { font-family: Picture; font-weight: ${weight}; src: url(data:font/ttf;base64,${data}); }`;
  }),
  'body { font-family: Picture !important; }',
].join(' ');

/** Draws the page in the font of the pictures, and waits for it. */
export async function setFont(tab: Page): Promise<void> {
  await tab.addStyleTag({ content: STYLE });
  await tab.evaluate('document.fonts.ready.then(() => undefined)');
}
