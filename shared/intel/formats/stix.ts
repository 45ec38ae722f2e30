// STIX 2.1: indicators of a bundle, or of a TAXII envelope. https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html#_muftrcpnf89v
import type { Json, JsonObject } from '../../model.ts';
import { isArray, isObject, object, parseJson, text } from '../../outcome.ts';
import { createCollector, stricter, tlpOf, type Collector, type Indicator, type Observable, type Parsed, type Tlp } from '../indicator.ts';
import { normalise } from '../normalise.ts';
import { confidenceOf, FeedError, given, timeOf } from './format.ts';
import { parsePattern, type PatternValue } from './stix-pattern.ts';

export interface StixParsed extends Parsed {
  /** Ids of indicators that are no longer to be used. */
  readonly revoked: readonly string[];
}

/** The ids under which markings are published: many bundles refer to them without having them. */
const MARKINGS: Readonly<Record<string, Tlp>> = {
  'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487': 'CLEAR',
  'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb': 'GREEN',
  'marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421': 'AMBER',
  'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003': 'AMBER STRICT',
  'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1': 'RED',
  // TLP 1
  'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9': 'CLEAR',
  'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da': 'GREEN',
  'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82': 'AMBER',
  'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed': 'RED',
};

/** @throws FeedError where it is no bundle. */
export function parseStix(body: Buffer): StixParsed {
  const bundle = object(parseJson(body.toString('utf8')));
  const objects = bundle?.['objects'];
  if (bundle?.['type'] !== 'bundle' || (objects !== undefined && !isArray(objects))) throw new FeedError('is not a STIX bundle');
  return parseStixObjects(objects ?? []);
}

interface Context {
  readonly markings: ReadonlyMap<string, Tlp>;
  /** Names of what an indicator indicates, by its id. */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/** Of objects with one id the latest counts. */
export function parseStixObjects(objects: readonly Json[]): StixParsed {
  const latest = new Map<string, JsonObject>();
  const markings = new Map(Object.entries(MARKINGS));
  for (const candidate of objects) {
    const id = isObject(candidate) ? text(candidate['id']) : undefined;
    if (!isObject(candidate) || id === undefined) continue;
    const before = latest.get(id);
    if (before === undefined || versionOf(candidate) >= versionOf(before)) latest.set(id, candidate);
    const tlp = candidate['type'] === 'marking-definition' ? markedAs(candidate) : undefined;
    if (tlp !== undefined) markings.set(id, tlp);
  }
  const context = { markings, names: namesOf(latest) };
  const collector = createCollector();
  const revoked: string[] = [];
  for (const [id, candidate] of latest) {
    if (candidate['type'] !== 'indicator') continue;
    if (candidate['revoked'] === true) revoked.push(id);
    else take(id, candidate, context, collector);
  }
  return { ...collector.parsed(), revoked };
}

function versionOf(candidate: JsonObject): number {
  return timeOf(candidate['modified']) ?? timeOf(candidate['created']) ?? 0;
}

const TLP_EXTENSION = 'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d';

function markedAs(marking: JsonObject): Tlp | undefined {
  const extended = object(object(marking['extensions'])?.[TLP_EXTENSION])?.['tlp_2_0'];
  const defined = object(marking['definition'])?.['tlp'];
  const name = text(extended) ?? text(defined);
  return name === undefined ? tlpOf(text(marking['name']) ?? '') : tlpOf(`tlp:${name}`);
}

/** What relationships say: this indicator indicates that malware, that group. */
function namesOf(objects: ReadonlyMap<string, JsonObject>): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const candidate of objects.values()) {
    if (candidate['type'] !== 'relationship' || candidate['relationship_type'] !== 'indicates') continue;
    const source = text(candidate['source_ref']);
    const target = objects.get(text(candidate['target_ref']) ?? '');
    const name = text(target?.['name']);
    if (source === undefined || name === undefined) continue;
    const before = names.get(source);
    if (before === undefined) names.set(source, [name]);
    else if (before.length < MAX_NAMES) before.push(name);
  }
  return names;
}

function take(id: string, indicator: JsonObject, { markings, names }: Context, { add, skip }: Collector): void {
  const kind = text(indicator['pattern_type']) ?? 'stix';
  if (kind !== 'stix') {
    skip(`unsupported pattern type ${kind.slice(0, 20)}`);
    return;
  }
  const pattern = parsePattern(text(indicator['pattern']) ?? '');
  if ('unsupported' in pattern) {
    skip(pattern.unsupported);
    return;
  }
  const about = aboutOf(id, indicator, names.get(id) ?? []);
  const tlp = strictest(indicator, markings);
  for (const value of pattern.values) {
    const found = observableOf(value);
    if (found === undefined) skip('a value that may not be matched');
    else add({ ...found, ...about, ...given('tlp', tlp), ...(found.type === 'domain' ? { exact: true } : {}) });
  }
}

function observableOf({ type, text: value }: PatternValue): Observable | undefined {
  if (type !== 'address') return normalise(type, value);
  return normalise('ip', value) ?? normalise('network', value) ?? normalise('domain', value);
}

function aboutOf(id: string, indicator: JsonObject, indicated: readonly string[]): Omit<Indicator, 'type' | 'value'> {
  const labels = [indicator['name'], ...list(indicator['indicator_types']), ...list(indicator['labels'])];
  const names = [...indicated, ...labels.flatMap((name) => text(name) ?? [])];
  const references = list(indicator['external_references']).flatMap((one) => (isObject(one) ? (text(one['url']) ?? []) : []));
  return {
    id,
    names: [...new Set(names)].slice(0, MAX_NAMES),
    references: references.slice(0, MAX_REFERENCES),
    ...given('from', timeOf(indicator['valid_from'])),
    ...given('until', timeOf(indicator['valid_until'])),
    ...given('sighted', timeOf(indicator['modified'])),
    ...given('confidence', confidenceOf(indicator['confidence'])),
  };
}

const MAX_NAMES = 5;
const MAX_REFERENCES = 3;

function list(candidate: Json | undefined): readonly Json[] {
  return isArray(candidate) ? candidate : [];
}

/** The strictest of several; one that nobody has described could be any. */
function strictest(indicator: JsonObject, markings: ReadonlyMap<string, Tlp>): Tlp | undefined {
  let tlp: Tlp | undefined;
  for (const reference of list(indicator['object_marking_refs'])) {
    const marked = markings.get(text(reference) ?? '');
    if (marked !== undefined) tlp = tlp === undefined ? marked : stricter(tlp, marked);
  }
  return tlp;
}
