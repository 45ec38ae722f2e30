// What Sigma calls a log source is a source of ours, and its fields are in the event under these paths. Rules name fields as in the raw log.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-taxonomy.md
// Fields: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html,
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
import type { OcsfEvent } from '../model.ts';
import { OCSF_CLASSES, OWN_PRODUCT } from '../ocsf/classes.ts';
import type { Field } from './sigma/compile.ts';
import { RuleError, type Rule } from './sigma/rule.ts';
import { pathOf, someAt, type EventView, type Path } from './view.ts';

export interface LogSource {
  /** Key of the index of rules; events carry it too, see keysOf(). */
  readonly key: string;
  readonly field: (name: string) => Field<EventView>;
  /** The field that most rules of this source ask for a fixed value of, if there is one. */
  readonly indexField: string | undefined;
}

/** Where a raw field is found; with `words`, what the log calls the value (one that has no word is none of the log's). */
type Place = string | { readonly path: string; readonly words: Words };

type Words = (value: unknown) => string | undefined;

function words(table: Readonly<Partial<Record<string, string>>>): Words {
  return (value) => table[String(value)];
}

/** As CloudTrail writes a time, which the hub says once (shared/hub/lean.ts). */
function inSeconds(value: unknown): string | undefined {
  return typeof value === 'number' ? new Date(value).toISOString().replace(/\.\d{3}/, '') : undefined;
}

interface RawLog {
  readonly product: string;
  readonly service: string;
  /** Vendor and name of the product in its events. */
  readonly events: string;
  readonly indexField: string | undefined;
  /** Raw name, or first part of it → places, the first that has a value counts. Any other name is looked for in `unmapped` only. */
  readonly fields: Readonly<Record<string, readonly Place[]>>;
}

const CLOUDTRAIL: RawLog = {
  product: 'aws',
  service: 'cloudtrail',
  events: 'AWS CloudTrail',
  indexField: 'eventName',
  fields: {
    eventName: ['api.operation'],
    eventSource: ['api.service.name'],
    eventType: ['metadata.event_code'],
    eventID: ['metadata.uid'],
    eventVersion: ['metadata.log_version'],
    eventTime: ['metadata.original_time', { path: 'time', words: inSeconds }],
    apiVersion: ['api.version'],
    errorCode: ['api.response.error'],
    errorMessage: ['api.response.error_message'],
    requestParameters: ['api.request.data'],
    responseElements: ['api.response.data'],
    requestID: ['api.request.uid'],
    userAgent: ['http_request.user_agent'],
    sourceIPAddress: ['src_endpoint.ip', 'src_endpoint.domain'],
    awsRegion: ['cloud.region'],
    recipientAccountId: ['cloud.account.uid'],
    vpcEndpointId: ['src_endpoint.uid'],
    'userIdentity.type': ['actor.user.type'],
    'userIdentity.arn': ['actor.user.uid'],
    'userIdentity.principalId': ['actor.user.uid_alt'],
    'userIdentity.userName': ['actor.user.name'],
    'userIdentity.accountId': ['actor.user.account.uid'],
    'userIdentity.accessKeyId': ['actor.user.programmatic_credentials.uid'],
    'userIdentity.invokedBy': ['actor.app_name'],
    'userIdentity.identityProvider': ['actor.idp.name'],
    'userIdentity.sessionContext.sessionIssuer.arn': ['actor.session.issuer'],
    'resources.ARN': ['resources.uid'],
    'resources.ARNPrefix': ['resources.name'],
    'resources.type': ['resources.type'],
    'resources.accountId': ['resources.owner.account.uid'],
    resources: ['resources.data'],
  },
};

