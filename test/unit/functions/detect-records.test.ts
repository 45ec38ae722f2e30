import { S3Client } from '@aws-sdk/client-s3';
import type { KinesisStreamBatchResponse, KinesisStreamRecord } from 'aws-lambda';
import { detectRecords, type DetectDeps } from '../../../functions/detect/records.ts';
import { createEngine } from '../../../shared/detect/engine.ts';
import { NO_SUPPRESSIONS } from '../../../shared/detect/suppress.ts';
import { rulesOf } from '../../../shared/detect/tuning.ts';
import { createBatcher, decodeBatch } from '../../../shared/hub/batch.ts';
import { toDocument } from '../../../shared/hub/document.ts';
import type { HubDocument, OcsfEvent, ReplayMark, ReplayTarget } from '../../../shared/model.ts';
import { createMetrics } from '../../../shared/observe/metrics.ts';
import { startAlertTable, type FakeAlertTable } from '../../fakes/alert-table.ts';
import { startHttpServer, type HttpServer } from '../../fakes/http-server.ts';
import { startKinesis, type FakeKinesis } from '../../fakes/kinesis.ts';
import { startSns, type FakeSns } from '../../fakes/sns.ts';
import { BANK, TIME } from '../alert/findings.ts';
import { apiEvent } from '../detect/events.ts';

let table: FakeAlertTable;
let kinesis: FakeKinesis;
let sns: FakeSns;
let parked: HttpServer;
let s3: S3Client;
let errors: unknown[];
let deps: DetectDeps;

beforeEach(async () => {
  process.env['POWERTOOLS_METRICS_DISABLED'] = 'true';
  [table, kinesis, sns, parked] = await Promise.all([
    startAlertTable(),
    startKinesis(),
    startSns(),
    startHttpServer(() => ({ status: 200 })),
  ]);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  s3 = new S3Client({ region: 'eu-central-1', endpoint: parked.url, forcePathStyle: true, credentials });
  errors = [];
  const rules = rulesOf(BANK);
  deps = {
    bank: BANK,
    engine: createEngine(rules.stream, rules.lists),
    suppressions: NO_SUPPRESSIONS,
    claims: { dynamo: table.client, table: 'claims' },
    sns: sns.client,
    topicArn: 'arn:aws:sns:eu-central-1:111111111111:alerts',
    hub: { kinesis: kinesis.client, stream: 'hub' },
    vaultBucket: 'vault',
    parked: { s3, bucket: 'parked' },
    log: { info: () => undefined, error: (...said) => errors.push(said[0]) },
    metrics: createMetrics(),
    now: () => TIME,
  };
});
afterEach(async () => {
  s3.destroy();
  await Promise.all([table.close(), kinesis.close(), sns.close(), parked.close()]);
});

function record(sequence: string, documents: readonly HubDocument[], replay?: ReplayMark): KinesisStreamRecord {
  const origin = {
    bank: 'demo',
    account: '222222222222',
    region: 'eu-central-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri: 's3://b/k#1',
    time: 0,
  } as const;
  const records: Buffer[] = [];
  const batcher = createBatcher({ hub: 1, origin, evidence: 'vault/key', replay }, (one) => records.push(one));
  for (const document of documents) batcher.add(document);
  batcher.end();
  return raw(sequence, records[0] ?? Buffer.alloc(0));
}

function raw(sequence: string, bytes: Buffer): KinesisStreamRecord {
  const kinesisPart = { sequenceNumber: sequence, approximateArrivalTimestamp: 1772442845.1, data: bytes.toString('base64') };
  return { eventID: `shardId-000000000000:${sequence}`, awsRegion: 'eu-central-1', kinesis: kinesisPart } as KinesisStreamRecord;
}

function stopLogging(user: string): OcsfEvent {
  return { ...apiEvent('StopLogging', { user }), api: { operation: 'StopLogging', service: { name: 'cloudtrail.amazonaws.com' } } };
}

function stop(sequence: string, user: string): KinesisStreamRecord {
  return record(sequence, [toDocument(stopLogging(user))]);
}

async function invoke(...records: readonly KinesisStreamRecord[]): Promise<KinesisStreamBatchResponse> {
  return await detectRecords(records, deps);
}

