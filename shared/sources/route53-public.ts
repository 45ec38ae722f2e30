// Query logs of Route 53 public hosted zones to DNS Activity 4003.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html#query-logs-format
//  - One line per query that reached Route 53, ten fields between spaces. The source is the resolver that asked, not who asked the resolver:
//    of that one there is a part of the address at most (EDNS client subnet), which stays in `unmapped`.
//  - The hosted zone is the destination's uid; the edge location has no attribute.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { classify, DNS_ACTIVITY, OCSF_VERSION, SEVERITY } from '../ocsf/classes.ts';
import { epochMs, inRange, ipOf } from '../ocsf/event.ts';
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { DNS_TRAFFIC, domainOf, responseCodeOf, transportOf } from './lib/dns.ts';
import { cloudAt, keep, unmappedFrom, type Stray } from './lib/line.ts';
import { fieldAt } from './lib/quoted.ts';
import { originalTime } from './lib/fields.ts';

// Positions of the fields in a line.
const VERSION = 0;
const TIME = 1;
const HOSTED_ZONE = 2;
const QUERY_NAME = 3;
const QUERY_TYPE = 4;
const RESPONSE_CODE = 5;
const PROTOCOL = 6;
const EDGE_LOCATION = 7;
const RESOLVER_IP = 8;
const CLIENT_SUBNET = 9;
const FIELDS = 10;

const INBOUND = 1;
const PRODUCT = { name: 'Amazon Route 53', vendor_name: 'AWS', feature: { name: 'Public DNS Query Logs' } };
const PROFILES = ['cloud'];

interface Entry {
  readonly fields: readonly string[];
  /** ms since the epoch */
  readonly time: number;
}

export const route53Public: Source<Entry> = {
  name: 'route53-public',
  title: 'Route 53 public hosted zone query logs',
  documentation: 'https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html',
  classes: [DNS_ACTIVITY.uid],
  framing: { kind: 'lines' },
  delivered: ['CloudWatch Logs (us-east-1): /aws/route53/<zone>'],
  claims: (delivery) => delivery.trigger === 'logs' && delivery.logGroup.startsWith('/aws/route53/'),
  recognises: (head) => /^\d+\.\d+ \d{4}-\d\d-\d\dT[\d:.]+Z Z[A-Z0-9]+ \S+ [A-Z0-9]+ \S+ \S+ [A-Z]{3}[A-Z0-9-]+ /.test(head),
  parse,
  map,
};

function parse(record: RawRecord): Outcome<Entry> {
  const fields = record.text.trimEnd().split(' ');
  if (fields.length <= RESOLVER_IP) return reject('malformed_record', `${fields.length} fields where ${FIELDS} are due`);
  const time = epochMs(fields[TIME] ?? '');
  if (time === undefined) return reject('bad_value', 'field 2 is not a time');
  return inRange(time) ? value({ fields, time }) : reject('time_out_of_range', 'field 2');
}

function map({ fields, time }: Entry, record: RawRecord, { origin, uid }: Context): OcsfEvent {
  const name = fieldAt(fields, QUERY_NAME);
  const ip = ipOf(fieldAt(fields, RESOLVER_IP));
  return {
    ...classify(DNS_ACTIVITY, DNS_TRAFFIC),
    severity_id: SEVERITY.informational,
    time,
    metadata: {
      uid: uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: PROFILES,
      log_version: fieldAt(fields, VERSION),
      original_time: originalTime(fields[TIME]),
    },
    cloud: cloudAt(origin),
    src_endpoint: ip === undefined ? undefined : { ip },
    dst_endpoint: { svc_name: 'Route 53', uid: fieldAt(fields, HOSTED_ZONE) },
    connection_info: transportOf(fieldAt(fields, PROTOCOL), INBOUND),
    query: name === undefined ? undefined : { hostname: domainOf(name), type: fieldAt(fields, QUERY_TYPE) },
    ...responseCodeOf(fieldAt(fields, RESPONSE_CODE)),
    unmapped: unmappedOf(fields, { name, ip }),
  };
}

function unmappedOf(fields: readonly string[], { name, ip }: { name: string | undefined; ip: string | undefined }): JsonObject | undefined {
  const stray: Stray[] = [];
  if (name === undefined) keep(stray, 'query_type', fieldAt(fields, QUERY_TYPE));
  keep(stray, 'edge_location', fieldAt(fields, EDGE_LOCATION));
  if (ip === undefined) keep(stray, 'resolver_ip', fieldAt(fields, RESOLVER_IP));
  keep(stray, 'edns_client_subnet', fieldAt(fields, CLIENT_SUBNET));
  if (fields.length > FIELDS) stray.push(['additional_fields', fields.slice(FIELDS)]);
  return unmappedFrom(stray);
}
