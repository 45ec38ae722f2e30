// The alerts of a bank with all that they are sent through, on this machine: table, hub, topic, buses.
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { raiseAlerts, type Raised } from '../../../shared/alert/alerts.ts';
import { sweep, type SweepDeps, type Swept } from '../../../shared/alert/sweep.ts';
import type { DigestNumbers } from '../../../shared/alert/digest-numbers.ts';
import { isEpisode, type Episode } from '../../../shared/alert/episode.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { decodeBatch } from '../../../shared/hub/batch.ts';
import type { OcsfEvent, Origin, ReplayMark } from '../../../shared/model.ts';
import { startAlertTable, type FakeAlertTable } from '../../fakes/alert-table.ts';
import { startHttpServer, type Answer, type HttpServer } from '../../fakes/http-server.ts';
import { startKinesis, type FakeKinesis } from '../../fakes/kinesis.ts';
import { startSns, type FakeSns } from '../../fakes/sns.ts';
import { BANK, ownFinding, TIME } from './findings.ts';

export const MINUTE = 60_000;

export interface World {
  readonly table: FakeAlertTable;
  readonly kinesis: FakeKinesis;
  readonly sns: FakeSns;
  /** EventBridge and Security Hub: what was asked, and what they answer next. */
  readonly aws: HttpServer;
  readonly answers: Answer[];
  readonly logged: unknown[];
  now: number;
  bank: BankConfig;
  numbers: () => Promise<DigestNumbers>;
  deps(): SweepDeps;
  raise(...findings: readonly OcsfEvent[]): Promise<Raised>;
  raiseFrom(from: { readonly evidence?: string; readonly replay?: ReplayMark }, ...findings: readonly OcsfEvent[]): Promise<Raised>;
  sweep(): Promise<Swept>;
  /** What the table has of findings, by uid. */
  episode(uid: string): Episode | undefined;
  /** Findings in the hub, in order. */
  documents(): readonly Record<string, unknown>[];
  close(): Promise<void>;
}

/** @param crash see startAlertTable() */
export async function startWorld(crash?: Parameters<typeof startAlertTable>[0]): Promise<World> {
  process.env['POWERTOOLS_METRICS_DISABLED'] = 'true';
  const answers: Answer[] = [];
  const [table, kinesis, sns, aws] = await Promise.all([
    startAlertTable(crash),
    startKinesis(),
    startSns(),
    startHttpServer(() => answers.shift() ?? { status: 200, body: { FailedEntryCount: 0, FailedCount: 0, SuccessCount: 1 } }),
  ]);
  const config = {
    region: 'eu-central-1',
    endpoint: aws.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const events = new EventBridgeClient(config);
  const copies = { events, provider: events, home: events, securityHub: new SecurityHubClient(config) };
  const logged: unknown[] = [];
  const say = (...said: readonly unknown[]): void => void logged.push(said);
  const world: World = {
    ...{ table, kinesis, sns, aws, answers, logged, now: TIME, bank: BANK },
    numbers: () => Promise.reject(new Error('no OpenSearch')),
    deps: () => ({
      bank: world.bank,
      claims: { dynamo: table.client, table: 'strongroom-demo-alert-claims' },
      sns: sns.client,
      topicArn: 'arn:aws:sns:eu-central-1:111111111111:strongroom-demo-alerts',
      hub: { kinesis: kinesis.client, stream: 'hub' },
      vaultBucket: 'vault',
      now: () => world.now,
      copies,
      digest: { numbers: () => world.numbers() },
      log: { info: say, warn: say, error: say },
      metrics: SILENT,
    }),
    raise: (...findings) => world.raiseFrom({}, ...findings),
    raiseFrom: ({ evidence = 'vault/key', replay }, ...findings) =>
      raiseAlerts(findings, { origin: ORIGIN, evidence, replay }, world.deps()),
    sweep: () => sweep(world.deps()),
    episode: (uid) => episodes(table).find((episode) => episode.uid === uid),
    documents: () =>
      kinesis.stored.flatMap(({ data }) => {
        const batch = decodeBatch(data);
        return batch.kind === 'value' ? batch.value.documents.map(({ json }) => JSON.parse(json) as Record<string, unknown>) : [];
      }),
    async close() {
      copies.events.destroy();
      copies.securityHub.destroy();
      await Promise.all([table.close(), kinesis.close(), sns.close(), aws.close()]);
    },
  };
  return world;
}

const ORIGIN: Origin = {
  ...{ bank: 'demo', account: '222222222222', region: 'eu-central-1', source: 'cloudtrail' },
  ...{ trigger: 's3', uri: 's3://b/k#1', time: TIME },
};

const SILENT = {
  addDimensions: () => undefined,
  addMetric: () => undefined,
  publishStoredMetrics: () => undefined,
} as unknown as SweepDeps['metrics'];

function episodes(table: FakeAlertTable): readonly Episode[] {
  return [...table.items].flatMap(([id, { content }]) => {
    if (!id.startsWith('f/') || content === undefined || !('S' in content)) return [];
    const parsed: unknown = JSON.parse(content.S);
    return isEpisode(parsed) ? [parsed] : [];
  });
}

export interface Batch {
  /** Ids of its events. */
  readonly events: readonly string[];
  readonly uid?: string;
  readonly family?: string;
  readonly rule?: string;
  readonly account?: string;
  readonly user?: string;
  readonly severity?: number;
  readonly time?: number;
  /** Events beyond those that are listed. */
  readonly more?: number;
}

/** What a rule finds in one batch of the hub. */
export function foundIn({
  events,
  uid = 'uid-1',
  family,
  rule = 'rule-1',
  account = '222222222222',
  user = 'root',
  severity = 4,
  time = TIME,
  more = 0,
}: Batch): OcsfEvent {
  const finding = ownFinding();
  return {
    ...finding,
    severity_id: severity,
    time,
    metadata: { ...finding.metadata, uid, profiles: ['cloud'], correlation_uid: family },
    cloud: { provider: 'AWS', account: { uid: account }, region: 'eu-central-1' },
    count: events.length + more,
    finding_info: {
      uid,
      title: `Title of ${rule}`,
      desc: 'What it means.',
      analytic: { uid: rule, name: `Name of ${rule}`, type_id: 1 },
      attacks: [{ technique: { uid: 'T1078', name: 'Valid Accounts' }, version: '19.1' }],
      types: ['sigma'],
      first_seen_time: time,
      last_seen_time: time,
      related_events_count: events.length + more,
      related_events: events.map((event) => ({ uid: event, type_uid: 600_301, first_seen_time: time, severity_id: 1 })),
    },
    evidences: [{ actor: { user: { uid: user } }, src_endpoint: { ip: '198.51.100.7' } }],
    unmapped: { evidence: 'vault/key' },
  };
}
