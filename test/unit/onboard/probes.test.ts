// Probes are records of their sources, found by their own query, and no rule of ours matches them.
import { gunzipSync } from 'node:zlib';
import { bankNamed } from '../../../cli/bank.ts';
import { createEngine } from '../../../shared/detect/engine.ts';
import { rulesOf } from '../../../shared/detect/tuning.ts';
import { toDocument, fromDocument } from '../../../shared/hub/document.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { createNormaliser } from '../../../shared/normalise.ts';
import { isObject, text } from '../../../shared/outcome.ts';
import { probedSources, probeName, probesOf, type Probe } from '../../../shared/onboard/probes.ts';
import { fieldsOf, CLASS_FIELDS } from '../../../shared/opensearch/fields.ts';
import { claim } from '../../../shared/sources/registry.ts';
import { objectRoute, namedRoute } from '../../../shared/sources/routes.ts';
import { validateEvent } from '../../ocsf.ts';

const bank = bankNamed('demo');
const [account] = bank.accounts;
if (account === undefined) throw new Error('the demo has no account');
const TIME = Date.UTC(2026, 10, 21, 8, 30);
let count = 0;
const rules = rulesOf(bank, { keys: [], roles: [], buckets: [] });
const engine = createEngine(rules.stream, rules.lists);

function probes(sources: readonly string[]): readonly Probe[] {
  if (account === undefined) return [];
  const where = { account: account.id, region: bank.region, time: TIME };
  return probesOf({ bank, account, sources, where, newId: () => (++count).toString(16).padStart(16, 'a') });
}

/** The events of a probe, as the ingest functions make them. */
function eventsOf({ way, source: name }: Probe): readonly OcsfEvent[] {
  const source =
    way.kind === 'object' ? objectRoute(bank, { bucket: 'landing', key: way.key })?.source : namedRoute(bank, { source: name })?.source;
  if (source === undefined) throw new Error(`no source claims the probe of ${name}`);
  expect(source.name).toBe(name);
  const events: OcsfEvent[] = [];
  const parked: unknown[] = [];
  const place = source.locate?.(
    way.kind === 'object' ? { trigger: 's3', bucket: 'landing', key: way.key } : { trigger: 'logs', logGroup: '', logStream: '' },
  );
  const origin = {
    ...{ bank: bank.bank, account: place?.account ?? account?.id ?? '', region: place?.region ?? bank.region, source: name },
    ...({ trigger: 's3', uri: 's3://landing/key#1', time: TIME } as const),
  };
  const normaliser = createNormaliser({
    ...{ source, origin, transforms: [] },
    onEvent: (event) => events.push(event),
    onParked: (record) => parked.push(record),
  });
  normaliser.push(bytesOf(way));
  normaliser.end();
  expect(parked).toEqual([]);
  return events;
}

function bytesOf(way: Probe['way']): Buffer {
  switch (way.kind) {
    case 'object':
      return gunzipSync(way.bytes);
    case 'log':
      return Buffer.from(way.message);
    case 'record':
      return Buffer.from(way.data);
    case 'finding':
      return Buffer.from(JSON.stringify(way.detail));
  }
}

it('is there for each way in which logs are delivered', () => {
  const all = probes(probedSources());
  expect(new Set(all.map(({ way }) => way.kind))).toEqual(new Set(['object', 'log', 'record', 'finding']));
  expect(new Set(all.flatMap(({ way }) => (way.kind === 'object' ? [way.landing] : [])))).toEqual(
    new Set(['LandingBucket', 'BalancerBucket', 'WafBucket']),
  );
  expect(probes(['okta', 'no-source']).map(({ source }) => source)).toEqual(['application-json', 'application-json']);
});

describe.each(probes(probedSources()).map((probe) => [`${probe.source} by ${probe.way.kind}`, probe] as const))('%s', (_, probe) => {
  const [event, ...others] = eventsOf(probe);
  it('is one valid event of the account in the region', () => {
    if (event === undefined) throw new Error('no event');
    expect(others).toEqual([]);
    expect(validateEvent(event)).toEqual([]);
    // What an application writes says nothing of its account.
    if (probe.source !== 'application-json') expect(event['cloud']).toMatchObject({ account: { uid: account.id }, region: bank.region });
    expect(Math.abs(event.time - TIME)).toBeLessThan(1000);
  });

  it('is found by attributes that are indexed, with values that the event has', () => {
    if (event === undefined) throw new Error('no event');
    const indexed = fieldsOf(CLASS_FIELDS.find(({ cls }) => cls.uid === event.class_uid)?.fields ?? {});
    const document = fromDocument(toDocument(event).json);
    const asked = askedOf(probe.query).filter(([field]) => field in indexed);
    expect(asked.length).toBeGreaterThan(0);
    const held = asked.filter(([field, value]) => valuesAt(document, field.split('.')).some((found) => String(found).includes(value)));
    expect(held.length).toBeGreaterThan(0);
  });

  it('is met by no rule', () => {
    if (event === undefined) throw new Error('no event');
    const document = fromDocument(toDocument(event).json);
    const matched = document === undefined ? ['no document'] : engine.match(document).map(({ rule }) => rule.title);
    // What GuardDuty finds is alerted by its severity, and a bank may want the lowest too.
    expect(matched).toEqual([]);
  });
});

/** Pairs of attribute and value that a query asks for. */
function askedOf(query: unknown): readonly (readonly [string, string])[] {
  if (Array.isArray(query)) return query.flatMap(askedOf);
  if (!isObject(query)) return [];
  return Object.entries(query).flatMap(([kind, inner]) => {
    if (!isObject(inner)) return askedOf(inner);
    if (kind === 'multi_match') {
      const { query: value, fields } = inner;
      return Array.isArray(fields) ? fields.map((field) => [text(field) ?? '', text(value) ?? ''] as const) : [];
    }
    if (['term', 'prefix', 'match'].includes(kind))
      return Object.entries(inner).map(([field, value]) => [field, text(value) ?? ''] as const);
    return kind === 'range' ? [] : askedOf(inner);
  });
}

function valuesAt(node: unknown, [name, ...rest]: readonly string[]): readonly unknown[] {
  if (Array.isArray(node)) return node.flatMap((one) => valuesAt(one, [name ?? '', ...rest]));
  if (name === undefined || name === '') return [node];
  return isObject(node) ? valuesAt(node[name], rest) : [];
}

it('bears a name of its own', () => {
  expect(probeName('0123456789abcdef')).toBe('strongroom-probe-0123456789abcdef');
  expect(claim({ trigger: 's3', bucket: '', key: 'strongroom-probe' })).toBeUndefined();
});
