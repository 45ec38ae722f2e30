import { Writable } from 'node:stream';
import { upgradePlan } from '../../../cli/commands/upgrade.ts';
import type { IndexTemplate } from '../../../shared/opensearch/template.ts';
import { planUpgrade, type Plan } from '../../../shared/upgrade/plan.ts';
import { startHttpServer, type Answer, type Asked } from '../../fakes/http-server.ts';
import { startOpenSearch } from '../../fakes/opensearch.ts';

const now = (): number => Date.UTC(2026, 10, 21, 12);
const MIB = 1024 ** 2;

interface Index {
  readonly aliases?: readonly string[];
  readonly meta?: object;
  readonly settings?: object;
  readonly bytes?: number;
}

function template(cls: string, digest: string): IndexTemplate {
  const body = { index_patterns: [`events-${cls}-*`], priority: 500, version: 1, _meta: { strongroom: digest }, template: {} };
  return { name: `strongroom-${cls}`, body };
}

const TEMPLATES = [template('api_activity', 'new'), template('class', 'any')];

/** What a cluster with these indices says. */
function cluster(indices: Readonly<Record<string, Index>>, templates: readonly IndexTemplate[] = TEMPLATES): (asked: Asked) => Answer {
  return ({ url }) => {
    const path = url.split('?')[0] ?? '';
    const each = (of: (index: Index) => object): object =>
      Object.fromEntries(Object.entries(indices).map(([name, index]) => [name, of(index)]));
    if (path.startsWith('/_index_template'))
      return { status: 200, body: { index_templates: templates.map(({ name, body }) => ({ name, index_template: body })) } };
    if (path === '/_nodes/stats/fs')
      return {
        status: 200,
        body: {
          nodes: { a: { name: 'n1', roles: ['data'], fs: { total: { total_in_bytes: 1000 * MIB, available_in_bytes: 250 * MIB } } } },
        },
      };
    if (path.endsWith('/_stats/docs,store,segments')) {
      const stats = ({ bytes = MIB }: Index): object => ({
        primaries: { docs: { count: 7 }, store: { size_in_bytes: bytes }, segments: { count: 1 } },
        total: { store: { size_in_bytes: 2 * bytes } },
      });
      return { status: 200, body: { indices: each(stats) } };
    }
    const described = ({ aliases = [], meta = {}, settings = {} }: Index): object => ({
      aliases: Object.fromEntries(aliases.map((alias) => [alias, { is_write_index: true }])),
      mappings: { _meta: meta },
      settings: { index: settings },
    });
    return { status: 200, body: each(described) };
  };
}

async function planned(
  indices: Readonly<Record<string, Index>>,
  options: { all?: boolean; templates?: readonly IndexTemplate[] } = {},
): Promise<Plan> {
  const server = await startOpenSearch(cluster(indices));
  try {
    return await planUpgrade(server.client, { templates: TEMPLATES, now, ...options });
  } finally {
    await server.close();
  }
}

const OVER = 'ocsf-api_activity-2026.11.20';
const OPEN = 'ocsf-api_activity-2026.11.21';

test('what is as this version makes it is left alone', async () => {
  const plan = await planned({ 'events-api_activity-2026.11.20-3': { aliases: [OVER], meta: { strongroom: 'new' } } });

  expect(plan).toMatchObject({ templates: [], steps: [], skipped: [], current: 1 });
});

test('templates that differ are named', async () => {
  const plan = await planned({}, { templates: [template('api_activity', 'newer'), template('class', 'any')] });

  expect(plan.templates).toEqual(['strongroom-api_activity']);
});

test('a store that is older, or says nothing, is copied to its next generation; stores in use come with all, and last', async () => {
  const indices = {
    'events-api_activity-2026.11.21-1': { aliases: [OPEN], meta: { strongroom: 'old' } },
    'events-api_activity-2026.11.20-1': { aliases: [OVER] },
  };
  const over = {
    action: 'copy',
    from: 'events-api_activity-2026.11.20-1',
    to: 'events-api_activity-2026.11.20-2',
    documents: 7,
    open: false,
  };

  expect(await planned(indices)).toMatchObject({
    steps: [over],
    skipped: [{ index: 'events-api_activity-2026.11.21-1', periods: [OPEN] }],
  });
  expect((await planned(indices, { all: true })).steps).toMatchObject([over, { from: 'events-api_activity-2026.11.21-1', open: true }]);
});

