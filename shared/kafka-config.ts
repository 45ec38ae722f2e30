// What the bank's file says of Kafka clusters and of Kinesis streams (schemas/config/bank.schema.json).
// https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html
export interface KafkaCluster {
  /** Of our own choice: evidence and ids carry it, so it never changes. */
  readonly name: string;
  /** Amazon MSK, provisioned or serverless; for a cluster of another account its managed VPC connection. */
  readonly cluster_arn?: string;
  /** `host:port` of brokers that we reach by ourselves. */
  readonly bootstrap_servers?: readonly string[];
  readonly authentication: 'iam' | 'scram' | 'tls' | 'none';
  /** In Secrets Manager: user name and password, or client certificate and key. */
  readonly secret_arn?: string;
  /** In Secrets Manager: who signs the brokers' certificates, where no public authority does. */
  readonly ca_secret_arn?: string;
  /** Where Lambda reaches self-managed brokers inside a VPC; both or neither. */
  readonly subnet_ids?: readonly string[];
  readonly security_group_ids?: readonly string[];
  /** Beginning of the consumer groups, one per topic: see consumerGroup() in shared/kafka.ts. */
  readonly consumer_group?: string;
  readonly topics: readonly { readonly name: string; readonly source: string; readonly format?: string }[];
}

export interface RawStream {
  /** The stream is `strongroom-<bank>-<name>`: see streamName(). */
  readonly name: string;
  readonly source: string;
  readonly format?: string;
  /** Whose logs they are; this account may write to the stream. */
  readonly account?: string;
}

/** Name in AWS of one of the bank's Kinesis streams. */
export function streamName(bank: string, name: string): string {
  return `strongroom-${bank}-${name}`;
}
