/** Where the time went, by V8's profiler: the functions with the most time of their own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Profile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

const SHOWN = 25;
/** The others are the loader's. */
const MAIN_THREAD = /\.0\.\d+\.cpuprofile$/;

export function printProfiles(directory: string, say: (line: string) => void): void {
  for (const file of readdirSync(directory).filter((name) => MAIN_THREAD.test(name))) {
    const profile = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Profile;
    say(`\n${file}: self time`);
    for (const line of topOf(profile)) say(line);
  }
}

function topOf({ nodes, samples, timeDeltas }: Profile): string[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const place = url === '' ? '' : `  ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`;
      return [id, `${functionName || '(anonymous)'}${place}`];
    }),
  );
  const times = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    const us = timeDeltas[index] ?? 0;
    if (name === '(idle)') continue;
    busy += us;
    times.set(name, (times.get(name) ?? 0) + us);
  }
  const top = [...times].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN);
  return top.map(([name, us]) => `${((100 * us) / busy).toFixed(1).padStart(6)} %  ${name}`);
}
