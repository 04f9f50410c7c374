import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import manifest from './package.json' with { type: 'json' };
import { LongestFirst } from './tests/support/longest-first.ts';
import { memoryFolder } from './tests/support/memory-folder.ts';
import { SummaryReporter } from './tests/support/summary-reporter.ts';

const fast = [
  'tests/domain/**/*.test.ts',
  'tests/application/**/*.test.ts',
  'tests/client/*.test.ts',
  'tests/contract/memory*.test.ts',
  'tests/examples/{embed,marketplace,loyalty-points}.test.ts',
  'tests/*.test.ts',
];
/** The HTTP edge in the process of the test: files that start no server, browser or database. */
const edgeOutside =
  'cross-origin|documents|link-pages|logo|pages|passkeys|payees|refresh|request-files|request-limit|server|statements';
const edge = [
  `tests/adapters/http/**/!(${edgeOutside}).test.ts`,
  'tests/adapters/console/!(stories|customer-pages|staff-pages).test.ts',
  'tests/adapters/smtp/{mail-samples,*-mails}.test.ts',
];
/** Files that replace modules, so they share none. */
const alone = ['tests/adapters/security/hashing-work.test.ts'];
/** Of the adapters: one database and one build of the programs for the run. The fast project needs none. */
const setups = ['tests/support/mongo-global-setup.ts', 'tests/support/programs-global-setup.ts'];

/** The examples import the package by its name; here that is its source. */
const ownName = Object.entries(manifest.exports).map(([subpath, { default: built }]) => ({
  find: new RegExp(`^${subpath.replace('.', manifest.name)}$`),
  replacement: fileURLToPath(new URL(built.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'), import.meta.url)),
}));

export default defineConfig({
  resolve: { alias: ownName },
  test: {
    // Processes, not threads: native modules and servers are closed for certain when the run ends.
    pool: 'forks',
    // One more than the smallest machine has cores: faults, elections and browsers mostly wait.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Files of the tests, which no test needs on a disk: a flush to one takes a hundred times as long
    env: { TMPDIR: memoryFolder() },
    reporters: ['default', new SummaryReporter()],
    // Only a hang ends a test by the clock: on a busy machine a correct test may be slow.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // What the files of a project import is shared: loading it anew for each takes twice as long
    isolate: false,
    projects: [
      { extends: true, test: { name: 'fast', include: fast } },
      { extends: true, test: { name: 'edge', include: edge } },
      { extends: true, test: { name: 'alone', include: alone, isolate: true } },
      {
        extends: true,
        test: {
          name: 'adapters',
          include: ['tests/**/*.test.ts'],
          exclude: [...fast, ...edge, ...alone],
          globalSetup: setups,
        },
      },
    ],
  },
});
