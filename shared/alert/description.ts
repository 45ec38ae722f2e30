// What a Detection Finding says, for people: the same questions whoever made it. https://schema.ocsf.io/1.8.0/classes/detection_finding
import type { SeverityName } from '../config.ts';
import type { JsonObject, OcsfEvent } from '../model.ts';
import { isArray, isObject, object, text } from '../outcome.ts';

/** One line each; undefined where the finding does not say. */
export interface Description {
  readonly uid: string;
  readonly title: string;
  readonly desc: string | undefined;
  readonly severity: SeverityName;
  readonly severityId: number;
  readonly product: string;
  /** Name of the rule, or the product's type of finding. */
  readonly rule: string;
  readonly ruleId: string | undefined;
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly what: string | undefined;
  readonly who: string | undefined;
  /** Others than the first. */
  readonly others: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly resources: string | undefined;
  readonly when: string;
  readonly details: string | undefined;
  readonly response: string;
}

// Most texts were written by whoever caused the event: none may break out of its line or fill the page.
const MAX_LINE = 500;
const MAX_LISTED = 5;

const SEVERITIES: readonly SeverityName[] = ['informational', 'informational', 'low', 'medium', 'high', 'critical', 'critical'];

const NO_RESPONSE =
  'Open the finding in the product that reported it, find out whether the activity was meant, and contain the resource named above if not. ' +
  'Archive it there when it is dealt with.';

export function describe(finding: OcsfEvent): Description {
  const info = object(finding['finding_info']) ?? {};
  const cloud = object(finding['cloud']);
  return {
    uid: line(info['uid']) ?? finding.metadata.uid,
    ...namesOf(finding, info),
    desc: line(info['desc']),
    severity: SEVERITIES[finding.severity_id] ?? 'informational',
    severityId: finding.severity_id,
    account: line(object(cloud?.['account'])?.['uid']),
    region: line(cloud?.['region']),
    ...seenOf(list(finding['evidences'])),
    resources: several(list(finding['resources']).map(({ uid, name }) => line(uid) ?? line(name))),
    when: whenOf(finding, info),
    response: line(object(finding['remediation'])?.['desc']) ?? NO_RESPONSE,
  };
}

function namesOf(finding: OcsfEvent, info: JsonObject): Pick<Description, 'title' | 'product' | 'rule' | 'ruleId'> {
  const analytic = object(info['analytic']);
  const types = info['types'];
  const type = isArray(types) ? line(types[0]) : undefined;
  const product = line(finding.metadata.product.name) ?? 'unknown';
  return {
    title: line(info['title']) ?? line(finding['message']) ?? type ?? 'Finding without a title',
    product,
    rule: line(analytic?.['name']) ?? type ?? product,
    ruleId: line(analytic?.['uid']),
  };
}

function seenOf(evidences: readonly JsonObject[]): Pick<Description, 'what' | 'who' | 'others' | 'from' | 'to' | 'details'> {
  const actors = [...new Set(evidences.flatMap((evidence) => actorOf(evidence) ?? []))];
  return {
    what: several(evidences.map(operationOf)),
    who: actors[0],
    others: several(actors.slice(1)),
    from: several(evidences.map(({ src_endpoint }) => endpointOf(object(src_endpoint)))),
    to: several(evidences.map(({ dst_endpoint, query }) => endpointOf(object(dst_endpoint)) ?? line(object(query)?.['hostname']))),
    details: several(evidences.map(({ data }) => line(data))),
  };
}

/** Of ATT&CK, and what kind of detection it is: what alerts are routed by. */
export function tagsOf(finding: OcsfEvent): readonly string[] {
  const info = object(finding['finding_info']);
  const attacks = list(info?.['attacks']);
  const ids = attacks.flatMap((attack) =>
    ['tactic', 'technique', 'sub_technique'].flatMap((name) => text(object(attack[name])?.['uid']) ?? []),
  );
  const types = isArray(info?.['types']) ? info['types'].flatMap((type) => text(type) ?? []) : [];
  return [...new Set([...ids, ...types])];
}

function list(candidate: unknown): readonly JsonObject[] {
  return isArray(candidate) ? candidate.filter(isObject) : [];
}

/** @returns the text on one line, without characters that have no shape, cut; undefined where there is none. */
export function line(candidate: unknown): string | undefined {
  if (typeof candidate !== 'string') return undefined;
  const words = candidate
    .slice(0, MAX_LINE)
    .replaceAll(/[\s\p{C}]+/gu, ' ')
    .trim();
  return text(candidate.length > MAX_LINE && words !== '' ? `${words} (cut)` : words);
}

function several(found: readonly (string | undefined)[]): string | undefined {
  const different = [...new Set(found.filter((one) => one !== undefined))];
  if (different.length === 0) return undefined;
  const more = different.length - MAX_LISTED;
  return different.slice(0, MAX_LISTED).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function operationOf({ api, process }: JsonObject): string | undefined {
  const call = object(api);
  const operation = line(call?.['operation']);
  if (operation === undefined) return line(object(process)?.['path']) ?? line(object(process)?.['name']);
  const service = line(object(call?.['service'])?.['name']);
  const error = line(object(call?.['response'])?.['error']);
  return operation + (service === undefined ? '' : ` (${service})`) + (error === undefined ? '' : `, refused: ${error}`);
}

function actorOf({ actor, user, process }: JsonObject): string | undefined {
  const acting = object(actor);
  const who = object(acting?.['user']) ?? object(user) ?? object(object(process)?.['user']);
  return line(who?.['uid']) ?? line(who?.['name']) ?? line(acting?.['app_name']) ?? line(acting?.['app_uid']);
}

function endpointOf(endpoint: JsonObject | undefined): string | undefined {
  const address = line(endpoint?.['ip']) ?? line(endpoint?.['domain']) ?? line(endpoint?.['hostname']);
  const port = endpoint?.['port'];
  const inside = line(endpoint?.['instance_uid']) ?? line(endpoint?.['interface_uid']);
  if (address === undefined) return inside;
  return address + (typeof port === 'number' ? ` port ${port}` : '') + (inside === undefined ? '' : ` (${inside})`);
}

function whenOf(finding: OcsfEvent, info: JsonObject): string {
  const first = timeOf(info['first_seen_time']) ?? finding.time;
  const last = timeOf(info['last_seen_time']) ?? first;
  const count = finding['count'];
  const times = first === last ? clock(first) : `${clock(first)} to ${clock(last)}`;
  return typeof count === 'number' && count > 1 ? `${times}, ${count} times` : times;
}

function timeOf(candidate: unknown): number | undefined {
  return typeof candidate === 'number' ? candidate : undefined;
}

export function clock(ms: number): string {
  const valid = Math.abs(ms) <= 8.64e15 ? ms : 0;
  return `${new Date(valid).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
