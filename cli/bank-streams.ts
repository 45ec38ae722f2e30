// What contradicts itself in a bank's `kafka` and `streams`; called by bank.ts.
import type { BankConfig } from '../shared/config.ts';
import type { KafkaCluster } from '../shared/kafka-config.ts';
import { consumerGroup, isLocal } from '../shared/kafka.ts';
import type { Problem } from './yaml-file.ts';

/** Streams that the security stack has anyway. */
const OWN_STREAMS = ['intake', 'hub'];
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-eventsourcemapping-selfmanagedkafkaeventsourceconfig.html */
const LONGEST_GROUP = 200;

export function* kafka(bank: BankConfig): Generator<Problem> {
  const clusters = bank.kafka ?? [];
  yield* repeated(clusters.map((cluster, index) => ({ path: ['kafka', String(index), 'name'], value: cluster.name })));
  yield* repeated(clusters.map((cluster, index) => ({ path: ['kafka', String(index), 'cluster_arn'], value: cluster.cluster_arn })));
  // An event of a self-managed cluster is told by its brokers.
  const brokers = clusters.flatMap(({ bootstrap_servers: servers = [] }, index) =>
    servers.map((value, at) => ({ path: ['kafka', String(index), 'bootstrap_servers', String(at)], value })),
  );
  yield* repeated(brokers);
  for (const [index, cluster] of clusters.entries()) {
    for (const { path, message } of [...place(cluster), ...access(cluster), ...topics(bank, cluster)]) {
      yield { path: ['kafka', String(index), ...path], message };
    }
  }
}

function* repeated(entries: readonly { readonly path: readonly string[]; readonly value: string | undefined }[]): Generator<Problem> {
  const seen = new Set<string>();
  for (const { path, value } of entries) {
    if (value === undefined) continue;
    if (seen.has(value)) yield { path, message: `${value} is listed twice` };
    seen.add(value);
  }
}

function* place(cluster: KafkaCluster): Generator<Problem> {
  const { cluster_arn: arn, bootstrap_servers: servers } = cluster;
  if ((arn === undefined) === (servers === undefined)) yield { path: [], message: 'must have either cluster_arn or bootstrap_servers' };
  const network = (['subnet_ids', 'security_group_ids'] as const).filter((name) => cluster[name] !== undefined);
  if (arn !== undefined) {
    for (const name of [...network, ...(cluster.ca_secret_arn === undefined ? [] : ['ca_secret_arn'])])
      yield { path: [name], message: 'belongs to self-managed brokers; Amazon MSK tells Lambda itself' };
  } else if (network.length === 1) {
    yield { path: [], message: `must have subnet_ids and security_group_ids or neither (found ${network.join()} alone)` };
  }
  if (servers !== undefined && !isLocal(cluster) && servers.some((server) => isLocal({ ...cluster, bootstrap_servers: [server] })))
    yield { path: ['bootstrap_servers'], message: 'must be all on this machine or none' };
}

function* access(cluster: KafkaCluster): Generator<Problem> {
  const { authentication, cluster_arn: arn, secret_arn: secret } = cluster;
  const path = ['authentication'];
  switch (authentication) {
    case 'iam':
      if (arn === undefined) yield { path, message: 'iam is for Amazon MSK: self-managed brokers know scram and tls' };
      if (secret !== undefined) yield { path: ['secret_arn'], message: 'is not used with iam' };
      break;
    case 'none':
      if (!isLocal(cluster)) yield { path, message: 'must not be none, except for brokers on this machine' };
      if (secret !== undefined) yield { path: ['secret_arn'], message: 'is not used with none' };
      break;
    case 'scram':
    case 'tls':
      if (secret === undefined) yield { path: [], message: `lacks secret_arn, which ${authentication} needs` };
      // https://docs.aws.amazon.com/msk/latest/developerguide/serverless.html
      if (arn !== undefined && /-s\d+$/.test(arn)) yield { path, message: 'must be iam: a serverless cluster knows nothing else' };
  }
}

function* topics(bank: BankConfig, cluster: KafkaCluster): Generator<Problem> {
  yield* repeated(cluster.topics.map(({ name }, index) => ({ path: ['topics', String(index), 'name'], value: name })));
  for (const [index, { name }] of cluster.topics.entries()) {
    const group = consumerGroup(bank.bank, cluster, name);
    if (group.length > LONGEST_GROUP)
      yield {
        path: ['topics', String(index), 'name'],
        message: `makes the consumer group ${group} longer than ${LONGEST_GROUP} characters`,
      };
  }
}

export function* streams(bank: BankConfig): Generator<Problem> {
  const found = bank.streams ?? [];
  const known = [bank.security_account, ...bank.accounts.map(({ id }) => id)];
  yield* repeated(found.map(({ name }, index) => ({ path: ['streams', String(index), 'name'], value: name })));
  for (const [index, { name, account }] of found.entries()) {
    const path = ['streams', String(index)];
    if (OWN_STREAMS.includes(name))
      yield { path: [...path, 'name'], message: `must not be ${name}: the platform has a stream of this name` };
    if (account !== undefined && !known.includes(account))
      yield { path: [...path, 'account'], message: `must be one of the bank's accounts: ${known.join(', ')} (found "${account}")` };
  }
}
