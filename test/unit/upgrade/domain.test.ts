import { checkDomain, upgradeDomain, type DomainUpgraded } from '../../../shared/upgrade/domain.ts';
import type { Answer, Asked } from '../../fakes/http-server.ts';
import { startOpenSearch } from '../../fakes/opensearch.ts';
import { DOMAIN, DONE, startService, type ServiceRules } from '../../fakes/opensearch-service.ts';

const GREEN = { status: 'green', relocating_shards: 0, initializing_shards: 0 };
const TO = { to: 'OpenSearch_3.3' };

interface ClusterRules {
  readonly health?: (asked: number) => object;
  readonly created?: string;
  readonly freeBytes?: number;
  readonly repositories?: object;
  readonly snapshotStates?: readonly string[];
  readonly counts?: readonly number[];
}

/** What the checks ask of the cluster. */
function cluster({
  health = () => GREEN,
  created = '136217827',
  freeBytes = 80,
  repositories = { bank: {}, 'cs-automated-enc': {} },
  snapshotStates = ['IN_PROGRESS', 'SUCCESS'],
  counts = [10, 10],
}: ClusterRules): (asked: Asked) => Answer {
  const asked = { health: 0, snapshot: 0, count: 0 };
  return ({ method, url }) => {
    const path = url.split('?')[0] ?? '';
    const ok = (body: object): Answer => ({ status: 200, body });
    if (path === '/_cluster/health') return ok(health(asked.health++));
    if (path.startsWith('/_nodes/stats'))
      return ok({ nodes: { a: { name: 'n1', roles: ['data'], fs: { total: { total_in_bytes: 100, available_in_bytes: freeBytes } } } } });
    if (path === '/_all/_settings') return ok({ 'ocsf-x-2025': { settings: { index: { version: { created } } } } });
    if (path === '/_snapshot') return ok(repositories);
    if (path.startsWith('/_snapshot/'))
      return ok(
        method === 'PUT'
          ? { accepted: true }
          : { snapshots: [{ state: snapshotStates[Math.min(asked.snapshot++, snapshotStates.length - 1)] }] },
      );
    if (path.endsWith('/_count')) return ok({ count: counts[Math.min(asked.count++, counts.length - 1)] });
    return ok({});
  };
}

interface Ran {
  readonly result: DomainUpgraded | Awaited<ReturnType<typeof checkDomain>>;
  readonly calls: readonly string[];
  readonly said: readonly string[];
}

async function run(
  service: ServiceRules,
  rules: ClusterRules = {},
  isCheck = false,
  options: { to: string; repository?: string } = TO,
): Promise<Ran> {
  const [control, search] = [await startService(service), await startOpenSearch(cluster(rules))];
  const said: string[] = [];
  const deps = {
    control: control.client,
    search: search.client,
    domain: DOMAIN,
    say: (line: string) => said.push(line),
    sleep: () => Promise.resolve(),
  };
  try {
    const result = isCheck ? await checkDomain(deps, options) : await upgradeDomain(deps, options);
    return { result, calls: control.calls.filter((name) => !name.startsWith('Get') && !name.startsWith('Describe')), said };
  } finally {
    await control.close();
    await search.close();
  }
}

test('checks, has the service check, takes a snapshot that is complete, begins and watches to the end', async () => {
  const steps = (asked: number, isCheck: boolean): object =>
    isCheck || asked > 2
      ? DONE
      : {
          UpgradeStatus: 'IN_PROGRESS',
          StepsList: [{ UpgradeStep: 'UPGRADE', UpgradeStepStatus: 'IN_PROGRESS', ProgressPercent: 30 * asked }],
        };
  const { result, calls, said } = await run({ upgrade: steps });

  expect(result).toMatchObject({
    from: 'OpenSearch_2.19',
    to: 'OpenSearch_3.3',
    status: 'SUCCEEDED',
    alarms: [],
    issues: [],
    objections: [],
    documents: { before: 10, after: 10 },
  });
  expect(result).toMatchObject({ snapshot: expect.stringMatching(/^bank\/strongroom-before-opensearch-3.3-\d{14}$/) as string });
  expect(calls).toEqual(['UpgradeDomain check', 'UpgradeDomain']);
  expect(said).toEqual(expect.arrayContaining(['UPGRADE 30 %: Copying shards to new nodes']));
});

test('with --check nothing is begun and no snapshot is taken', async () => {
  const { result, calls } = await run({}, { repositories: {} }, true);

  expect(result.objections).toEqual([]);
  expect(calls).toEqual(['UpgradeDomain check']);
});

