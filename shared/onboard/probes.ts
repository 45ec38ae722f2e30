// Probes: records that stand for nothing, one of each kind of source, told by their name. They go the way that the source's own go, and no rule of ours
// matches them. Formats: the documentation that the source's file in shared/sources/ names.
// Addresses are of TEST-NET-1 and -3: https://www.rfc-editor.org/rfc/rfc5737
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { BankAccount, BankConfig } from '../config.ts';
import type { JsonObject } from '../model.ts';
import { wildcard } from '../declared/wildcard.ts';

/** Whose logs, and when. */
export interface ProbeFor {
  readonly account: string;
  readonly region: string;
  /** ms since the epoch */
  readonly time: number;
  /** 16 hexadecimal digits, of this probe alone. */
  readonly id: string;
}

/** How a probe is delivered; `landing` names the output of the security stack that is the bucket's name. */
export type Way =
  | {
      readonly kind: 'object';
      readonly landing: 'LandingBucket' | 'BalancerBucket' | 'WafBucket';
      readonly key: string;
      readonly bytes: Buffer;
    }
  | { readonly kind: 'log'; readonly group: string; readonly message: string }
  /** As GuardDuty would: a sample of this type, made by GuardDuty itself where it is enabled. */
  | { readonly kind: 'finding'; readonly type: string; readonly detail: JsonObject }
  | { readonly kind: 'record'; readonly stream: string; readonly data: string };

export interface Probe {
  readonly source: string;
  readonly way: Way;
  /** Finds its event in OpenSearch, and no other. */
  readonly query: object;
}

/** What the probe calls itself wherever its format has room for it. */
export function probeName(id: string): string {
  return `strongroom-probe-${id}`;
}

export interface ProbesOf {
  /** As the region has it. */
  readonly bank: BankConfig;
  readonly account: BankAccount;
  /** Expected of the account. */
  readonly sources: readonly string[];
  readonly where: Omit<ProbeFor, 'id'>;
  readonly newId: () => string;
}

/** @returns probes of all the account's sources of which there are some: others show in `strongroom status` once they deliver. */
export function probesOf({ bank, account, sources, where, newId }: ProbesOf): readonly Probe[] {
  const named = sources.flatMap((source) => {
    const make = PROBES[source];
    return make === undefined ? [] : [{ source, ...make({ ...where, id: newId() }) }];
  });
  const groups = (account.log_groups ?? []).flatMap((group) => {
    const entry = bank.log_groups.find(({ match, account: of }) => (of === undefined || of === account.id) && wildcard(match)(group));
    // Of other sources in log groups a line of ours would be no line of theirs.
    return entry?.source === 'application-json' ? [{ group, id: newId() }] : [];
  });
  const streams = (bank.streams ?? []).filter((stream) => stream.account === account.id && stream.source === 'application-json');
  return [
    ...named,
    ...groups.map(({ group, id }): Probe => applicationProbe({ ...where, id }, (message) => ({ kind: 'log', group, message }))),
    ...streams.map(({ name }): Probe =>
      applicationProbe({ ...where, id: newId() }, (data) => ({ kind: 'record', stream: `strongroom-${bank.bank}-${name}`, data })),
    ),
  ];
}

/** Names of the sources that have a probe of their own. */
export function probedSources(): readonly string[] {
  return Object.keys(PROBES);
}

type Made = Pick<Probe, 'way' | 'query'>;

const PROBES: Readonly<Record<string, (probe: ProbeFor) => Made>> = {
  cloudtrail: cloudTrailProbe,
  'vpc-flow': flowProbe,
  alb: balancerProbe,
  waf: wafProbe,
  config: configProbe,
  guardduty: findingProbe,
  'route53-resolver': resolverProbe,
};

