// Route 53 VPC Resolver query logs to DNS Activity 4003, with what DNS Firewall did in profile security_control.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html (fields)
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-choosing-target-resource.html (where they go)
// Field mapping: https://github.com/ocsf/examples/tree/main/mappings/markdown/AWS/v1.5.0/Route53, and where ours differs:
//  - Names lose the dot that ends them; a record is the query with its answer: Traffic.
//  - The resolver is the destination, its endpoint (queries from or to the bank's own network) the destination's uid.
//  - A query that DNS Firewall matched is alertable and of severity Low: there are many, and what they mean is for the list to say.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { classify, DNS_ACTIVITY, OCSF_VERSION, SEVERITY } from '../ocsf/classes.ts';
import { cloudOf, epochMs, inRange } from '../ocsf/event.ts';
import { isArray, isObject, jsonOf, reject, text, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import { DNS_TRAFFIC, domainOf, responseCodeOf, transportOf } from './lib/dns.ts';
import {
  type Fields,
  fieldsOf,
  inside,
  leftovers,
  markTaken,
  originalTime,
  peekText,
  takeId,
  takeIp,
  takePort,
  takeText,
} from './lib/fields.ts';

const OTHER = 99;
const OUTBOUND = 2;
const PRODUCT = { name: 'Amazon Route 53', vendor_name: 'AWS', feature: { name: 'Resolver Query Logs' } };
const PROFILES = ['cloud'];
const PROFILES_WITH_FIREWALL = ['cloud', 'security_control'];

/** What DNS Firewall did → action_id and disposition_id. */
const ACTIONS: ReadonlyMap<string, { readonly action: number; readonly disposition: number }> = new Map([
  ['ALLOW', { action: 1, disposition: 1 }],
  ['ALERT', { action: 1, disposition: 19 }],
  ['BLOCK', { action: 2, disposition: 2 }],
]);

interface ResolverRecord {
  readonly fields: JsonObject;
  /** query_timestamp, ms since the epoch. */
  readonly time: number;
}

export const route53Resolver: Source<ResolverRecord> = {
  name: 'route53-resolver',
  title: 'Route 53 VPC Resolver query logs',
  documentation: 'https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html',
  classes: [DNS_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: [
    'S3: AWSLogs/<account>/vpcdnsquerylogs/<vpc>/…',
    "CloudWatch Logs: the log groups that the bank's file names",
    "Kinesis, S3 by Firehose: as the bank's file says",
  ],
  claims: (delivery) => deliveryKey(delivery) !== undefined,
  locate: (delivery) => deliveryKey(delivery)?.groups ?? {},
  recognises: (head) => /^\s*[[{]/.test(head) && ['"query_timestamp"', '"query_name"', '"vpc_id"'].every((name) => head.includes(name)),
  parse,
  map,
};

const KEY = /(?:^|\/)AWSLogs\/(?<account>\d{12})\/vpcdnsquerylogs\//;

function deliveryKey(delivery: Delivery): RegExpExecArray | undefined {
  return delivery.trigger === 's3' ? (KEY.exec(delivery.key) ?? undefined) : undefined;
}

function parse(record: RawRecord): Outcome<ResolverRecord> {
  const fields = jsonOf(record);
  if (fields === undefined) return reject('malformed_json', 'not JSON');
  if (!isObject(fields)) return reject('malformed_record', 'not a JSON object');
  const said = text(fields['query_timestamp']);
  if (said === undefined) return reject('missing_field', 'query_timestamp');
  const time = epochMs(said);
  if (time === undefined) return reject('bad_value', 'query_timestamp is not a time');
  return inRange(time) ? value({ fields, time }) : reject('time_out_of_range', 'query_timestamp');
}

function map(native: ResolverRecord, record: RawRecord, context: Context): OcsfEvent {
  const fields = fieldsOf(native.fields);
  const ids = inside(fields, 'srcids');
  const matched = peekText(fields, 'firewall_rule_action') !== undefined;
  const name = takeText(fields, 'query_name');
  markTaken(fields, 'query_timestamp');
  return {
    ...classify(DNS_ACTIVITY, DNS_TRAFFIC),
    severity_id: matched ? SEVERITY.low : SEVERITY.informational,
    time: native.time,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: matched ? PROFILES_WITH_FIREWALL : PROFILES,
      log_version: takeId(fields, 'version'),
      original_time: originalTime(native.fields['query_timestamp']),
    },
    // Queries of one account's VPCs may be logged by another account: the record knows better than its delivery.
    cloud: cloudOf(takeText(fields, 'account_id') ?? context.origin.account, takeText(fields, 'region') ?? context.origin.region),
    src_endpoint: sourceOf(fields, ids),
    dst_endpoint: {
      svc_name: 'Route 53 Resolver',
      uid: takeText(ids, 'resolver_endpoint'),
      interface_uid: takeText(ids, 'resolver_network_interface'),
    },
    connection_info: transportOf(takeText(fields, 'transport'), OUTBOUND),
    query: name === undefined ? undefined : queryOf(fields, name),
    ...responseCodeOf(takeText(fields, 'rcode')),
    answers: answersOf(fields),
    ...(matched ? firewallOf(fields) : undefined),
    unmapped: leftovers(fields),
  };
}

function sourceOf(fields: Fields, ids: Fields): JsonObject | undefined {
  const ip = takeIp(fields, 'srcaddr');
  const instance = takeText(ids, 'instance');
  // OCSF wants one of these; port and VPC alone stay where they are.
  if (ip === undefined && instance === undefined) return undefined;
  return { ip, port: takePort(fields, 'srcport'), instance_uid: instance, vpc_uid: takeText(fields, 'vpc_id') };
}

function queryOf(fields: Fields, name: string): JsonObject {
  return { hostname: domainOf(name), type: takeText(fields, 'query_type'), class: takeText(fields, 'query_class') };
}

const ANSWER_FIELDS: ReadonlySet<string> = new Set(['Rdata', 'Type', 'Class']);
/** Types whose data is a name. */
const NAMES: ReadonlySet<string> = new Set(['CNAME', 'NS', 'PTR', 'DNAME']);

/** @returns undefined if there is none, or one that OCSF cannot hold: the array then stays whole. */
function answersOf(fields: Fields): readonly JsonObject[] | undefined {
  const listed = fields.members['answers'];
  if (!isArray(listed)) return undefined;
  const answers: JsonObject[] = [];
  for (const answer of listed) {
    const data = isObject(answer) && Object.keys(answer).every((name) => ANSWER_FIELDS.has(name)) ? answer : {};
    const { Rdata: rdata, Type: type, Class: cls } = data;
    if (typeof rdata !== 'string' || !isOptionalText(type) || !isOptionalText(cls)) return undefined;
    answers.push({ rdata: type !== undefined && NAMES.has(type) ? domainOf(rdata) : rdata, type, class: cls });
  }
  markTaken(fields, 'answers');
  return answers.length === 0 ? undefined : answers;
}

function isOptionalText(candidate: unknown): candidate is string | undefined {
  return candidate === undefined || typeof candidate === 'string';
}

/** What follows from a rule of DNS Firewall; the list of domains that matched has no attribute. */
function firewallOf(fields: Fields): JsonObject {
  const said = takeText(fields, 'firewall_rule_action');
  const known = ACTIONS.get(said ?? '') ?? { action: OTHER, disposition: OTHER };
  const group = takeText(fields, 'firewall_rule_group_id');
  return {
    action_id: known.action,
    action: known.action === OTHER ? said : undefined,
    disposition_id: known.disposition,
    disposition: known.disposition === OTHER ? said : undefined,
    is_alert: said !== 'ALLOW',
    firewall_rule: group === undefined ? undefined : { uid: group },
  };
}
