import type { MSKEvent, SelfManagedKafkaEvent } from 'aws-lambda';
import { runsOf } from '../../../functions/ingest-kafka/event.ts';
import type { KafkaCluster } from '../../../shared/kafka-config.ts';

const ARN = 'arn:aws:kafka:eu-central-1:111111111111:cluster/payments/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f-3';

const CLUSTERS: readonly KafkaCluster[] = [
  { name: 'managed', cluster_arn: ARN, authentication: 'iam', topics: [] },
  { name: 'own', bootstrap_servers: ['b-1.bank.example:9096', 'b-2.bank.example:9096'], authentication: 'tls', topics: [] },
];

function record(partition: number, offset: number, change: object = {}): MSKEvent['records'][string][number] {
  const plain = { topic: 'app.log', partition, offset, timestamp: 1545084650987, timestampType: 'CREATE_TIME' as const };
  return { ...plain, key: 'aw==', value: 'dg==', headers: [], ...change };
}

function selfManaged(servers: string, records: SelfManagedKafkaEvent['records']): SelfManagedKafkaEvent {
  return { eventSource: 'SelfManagedKafka', bootstrapServers: servers, records };
}

it('an event is one run per partition, in the order of its offsets', () => {
  const event: MSKEvent = {
    eventSource: 'aws:kafka',
    eventSourceArn: ARN,
    bootstrapServers: 'b-1.msk.example:9098',
    records: { 'app.log-0': [record(0, 15), record(0, 17)], 'app.log-11': [record(11, 3)] },
  };

  const runs = runsOf(event, { kafka: CLUSTERS });

  expect(runs.map(({ cluster, topic, partition }) => [cluster, topic, partition])).toEqual([
    ['managed', 'app.log', 0],
    ['managed', 'app.log', 11],
  ]);
  expect(runs.map(({ records }) => records.map(({ offset }) => offset))).toEqual([[15, 17], [3]]);
});

it('self-managed brokers tell the cluster, whichever of them are named', () => {
  const event = selfManaged('b-2.bank.example:9096, b-3.bank.example:9096', { 'app.log-0': [record(0, 1)] });

  expect(runsOf(event, { kafka: CLUSTERS })[0]?.cluster).toBe('own');
});

it('clusters that the bank does not name do not share a name', () => {
  const names = ['x:1', 'y:1', 'x:1'].map((servers) => runsOf(selfManaged(servers, { 'app.log-0': [record(0, 1)] }), {})[0]?.cluster);

  expect(names[0]).toMatch(/^unknown-[\w-]{8}$/);
  expect(names[2]).toBe(names[0]);
  expect(names[1]).not.toBe(names[0]);
});

it('what a record does not have is null, and headers keep their order and every byte', () => {
  const headers = [{ trace: [104, -1, 0] }, { trace: [] }, { none: null }];
  const event = selfManaged('x:1', { 'app.log-0': [record(0, 1, { key: undefined, value: undefined, headers })], 'app.log-1': [] });

  expect(runsOf(event, {}).map(({ records }) => records)).toEqual([
    [
      {
        offset: 1,
        timestamp: 1545084650987,
        timestampType: 'CREATE_TIME',
        key: null,
        headers: [
          { name: 'trace', value: 'aP8A' },
          { name: 'trace', value: '' },
          { name: 'none', value: null },
        ],
        value: null,
      },
    ],
  ]);
});
