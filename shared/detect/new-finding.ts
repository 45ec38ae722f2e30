// A finding of ours, whoever found it: a rule, a correlation, an indicator, a baseline. https://schema.ocsf.io/1.8.0/classes/detection_finding
import type { JsonObject, OcsfEvent } from '../model.ts';
import { attacksOf } from '../ocsf/attack.ts';
import { DETECTION_FINDING, OCSF_VERSION, OWN_PRODUCT, SEVERITY, classify, type OcsfClass } from '../ocsf/classes.ts';
import type { Level, Status } from './sigma/rule.ts';

const CREATE = 1;
const STATUS_NEW = 1;
const MAX_MESSAGE_CHARACTERS = 500;

/** Kinds of analytics. https://schema.ocsf.io/1.8.0/objects/analytic (type_id) */
export const ANALYTIC = { rule: 1, behavioral: 2, statistical: 3, exactMatch: 9 } as const;
/** Analytic states. https://schema.ocsf.io/1.8.0/objects/analytic (state_id) */
export const STATES: Readonly<Record<Status, number>> = { stable: 1, test: 1, experimental: 3, deprecated: 2, unsupported: 2 };

export interface FindingFacts {
  /** The same whenever the same is found, across retries and redeliveries. */
  readonly uid: string;
  /** The same for findings of one rule about the same thing, at any time: alerts of them are merged. Left out: each is alerted for itself. */
  readonly family?: string | undefined;
  readonly bank: string;
  readonly analytic: {
    readonly uid: string;
    readonly name: string;
    readonly type_id: number;
    readonly state_id: number;
    readonly version?: string | undefined;
  };
  readonly title: string;
  readonly description: string;
  /** What to do first. */
  readonly response: string;
  /** URLs of what explains it. */
  readonly references?: readonly string[] | undefined;
  readonly level: Level;
  /** Sigma's tags; those of ATT&CK become its attacks. */
  readonly tags: readonly string[];
  /** What kind of detection: `sigma`, `correlation`, `anomaly`, `intel`, … */
  readonly types: readonly string[];
  /** One line: what, who, where. */
  readonly message: string;
  /** Of the first and the last event, ms since the epoch. */
  readonly first: number;
  readonly last: number;
  /** How many events it is about. */
  readonly count: number;
  readonly cloud: JsonObject | undefined;
  /** Names of the products whose events it is about. */
  readonly dataSources: readonly string[];
  readonly related: readonly JsonObject[];
  /** Each with at least one of actor, api, src_endpoint, dst_endpoint, connection_info, query, url, file, data, …: http_request alone is not enough. */
  readonly evidences: readonly JsonObject[];
  readonly resources?: readonly unknown[] | undefined;
  /** Vault key of the sealed bytes; empty where the events come from many. */
  readonly evidence: string;
  /** Further attributes of the class: osint, anomaly_analyses, observables, … */
  readonly more?: JsonObject;
  readonly profiles?: readonly string[];
  /** What has no place in the class, beside where the evidence is. */
  readonly unmapped?: JsonObject;
}

/** @returns a new finding, as it was when it was made: its time is that of the first event. */
export function newFinding(facts: FindingFacts): OcsfEvent {
  const { uid, bank, first, last, count, cloud, level, response, evidence } = facts;
  const profiles = [...(cloud === undefined ? [] : ['cloud']), ...(facts.profiles ?? [])];
  return {
    ...classify(DETECTION_FINDING satisfies OcsfClass, CREATE),
    severity_id: SEVERITY[level],
    time: first,
    message: facts.message.replaceAll(/\s+/g, ' ').slice(0, MAX_MESSAGE_CHARACTERS),
    metadata: {
      uid,
      version: OCSF_VERSION,
      product: { name: OWN_PRODUCT, vendor_name: OWN_PRODUCT },
      profiles: profiles.length === 0 ? undefined : profiles,
      correlation_uid: facts.family,
      tenant_uid: bank,
    },
    cloud,
    finding_info: {
      uid,
      title: facts.title,
      desc: facts.description,
      types: facts.types,
      analytic: facts.analytic,
      attacks: attacksOf(facts.tags),
      data_sources: facts.dataSources,
      created_time: first,
      first_seen_time: first,
      last_seen_time: last,
      related_events_count: count,
      related_events: facts.related,
    },
    remediation: response === '' ? undefined : { desc: response, references: listOrNone(facts.references) },
    evidences: facts.evidences,
    resources: facts.resources,
    status_id: STATUS_NEW,
    is_alert: level !== 'informational',
    count,
    ...facts.more,
    unmapped: { evidence, ...facts.unmapped },
  };
}

function listOrNone<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}
