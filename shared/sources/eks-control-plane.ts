// Logs of Amazon EKS control planes other than audit: authenticator, API server, scheduler, controller managers.
// https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
// https://github.com/kubernetes-sigs/aws-iam-authenticator (authenticator: key=value pairs), https://github.com/kubernetes/klog (the others)
//  - A line of the authenticator that grants or denies access to somebody it names is Authentication 3002; every other line is Base Event 0.
//  - The authenticator is asked by the API server on the same host: `client` is not where the user is, and stays in `unmapped`.
//  - klog writes no year: such a line goes by when CloudWatch Logs got it, and by the time of the delivery where it came another way.
import { fieldReader } from '../declared/readers.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { AUTHENTICATION, BASE_EVENT, classify, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs, inRange } from '../ocsf/event.ts';
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { deliveredAt, deliveredCloud, deliveryOf, profilesOf } from './lib/delivery.ts';
import { type Fields, fieldsOf, leftovers, markTaken, originalTime, peekText, takeText } from './lib/fields.ts';
import { severityOfLevel } from './lib/levels.ts';

export const EKS_LOG_GROUP = /^\/aws\/eks\/([^/]+)\/cluster$/;

/** @returns the cluster's name; undefined where it did not come from the log group of one. */
export function clusterOf({ logGroup }: Context): string | undefined {
  return logGroup === undefined ? undefined : EKS_LOG_GROUP.exec(logGroup)?.[1];
}

const LOGON = 1;
const NETWORK = 3;

type ControlPlaneRecord =
  | { readonly kind: 'access'; readonly fields: Fields; readonly granted: boolean; readonly time: number }
  | { readonly kind: 'pairs'; readonly fields: Fields; readonly time: number }
  | { readonly kind: 'klog'; readonly level: string; readonly time: number }
  | { readonly kind: 'text'; readonly time: number };

export const eksControlPlane: Source<ControlPlaneRecord> = {
  name: 'eks-control-plane',
  title: 'Amazon EKS control plane logs (authenticator, API server, scheduler, controller managers)',
  documentation: 'https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html',
  classes: [BASE_EVENT.uid, AUTHENTICATION.uid],
  framing: { kind: 'lines' },
  delivered: ['CloudWatch Logs: /aws/eks/<cluster>/cluster, all streams but kube-apiserver-audit-…'],
  claims: (delivery) =>
    delivery.trigger === 'logs' && EKS_LOG_GROUP.test(delivery.logGroup) && !delivery.logStream.startsWith('kube-apiserver-audit-'),
  recognises: (head) => /^time="[^"]{20,40}" level=[a-z]+ msg="[^"\n]{1,200}" [^\n]{0,2000}path=\/authenticate/.test(head),
  parse,
  map,
};

const readPairs = fieldReader([{ kind: 'key_value', separator: ' ', assign: '=' }], new Set());

function parse(record: RawRecord, context: Context): Outcome<ControlPlaneRecord> {
  const delivered = deliveredAt(record, context);
  if (record.text.startsWith('time=')) {
    const pairs = readPairs(record, context);
    const fields = pairs.kind === 'value' ? fieldsOf(pairs.value) : undefined;
    const time = fields === undefined ? undefined : epochMs(peekText(fields, 'time') ?? '');
    if (fields !== undefined && time !== undefined)
      return inRange(time) ? value(pairsOf(fields, time)) : reject('time_out_of_range', 'time');
  }
  if (!inRange(delivered)) return reject('time_out_of_range', 'time of the delivery');
  const level = KLOG.exec(record.text)?.[1];
  return value(level === undefined ? { kind: 'text', time: delivered } : { kind: 'klog', level, time: delivered });
}

/** `I0131 23:59:59.123456       1 file.go:65] …` */
const KLOG = /^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d{1,9} /;
const KLOG_LEVELS: ReadonlyMap<string, string> = new Map([
  ['I', 'info'],
  ['W', 'warning'],
  ['E', 'error'],
  ['F', 'fatal'],
]);

function pairsOf(fields: Fields, time: number): ControlPlaneRecord {
  const said = peekText(fields, 'msg');
  const granted = said === 'access granted';
  const isNamed = peekText(fields, 'arn') !== undefined || peekText(fields, 'username') !== undefined;
  return (granted || said === 'access denied') && isNamed ? { kind: 'access', fields, granted, time } : { kind: 'pairs', fields, time };
}

