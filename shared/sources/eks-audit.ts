// Kubernetes audit events of Amazon EKS clusters (audit.k8s.io/v1) to API Activity 6003.
// https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ (fields), https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
// Field mapping: https://github.com/ocsf/examples/tree/main/mappings/markdown/AWS/v1.5.0/EKS%20Audit%20Logs, and where ours differs:
//  - Of the source addresses only the last was seen by the API server: it is src_endpoint. Those before it are what the client claims, so they
//    are x_forwarded_for.
//  - The client may choose the auditID: it names the request, never the event.
//  - An IAM principal's ARN is the user's uid, as in CloudTrail's events; the uid that EKS makes up for it stays in `unmapped`.
//  - A resource has its subresource in its type (pods/exec) and, since lists have no name, its path as uid. The message of a request that opens
//    a way into a pod or node has the whole URI: the command is in its query.
//  - The decision of the authorizer is in actor.authorizations; an impersonated user stays in `unmapped`.
import type { JsonObject, OcsfEvent, Outcome, RawRecord, Json } from '../model.ts';
import { API_ACTIVITY, classify, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs, inRange, ipOf } from '../ocsf/event.ts';
import { isArray, isObject, jsonOf, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { actorOf } from './eks-audit-user.ts';
import { clusterOf, EKS_LOG_GROUP } from './eks-control-plane.ts';
import {
  dropEmpty,
  type Fields,
  fieldsOf,
  inside,
  leftovers,
  markTaken,
  peekText,
  take,
  takeText,
  takeTime,
  takeWhole,
} from './lib/fields.ts';
import { cloudAt } from './lib/line.ts';

const OTHER = 99;
const PRODUCT = { name: 'Amazon EKS', vendor_name: 'AWS', feature: { name: 'Audit Logs' } };
const PROFILES = ['cloud'];
const STREAM = 'kube-apiserver-audit-';

/** Verbs of requests for resources, and HTTP methods of the others → activities of API Activity. */
const VERBS: ReadonlyMap<string, number> = new Map([
  ['create', 1],
  ['post', 1],
  ['get', 2],
  ['list', 2],
  ['watch', 2],
  ['head', 2],
  ['update', 3],
  ['patch', 3],
  ['put', 3],
  ['delete', 4],
  ['deletecollection', 4],
]);
/** Subresources that open a way into a pod, a node or a service. */
const WAYS_IN: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy', 'ephemeralcontainers']);

/** Texts that the event says in another way. */
const TOLD = ['verb', 'auditID', 'stageTimestamp', 'kind'];

interface AuditRecord {
  readonly fields: JsonObject;
  readonly verb: string;
  readonly auditId: string;
  /** stageTimestamp, ms since the epoch. */
  readonly time: number;
}

export const eksAudit: Source<AuditRecord> = {
  name: 'eks-audit',
  title: 'Amazon EKS audit logs (Kubernetes)',
  documentation: 'https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/',
  classes: [API_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: [`CloudWatch Logs: /aws/eks/<cluster>/cluster, streams ${STREAM}…`, "Kinesis, S3 by Firehose: as the bank's file says"],
  claims: (delivery) => delivery.trigger === 'logs' && EKS_LOG_GROUP.test(delivery.logGroup) && delivery.logStream.startsWith(STREAM),
  recognises: (head) => /^\s*[[{]/.test(head) && /"apiVersion"\s*:\s*"audit\.k8s\.io\//.test(head),
  split: (json) => (isObject(json) && json['kind'] === 'EventList' && isArray(json['items']) ? json['items'] : undefined),
  parse,
  map,
};

function parse(record: RawRecord): Outcome<AuditRecord> {
  const fields = jsonOf(record);
  if (fields === undefined) return reject('malformed_json', 'not JSON');
  if (!isObject(fields)) return reject('malformed_record', 'not a JSON object');
  const verb = text(fields['verb']);
  const auditId = text(fields['auditID']);
  if (verb === undefined) return reject('missing_field', 'verb');
  if (auditId === undefined) return reject('missing_field', 'auditID');
  const said = text(fields['stageTimestamp']) ?? text(fields['requestReceivedTimestamp']);
  if (said === undefined) return reject('missing_field', 'stageTimestamp');
  const time = epochMs(said);
  if (time === undefined) return reject('bad_value', 'stageTimestamp is not a time');
  return inRange(time) ? value({ fields, verb, auditId, time }) : reject('time_out_of_range', 'stageTimestamp');
}

function map(native: AuditRecord, record: RawRecord, context: Context): OcsfEvent {
  const { verb } = native;
  const fields = fieldsOf(native.fields);
  const activity = VERBS.get(verb) ?? OTHER;
  const uri = takeText(fields, 'requestURI');
  const target = inside(fields, 'objectRef');
  const enters = WAYS_IN.has(peekText(target, 'subresource') ?? '');
  const resources = resourcesOf(target, uri);
  const cluster = clusterOf(context);
  for (const name of TOLD) takeText(fields, name);
  return {
    ...classify(API_ACTIVITY, activity),
    activity_name: activity === OTHER ? verb : undefined,
    severity_id: SEVERITY.informational,
    status_id: statusOf(fields),
    time: native.time,
    start_time: takeTime(fields, 'requestReceivedTimestamp'),
    message: enters && uri !== undefined ? `${verb} ${uri}` : undefined,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: PROFILES,
      log_name: context.logGroup,
      log_level: takeText(fields, 'level'),
      log_version: takeText(fields, 'apiVersion'),
      event_code: takeText(fields, 'stage'),
      original_time: text(native.fields['stageTimestamp']),
    },
    cloud: cloudAt(context.origin),
    actor: actorOf(fields),
    api: apiOf(native, fields, target),
    resources,
    src_endpoint: sourceOf(fields),
    dst_endpoint: { svc_name: 'kube-apiserver', name: cluster },
    http_request: requestOf(fields, uri),
    unmapped: leftovers(fields),
  };
}

function statusOf(fields: Fields): number | undefined {
  const code = inside(fields, 'responseStatus').members['code'];
  if (typeof code === 'number') return code < 400 ? STATUS.success : STATUS.failure;
  return fields.members['stage'] === 'Panic' ? STATUS.failure : undefined;
}

function sourceOf(fields: Fields): JsonObject {
  const listed = fields.members['sourceIPs'];
  const ip = isArray(listed) ? ipOf(text(listed.at(-1))) : undefined;
  return ip === undefined ? { name: 'unknown' } : { ip };
}

function apiOf({ verb, auditId }: AuditRecord, fields: Fields, target: Fields): JsonObject {
  const group = takeText(target, 'apiGroup');
  return {
    operation: verb,
    service: { name: 'kubernetes' },
    version: takeText(target, 'apiVersion'),
    group: group === undefined ? undefined : { name: group },
    request: { uid: auditId, data: take(fields, 'requestObject') },
    response: responseOf(fields),
  };
}

function responseOf(fields: Fields): JsonObject | undefined {
  const status = inside(fields, 'responseStatus');
  const data: Json | undefined = take(fields, 'responseObject');
  const code = takeWhole(status, 'code');
  const error = takeText(status, 'reason');
  const message = takeText(status, 'message');
  dropEmpty(status);
  // Success and Failure are the status of the event.
  if (code !== undefined && ['Success', 'Failure'].includes(peekText(status, 'status') ?? '')) markTaken(status, 'status');
  if (code === undefined && error === undefined && message === undefined && data === undefined) return undefined;
  return { code, error, error_message: message, data };
}

/** @returns undefined where nothing names it: what is known of it stays where it is. */
function resourcesOf(target: Fields, uri: string | undefined): readonly JsonObject[] | undefined {
  const resource = peekText(target, 'resource');
  const uid = peekText(target, 'uid') ?? (uri === undefined ? undefined : pathOf(uri));
  if (resource === undefined || (uid === undefined && peekText(target, 'name') === undefined)) return undefined;
  for (const name of ['resource', 'uid']) takeText(target, name);
  const subresource = takeText(target, 'subresource');
  return [
    {
      type: subresource === undefined ? resource : `${resource}/${subresource}`,
      uid,
      name: takeText(target, 'name'),
      namespace: takeText(target, 'namespace'),
      version: takeText(target, 'resourceVersion'),
    },
  ];
}

function requestOf(fields: Fields, uri: string | undefined): JsonObject | undefined {
  const user_agent = takeText(fields, 'userAgent');
  const x_forwarded_for = claimedOf(fields);
  if (uri === undefined) return user_agent === undefined && x_forwarded_for === undefined ? undefined : { user_agent, x_forwarded_for };
  const mark = uri.indexOf('?');
  return { url: { path: pathOf(uri), query_string: mark < 0 ? undefined : uri.slice(mark + 1) }, user_agent, x_forwarded_for };
}

function pathOf(uri: string): string {
  const mark = uri.indexOf('?');
  return mark < 0 ? uri : uri.slice(0, mark);
}

/** All addresses but the last. A list with anything that is no address stays whole. */
function claimedOf(fields: Fields): readonly string[] | undefined {
  const listed = fields.members['sourceIPs'];
  if (!isArray(listed)) return undefined;
  const ips: string[] = [];
  for (const one of listed) {
    const ip = ipOf(text(one));
    if (ip === undefined) return undefined;
    ips.push(ip);
  }
  markTaken(fields, 'sourceIPs');
  return ips.length < 2 ? undefined : ips.slice(0, -1);
}
