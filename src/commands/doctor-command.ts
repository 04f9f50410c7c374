import type { Command } from 'commander';
import { systemClock } from '../adapters/system.ts';
import type { CommandTools } from './command-tools.ts';
import { examine } from './doctor/examine.ts';
import type { Examination } from './doctor/examine.ts';
import type { Finding } from './doctor/finding.ts';
import { thisMachine } from './doctor/machine.ts';
import { withExamples } from './help.ts';
import { wrapped } from './terminal.ts';

type Tools = Pick<CommandTools, 'processEnv' | 'envPath' | 'out' | 'progress' | 'fail' | 'style' | 'columns'>;
type Options = { readonly json?: true; readonly offline?: true };

/** Adds the command that looks for everything that could keep the bank from working. */
export function addDoctorCommand(program: Command, tools: Tools): void {
  const doctor = program
    .command('doctor')
    .summary('find what could keep the bank from working')
    .description(
      'Check the machine, the configuration, the database, mail and upkeep, and say how to mend each fault. Changes nothing, and exits 1 if there is a fault.',
    )
    .option('--offline', 'leave out the checks that need the network')
    .option('--json', 'print the result as JSON')
    .action(async ({ json, offline }: Options) => {
      tools.progress('Checking');
      const examination = await examine({
        env: tools.processEnv,
        envPath: tools.envPath,
        isOffline: offline === true,
        machine: thisMachine(),
        clock: systemClock,
      });
      if (levels(examination.findings).fault > 0) tools.fail();
      if (json) tools.out(jsonOf(examination));
      else for (const line of reportLines(examination, tools)) tools.out(line);
    });
  withExamples(doctor, ['passbook doctor', 'passbook doctor --offline --json']);
}

function jsonOf({ findings, notChecked }: Examination): string {
  const { ok, warning, fault } = levels(findings);
  return JSON.stringify({ ok: fault === 0, counts: { ok, warning, fault }, findings, notChecked });
}

function levels(findings: readonly Finding[]): Readonly<Record<Finding['level'], number>> {
  const counts = { ok: 0, warning: 0, fault: 0 };
  for (const { level } of findings) counts[level]++;
  return counts;
}

const LABELS = { ok: 'ok', warning: 'WARNING', fault: 'FAULT' } as const;
const COLOURS = { ok: 'green', warning: 'yellow', fault: 'red' } as const;
/** The worst comes last, beside the next prompt. */
const ORDER: readonly Finding['level'][] = ['ok', 'warning', 'fault'];
const LABEL_WIDTH = 9;
const CHECK_WIDTH = 15;

/** One block for each finding, and a line with the verdict. */
function reportLines(
  { findings, notChecked }: Examination,
  { style, columns }: Pick<CommandTools, 'style' | 'columns'>,
): readonly string[] {
  const indent = ' '.repeat(LABEL_WIDTH + CHECK_WIDTH);
  const width = columns - indent.length;
  const sorted = findings.toSorted((one, other) => ORDER.indexOf(one.level) - ORDER.indexOf(other.level));
  const lines = sorted.flatMap(({ level, check, code, found, mend }) => {
    const label = style(COLOURS[level], LABELS[level].padEnd(LABEL_WIDTH));
    const [first = '', ...rest] = wrapped(found, width);
    const advice = mend === null ? [] : wrapped(mend, width).map((line) => style('bold', line));
    return [
      `${label}${check.padEnd(CHECK_WIDTH)}${first}`,
      ...[...rest, ...advice].map((line) => `${indent}${line}`),
      ...(code === null ? [] : [`${indent}${style('dim', code)}`]),
    ];
  });
  return [
    ...lines,
    '',
    verdict(findings),
    ...(notChecked.length === 0 ? [] : [`Not checked: ${notChecked.join(', ')}`]),
  ];
}

function verdict(findings: readonly Finding[]): string {
  const { ok, warning, fault } = levels(findings);
  return `${counted(fault, 'fault')}, ${counted(warning, 'warning')}, ${ok} ok`;
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'No' : count} ${noun}${count === 1 ? '' : 's'}`;
}
