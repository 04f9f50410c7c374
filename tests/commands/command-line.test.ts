import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import type { CommandTools } from '../../src/commands/command-tools.ts';
import { errorLines } from '../../src/commands/command-errors.ts';
import { FINDINGS } from '../../src/commands/doctor/finding.ts';
import { commandsBelow, pathOf } from '../../src/commands/help.ts';
import { passbookProgram } from '../../src/commands/program.ts';
import { Progress, wrapped } from '../../src/commands/terminal.ts';
import { KeptOutput, passbook } from '../support/command-line.ts';
import { Program } from '../support/program.ts';

const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const program = passbookProgram({} as CommandTools, { version: '0', configure: () => {} });
const commands = commandsBelow(program);
const ESCAPE = '\u001b';

function sectionOf(title: string): string {
  return new RegExp(`^## ${title}\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(operations)?.[1] ?? '';
}

describe('the help of', () => {
  it('passbook fits a terminal, and gives commands, exit codes and examples', async () => {
    const { code, stdout, stderr } = await passbook(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const part of [
      'Run the bank:',
      'Books:',
      'Exit codes:',
      '  2  the command line is wrong',
      '$ passbook doctor',
    ]) {
      expect(stdout).toContain(part);
    }
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  test.for(commands.map((command) => [pathOf(command), command] as const))(
    '%s explains itself, its arguments and its options, with an example',
    async ([path, command]) => {
      const { code, stdout } = await passbook([...path.split(' ').slice(1), '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: ${path}`));
      expect(stdout).toMatch(new RegExp(`\nExamples?:\n  \\$ .*${path}`));
      expect(command.description()).toMatch(/^[A-Z].*\.$/s);
      const explained = [...command.registeredArguments, ...command.options];
      expect(explained.filter(({ description }) => description === '')).toEqual([]);
    },
  );
});

describe('a wrong command line', () => {
  test.for<[string[], string]>([
    [['bakcup', 'copy.db'], "unknown command 'bakcup' (Did you mean backup?)"],
    [['users', 'lst'], "unknown command 'lst' (Did you mean list?)"],
    [['verify', '--jsno'], "unknown option '--jsno' (Did you mean --json?)"],
    [['backup'], "missing required argument 'file'"],
    [['backup', 'a', 'b'], "too many arguments for 'backup'. Expected 1 argument but got 2."],
    [['users', 'lock', 'a@b.example'], "required option '--reason <text>' not specified"],
    [
      ['completion', 'dash'],
      "command-argument value 'dash' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.",
    ],
    [
      ['export-statement', 'x', '--from', '2026-02-30'],
      "option '--from <instant>' argument '2026-02-30' is invalid. \"2026-02-30\" must have a day that is in the calendar",
    ],
  ])('%j: is refused with exit code 2 and the way to its help', async ([args, line]) => {
    const { code, stdout, stderr } = await passbook(args, { DATA_DIR: '/nowhere' });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const [first, second, ...more] = stderr.split('\n');
    expect(first).toBe(`passbook: ${line}`);
    expect(second).toMatch(/^Run "passbook( \S+)* --help" to see what it takes$/);
    expect(more).toEqual(['']);
  });

  it('without a command prints the help on standard error', async () => {
    expect(await passbook([])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Usage:') as string,
    });
  });
});

describe('an error', () => {
  it('of the file system says what to do, without a code or a stack trace', () => {
    const error = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', path: '/a/b' });
    expect(errorLines(error)).toEqual(['passbook: /a/b does not exist: check the path']);
    expect(errorLines(new TypeError('x is not a function'))).toEqual(['passbook: x is not a function']);
  });
});

describe('colours', () => {
  it('appear on a terminal alone, and not with NO_COLOR', async () => {
    const env = { DATA_DIR: '/nowhere', STORE: 'memory' };
    const doctor = ['doctor', '--offline'];
    expect((await passbook(doctor, env, { isTTY: true })).stdout).toContain(`${ESCAPE}[33mWARNING`);
    expect((await passbook(doctor, { ...env, NO_COLOR: '1' }, { isTTY: true })).stdout).not.toContain(ESCAPE);
    expect((await passbook(doctor, env)).stdout).not.toContain(ESCAPE);
  });
});