/** A call that anybody may make and that reads nothing but its own name. */
function cloudTrailProbe({ account, region, time, id }: ProbeFor): Made {
  const record = {
    eventVersion: '1.11',
    userIdentity: { type: 'AWSService', invokedBy: 'strongroom' },
    eventTime: iso(time),
    eventSource: 'sts.amazonaws.com',
    eventName: 'GetCallerIdentity',
    awsRegion: region,
    sourceIPAddress: '192.0.2.10',
    userAgent: probeName(id),
    requestParameters: null,
    responseElements: null,
    eventID: randomUUID(),
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  };
  const name = `${account}_CloudTrail_${region}_${compact(time)}_${id}.json.gz`;
  return {
    way: object('LandingBucket', `AWSLogs/${account}/CloudTrail/${region}/${day(time)}/${name}`, JSON.stringify({ Records: [record] })),
    query: term('http_request.user_agent', probeName(id)),
  };
}

/** One packet between two addresses that nobody has; the interface bears the id. */
function flowProbe({ account, region, time, id }: ProbeFor): Made {
  const header = 'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
  const start = Math.floor(time / 1000);
  const line = `2 ${account} eni-${id} 192.0.2.10 192.0.2.11 40000 443 6 1 40 ${start} ${start + 1} ACCEPT OK`;
  const name = `${account}_vpcflowlogs_${region}_fl-${id}_${compact(time)}_${id.slice(0, 8)}.log.gz`;
  return {
    way: object('LandingBucket', `AWSLogs/${account}/vpcflowlogs/${region}/${day(time)}/${name}`, `${header}\n${line}\n`),
    query: {
      multi_match: { query: `eni-${id}`, fields: ['device.interface_uid', 'src_endpoint.interface_uid', 'dst_endpoint.interface_uid'] },
    },
  };
}

function balancerProbe({ account, region, time, id }: ProbeFor): Made {
  const agent = probeName(id);
  const line =
    `https ${new Date(time).toISOString()} app/${agent}/${id} 192.0.2.10:40000 192.0.2.11:443 0.001 0.001 0.000 200 200 100 100 ` +
    `"GET https://probe.example:443/ HTTP/1.1" "${agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.3 ` +
    `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/probe/${id} "Root=1-00000000-${id}00000000" "probe.example" "-" 0 ` +
    `${new Date(time).toISOString()} "forward" "-" "-" "192.0.2.11:443" "200" "-" "-"`;
  const name = `${account}_elasticloadbalancing_${region}_app.${agent}.${id}_${compact(time)}_192.0.2.10_${id.slice(0, 8)}.log.gz`;
  return {
    way: object('BalancerBucket', `AWSLogs/${account}/elasticloadbalancing/${region}/${day(time)}/${name}`, `${line}\n`),
    query: term('http_request.user_agent', agent),
  };
}

function wafProbe({ account, region, time, id }: ProbeFor): Made {
  const acl = `arn:aws:wafv2:${region}:${account}:regional/webacl/strongroom-probe/${id}`;
  const record = {
    timestamp: time,
    formatVersion: 1,
    webaclId: acl,
    terminatingRuleId: 'Default_Action',
    terminatingRuleType: 'REGULAR',
    action: 'ALLOW',
    httpSourceName: 'ALB',
    httpSourceId: `${account}-app/probe/${id}`,
    ruleGroupList: [],
    httpRequest: {
      clientIp: '192.0.2.10',
      country: '-',
      headers: [{ name: 'User-Agent', value: probeName(id) }],
      uri: '/',
      args: '',
      httpVersion: 'HTTP/1.1',
      httpMethod: 'GET',
      requestId: id,
    },
  };
  const name = `${account}_waflogs_${region}_strongroom-probe_${compact(time)}_${id.slice(0, 8)}.log.gz`;
  return {
    way: object(
      'WafBucket',
      `AWSLogs/${account}/WAFLogs/${region}/strongroom-probe/${day(time)}/00/00/${name}`,
      `${JSON.stringify(record)}\n`,
    ),
    query: term('http_request.user_agent', probeName(id)),
  };
}

