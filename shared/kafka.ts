// The Kafka clusters of the bank's file: which one an event is of, and what their names are in AWS.
import type { KafkaCluster } from './kafka-config.ts';

const LOCAL_SERVER = /^(?:127\.\d+\.\d+\.\d+|localhost):\d+$/;

/** @returns whether all brokers are on this machine: a cluster of the local platform, which AWS could not reach. */
export function isLocal({ bootstrap_servers: servers = [] }: KafkaCluster): boolean {
  return servers.length > 0 && servers.every((server) => LOCAL_SERVER.test(server));
}

/** A group may be of one event source mapping only, and a mapping is of one topic. */
export function consumerGroup(bank: string, { consumer_group: beginning }: KafkaCluster, topic: string): string {
  return `${beginning ?? `strongroom-${bank}`}-${topic}`;
}

/** How an event of Lambda names its cluster. https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html */
export interface EventCluster {
  /** Of Amazon MSK only. */
  readonly arn: string | undefined;
  readonly servers: readonly string[];
}

/** @returns the cluster of the bank's file that the event is of: by its ARN, or by any of its brokers. */
export function clusterOf({ arn, servers }: EventCluster, clusters: readonly KafkaCluster[] = []): KafkaCluster | undefined {
  return clusters.find(({ cluster_arn: own, bootstrap_servers: brokers }) =>
    own === undefined ? brokers?.some((broker) => servers.includes(broker)) : own === arn,
  );
}

/** Records of one partition, as the uri of their unit names them. */
export interface KafkaSpan {
  readonly cluster: string;
  readonly topic: string;
  readonly partition: number;
  /** Offsets. */
  readonly first: number;
  readonly last: number;
  /** Of the first record, ms since the epoch: a topic that is made again begins anew at 0. */
  readonly time: number;
}

const KAFKA_URI = /^kafka:\/\/([^/]+)\/([^/]+)\/(\d+)\/(\d+)-(\d+)@(-?\d+)$/;

/** @param uri `kafka://cluster/topic/partition/first-last@time`. @returns undefined where it is none. */
export function kafkaSpanOf(uri: string): KafkaSpan | undefined {
  const [, cluster, topic, partition, first, last, time] = KAFKA_URI.exec(uri) ?? [];
  if (cluster === undefined || topic === undefined) return undefined;
  return { cluster, topic, partition: Number(partition), first: Number(first), last: Number(last), time: Number(time) };
}
