import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createServerMetrics } from '../../../src/adapters/metrics/index.ts';
import { hasPromtool, promtool } from '../../support/promtool.ts';
import { samplesIn } from '../../support/samples.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

type Panel = {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
};

const dashboard = JSON.parse(read('deploy/grafana/passbook.json')) as { readonly panels: readonly Panel[] };
const shown = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const alerts = read('deploy/prometheus/alerts.yaml');
const alertNames = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

/** Words of an expression that name no metric: its syntax, and the labels of an aggregation. */
const SYNTAX = new Set(['by', 'and', 'or', 'on', 'unless', 'le']);

/** Names of the metrics in an expression, which are outside of matchers, texts and lists of labels. */
function metricsIn(expression: string): readonly string[] {
  const bare = expression
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|on) *\([^)]*\)/g, '');
  return [...bare.matchAll(/\b([a-z_:]\w*)\b(?! *\()/g)]
    .map(([, name = '']) => name)
    .filter((name) => !SYNTAX.has(name));
}

/** Each expression of an alert, over one line or several. */
function alertExpressions(): readonly string[] {
  return [...alerts.matchAll(/expr: (?:>-\n)?([\s\S]*?)\n +(?:for|labels):/g)].map(([, expr = '']) => expr);
}

async function metricsOfServer(): Promise<ReadonlySet<string>> {
  const metrics = createServerMetrics({ version: '1', store: 'memory', node: 'v1' });
  metrics.watchOutbox({ countWaiting: async () => 0 });
  metrics.answered({ method: 'GET', route: '/', status: 200, code: 'unavailable', durationMs: 1 });
  metrics.commits.answered?.([
    { mark: metrics.commits.submitted?.(), outcome: { refused: ['insufficient_funds'] } },
  ]);
  const { text } = await metrics.read();
  const names = [...samplesIn(text).keys()].map((sample) => sample.replace(/\{.*/, ''));
  // A collection of garbage may not have happened yet
  return new Set([...names, 'nodejs_gc_duration_seconds_sum', 'up']);
}

describe('the dashboard and the alerts', () => {
  it('name no metric that the server does not have', async () => {
    const known = await metricsOfServer();
    const exprs = [...expressions, ...alertExpressions()];
    expect(alertExpressions()).toHaveLength(alertNames.length);
    for (const expr of exprs) {
      const names = metricsIn(expr);
      expect(names, expr).not.toEqual([]);
      expect(
        names.filter((name) => !known.has(name)),
        expr,
      ).toEqual([]);
    }
  });

  it('show each metric of the bank on the dashboard', async () => {
    const own = [...(await metricsOfServer())].filter((name) => name.startsWith('passbook_'));
    const families = new Set(own.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    const all = expressions.join('\n');
    expect([...families].filter((name) => !all.includes(name))).toEqual([]);
    expect(families.size).toBeGreaterThan(12);
  });
});

describe('the dashboard', () => {
  it('has panels with a title and an id of their own, that do not overlap', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (const { title, targets = [] } of shown) expect([title, targets]).not.toContainEqual([]);
  });
});

describe('the runbook', () => {
  it('has a section for each alert, and for no other', () => {
    const guide = read('docs/operations.md');
    const runbooks = [...alerts.matchAll(/runbook: (\S+)/g)].map(([, link = '']) => link);
    expect(runbooks).toEqual(alertNames.map((name) => `docs/operations.md#${name.toLowerCase()}`));
    const sections = [...guide.matchAll(/^### (Passbook\w+)$/gm)].map(([, name = '']) => name);
    expect(sections).toEqual(alertNames);
  });
});

describe.skipIf(!hasPromtool)('promtool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'passbook-rules-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const cwd = fileURLToPath(new URL('deploy/prometheus/', root));

  it('loads the alerts, and finds each raised when it should be', () => {
    expect(promtool(['check', 'rules', 'alerts.yaml'], { cwd })).toContain(
      `SUCCESS: ${alertNames.length} rules found`,
    );
    promtool(['test', 'rules', 'alerts.test.yaml'], { cwd });
    const tests = read('deploy/prometheus/alerts.test.yaml');
    const raised = [...tests.matchAll(/- alertname: (\w+)/g)].map(([, name = '']) => name);
    expect(new Set(raised)).toEqual(new Set(alertNames));
  });

  it('reads every expression of the dashboard', () => {
    const rules = expressions.map((expr, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
    }));
    // JSON is YAML
    const groups = [{ name: 'dashboard', rules }];
    writeFileSync(join(folder, 'dashboard.yaml'), JSON.stringify({ groups }));
    expect(promtool(['check', 'rules', 'dashboard.yaml'], { cwd: folder })).toContain(
      `SUCCESS: ${rules.length} rules found`,
    );
  });
});