test.each([
  ['the service does not upgrade to it', { targets: ['OpenSearch_2.21'] }, {}, /upgrades to OpenSearch_2.21, not to OpenSearch_3.3/],
  ['it is being changed', { domain: { Processing: true, DomainProcessingStatus: 'Modifying' } }, {}, /being changed \(Modifying\)/],
  ['it is being upgraded', { domain: { UpgradeProcessing: true } }, {}, /being upgraded/],
  ['a change waits', { domain: { ChangeProgressDetails: { ConfigChangeStatus: 'Pending' } } }, {}, /a change of the domain is open/],
  ['the cluster is yellow', {}, { health: () => ({ ...GREEN, status: 'yellow' }) }, /cluster is yellow/],
  ['shards are on their way', {}, { health: () => ({ ...GREEN, relocating_shards: 3 }) }, /3 shards are being moved/],
  ['a disk is nearly full', {}, { freeBytes: 19 }, /node n1 has 19 % of its disk free/],
  ['an index is of OpenSearch 1', {}, { created: '135238227' }, /does not read 1 indices .*ocsf-x-2025/],
  ['an index is of Elasticsearch', {}, { created: '7100299' }, /does not read 1 indices/],
] as readonly [string, ServiceRules, ClusterRules, RegExp][])('it is not begun where %s', async (_, service, rules, expected) => {
  const { result, calls } = await run(service, rules);

  expect(result).toMatchObject({ status: 'not begun' });
  expect(result.objections.join('\n')).toMatch(expected);
  expect(calls).toEqual([]);
});

test('what the check of the service finds is told', async () => {
  const failed = {
    UpgradeStatus: 'FAILED',
    StepsList: [{ UpgradeStep: 'PRE_UPGRADE_CHECK', UpgradeStepStatus: 'FAILED', Issues: ['too many shards'] }],
  };
  const { result, calls } = await run({ upgrade: () => failed });

  expect(result.objections).toEqual(["the service's check ended as FAILED", 'PRE_UPGRADE_CHECK: too many shards']);
  expect(calls).toEqual(['UpgradeDomain check']);
});

test('a version that the platform is not made for is refused', async () => {
  const { result } = await run({ targets: ['OpenSearch_4.0'] }, {}, true, { to: 'OpenSearch_4.0' });
  expect(result.objections).toEqual([
    expect.stringMatching(/made for OpenSearch 2.19 to before 4.0/),
    expect.stringMatching(/does not read/),
  ]);
  await expect(run({}, {}, true, { to: '3.3' })).rejects.toThrow(/--to must be a version/);
});

test('without a repository of the bank, or with a snapshot that is not complete, it is not begun', async () => {
  await expect(run({}, { repositories: { 'cs-automated-enc': {} } })).rejects.toThrow(/no snapshot repository of the bank/);
  await expect(run({}, { repositories: { a: {}, b: {} } })).rejects.toThrow(/--repository: a, b/);
  await expect(run({}, { snapshotStates: ['IN_PROGRESS', 'PARTIAL'] })).rejects.toThrow(/ended as PARTIAL: the upgrade was not begun/);
});

test('what turns bad while the snapshot is taken stops it', async () => {
  const { result, calls } = await run({}, { health: (asked) => (asked === 0 ? GREEN : { ...GREEN, status: 'red' }) });

  expect(result).toMatchObject({ status: 'not begun', objections: [expect.stringMatching(/cluster is red/)] });
  expect(calls).toEqual(['UpgradeDomain check']);
});

const LONG = (asked: number, isCheck: boolean): object => (isCheck || asked > 8 ? DONE : { UpgradeStatus: 'IN_PROGRESS', StepsList: [] });
const redFrom =
  (first: number) =>
  (asked: number): object =>
    asked < first ? GREEN : { status: 'red' };

test('a cluster that turns red under way is an alarm, once; nothing can be cancelled, and that is said', async () => {
  const { result, calls, said } = await run({ upgrade: LONG }, { health: redFrom(2) });

  expect(result).toMatchObject({ status: 'SUCCEEDED', alarms: [expect.stringMatching(/ALARM: the cluster of strongroom-demo is red/)] });
  expect(said.filter((line) => line.includes('nothing stops it'))).toHaveLength(1);
  expect(calls).toEqual(['UpgradeDomain check', 'UpgradeDomain', 'CancelDomainConfigChange dry']);
});

test('a change that still waits then is cancelled', async () => {
  const { calls, said } = await run({ upgrade: LONG, cancellable: ['c1'] }, { health: redFrom(2) });

  expect(calls.slice(2)).toEqual(['CancelDomainConfigChange dry', 'CancelDomainConfigChange']);
  expect(said).toContain('cancelled: change c1');
});

test('documents that are not found any more are an issue', async () => {
  const { result } = await run({}, { counts: [10, 7] });

  expect(result).toMatchObject({ issues: ['3 documents fewer are found than before'] });
});

test('a domain that is not there is told', async () => {
  const service = await startService({});
  const search = await startOpenSearch(cluster({}));
  const deps = { control: service.client, search: search.client, domain: 'another', say: () => undefined };
  await expect(checkDomain(deps, TO)).rejects.toThrow(/there is no domain another/);
  await service.close();
  await search.close();
});
