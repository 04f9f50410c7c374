import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PDFKit from 'pdfkit';
import { afterAll, describe, expect, it } from 'vitest';
import { drawLogo } from '../../../src/adapters/http/statement/pdf/draw-logo.ts';
import { logoMarkup, readLogo } from '../../../src/adapters/http/statement/logo.ts';
import { readLetterhead } from '../../../src/letterhead.ts';

const svg = (content: string, attributes = 'viewBox="0 0 10 10"') => `<svg ${attributes}>${content}</svg>`;

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
afterAll(() => rm(folder, { recursive: true }));

describe('A logo', () => {
  it('keeps shapes, groups and colors, and nothing else', () => {
    const text = `<?xml version="1.0"?><!-- drawn by hand -->
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><title>Bank</title>
      <g id="a" fill="currentColor" transform="translate(1 2)"><path d="M0 0h5z"/></g></svg>`;
    expect(logoMarkup(readLogo(text))).toBe(
      '<svg class="logo" viewBox="0 0 20 10" width="20" height="10" aria-hidden="true">' +
        '<g fill="currentColor" transform="translate(1 2)"><path d="M0 0h5z"></path></g></svg>',
    );
  });

  it('lets its shapes inherit the paint of the whole', () => {
    const whole =
      'viewBox="0 0 9 9" xmlns:xlink="x" width="9" fill="none" stroke="#123" stroke-linecap="round"';
    expect(logoMarkup(readLogo(svg('<path d="M1 1h5"/>', whole)))).toContain(
      '<g fill="none" stroke="#123" stroke-linecap="round"><path d="M1 1h5"></path></g>',
    );
  });

  it('is painted in a PDF as on a page', () => {
    const whole =
      'viewBox="0 0 9 9" fill="none" stroke="#123" stroke-linecap="round" stroke-linejoin="bevel"';
    const canvas = new PDFKit({ compress: false });
    const box = { x: 0, y: 0, height: 9, maxWidth: 9, color: '#000000' };
    drawLogo(canvas, readLogo(svg('<path d="M1 1h5"/>', whole)), box);
    canvas.end();
    expect(String(canvas.read())).toMatch(/1 1 m\n6 1 l\n[^]*1 J\n2 j\nS\n/);
  });

  it('takes its size from width and height without a viewBox', () => {
    expect(readLogo(svg('<rect width="1" height="1"/>', 'width="30px" height="12"')).viewBox).toEqual([
      0, 0, 30, 12,
    ]);
  });

  it.each([
    [svg('<script>alert(1)</script>'), 'has something other than elements at "alert(1)</script></s"'],
    [svg('<script href="x"/>'), 'has <script>, and may have only g, path, rect'],
    [svg('<image href="https://x"/>'), 'has <image>, and may have only'],
    [svg('<use href="#a"/>'), 'has <use>, and may have only'],
    [svg('<style>a{}</style>'), 'has something other than elements'],
    [svg('<foreignObject/>'), 'has <foreignObject>, and may have only'],
    [svg('<path d="M0 0" onclick="x()"/>'), 'has onclick="x()" in <path>, which is not allowed'],
    [svg('<path style="fill:red" d=""/>'), 'has style="fill:red" in <path>, which is not allowed'],
    [svg('<path stroke-linejoin="arcs" d=""/>'), 'has stroke-linejoin="arcs" in <path>, which is not'],
    [svg('', 'viewBox="0 0 1 1" style="fill:none"'), 'has style="fill:none" in <svg>, which is not allowed'],
    [svg('', 'viewBox="0 0 1 1" fill="red"'), 'has fill="red" in <svg>, which is not allowed'],
    [svg('<path fill="url(https://x)" d=""/>'), 'has fill="url(https://x)" in <path>, which is not allowed'],
    [svg('<path d="&#60;"/>'), 'has d="&#60;" in <path>, which is not allowed'],
    ['<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', 'has something other than elements'],
    ['<svg viewBox="0 0 1 1">', 'has <svg> without its end'],
    ['<svg viewBox="0 0 1 1"></g></svg>', 'has </g> without its start'],
    ['<html/>', 'begins with <html>, not with <svg>'],
    ['', 'must be one <svg> element'],
    [svg('', 'viewBox="0 0 0 5"'), 'needs a viewBox with a width and a height above 0'],
    [svg(`<path d="${'M0 0'.repeat(20_000)}"/>`), 'is larger than 64 KiB'],
    [svg('<g>'.repeat(60) + '</g>'.repeat(60)), 'has more than 50 groups inside each other'],
  ])('%# is refused with a message that says why', (text, message) => {
    expect(() => readLogo(text)).toThrow(message);
  });
});

describe('The letterhead', () => {
  const bank = { name: 'Alder Bank', address: ['1 Market Street'] };

  it('has the logo of the file', async () => {
    const logo = join(folder, 'logo.svg');
    await writeFile(logo, svg('<circle r="4"/>'));
    const letterhead = await readLetterhead({ ...bank, logo });
    expect(letterhead).toMatchObject({ ...bank, logo: { viewBox: [0, 0, 10, 10] } });
    expect(await readLetterhead({ ...bank, logo: null })).toEqual({ ...bank, logo: null });
  });

  it('stops the start if the logo is missing or wrong', async () => {
    const logo = join(folder, 'wrong.svg');
    await writeFile(logo, svg('<script/>'));
    await expect(readLetterhead({ ...bank, logo })).rejects.toThrow(
      'BANK_LOGO has <script>, and may have only',
    );
    const missing = join(folder, 'missing.svg');
    await expect(readLetterhead({ ...bank, logo: missing })).rejects.toThrow(
      `BANK_LOGO names a file that cannot be read: ${missing}`,
    );
  });
});
