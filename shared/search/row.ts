// An event on one line, whatever its class: when, what kind, whose account, who, what, from where, how it ended. https://schema.ocsf.io/1.8.0
import type { JsonObject } from '../model.ts';
import { classShape } from '../ocsf/shape.ts';
import { clock, numberAt, textAt, textsAt, type Hit } from './value.ts';

export interface Row {
  readonly time: string;
  /** Captions of class and activity. */
  readonly event: string;
  readonly account: string;
  readonly who: string;
  readonly what: string;
  readonly from: string;
  readonly status: string;
  /** Document id. */
  readonly id: string;
}

export function rowOf({ id, event }: Hit): Row {
  const row = {
    time: clock(numberAt(event, 'time')),
    event: kindOf(event),
    account: textAt(event, 'cloud.account.uid') ?? '',
    who: whoOf(event) ?? '',
    what: whatOf(event) ?? '',
    from: fromOf(event) ?? '',
    status: statusOf(event),
  };
  return { ...mapValues(row), id };
}

/** Most of it was written by whoever caused the event: on one line, without characters that have no shape or that terminals obey. */
export function oneLine(words: string): string {
  return words.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
}

function mapValues(row: Omit<Row, 'id'>): Omit<Row, 'id'> {
  const { time, event, account, who, what, from, status } = row;
  return {
    time,
    ...{ event: oneLine(event), account: oneLine(account), who: oneLine(who) },
    ...{ what: oneLine(what), from: oneLine(from), status: oneLine(status) },
  };
}

/** @returns the caption of an id, as the event has it or as OCSF says; the id itself where neither does. */
export function captionOf(event: JsonObject, name: string): string | undefined {
  const id = numberAt(event, name);
  if (id === undefined) return undefined;
  const attribute = classShape(numberAt(event, 'class_uid') ?? 0)?.attributes.get(name);
  const own = attribute?.caption === undefined ? undefined : textAt(event, attribute.caption);
  return own ?? attribute?.captions?.[id] ?? String(id);
}

function kindOf(event: JsonObject): string {
  const cls = captionOf(event, 'class_uid') ?? 'Event';
  const activity = captionOf(event, 'activity_id');
  // `unknown` and `other` say nothing.
  return activity === undefined || ['Unknown', 'Other'].includes(activity) ? cls : `${cls}: ${activity}`;
}

/** Names are short, ids tell apart: an ARN's last part is both. */
export function whoOf(event: JsonObject): string | undefined {
  const who = textAt(event, 'actor.user.uid', 'actor.user.name', 'user.uid', 'user.name', ...WHO_IN_FINDINGS, ...WHO_ELSE);
  return who?.replace(/^arn:[^:]*:(?:iam|sts):[^:]*:(\d*):/, (_, account) =>
    account === textAt(event, 'cloud.account.uid') ? '' : `${account}:`,
  );
}

const WHO_IN_FINDINGS = ['evidences.actor.user.uid', 'evidences.actor.user.name', 'evidences.user.uid', 'evidences.user.name'];
const WHO_ELSE = ['actor.session.issuer', 'actor.app_name', 'actor.process.name', 'device.hostname'];

function whatOf(event: JsonObject): string | undefined {
  const titled = textAt(event, 'finding_info.title');
  if (titled !== undefined) return titled;
  return callOf(event) ?? requestOf(event) ?? nameOf(event) ?? destinationOf(event) ?? textAt(event, ...LAST);
}

/** Of an event that says little: in the end, whose it is. */
const LAST = [
  ...['message', 'email.subject', 'metadata.event_code', 'status_detail', 'dst_endpoint.svc_name', 'dst_endpoint.uid'],
  ...['metadata.log_name', 'metadata.product.name'],
];

function callOf(event: JsonObject): string | undefined {
  const operation = textAt(event, 'api.operation');
  if (operation === undefined) return undefined;
  const service = textAt(event, 'api.service.name')?.replace(/\.amazonaws\.com$/, '');
  const resource = textAt(event, 'resources.uid', 'resources.name');
  return `${service === undefined ? '' : `${service}:`}${operation}${resource === undefined ? '' : ` ${resource}`}`;
}

function requestOf(event: JsonObject): string | undefined {
  const path = textAt(event, 'http_request.url.path', 'http_request.url.url_string');
  if (path === undefined) return undefined;
  return [textAt(event, 'http_request.http_method'), textAt(event, 'http_request.url.hostname'), path]
    .filter((part) => part !== undefined)
    .join(' ');
}

function nameOf(event: JsonObject): string | undefined {
  const hostname = textAt(event, 'query.hostname');
  if (hostname !== undefined) return [textAt(event, 'query.type'), hostname].filter((part) => part !== undefined).join(' ');
  return textAt(event, 'query_info.query_string', 'entity.name', 'group.name', 'file.path', 'file.name');
}

function destinationOf(event: JsonObject): string | undefined {
  const to = textAt(event, 'dst_endpoint.ip', 'dst_endpoint.hostname', 'dst_endpoint.domain');
  if (to === undefined) return undefined;
  const port = numberAt(event, 'dst_endpoint.port');
  const bytes = numberAt(event, 'traffic.bytes');
  return `to ${to}${port === undefined ? '' : ` port ${port}`}${bytes === undefined ? '' : `, ${bytes} bytes`}`;
}

function fromOf(event: JsonObject): string | undefined {
  const ends = ['ip', 'domain', 'hostname', 'instance_uid', 'interface_uid'];
  return textAt(event, ...ends.map((end) => `src_endpoint.${end}`), ...ends.slice(0, 3).map((end) => `evidences.src_endpoint.${end}`));
}

function statusOf(event: JsonObject): string {
  const severity = textAt(event, 'finding_info.uid') === undefined ? undefined : captionOf(event, 'severity_id');
  const ruling = captionOf(event, 'disposition_id') ?? captionOf(event, 'action_id');
  const code = textsAt(event, 'http_response.code', 'api.response.error', 'rcode');
  return [severity, captionOf(event, 'status_id'), ruling, ...code].filter((part) => part !== undefined && part !== 'Unknown').join(' ');
}
