// Alarms about what AWS runs for us: the bus, the topics, the keys, the domain.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/cloudwatch-alarms.html, https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
import type { BankConfig } from '../../shared/config.ts';
import { logicalId, lowResource, quotaResource, resource, type Alarm, type LowAlarm } from './alarm-resources.ts';
import type { Resource, Resources } from './resources.ts';

/** Of a node's volume; the service stops writes at a fifth or at 20 GiB, whichever is less. */
const FREE = 0.25;
/** Per cent of the account's quota in the region, which other things in the account use too. */
const KMS_QUOTA = 80;

const DOMAIN = { namespace: 'AWS/ES', statistic: 'Maximum', above: 0 } as const;

/** @returns alarms of the security stack, by logical id. */
export function serviceAlarms(prefix: string, topic: string, bank: BankConfig): Resources {
  const { domain } = bank.opensearch;
  const alarms = [...busAlarms(prefix), ...(domain === undefined ? [] : domainAlarms(prefix, bank))];
  const low = domain === undefined ? [] : lowAlarms(prefix, bank, domain.volume_gib);
  const entries: readonly (readonly [string, Resource])[] = [
    ...alarms.map((alarm) => [logicalId(alarm.name), resource(prefix, topic, alarm)] as const),
    ...low.map((alarm) => [logicalId(alarm.name), lowResource(prefix, topic, alarm)] as const),
    [logicalId('kms-quota'), quotaResource(prefix, topic, KMS)],
  ];
  return Object.fromEntries(entries);
}

const KMS = {
  name: 'kms-quota',
  text: `This account uses more than ${KMS_QUOTA} % of what KMS lets it do a second: beyond, calls are refused, and intake slows down.`,
  service: 'KMS',
  resource: 'CryptographicOperationsSymmetric',
  above: KMS_QUOTA,
};

function busAlarms(prefix: string): readonly Alarm[] {
  const rule = {
    namespace: 'AWS/Events',
    dimensions: { EventBusName: prefix, RuleName: `${prefix}-events` },
    statistic: 'Sum',
    above: 0,
  } as const;
  return [
    {
      ...rule,
      name: 'events-failed',
      metric: 'FailedInvocations',
      text: 'The bus could not hand events to queue events, and has given up; they are in queue events-dlq. Its policy or its key does not let the bus in.',
    },
    {
      ...rule,
      name: 'events-lost',
      metric: 'InvocationsFailedToBeSentToDlq',
      text: 'Events are lost: neither queue events nor queue events-dlq took them. Their policies or their key do not let the bus in.',
    },
    {
      name: 'alerts-undelivered',
      text: 'SNS could not deliver alerts to somebody, and has given up: `strongroom finding list` shows what they were.',
      namespace: 'AWS/SNS',
      metric: 'NumberOfNotificationsFailed',
      dimensions: { TopicName: `${prefix}-alerts` },
      statistic: 'Sum',
      above: 0,
    },
  ];
}

function domainAlarms(prefix: string, bank: BankConfig): readonly Alarm[] {
  const domain = { ...DOMAIN, dimensions: dimensions(prefix, bank) };
  return [
    {
      ...domain,
      name: 'opensearch-red',
      metric: 'ClusterStatus.red',
      text: 'A part of an index is on no node: it can be neither searched nor written. Events wait in the hub for 7 days.',
      period: 60,
      periods: 3,
    },
    {
      ...domain,
      name: 'opensearch-writes-blocked',
      metric: 'ClusterIndexWritesBlocked',
      text: 'OpenSearch takes no writes: its disks or its memory are full. Events wait in the hub for 7 days.',
    },
    {
      ...domain,
      name: 'opensearch-memory',
      metric: 'JVMMemoryPressure',
      text: 'A data node has had less than 6 % of its memory for 15 minutes: it will refuse requests, then fall out.',
      above: 94,
      periods: 3,
    },
    {
      ...domain,
      name: 'opensearch-snapshot',
      metric: 'AutomatedSnapshotFailure',
      text: 'The hourly snapshot of the domain has failed; mostly an index is red.',
    },
    {
      ...domain,
      name: 'opensearch-key',
      metric: 'KMSKeyError',
      text: 'The index key is disabled, or OpenSearch may not use it: the domain stops. Enable it before anything else.',
      period: 60,
    },
    {
      ...domain,
      name: 'opensearch-key-gone',
      metric: 'KMSKeyInaccessible',
      text: 'The index key was deleted, or its grants were: this domain is lost. The evidence is not; its events go into a new one.',
      period: 60,
    },
  ];
}

function lowAlarms(prefix: string, bank: BankConfig, volumeGib: number): readonly LowAlarm[] {
  const domain = { namespace: 'AWS/ES', dimensions: dimensions(prefix, bank) };
  const mib = Math.floor(volumeGib * 1024 * FREE);
  return [
    {
      ...domain,
      name: 'opensearch-storage',
      metric: 'FreeStorageSpace',
      statistic: 'Minimum',
      text: `A node has less than ${Math.floor(mib / 1024)} GiB left, a quarter of its volume: \`strongroom capacity\` says what fills it and when it is full.`,
      below: mib,
    },
    {
      ...domain,
      name: 'opensearch-masters',
      metric: 'MasterReachableFromNode',
      statistic: 'Maximum',
      text: 'The elected master has stopped or cannot be reached: nothing in the cluster changes until there is another.',
      below: 1,
    },
  ];
}

function dimensions(prefix: string, { security_account: account }: BankConfig): Readonly<Record<string, string>> {
  return { DomainName: prefix, ClientId: account };
}