describe('progress', () => {
  it('appears on a terminal after a second, in one line that is removed', () => {
    let now = 0;
    const output = new KeptOutput({ isTTY: true, columns: 40 });
    const progress = new Progress(output, () => now);
    progress.show('1 account');
    expect(output.text).toBe('');
    now = 1_000;
    progress.show('x'.repeat(90));
    now = 1_050;
    progress.show('2 accounts');
    expect(output.text).toBe(`\r${ESCAPE}[2K${'x'.repeat(39)}`);
    progress.clear();
    progress.clear();
    expect(output.text).toBe(`\r${ESCAPE}[2K${'x'.repeat(39)}\r${ESCAPE}[2K`);
  });

  it('appears elsewhere as a line every ten seconds', () => {
    let now = 0;
    const output = new KeptOutput();
    const progress = new Progress(output, () => now);
    for (; now <= 12_000; now += 500) progress.show(`${now} entries`);
    progress.clear();
    expect(output.text).toBe('1000 entries\n11000 entries\n');
  });

  it('wraps long texts at their spaces', () => {
    expect(wrapped('one two three fourteen-letters', 8)).toEqual(['one two', 'three', 'fourteen-letters']);
  });
});

describe('the script of completion', () => {
  it('completes commands, options and values in bash', async () => {
    const { stdout: script } = await passbook(['completion', 'bash']);
    const lines = [
      ['passbook', 'do'],
      ['passbook', 'users', 'l'],
      ['passbook', 'users', 'grant', 'ada@example.com', 'su'],
      ['passbook', 'migrate', 'up', '--d'],
      ['passbook', 'doctor', ''],
      ['passbook', 'backup', ''],
      ['passbook', 'verify', '--key', ''],
    ];
    const calls = lines.map((words) => `try ${words.map((word) => `'${word}'`).join(' ')}`);
    const test = `${script}
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _passbook; echo "\${COMPREPLY[*]}"; }
${calls.join('\n')}`;
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-uc', test]);
    expect(stdout.split('\n')).toEqual([
      'doctor',
      'list lock',
      'support',
      '--dry-run',
      '--offline --json --help',
      '',
      '',
      '',
    ]);
  });

  test.for(['zsh', 'fish'])('names every command and option for %s', async (shell) => {
    const { stdout } = await passbook(['completion', shell]);
    for (const command of commands) {
      expect(stdout).toContain(`"${pathOf(command)}"`);
      for (const { long } of command.options) expect(stdout).toContain(long?.slice(2));
    }
    expect(stdout).not.toContain('undefined');
  });
});

describe('the page of operations', () => {
  it('has each command in its table, and no other', () => {
    const rows = sectionOf('Command line').matchAll(/^\| (`.*?) \|/gm);
    const named = [...rows].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([a-z][a-z-]*(?: [a-z][a-z-]*)*)/g)].map(([, words = '']) => `passbook ${words}`),
    );
    const paths = commands.map(pathOf);
    expect(named.filter((path) => path !== 'passbook help').toSorted()).toEqual(paths.toSorted());
  });

  it('has each code of the doctor, with its level and what to do', () => {
    const rows = Object.entries(FINDINGS).map(
      ([code, [level, mend]]) => `| \`${code}\` | ${level} | ${mend} |`,
    );
    const section = sectionOf('Doctor');
    expect(rows.filter((row) => !section.includes(row))).toEqual([]);
    const codes = [...section.matchAll(/^\| `(\w+)` \| (?:fault|warning)/gm)].map(([, code = '']) => code);
    expect(codes.toSorted()).toEqual(Object.keys(FINDINGS).toSorted());
  });
});

describe('the program', () => {
  it('says its version, and suggests a near command, in a process of its own', async () => {
    const [right, wrong] = [['--version'], ['verfy']].map(
      (args) => new Program('src/cli.ts', { args, env: {} }),
    );
    expect(await right!.ended).toMatchObject({ code: 0 });
    expect(right!.stdout).toBe(`${manifest.version}\n`);
    expect(await wrong!.ended).toMatchObject({ code: 2 });
    expect(wrong!.stderr).toContain('(Did you mean verify?)');
  });
});
