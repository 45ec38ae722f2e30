import schema from '../../../schemas/config/bank.schema.json' with { type: 'json' };
import { BASELINES } from '../../../shared/anomalies/baselines.ts';
import type { Baseline, Clause } from '../../../shared/anomalies/model.ts';
import type { Decision } from '../../../shared/anomalies/budget.ts';
import { findingOf } from '../../../shared/anomalies/finding.ts';
import { queryOf } from '../../../shared/anomalies/read.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { CLASS_FIELDS, fieldsOf } from '../../../shared/opensearch/fields.ts';
import { isArray, isObject, object, text } from '../../../shared/outcome.ts';
import { validateEvent } from '../../ocsf.ts';

const EVENT: JsonObject = {
  time: 1_795_000_000_000,
  type_uid: 600_302,
  severity_id: 1,
  metadata: { uid: 'event-1', product: { name: 'CloudTrail', vendor_name: 'AWS' } },
  cloud: { provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-central-1' },
  actor: { user: { uid: 'arn:aws:iam::222222222222:user/alice' } },
  api: { operation: 'GetObject', service: { name: 's3.amazonaws.com' } },
  src_endpoint: { ip: '192.0.2.7' },
};

function decision(baseline: Baseline, changes: Partial<Decision> & { readonly kind?: Decision['candidate']['kind'] } = {}): Decision {
  const { kind = baseline.kinds[0] ?? 'volume', ...rest } = changes;
  const isVolume = kind === 'volume' || kind === 'off_hours';
  const candidate = {
    ...{
      baseline,
      kind,
      entity: 'arn:aws:iam::222222222222:user/alice',
      key: baseline.key === undefined ? '' : 'BR',
      slot: baseline.grain === 'day' ? 20_700 : 497_000,
      value: 4000.4,
      surprise: 3.1,
    },
    ...(isVolume
      ? { usual: { median: 12.5, deviation: 3, samples: 8, peak: 40 } }
      : { context: { first: 490_000, newKeys: 0, entities: 300, holders: 2 } }),
  };
  return { candidate, uid: 'uid-1', day: 800, alerted: true, together: 3.1, confirmedBy: 1, ...rest };
}

const ALL = BASELINES.flatMap((baseline) => baseline.kinds.map((kind) => [baseline.id, kind, baseline] as const));

it.each(ALL)('%s, %s: is valid OCSF, with events and without', (_id, kind, baseline) => {
  for (const events of [[EVENT, EVENT], []]) {
    const finding = findingOf(decision(baseline, { kind }), 'demo', events);

    expect(validateEvent(finding)).toEqual([]);
    expect(finding).toMatchObject({
      cloud: { account: { uid: '222222222222' } },
      metadata: { uid: 'uid-1' },
      finding_info: { types: ['anomaly', kind, baseline.id], analytic: { uid: `anomaly-${baseline.id}`, type_id: 3 } },
      anomaly_analyses: [{ anomalies: [{ observation_type: kind }] }],
    });
    expect(finding['message']).toContain('user/alice');
  }
});

it('alone is low, confirmed or very surprising medium, beyond the budget informational', () => {
  const [baseline] = BASELINES;
  if (baseline === undefined) throw new Error('none');
  const levelOf = (changes: Partial<Decision>): unknown => findingOf(decision(baseline, changes), 'demo', []).severity_id;

  expect([{}, { confirmedBy: 2 }, { together: 5 }, { alerted: false, together: 9 }].map(levelOf)).toEqual([2, 3, 3, 1]);
  expect(findingOf(decision(baseline, { alerted: false }), 'demo', [])['is_alert']).toBe(false);
});

/** Attributes that a query names. */
function fieldsIn(clause: unknown): readonly string[] {
  if (isArray(clause)) return clause.flatMap(fieldsIn);
  if (!isObject(clause)) return [];
  return Object.entries(clause).flatMap(([name, inner]) => {
    if (name === 'exists') return [text(object(inner)?.['field']) ?? ''];
    return ['term', 'terms', 'range', 'prefix'].includes(name) ? Object.keys(object(inner) ?? {}) : fieldsIn(inner);
  });
}

describe('baselines', () => {
  it.each(BASELINES.map((baseline) => [baseline.id, baseline] as const))('%s counts by what the index can count by', (_id, baseline) => {
    const { classes, entity, key, measure } = baseline;
    const counted = [
      ...(entity === 'principal' ? ['actor.user.uid', 'actor.session.issuer'] : [entity]),
      ...(key === undefined ? [] : [key]),
      ...(measure.kind === 'count' ? [] : [measure.field]),
    ];
    const query: Clause = queryOf(baseline, { from: 0, to: 1 });
    for (const cls of classes) {
      const fields = fieldsOf(CLASS_FIELDS.find((one) => one.cls.uid === cls.uid)?.fields ?? {});
      expect([...counted, ...fieldsIn(query)].filter((field) => fields[field] === undefined)).toEqual([]);
      expect(counted.filter((field) => ['words', 'payload', 'time'].includes(fields[field] ?? ''))).toEqual([]);
      if (measure.kind === 'sum') expect(['measure', 'number']).toContain(fields[measure.field]);
    }
  });

  it('have one name each, which the bank’s file can leave out', () => {
    const ids = BASELINES.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(schema.properties.anomalies.properties.without.items.enum).toEqual(ids);
    for (const { kinds, volume, key } of BASELINES) {
      expect(kinds.some((kind) => kind === 'volume' || kind === 'off_hours')).toBe(volume !== undefined);
      expect(kinds.includes('first_seen') && key === undefined).toBe(false);
    }
  });
});