// The other ends' interfaces are in `device` where nobody knows which end the interface is.
const VPC_FLOW: RawLog = {
  product: 'aws',
  service: 'vpcflow',
  events: 'AWS Amazon VPC',
  indexField: undefined,
  fields: {
    version: ['metadata.log_version'],
    account_id: ['cloud.account.uid'],
    region: ['cloud.region'],
    az_id: ['cloud.zone'],
    interface_id: ['device.interface_uid', 'src_endpoint.interface_uid', 'dst_endpoint.interface_uid'],
    instance_id: ['device.instance_uid', 'src_endpoint.instance_uid', 'dst_endpoint.instance_uid'],
    vpc_id: ['device.vpc_uid', 'src_endpoint.vpc_uid', 'dst_endpoint.vpc_uid'],
    subnet_id: ['device.subnet_uid', 'src_endpoint.subnet_uid', 'dst_endpoint.subnet_uid'],
    srcaddr: ['src_endpoint.intermediate_ips', 'src_endpoint.ip'],
    dstaddr: ['dst_endpoint.intermediate_ips', 'dst_endpoint.ip'],
    pkt_srcaddr: ['src_endpoint.ip'],
    pkt_dstaddr: ['dst_endpoint.ip'],
    pkt_src_aws_service: ['src_endpoint.svc_name'],
    pkt_dst_aws_service: ['dst_endpoint.svc_name'],
    srcport: ['src_endpoint.port'],
    dstport: ['dst_endpoint.port'],
    protocol: ['connection_info.protocol_num'],
    tcp_flags: ['connection_info.tcp_flags'],
    flow_direction: [
      'connection_info.direction',
      { path: 'connection_info.direction_id', words: words({ '1': 'ingress', '2': 'egress' }) },
    ],
    packets: ['traffic.packets'],
    bytes: ['traffic.bytes'],
    action: ['action', { path: 'action_id', words: words({ '1': 'ACCEPT', '2': 'REJECT' }) }],
    log_status: ['status_code'],
    reject_reason: ['status_detail'],
  },
};

const RAW_LOGS: readonly RawLog[] = [CLOUDTRAIL, VPC_FLOW];

/** @throws RuleError where no source of ours is meant. */
export function logSourceOf(rule: Rule): LogSource {
  return rule.taxonomy === 'ocsf' ? classSource(rule) : rawSource(rule);
}

function rawSource({ logsource: { category, product, service } }: Rule): LogSource {
  const log = RAW_LOGS.find((one) => category === undefined && one.product === product && one.service === service);
  if (log === undefined) {
    const known = RAW_LOGS.map((one) => `product ${one.product}, service ${one.service}`).join('; ');
    const named = [category, product, service].filter((part) => part !== undefined).join('/');
    throw new RuleError(`logsource ${named} is none of ours (${known})`, ['logsource']);
  }
  return { key: log.events, field: (name) => rawField(log, name), indexField: log.indexField };
}

function classSource({ logsource: { category } }: Rule): LogSource {
  const cls = OCSF_CLASSES.find(({ name }) => name === category);
  if (cls === undefined) {
    const known = OCSF_CLASSES.map(({ name }) => name).join(', ');
    throw new RuleError(`with taxonomy ocsf, logsource.category is a class: ${known}`, ['logsource', 'category']);
  }
  return { key: `class ${cls.uid}`, field: (name) => lookUp([{ path: pathOf(name) }]), indexField: undefined };
}

/** @returns keys under which rules for this event are filed. */
export function keysOf(event: OcsfEvent): readonly string[] {
  return [productOf(event), `class ${event.class_uid}`];
}

// The name alone proves nothing: an application gives its own in its log. The vendor is ours to say.
function productOf({ metadata: { product } }: OcsfEvent): string {
  return `${product.vendor_name} ${product.name}`;
}

/**
 * Sources leave in `unmapped`, under its own name, what has no place in the event, and the record's word where the event's differs from it:
 * so that place comes first. It has null where the record had no such field.
 */
function rawField(log: RawLog, name: string): Field<EventView> {
  return lookUp([{ path: pathOf(`unmapped.${name}`) }, ...placesOf(log, name)]);
}

interface Looked {
  readonly path: Path;
  readonly words?: Words;
}

/** The longest first part of the name that has places, and the rest of the name behind each of them. */
function placesOf(log: RawLog, name: string): readonly Looked[] {
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const first = name.slice(0, end);
    if (!Object.hasOwn(log.fields, first)) continue;
    const rest = name.slice(end);
    return (log.fields[first] ?? []).map((place) =>
      typeof place === 'string' ? { path: pathOf(place + rest) } : { path: pathOf(place.path + rest), words: place.words },
    );
  }
  return [];
}

function lookUp(places: readonly Looked[]): Field<EventView> {
  return (view, test) => {
    for (const { path, words: wordOf } of places) {
      let answer: boolean | undefined;
      someAt(view, path, (value) => {
        const word = wordOf === undefined ? value : wordOf(value);
        if (word === undefined) return false;
        answer = word !== null && test(word);
        return answer;
      });
      // A place that has a value, whatever it is, counts.
      if (answer !== undefined) return answer;
    }
    return false;
  };
}

/** Our own findings pass through the hub too; rules must not react to them. */
export function isOwn(event: OcsfEvent): boolean {
  return productOf(event) === `${OWN_PRODUCT} ${OWN_PRODUCT}`;
}