test('a store of a week is in use while one of its days is', async () => {
  const { skipped } = await planned({ 'events-api_activity-2026.w47-1': { aliases: [OVER, OPEN] } });

  expect(skipped).toMatchObject([{ index: 'events-api_activity-2026.w47-1' }]);
});

test('a copy that is there is gone on with; one of another release is not touched', async () => {
  const live = { aliases: [OVER], meta: { strongroom: 'old' } };
  const begun = await planned({
    'events-api_activity-2026.11.20-1': live,
    'events-api_activity-2026.11.20-2': { meta: { strongroom: 'new' } },
  });
  const other = await planned({
    'events-api_activity-2026.11.20-1': live,
    'events-api_activity-2026.11.20-2': { meta: { strongroom: 'odd' } },
  });

  expect(begun.steps).toMatchObject([{ to: 'events-api_activity-2026.11.20-2', begun: true }]);
  expect(begun.room).toMatchObject({ largest: 0, all: 0 });
  expect(other.steps).toMatchObject([{ to: 'events-api_activity-2026.11.20-3', begun: false }]);
});

test('a move that was interrupted is finished, in use or not', async () => {
  const { steps } = await planned({
    'events-api_activity-2026.11.21-1': { meta: { strongroom: 'old' } },
    'events-api_activity-2026.11.21-2': {
      aliases: [OPEN],
      meta: { strongroom: 'new', former: 'events-api_activity-2026.11.21-1', moving: true },
    },
  });

  expect(steps).toMatchObject([{ action: 'finish', from: 'events-api_activity-2026.11.21-1', to: 'events-api_activity-2026.11.21-2' }]);
});

test('a plain index of an earlier version becomes a store first, also after a try that was interrupted', async () => {
  const clone = { settings: { resize: { source: { name: OVER } } } };

  expect((await planned({ [OVER]: {} })).steps).toMatchObject([{ action: 'adopt', from: OVER, to: 'events-api_activity-2026.11.20-2' }]);
  expect((await planned({ [OVER]: {}, 'events-api_activity-2026.11.20-1': clone })).steps).toMatchObject([
    { to: 'events-api_activity-2026.11.20-2' },
  ]);
  expect((await planned({ [OVER]: {}, 'events-api_activity-2026.11.20-1': {} })).steps).toMatchObject([
    { to: 'events-api_activity-2026.11.20-3' },
  ]);
});

test('a class without a template of its own has that of the others; what is in warm storage is left', async () => {
  const { current, skipped } = await planned({
    'events-class_99-2026.11.20-1': { aliases: ['ocsf-class_99-2026.11.20'], meta: { strongroom: 'any' } },
    'events-api_activity-2026.11.19-1': {
      aliases: ['ocsf-api_activity-2026.11.19'],
      settings: { routing: { allocation: { require: { box_type: 'warm' } } } },
    },
    'events-gone-2026.11.19-1': { aliases: ['ocsf-gone-2026.11.19'] },
  });

  expect(current).toBe(1);
  expect(skipped.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/warm storage/),
    expect.stringMatching(/no template for gone/),
  ]);
});

test('the command prints the plan, and says when there is no room', async () => {
  const server = await startHttpServer(cluster({ [OVER]: { bytes: 80 * MIB } }));
  let printed = '';
  const out = new Writable({
    write(chunk: Buffer, _, done) {
      printed += chunk.toString();
      done();
    },
  });

  const code = await upgradePlan({ bank: 'demo', url: server.url }, out);
  await server.close();

  expect(code).toBe(0);
  expect(printed).toMatch(/1 stores are to be made anew, 0 are left, 0 are up to date/);
  expect(printed).toMatch(/ocsf-api_activity-2026.11.20 → events-api_activity-2026.11.20-2: 7 documents, 160.0 MiB \(plain index\)/);
  expect(printed).toMatch(/100.0 MiB free, 160.0 MiB needed for the largest/);
  expect(printed).toMatch(/there is not enough room for the largest/);
});
