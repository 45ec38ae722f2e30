// What a rule's matches become: one OCSF Detection Finding per rule, group and hour. https://schema.ocsf.io/1.8.0/classes/detection_finding
import type { SuppressConfig } from './config.ts';
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent } from '../model.ts';
import { isArray, object, text } from '../outcome.ts';
import type { Match } from './engine.ts';
import { ANALYTIC, newFinding, STATES, type FindingFacts } from './new-finding.ts';
import type { Rule } from './sigma/rule.ts';
import { firstAt, pathOf, viewOf } from './view.ts';

const HOUR_MS = 3_600_000;

// More is in the index, under the group's values.
const MAX_EVIDENCES = 10;
const MAX_RELATED = 50;
const MAX_SHOWN_CHARACTERS = 4096;

export interface FindingContext {
  readonly bank: string;
  /** Vault key of the sealed bytes that the events come from. */
  readonly evidence: string;
  /** By what a match is suppressed; left out: nothing is. */
  readonly suppressedBy?: (match: Match) => SuppressConfig | undefined;
}

interface Group {
  readonly matches: [Match, ...Match[]];
  readonly suppression: SuppressConfig | undefined;
}

/** @returns findings that are the same for the same matches; an id that is the same for any matches of one rule, group and hour. */
export function findingsOf(matches: readonly Match[], context: FindingContext): readonly OcsfEvent[] {
  const groups = new Map<string, Group>();
  for (const match of matches) {
    const suppression = context.suppressedBy?.(match);
    const uid = findingUid(match, context.bank, suppression !== undefined);
    const group = groups.get(uid);
    if (group === undefined) groups.set(uid, { matches: [match], suppression });
    else group.matches.push(match);
  }
  return [...groups].map(([uid, group]) => findingOf(uid, group, context));
}

/** What is suppressed is a finding of its own: it must not stand in the way of one that alerts. */
function findingUid({ rule, event }: Match, bank: string, isSuppressed: boolean): string {
  const hour = String(Math.floor(event.time / HOUR_MS));
  return digest(16, 'finding', bank, rule.id, hour, groupOf({ rule, event }), ...(isSuppressed ? ['suppressed'] : []));
}

/** Written as JSON the values hold no line feed, which parts of a digest must not, and cannot be mistaken for each other. */
function groupOf({ rule, event }: Pick<Match, 'rule' | 'event'>): string {
  const view = viewOf(event);
  return JSON.stringify(rule.group_by.map((path) => firstAt(view, pathOf(path)) ?? null));
}

function findingOf(uid: string, { matches, suppression }: Group, { bank, evidence }: FindingContext): OcsfEvent {
  const [{ rule, event }] = matches;
  const times = matches.map((match) => match.event.time);
  const resources = event['resources'];
  return newFinding({
    uid,
    family: digest(16, 'family', bank, rule.id, groupOf({ rule, event })),
    bank,
    ...toldOf(rule),
    types: ['sigma'],
    message: messageOf(rule, event),
    first: times.reduce((one, other) => Math.min(one, other)),
    last: times.reduce((one, other) => Math.max(one, other)),
    count: matches.length,
    cloud: object(event['cloud']),
    dataSources: [event.metadata.product.name],
    related: matches.slice(0, MAX_RELATED).map((match) => relatedOf(match.event)),
    evidences: matches.slice(0, MAX_EVIDENCES).map(evidenceOf),
    resources: isArray(resources) ? resources : undefined,
    evidence,
    more: suppressedFacts(suppression),
    unmapped: {
      ...(rule.notes === undefined || rule.notes.falsepositives.length === 0 ? {} : { false_positives: rule.notes.falsepositives }),
      ...(suppression === undefined ? {} : { suppression: suppressionOf(suppression) }),
    },
  });
}

/** What a finding says of the rule, whatever it found. */
export function toldOf(
  rule: Pick<Rule, 'id' | 'title' | 'description' | 'response' | 'level' | 'tags' | 'status' | 'notes'>,
): Pick<FindingFacts, 'analytic' | 'title' | 'description' | 'response' | 'level' | 'tags' | 'references'> {
  const version = text(rule.notes?.version);
  return {
    analytic: { uid: rule.id, name: rule.title, type_id: ANALYTIC.rule, state_id: STATES[rule.status], version },
    ...{ title: rule.title, description: rule.description, response: rule.response, level: rule.level, tags: rule.tags },
    references: rule.notes?.references,
  };
}

const STATUS_SUPPRESSED = 3;

/** @returns attributes of a finding that nobody is called for; none where nothing suppresses it. */
export function suppressedFacts(suppression: SuppressConfig | undefined): JsonObject {
  if (suppression === undefined) return {};
  const { owner, until, reason } = suppression;
  return { status_id: STATUS_SUPPRESSED, is_alert: false, comment: `Suppressed until ${until} by ${owner}: ${reason}` };
}

/** For `unmapped`: who, why and until when. */
export function suppressionOf({ rule, owner, until, reason }: SuppressConfig): JsonObject {
  return { rule, owner, until, reason };
}

/** What a finding says of one of its events. */
export function relatedOf(event: OcsfEvent): JsonObject {
  return { uid: event.metadata.uid, type_uid: event.type_uid, first_seen_time: event.time, severity_id: event.severity_id };
}

/** The event's own objects, without its payloads: they may be large, and the event is found by its id. */
export function evidenceOf({ event, shown }: Pick<Match, 'event' | 'shown'>): JsonObject {
  const data = JSON.stringify(shown);
  return {
    actor: object(event['actor']),
    user: object(event['user']),
    api: apiOf(object(event['api'])),
    src_endpoint: object(event['src_endpoint']),
    dst_endpoint: object(event['dst_endpoint']),
    connection_info: object(event['connection_info']),
    query: object(event['query']),
    database: unclassified(object(event['database'])),
    databucket: unclassified(object(event['databucket'])),
    file: unclassified(object(event['file'])),
    email: object(event['email']),
    device: object(event['device']),
    http_request: object(event['http_request']),
    // As text, as payloads travel: the types of the fields differ from rule to rule.
    data: data === '{}' ? undefined : data.slice(0, MAX_SHOWN_CHARACTERS),
  };
}

/** Without what only findings of the profile data_classification may have. */
function unclassified(data: JsonObject | undefined): JsonObject | undefined {
  return data === undefined ? undefined : { ...data, data_classification: undefined, data_classifications: undefined };
}

function apiOf(api: JsonObject | undefined): JsonObject | undefined {
  const operation = text(api?.['operation']);
  if (api === undefined || operation === undefined) return undefined;
  const uid = text(object(api['request'])?.['uid']);
  const response = object(api['response']);
  return {
    operation,
    service: object(api['service']),
    request: uid === undefined ? undefined : { uid },
    response: response === undefined ? undefined : { error: text(response['error']), error_message: text(response['error_message']) },
  };
}

/** One line: the rule, who or what, where from and to. */
function messageOf(rule: Rule, event: OcsfEvent): string {
  const view = viewOf(event);
  const parts = ['api.operation', 'actor.user.uid', 'src_endpoint.ip', 'dst_endpoint.ip', 'cloud.account.uid'].flatMap(
    (path) => text(firstAt(view, pathOf(path))) ?? [],
  );
  const message = parts.length === 0 ? rule.title : `${rule.title}: ${parts.join(', ')}`;
  return message;
}
