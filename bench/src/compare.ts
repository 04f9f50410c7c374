/** Everything side by side: in each run every contender takes its turn, so that what disturbs one disturbs all. */
import type { Machine } from './machine.ts';
import type { Measured } from './measure.ts';
import type { Options } from './options.ts';
import { drawPicture } from './picture.ts';
import { planOf } from './plan.ts';
import type { Session } from './plan.ts';
import { printProfiles } from './profile.ts';
import { milliseconds, reportOf, whole } from './report.ts';
import { writeResult } from './results.ts';
import type { Results, Sample } from './results.ts';

/** Gives the exit code: 1 where a session ended in a fault. A missed target is no fault. */
export async function compare(machine: Machine, options: Options): Promise<number> {
  const sessions = planOf(options);
  const points: Record<string, Sample[]> = {};
  for (const { id } of sessions.flatMap((session) => session.points)) points[id] = [];
  const faults: { run: number; points: string; fault: string }[] = [];

  for (let run = 1; run <= options.runs; run++) {
    for (const session of startingAt(sessions, run - 1, options.runs)) {
      const outcome = await attempt(machine, session, options);
      if ('fault' in outcome) {
        const names = session.points.map(({ id }) => id).join(' ');
        faults.push({ run, points: names, fault: outcome.fault });
        say(`${run}/${options.runs}  ${names}  FAULT: ${outcome.fault}`);
        continue;
      }
      for (const [id, measured] of Object.entries(outcome.measured)) {
        points[id]?.push({ run, ...measured });
        say(`${run}/${options.runs}  ${lineOf(id, measured)}`);
      }
    }
  }

  const results: Results = { facts: factsOf(machine, options), runs: options.runs, points, faults };
  const { name } = options;
  const report = reportOf(results);
  say(`\n${report}`);
  writeResult(`${name}.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeResult(`${name}.svg`, drawPicture(results));
  say(`Written: ${writeResult(`${name}.md`, `![](${name}.svg)\n\n${report}`)}`);
  return faults.length === 0 ? 0 : 1;
}

async function attempt(machine: Machine, session: Session, options: Options) {
  const place = machine.freshPlace();
  const terms = { warmUpMs: options.warmUpSeconds * 1000, measureMs: options.seconds * 1000 };
  try {
    const report = await machine.run(session, terms, { place, profile: options.profile });
    if (options.profile) printProfiles(place.directory, say);
    return report;
  } catch (error) {
    return { fault: String(error) };
  } finally {
    await machine.clear(place);
  }
}

/** Each run begins at another place of the round. */
function startingAt(sessions: readonly Session[], turn: number, turns: number): readonly Session[] {
  const start = Math.floor((sessions.length * turn) / turns);
  return [...sessions.slice(start), ...sessions.slice(0, start)];
}

function lineOf(id: string, { rate, p50Ms, p99Ms, failed, fault }: Measured): string {
  const latency = `p50 ${milliseconds(p50Ms)} ms, p99 ${milliseconds(p99Ms)} ms`;
  const failures = failed > 0 ? `, ${failed} failed: ${fault?.slice(0, 200)}` : '';
  return `${id.padEnd(40)} ${whole(rate).padStart(8)}/s  ${latency}${failures}`;
}

function factsOf(machine: Machine, options: Options): Record<string, string> {
  const { seconds, warmUpSeconds, users } = options;
  return {
    ...machine.facts(),
    measured: `${seconds} s at each point after ${warmUpSeconds} s, ${options.runs} runs in turns; ${users} users over HTTP`,
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