function map(native: ControlPlaneRecord, record: RawRecord, context: Context): OcsfEvent {
  switch (native.kind) {
    case 'access':
      return accessEvent(native, record, context);
    case 'pairs':
      return pairsEvent(native, record, context);
    case 'klog':
    case 'text':
      return lineEvent(native, record, context);
  }
}

function accessEvent(
  { fields, granted, time }: Extract<ControlPlaneRecord, { kind: 'access' }>,
  record: RawRecord,
  context: Context,
): OcsfEvent {
  const level = takeText(fields, 'level');
  const original = takeTimeOf(fields);
  return {
    ...classify(AUTHENTICATION, LOGON),
    severity_id: granted ? SEVERITY.informational : SEVERITY.low,
    status_id: granted ? STATUS.success : STATUS.failure,
    status_detail: takeText(fields, 'error'),
    time,
    message: takeText(fields, 'msg'),
    metadata: metadataOf({ level, original, time }, record, context),
    cloud: deliveredCloud(context),
    user: userOf(fields),
    logon_type_id: NETWORK,
    service: { name: 'kube-apiserver' },
    dst_endpoint: { svc_name: 'kube-apiserver', name: clusterOf(context) },
    unmapped: leftovers(fields),
  };
}

/** The IAM principal, and what the cluster calls it. */
function userOf(fields: Fields): JsonObject {
  const uid = takeText(fields, 'arn');
  const account = uid?.split(':', 5)[4];
  return {
    name: takeText(fields, 'username'),
    uid,
    uid_alt: takeText(fields, 'uid'),
    groups: groupsOf(fields),
    account: account === undefined || account === '' ? undefined : { uid: account },
  };
}

/** `[system:masters viewers]`; spaces part them. */
function groupsOf(fields: Fields): readonly { readonly name: string }[] | undefined {
  const said = peekText(fields, 'groups');
  if (said?.startsWith('[') !== true || !said.endsWith(']')) return undefined;
  markTaken(fields, 'groups');
  const names = said
    .slice(1, -1)
    .split(' ')
    .filter((name) => name !== '');
  return names.length === 0 ? undefined : names.map((name) => ({ name }));
}

function pairsEvent({ fields, time }: Extract<ControlPlaneRecord, { kind: 'pairs' }>, record: RawRecord, context: Context): OcsfEvent {
  const level = takeText(fields, 'level');
  const original = takeTimeOf(fields);
  return {
    ...classify(BASE_EVENT, 0),
    ...severityOfLevel(level),
    time,
    message: takeText(fields, 'msg'),
    metadata: metadataOf({ level, original, time }, record, context),
    cloud: deliveredCloud(context),
    unmapped: leftovers(fields),
  };
}

function lineEvent(native: Extract<ControlPlaneRecord, { kind: 'klog' | 'text' }>, record: RawRecord, context: Context): OcsfEvent {
  const level = native.kind === 'klog' ? KLOG_LEVELS.get(native.level) : undefined;
  const { time } = native;
  return {
    ...classify(BASE_EVENT, 0),
    ...severityOfLevel(level),
    time,
    message: record.text.trimEnd(),
    metadata: metadataOf({ level, original: undefined, time }, record, context),
    cloud: deliveredCloud(context),
  };
}

function takeTimeOf(fields: Fields): string | undefined {
  markTaken(fields, 'time');
  return originalTime(fields.members['time']);
}

interface Logged {
  readonly level: string | undefined;
  readonly original: string | undefined;
  readonly time: number;
}

// Streams begin with the name of the component: kube-scheduler-<id>.
const COMPONENT = /^(authenticator|kube-apiserver|kube-scheduler|kube-controller-manager|cloud-controller-manager)-/;

function metadataOf({ level, original, time }: Logged, record: RawRecord, context: Context): OcsfEvent['metadata'] {
  const component = context.logStream === undefined ? undefined : COMPONENT.exec(context.logStream)?.[1];
  return {
    uid: context.uid(record.index),
    version: OCSF_VERSION,
    product: { name: 'Amazon EKS', vendor_name: 'AWS', feature: component === undefined ? undefined : { name: component } },
    log_level: level,
    original_time: original,
    profiles: profilesOf(context, false),
    ...deliveryOf(record, time, context),
  };
}