function configProbe({ account, region, time, id }: ProbeFor): Made {
  const item = {
    configurationItemVersion: '1.3',
    configurationItemCaptureTime: iso(time),
    configurationItemStatus: 'ResourceNotRecorded',
    configurationStateId: String(time),
    resourceType: 'AWS::SSM::ManagedInstanceInventory',
    resourceId: probeName(id),
    awsAccountId: account,
    awsRegion: region,
  };
  const content = { fileVersion: '1.0', configSnapshotId: randomUUID(), configurationItems: [item] };
  const date = new Date(time);
  const folder = `${date.getUTCFullYear()}/${date.getUTCMonth() + 1}/${date.getUTCDate()}`;
  const name = `${account}_Config_${region}_ConfigHistory_AWS::SSM::ManagedInstanceInventory_${compact(time)}_${id}_1.json.gz`;
  return {
    way: object('LandingBucket', `AWSLogs/${account}/Config/${region}/${folder}/ConfigHistory/${name}`, JSON.stringify(content)),
    query: term('resources.uid', probeName(id)),
  };
}

/** Of the lowest severity: nobody is alerted, but where the bank's file wants low ones to be (alerts.min_severity). */
function findingProbe({ account, region, time, id }: ProbeFor): Made {
  const type = 'Recon:EC2/PortProbeUnprotectedPort';
  const detail = {
    schemaVersion: '2.0',
    accountId: account,
    region,
    id: `${id}${id}`,
    arn: `arn:aws:guardduty:${region}:${account}:detector/${id}${id}/finding/${id}${id}`,
    type,
    severity: 2,
    createdAt: new Date(time).toISOString(),
    updatedAt: new Date(time).toISOString(),
    title: `[SAMPLE] ${probeName(id)}`,
    description: 'Strongroom asks whether findings arrive.',
    service: { serviceName: 'guardduty', additionalInfo: { sample: true } },
  };
  const filter = [
    { term: { 'metadata.product.name': 'GuardDuty' } },
    { term: { 'finding_info.types': type } },
    { term: { 'cloud.account.uid': account } },
    { range: { time: { gte: time - 1000, format: 'epoch_millis' } } },
  ];
  return { way: { kind: 'finding', type, detail }, query: { bool: { filter } } };
}

/** Below `.example` nothing has an address. https://www.rfc-editor.org/rfc/rfc2606 */
function resolverProbe({ account, region, time, id }: ProbeFor): Made {
  const hostname = `${probeName(id)}.example`;
  const record = {
    version: '1.100000',
    account_id: account,
    region,
    vpc_id: 'vpc-00000000000000000',
    query_timestamp: iso(time),
    query_name: `${hostname}.`,
    query_type: 'A',
    query_class: 'IN',
    rcode: 'NXDOMAIN',
    answers: [],
    srcaddr: '192.0.2.10',
    srcport: '40000',
    transport: 'UDP',
  };
  const name = `${account}_vpcdnsquerylogs_vpc-00000000000000000_${compact(time)}_${id.slice(0, 8)}.log.gz`;
  return {
    way: object(
      'LandingBucket',
      `AWSLogs/${account}/vpcdnsquerylogs/vpc-00000000000000000/${day(time)}/${name}`,
      `${JSON.stringify(record)}\n`,
    ),
    query: { prefix: { 'query.hostname': probeName(id) } },
  };
}

function applicationProbe({ time, id }: ProbeFor, way: (text: string) => Way): Probe {
  const text = JSON.stringify({
    time: new Date(time).toISOString(),
    level: 'info',
    message: `Strongroom asks whether this arrives: ${id}`,
  });
  return { source: 'application-json', way: way(text), query: { match: { message: id } } };
}

function object(landing: 'LandingBucket' | 'BalancerBucket' | 'WafBucket', key: string, text: string): Way {
  return { kind: 'object', landing, key, bytes: gzipSync(text) };
}

function term(field: string, value: string): object {
  return { term: { [field]: value } };
}

function iso(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10).replaceAll('-', '/');
}

/** `20261121T0800Z` */
function compact(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
}
