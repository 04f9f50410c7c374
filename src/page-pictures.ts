import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** A picture of a page, as high as the page. */
export type PictureTerms = { readonly width: number; readonly scheme: 'light' | 'dark' };

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ARGUMENTS = ['--headless', '--remote-debugging-pipe', '--hide-scrollbars', '--disable-gpu'];

/** Returns the path of a Chromium on `PATH`; undefined if there is none. */
export function findChromium(path = process.env['PATH'] ?? ''): string | undefined {
  const files = path.split(delimiter).flatMap((folder) => PROGRAMS.map((name) => join(folder, name)));
  return files.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Hands `work` a function that takes pictures as PNG, and ends the browser afterwards. */
export async function withPictures<R>(
  program: string,
  work: (take: (url: string, terms: PictureTerms) => Promise<Buffer>) => Promise<R>,
): Promise<R> {
  const profile = await mkdtemp(join(tmpdir(), 'passbook-pictures-'));
  // Chromium refuses its sandbox to root
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(program, [...ARGUMENTS, ...sandbox, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  try {
    const devTools = new DevTools(child.stdio[3] as Writable, child.stdio[4] as Readable);
    child.once('error', (error) => devTools.fail(error));
    child.once('exit', () => devTools.fail(new Error(`${program} ended`)));
    const page = await devTools.openPage();
    return await work((url, terms) => takePicture(page, url, terms));
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function takePicture(page: Page, url: string, { width, scheme }: PictureTerms): Promise<Buffer> {
  if (page.shown !== url) {
    const loaded = page.next('Page.loadEventFired');
    await page.send('Page.navigate', { url });
    await loaded;
    page.shown = url;
  }
  await page.send('Emulation.setDeviceMetricsOverride', {
    width,
    height: 400,
    deviceScaleFactor: 1,
    mobile: false,
  });
  await page.send('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-color-scheme', value: scheme }],
  });
  const { cssContentSize } = await page.send<{ cssContentSize: { height: number } }>('Page.getLayoutMetrics');
  const clip = { x: 0, y: 0, width, height: Math.ceil(cssContentSize.height), scale: 1 };
  const terms = { format: 'png', captureBeyondViewport: true, clip };
  const { data } = await page.send<{ data: string }>('Page.captureScreenshot', terms);
  return Buffer.from(data, 'base64');
}

type Page = {
  /** Address of the page that is shown; undefined before the first. */
  shown: string | undefined;
  send<R>(method: string, params?: object): Promise<R>;
  /** Resolves at the next event of this name. */
  next(event: string): Promise<unknown>;
};

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void };

type Answer = {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
};

/** The DevTools protocol over two pipes, with a NUL after each message. */
class DevTools {
  readonly #output: Writable;
  /** Callers by the id of their call, or by the name of the event that they await. */
  readonly #waiting = new Map<number | string, Waiting>();
  #lastId = 0;
  #fault: Error | undefined;
  #text = '';

  constructor(output: Writable, input: Readable) {
    this.#output = output.on('error', (error) => this.fail(error));
    input.setEncoding('utf8').on('data', (text: string) => this.#read(text));
  }

  fail(error: Error): void {
    this.#fault ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
  }

  async openPage(): Promise<Page> {
    const target = await this.#send('Target.createTarget', { url: 'about:blank' });
    const attached = await this.#send('Target.attachToTarget', { ...(target as object), flatten: true });
    const { sessionId } = attached as { sessionId: string };
    const page: Page = {
      shown: undefined,
      send: <R>(method: string, params = {}) => this.#send(method, params, sessionId) as Promise<R>,
      next: (event) => this.#wait(event),
    };
    await page.send('Page.enable');
    return page;
  }

  #send(method: string, params: object, sessionId?: string): Promise<unknown> {
    const id = ++this.#lastId;
    const answered = this.#wait(id);
    this.#output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return answered;
  }

  #wait(key: number | string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#fault) reject(this.#fault);
      else this.#waiting.set(key, { resolve, reject });
    });
  }

  #read(text: string): void {
    const messages = `${this.#text}${text}`.split('\0');
    this.#text = messages.pop() ?? '';
    for (const message of messages) this.#take(JSON.parse(message) as Answer);
  }

  #take({ id, method = '', result, error }: Answer): void {
    const key = id ?? method;
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }
}
