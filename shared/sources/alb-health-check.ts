// Application Load Balancer health check logs to Network Activity 4001: one line per check of a target.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-health-check-logs.html (fields 1 to 8)
//  - The balancer's node, as the file's name tells it, is src_endpoint; the target is dst_endpoint, its target group the endpoint's pool.
//  - A check that passed is traffic, one that did not is a failed connection: status_code is the target's answer, status_detail the reason.
//  - latency is told in nanoseconds: duration has it in ms, `unmapped` as it came where that is finer.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { classify, NETWORK_ACTIVITY, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs } from '../ocsf/event.ts';
import { exclude, reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { balancerOfFile, elbKey, elbKeys, isExactMs, isTestMessage, roundedMs } from './lib/elb.ts';
import { cloudAt, keep, unmappedFrom, type Stray } from './lib/line.ts';
import { fieldAt as field } from './lib/quoted.ts';
import { finerThanMs, socketOf } from './lib/values.ts';

// Positions of the fields in a line.
const TYPE = 0;
const TIME = 1;
const LATENCY = 2;
const TARGET_ADDR = 3;
const TARGET_GROUP_ID = 4;
const STATUS_FIELD = 5;
const STATUS_CODE = 6;
const REASON_CODE = 7;
const FIELDS = 8;

const TRAFFIC = 6;
const FAIL = 4;
const LOAD_BALANCER = 15;

const PRODUCT = { name: 'Application Load Balancer', vendor_name: 'AWS', feature: { name: 'Health check logs' } };
const PROFILES = ['cloud', 'load_balancer'];
const PROFILES_WITHOUT_BALANCER = ['cloud'];

/** One line. */
interface Check {
  readonly fields: readonly string[];
  /** ms since the epoch. */
  readonly time: number;
  readonly target: JsonObject;
}

export const albHealthCheck: Source<Check> = {
  name: 'alb-health-check',
  title: 'Application Load Balancer health check logs',
  documentation: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-health-check-logs.html',
  classes: [NETWORK_ACTIVITY.uid],
  framing: { kind: 'lines' },
  delivered: ['S3: AWSLogs/<account>/elasticloadbalancing/<region>/…/health_check_log_…_app.…'],
  claims: (delivery) => elbKey(delivery, KEY, TEST_KEY) !== undefined,
  locate: (delivery) => elbKey(delivery, KEY, TEST_KEY)?.groups ?? {},
  recognises: (head) => /^(?:https?|h2|grpc|lambda) \d{4}-\d{2}-\d{2}T[\d:.]+Z [\d.-]+ \S+ \S+ (?:PASS|FAIL) /.test(head),
  parse,
  map,
};

const KEY = elbKeys(String.raw`health_check_log[._]\d{12}_elasticloadbalancing_[a-z0-9-]+_app\.[^/]*\.log\.gz`);
// Written once into the bucket when logs are turned on.
const TEST_KEY = /(?:^|\/)AWSLogs\/(?<account>\d{12})\/ELBHealthCheckLogTestFile$/;

function parse(record: RawRecord): Outcome<Check> {
  if (isTestMessage(record.text)) return exclude('elb_test_message');
  // No field can hold a space.
  const fields = record.text.split(' ');
  if (fields.length < FIELDS) return reject('malformed_record', `${fields.length} fields where at least ${FIELDS} are due`);
  const time = epochMs(fields[TIME] ?? '');
  if (time === undefined) return reject('bad_value', 'field 2 is not a time');
  const target = targetOf(field(fields, TARGET_ADDR));
  if (target === undefined) return reject('missing_field', 'target_addr');
  return value({ fields, time, target });
}

/** An address and port; of a Lambda function its ARN. */
function targetOf(address: string | undefined): JsonObject | undefined {
  const socket = socketOf(address);
  if (socket !== undefined) return { ip: socket.ip, port: socket.port };
  if (address === undefined || address === '') return undefined;
  return address.startsWith('arn:') ? { uid: address } : { domain: address };
}

const PASSED = { ...classify(NETWORK_ACTIVITY, TRAFFIC), status_id: STATUS.success };
const FAILED = { ...classify(NETWORK_ACTIVITY, FAIL), status_id: STATUS.failure };
const UNTOLD = classify(NETWORK_ACTIVITY, 0);

function map({ fields, time, target }: Check, record: RawRecord, context: Context): OcsfEvent {
  const status = field(fields, STATUS_FIELD);
  const balancer = balancerOfFile(context.origin);
  const group = field(fields, TARGET_GROUP_ID);
  const stray: Stray[] = [];
  const base = {
    ...outcomeOf(status),
    severity_id: SEVERITY.informational,
    time,
    duration: durationOf(field(fields, LATENCY), stray),
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: balancer === undefined ? PROFILES_WITHOUT_BALANCER : PROFILES,
      original_time: finerThanMs(fields[TIME]),
    },
    cloud: cloudAt(context.origin),
    src_endpoint: balancer === undefined ? undefined : { uid: balancer.uid, ip: balancer.ip, type_id: LOAD_BALANCER },
    dst_endpoint: group === undefined ? target : { ...target, pool: { name: group } },
    load_balancer: balancer,
    app_protocol_name: field(fields, TYPE),
    status_code: field(fields, STATUS_CODE),
    status_detail: field(fields, REASON_CODE),
  };
  if (fields.length > FIELDS) stray.push(['additional_fields', fields.slice(FIELDS)]);
  return { ...base, unmapped: unmappedFrom(stray) };
}

function outcomeOf(status: string | undefined): typeof UNTOLD & { readonly status_id?: number; readonly status?: string } {
  if (status === 'PASS') return PASSED;
  if (status === 'FAIL') return FAILED;
  return status === undefined ? UNTOLD : { ...UNTOLD, status_id: STATUS.other, status };
}

function durationOf(latency: string | undefined, stray: Stray[]): number | undefined {
  const duration = roundedMs(latency);
  if (latency !== undefined && (duration === undefined || !isExactMs(latency))) keep(stray, 'latency', latency);
  return duration;
}
