// AWS WAF web ACL logs to HTTP Activity 4002, profile security_control.
// https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html (fields)
// https://docs.aws.amazon.com/waf/latest/developerguide/logging-s3.html (keys), logging-cw-logs.html (log groups)
// Field mapping: https://github.com/ocsf/examples/tree/main/mappings/markdown/AWS/v1.5.0/WAF, and where ours differs:
//  - What is protected (httpSourceName, httpSourceId) is dst_endpoint, the web ACL is the policy.
//  - A CAPTCHA or a challenge is named only where it ended the request: the action is Denied, the disposition tells which it was.
//  - firewall_rule.name is the rule within the group that ended the request; the lists of rules stay in `unmapped`.
//  - Headers that have an attribute of their own (host, user-agent, referer, x-forwarded-for) leave the list of headers once.
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { classify, HTTP_ACTIVITY, OCSF_VERSION, SEVERITY } from '../ocsf/classes.ts';
import { cloudOf, inRange } from '../ocsf/event.ts';
import { isArray, isObject, jsonOf, object, reject, text, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import {
  dropEmpty,
  type Fields,
  fieldsOf,
  inside,
  leftovers,
  markTaken,
  peekText,
  takeId,
  takeIp,
  takeText,
  takeWhole,
} from './lib/fields.ts';
import { HTTP_ACTIVITIES } from './lib/http.ts';
import { headersOf, urlOf } from './waf-request.ts';

const OTHER = 99;
const PRODUCT = { name: 'AWS WAF', vendor_name: 'AWS' };
const PROFILES = ['cloud', 'security_control'];

/** Terminating action → action_id and disposition_id. */
const ACTIONS: ReadonlyMap<string, { readonly action: number; readonly disposition: number }> = new Map([
  ['ALLOW', { action: 1, disposition: 1 }],
  ['BLOCK', { action: 2, disposition: 2 }],
  ['COUNT', { action: 3, disposition: 20 }],
  ['CAPTCHA', { action: 2, disposition: 22 }],
  ['CHALLENGE', { action: 2, disposition: 23 }],
]);

interface WafRecord {
  readonly fields: JsonObject;
  /** ms since the epoch */
  readonly time: number;
}

export const waf: Source<WafRecord> = {
  name: 'waf',
  title: 'AWS WAF web ACL logs',
  documentation: 'https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html',
  classes: [HTTP_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: [
    'S3: AWSLogs/<account>/WAFLogs/<region or cloudfront>/<web ACL>/…',
    'CloudWatch Logs: aws-waf-logs-…',
    "Kinesis, S3 by Firehose: as the bank's file says",
  ],
  claims: (delivery) => (delivery.trigger === 'logs' ? delivery.logGroup.startsWith('aws-waf-logs-') : deliveryKey(delivery) !== undefined),
  locate(delivery) {
    const place = deliveryKey(delivery)?.groups;
    // What protects CloudFront lives in us-east-1.
    return { account: place?.['account'], region: place?.['region'] === 'cloudfront' ? 'us-east-1' : place?.['region'] };
  },
  recognises: (head) =>
    /^\s*[[{]/.test(head) && ['"webaclId"', '"terminatingRuleId"', '"httpRequest"'].every((name) => head.includes(name)),
  parse,
  map,
};

const KEY = /(?:^|\/)AWSLogs\/(?<account>\d{12})\/WAFLogs\/(?<region>[a-z0-9-]+)\/[^/]+\//;

function deliveryKey(delivery: Delivery): RegExpExecArray | undefined {
  return delivery.trigger === 's3' ? (KEY.exec(delivery.key) ?? undefined) : undefined;
}

function parse(record: RawRecord): Outcome<WafRecord> {
  const fields = jsonOf(record);
  if (fields === undefined) return reject('malformed_json', 'not JSON');
  if (!isObject(fields)) return reject('malformed_record', 'not a JSON object');
  if (!isObject(fields['httpRequest'])) return reject('missing_field', 'httpRequest');
  const time = fields['timestamp'];
  if (time === undefined) return reject('missing_field', 'timestamp');
  if (typeof time !== 'number' || !Number.isInteger(time)) return reject('bad_value', 'timestamp is not a whole number');
  return inRange(time) ? value({ fields, time }) : reject('time_out_of_range', 'timestamp');
}

function map(native: WafRecord, record: RawRecord, context: Context): OcsfEvent {
  const fields = fieldsOf(native.fields);
  markTaken(fields, 'timestamp');
  const request = inside(fields, 'httpRequest');
  const headers = headersOf(request);
  const method = takeText(request, 'httpMethod');
  const activity = method === undefined ? 0 : (HTTP_ACTIVITIES.get(method) ?? OTHER);
  const code = takeWhole(fields, 'responseCodeSent');
  const ja4 = takeText(fields, 'ja4Fingerprint');
  return {
    ...classify(HTTP_ACTIVITY, activity),
    activity_name: activity === OTHER ? method : undefined,
    severity_id: SEVERITY.informational,
    time: native.time,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: PROFILES,
      log_version: takeId(fields, 'formatVersion'),
      labels: labelsOf(fields),
    },
    ...aclOf(fields, context),
    ...actionOf(fields),
    firewall_rule: ruleOf(fields),
    src_endpoint: clientOf(request, fields),
    dst_endpoint: protectedOf(fields),
    http_request: {
      uid: takeText(request, 'requestId'),
      http_method: activity === OTHER ? undefined : method,
      url: urlOf(request, headers),
      version: takeText(request, 'httpVersion'),
      user_agent: headers.userAgent,
      referrer: headers.referrer,
      x_forwarded_for: headers.forwardedFor,
      http_headers: headers.others,
      body_length: takeWhole(fields, 'requestBodySize'),
    },
    http_response: code === undefined ? undefined : { code },
    ja4_fingerprint_list: ja4 === undefined ? undefined : [{ type_id: 1, value: ja4 }],
    unmapped: unmappedOf(fields),
  };
}

/** The web ACL says by its ARN where it is; one of WAF Classic has an id only. Whose log it is, the delivery knows better than its text. */
function aclOf(fields: Fields, { origin }: Context): Pick<OcsfEvent, 'cloud' | 'policy'> {
  const uid = takeText(fields, 'webaclId');
  const [, , , region, account, path] = uid?.startsWith('arn:') === true ? uid.split(':') : [];
  const name = path?.split('/')[2];
  return {
    cloud: cloudOf(origin.account === 'unknown' ? account : origin.account, text(region) ?? origin.region),
    policy: uid === undefined ? undefined : { uid, name: text(name) },
  };
}

function actionOf(fields: Fields): JsonObject {
  const said = takeText(fields, 'action');
  if (said === undefined) return {};
  const known = ACTIONS.get(said);
  if (known === undefined) return { action_id: OTHER, action: said, disposition_id: OTHER, disposition: said };
  return { action_id: known.action, disposition_id: known.disposition };
}

function ruleOf(fields: Fields): JsonObject | undefined {
  const uid = takeText(fields, 'terminatingRuleId');
  if (uid === undefined) return undefined;
  const inner = innerRule(fields.members['ruleGroupList']);
  const own = onlyOne(fields.members['terminatingRuleMatchDetails']);
  const type = takeText(fields, 'terminatingRuleType');
  const matched = matchOf(own);
  if (matched !== undefined) markTaken(fields, 'terminatingRuleMatchDetails');
  return {
    uid,
    name: text(inner?.['ruleId']),
    type,
    rate_limit: type === 'RATE_BASED' ? rateLimit(fields.members['rateBasedRuleList'], uid) : undefined,
    ...(matched ?? matchOf(onlyOne(inner?.['ruleMatchDetails']))),
  };
}

/** The rule of a group that ended the request; at most one group has it. */
function innerRule(groups: Json | undefined): JsonObject | undefined {
  if (!isArray(groups)) return undefined;
  for (const group of groups) {
    const rule = object(object(group)?.['terminatingRule']);
    if (rule !== undefined) return rule;
  }
  return undefined;
}

function onlyOne(list: Json | undefined): JsonObject | undefined {
  return isArray(list) && list.length === 1 ? object(list[0]) : undefined;
}

const MATCH_FIELDS: ReadonlySet<string> = new Set(['conditionType', 'location', 'matchedData', 'sensitivityLevel']);

/** @returns what matched, for attributes of the rule; undefined where they do not hold all of it. */
function matchOf(detail: JsonObject | undefined): JsonObject | undefined {
  if (detail === undefined || !Object.keys(detail).every((name) => MATCH_FIELDS.has(name))) return undefined;
  const data = detail['matchedData'];
  if (data !== undefined && !(isArray(data) && data.every((one) => typeof one === 'string'))) return undefined;
  const texts = [detail['conditionType'], detail['location'], detail['sensitivityLevel']];
  if (texts.some((one) => one !== undefined && typeof one !== 'string')) return undefined;
  const [condition, match_location, sensitivity] = texts;
  return { condition, match_location, sensitivity, match_details: data };
}

function rateLimit(rules: Json | undefined, ended: string): number | undefined {
  if (!isArray(rules)) return undefined;
  const rule = rules.map(object).find((one) => one?.['rateBasedRuleName'] === ended || one?.['rateBasedRuleId'] === ended);
  const limit = rule?.['maxRateAllowed'];
  return typeof limit === 'number' && Number.isSafeInteger(limit) ? limit : undefined;
}

const COUNTRY = /^[A-Z]{2}$/;

function clientOf(request: Fields, fields: Fields): JsonObject | undefined {
  const ip = takeIp(request, 'clientIp');
  if (ip === undefined) return undefined;
  const said = named(request, 'country');
  const country = said !== undefined && COUNTRY.test(said) ? takeText(request, 'country') : undefined;
  const number = takeWhole(fields, 'clientAsn') ?? takeWhole(request, 'clientAsn');
  return {
    ip,
    location: country === undefined ? undefined : { country },
    autonomous_system: number === undefined ? undefined : { number },
  };
}

function protectedOf(fields: Fields): JsonObject | undefined {
  const isNamed = named(fields, 'httpSourceName') !== undefined;
  const hasId = named(fields, 'httpSourceId') !== undefined;
  if (!isNamed && !hasId) return undefined;
  return {
    svc_name: isNamed ? takeText(fields, 'httpSourceName') : undefined,
    uid: hasId ? takeText(fields, 'httpSourceId') : undefined,
  };
}

/** @returns the text, without taking it; `-` is absence. */
function named(fields: Fields, name: string): string | undefined {
  const said = peekText(fields, name);
  if (said !== '-') return said;
  markTaken(fields, name);
  return undefined;
}

/** @returns the names of the labels, where they are nothing else. */
function labelsOf(fields: Fields): readonly string[] | undefined {
  const listed = fields.members['labels'];
  if (!isArray(listed) || listed.length === 0) return undefined;
  const labels: string[] = [];
  for (const label of listed) {
    const name = isObject(label) && Object.keys(label).length === 1 ? text(label['name']) : undefined;
    if (name === undefined) return undefined;
    labels.push(name);
  }
  markTaken(fields, 'labels');
  return labels;
}

/** Most requests match no rule, and every list is there all the same. */
function unmappedOf(fields: Fields): JsonObject | undefined {
  dropEmpty(fields);
  dropEmpty(inside(fields, 'httpRequest'));
  return leftovers(fields);
}
