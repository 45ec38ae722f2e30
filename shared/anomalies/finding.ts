// A decision as an OCSF Detection Finding with what was expected and what was seen. https://schema.ocsf.io/1.8.0/objects/anomaly_analysis
import { ANALYTIC, newFinding, STATES } from '../detect/new-finding.ts';
import type { Level } from '../detect/sigma/rule.ts';
import type { JsonObject, OcsfEvent } from '../model.ts';
import { cloudOf } from '../ocsf/event.ts';
import { numberOf } from '../opensearch/ask.ts';
import { object, text } from '../outcome.ts';
import type { Decision } from './budget.ts';
import { SLOT_MS, WEEKS } from './calendar.ts';
import type { Candidate } from './judge.ts';

const DAY_MS = 86_400_000;
/** So surprising, or confirmed by something else of the same entity: more than a hint. Alone, an anomaly is never more than medium. */
const MEDIUM = 4.5;
const ACCOUNT = /(?:^|:)(\d{12})(?::|$)/;

/** @param events a few of those that it is about; none where OpenSearch has them no more. */
export function findingOf(
  { candidate, uid, alerted, together, confirmedBy }: Decision,
  bank: string,
  events: readonly JsonObject[],
): OcsfEvent {
  const { baseline, kind, slot, value, surprise } = candidate;
  const first = slot * SLOT_MS[baseline.grain];
  const level: Level = !alerted ? 'informational' : confirmedBy > 1 || together >= MEDIUM ? 'medium' : 'low';
  const said = wordsOf(candidate);
  return newFinding({
    ...{ uid, bank, level, first, response: baseline.response, tags: baseline.tags, title: baseline.title },
    description: `${baseline.description} ${said}`,
    analytic: { uid: `anomaly-${baseline.id}`, name: baseline.title, type_id: ANALYTIC.statistical, state_id: STATES.stable },
    types: ['anomaly', kind, baseline.id],
    message: `${baseline.title}: ${said}`,
    last: first + SLOT_MS[baseline.grain] - 1,
    count: baseline.measure.kind === 'count' ? Math.round(value) : 1,
    cloud: cloudIn(candidate, events),
    dataSources: [...new Set(events.flatMap(({ metadata }) => text(object(object(metadata)?.['product'])?.['name']) ?? []))],
    related: events.flatMap(relatedOf),
    evidences: evidencesOf(candidate, events, said),
    evidence: '',
    more: {
      anomaly_analyses: [analysisOf(candidate)],
      // In steps of a tenth, of ten: how many times rarer than usual.
      risk_score: Math.min(100, Math.round(surprise * 10)),
    },
  });
}

/** @returns one sentence. */
function wordsOf({ baseline, kind, entity, key, value, usual, context, slot }: Candidate): string {
  const { unit, grain } = baseline;
  const when = grain === 'day' ? 'on the day' : 'in the hour';
  const much = `${amount(value, unit)} ${when} from ${new Date(slot * SLOT_MS[grain]).toISOString().slice(0, 16)}Z`;
  if (usual !== undefined)
    return `${entity}${key === '' ? '' : `, ${key}`}: ${much}; usual at such a time are ${amount(usual.median, unit)}, the most of late ${amount(usual.peak, unit)}.`;
  const days = context === undefined ? 0 : Math.floor(((slot - context.first) * SLOT_MS[grain]) / DAY_MS);
  const others = context === undefined ? '' : `; ${context.holders} of ${context.entities} others have it`;
  const how = kind === 'rare' ? 'had it on two days of the last eight weeks at most' : 'never had it before';
  return `${entity}: ${key}, ${much}; known for ${days} days, it ${how}${others}.`;
}

function amount(value: number, unit: string): string {
  if (unit !== 'bytes') return `${Math.round(value)} ${unit}`;
  return value >= 1e9 ? `${(value / 1e9).toFixed(1)} GB` : `${(value / 1e6).toFixed(1)} MB`;
}

function analysisOf({ baseline, kind, entity, key, value, usual, context, slot }: Candidate): JsonObject {
  const start = slot * SLOT_MS[baseline.grain];
  const span = { start_time: start, end_time: start + SLOT_MS[baseline.grain] - 1 };
  const parameter = `${baseline.unit} per ${baseline.grain}`;
  const isVolume = usual !== undefined;
  const expected: JsonObject = isVolume
    ? {
        observation_parameter: parameter,
        observation_type: `median, median deviation and peak of ${WEEKS} weeks`,
        observations: [usual.median, usual.deviation, usual.peak].map((one) => ({ value: String(Math.round(one)) })),
      }
    : {
        observation_parameter: baseline.key ?? parameter,
        observation_type: 'known since, other entities, of which have the key',
        observations: [
          { value: new Date((context?.first ?? slot) * SLOT_MS[baseline.grain]).toISOString() },
          { value: String(context?.entities ?? 0) },
          { value: String(context?.holders ?? 0) },
        ],
      };
  return {
    analysis_targets: [{ name: entity, type: baseline.entity }],
    baselines: [expected],
    anomalies: [
      {
        observation_parameter: isVolume ? parameter : (baseline.key ?? parameter),
        observation_type: kind,
        observations: [{ value: isVolume ? String(Math.round(value)) : key, count: Math.max(1, Math.round(value)), timespan: span }],
      },
    ],
  };
}

/** Whose it is: the account of the events, else the one in the name. */
function cloudIn({ entity }: Candidate, [event]: readonly JsonObject[]): JsonObject | undefined {
  const cloud = object(event?.['cloud']);
  const uid = text(object(cloud?.['account'])?.['uid']) ?? ACCOUNT.exec(entity)?.[1];
  return uid === undefined ? undefined : { ...cloudOf(uid, text(cloud?.['region'])) };
}

function relatedOf({ metadata, type_uid: type, time, severity_id: severity }: JsonObject): readonly JsonObject[] {
  const uid = text(object(metadata)?.['uid']);
  return uid === undefined ? [] : [{ uid, type_uid: type, first_seen_time: time, severity_id: numberOf(severity) }];
}

/** The events' own objects; where there are none, what the baseline is about. */
function evidencesOf({ baseline, entity, key }: Candidate, events: readonly JsonObject[], said: string): readonly JsonObject[] {
  const shown = events.map((event) => ({
    ...Object.fromEntries(
      ['actor', 'user', 'src_endpoint', 'dst_endpoint', 'connection_info'].flatMap((name) => {
        const found = object(event[name]);
        return found === undefined ? [] : [[name, found]];
      }),
    ),
    ...(text(object(event['api'])?.['operation']) === undefined ? {} : { api: object(event['api']) }),
  }));
  const summary: JsonObject = { data: JSON.stringify({ baseline: baseline.id, entity, key: key === '' ? undefined : key, said }) };
  return [{ ...shown[0], ...summary }, ...shown.slice(1).filter((one) => Object.keys(one).length > 0)];
}