describe('detectRecords', () => {
  it('alerts what the shipped rules find and puts the finding into the hub', async () => {
    expect(
      await invoke(
        record(
          '1',
          [stopLogging('a'), apiEvent('DescribeInstances')].map((event) => toDocument(event)),
        ),
      ),
    ).toEqual({ batchItemFailures: [] });
    expect(sns.published.map(({ subject }) => subject)).toEqual([
      '[CRITICAL] CloudTrail stopped or deleted - account 222222222222 (payments-prod)',
    ]);
    expect(decodeBatch(kinesis.stored[0]?.data ?? Buffer.alloc(0))).toMatchObject({ kind: 'value', value: { header: { events: 1 } } });
  });

  it('leaves what it has no time for to the next invocation, so that a flood is worked off', async () => {
    deps = { ...deps, budgetMs: -1 };
    const records = ['1', '2', '3'].map((sequence) => stop(sequence, `user-${sequence}`));
    let left: readonly KinesisStreamRecord[] = records;
    for (let invocation = 0; invocation < 3; invocation++) {
      const { batchItemFailures } = await invoke(...left);
      const from = left.findIndex(({ kinesis: { sequenceNumber } }) => sequenceNumber === batchItemFailures[0]?.itemIdentifier);
      left = from < 0 ? [] : left.slice(from);
    }
    expect(left).toEqual([]);
    expect(sns.published).toHaveLength(3);
    expect(errors).toEqual([]);
  });

  it('keeps a finding that the bank has suppressed, and calls nobody', async () => {
    const suppress = [{ rule: 'aws-logging/cloudtrail-stopped', until: '2026-03-02', reason: 'The trail is moved', owner: 'platform' }];
    deps = { ...deps, suppressions: rulesOf({ ...BANK, detections: { suppress } }).suppressions };
    expect(await invoke(stop('1', 'a'))).toEqual({ batchItemFailures: [] });

    expect(sns.published).toEqual([]);
    const batch = decodeBatch(kinesis.stored[0]?.data ?? Buffer.alloc(0));
    const documents = batch.kind === 'value' ? batch.value.documents.map(({ json }) => JSON.parse(json) as unknown) : [];
    expect(documents).toMatchObject([{ status_id: 3, is_alert: false, unmapped: { suppression: { owner: 'platform' } } }]);
  });

  it('does not react to its own findings, and sends nothing twice when a batch comes again', async () => {
    await invoke(stop('1', 'a'));
    const own = raw('2', kinesis.stored[0]?.data ?? Buffer.alloc(0));
    expect(await invoke(own, stop('1', 'a'))).toEqual({ batchItemFailures: [] });
    expect(sns.published).toHaveLength(1);
    expect(kinesis.stored).toHaveLength(1);
  });

  it('reports the first record that failed and leaves those behind it to the redelivery', async () => {
    sns.failures.push('InternalError');
    const records = [record('1', [toDocument(apiEvent('X'))]), stop('2', 'a'), stop('3', 'b')];
    expect(await invoke(...records)).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
    expect(errors).toEqual(['record not processed, it will be delivered again']);
    expect(sns.published).toEqual([]);
    expect(await invoke(...records.slice(1))).toEqual({ batchItemFailures: [] });
    expect(sns.published).toHaveLength(2);
  });

  it('parks what is no hub record, and documents that are no events, and goes on', async () => {
    const documents = [{ ...toDocument(apiEvent('X')), json: '{"class_uid":' }, toDocument(stopLogging('a'))];
    expect(await invoke(raw('1', Buffer.from('no gzip')), record('2', documents))).toEqual({ batchItemFailures: [] });
    const puts = parked.asked.map(({ method, url }) => [method, url.split('/').slice(1, 3).join('/')]);
    expect(puts).toEqual([
      ['PUT', 'parked/detect'],
      ['PUT', 'parked/detect'],
    ]);
    expect(sns.published).toHaveLength(1);
  });

  it.each<[ReplayTarget, boolean, number, number]>([
    ['hub', false, 1, 0],
    ['detect', false, 1, 0],
    ['hub', true, 1, 1],
    ['detect', true, 1, 1],
    ['index:replay-a', false, 0, 0],
  ])('of a replay to %s, with alerts %s: %i findings, %i alerts', async (to, alerts, findings, sent) => {
    const mark = { id: '20261121T093000Z-9f3c21ab', to, alerts };

    await invoke(record('1', [toDocument(stopLogging('a'))], mark));

    expect(kinesis.stored).toHaveLength(findings);
    expect(sns.published).toHaveLength(sent);
  });

  it('parks a document once, however often its batch is published', async () => {
    const documents = [{ ...toDocument(apiEvent('X')), json: '{"class_uid":' }];
    await invoke(record('1', documents), record('2', documents, { id: '20261121T093000Z-9f3c21ab', to: 'hub', alerts: false }));

    expect(new Set(parked.asked.map(({ url }) => url)).size).toBe(1);
    expect(parked.asked).toHaveLength(2);
  });
});
