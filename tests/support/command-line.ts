import { runPassbook } from '../../src/commands/run-passbook.ts';
import type { Output } from '../../src/commands/terminal.ts';

export type Said = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** An output that keeps everything written to it. */
export class KeptOutput implements Output {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;

  constructor({ isTTY = false, columns = 80 }: { isTTY?: boolean; columns?: number } = {}) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string, done?: () => void): void {
    this.text += text;
    done?.();
  }
}

/** Runs one command line of `passbook` in this process, with these variables alone. */
export async function passbook(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { envPath = '/nowhere/.env', isTTY = false }: { envPath?: string; isTTY?: boolean } = {},
): Promise<Said> {
  const [stdout, stderr] = [new KeptOutput({ isTTY }), new KeptOutput({ isTTY })];
  const code = await runPassbook(args, { version: '1.2.3', env, envPath, stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}
