// Events of MISP, as feeds publish them: a manifest and one file per event. https://www.misp-standard.org/rfc/misp-standard-core.html
import type { Json, JsonObject } from '../../model.ts';
import { isArray, isObject, object, parseJson, text } from '../../outcome.ts';
import { createCollector, stricter, tlpOf, type Collector, type Indicator, type IndicatorType, type Tlp } from '../indicator.ts';
import { normalise, refang } from '../normalise.ts';
import { FeedError, given, secondsOf, timeOf } from './format.ts';
import type { StixParsed } from './stix.ts';

/** Types of attributes; of composed ones, `ip-dst|port`, each part. What is not here says nothing that is matched. */
const TYPES: Readonly<Record<string, IndicatorType>> = {
  'ip-src': 'ip',
  'ip-dst': 'ip',
  ip: 'ip',
  domain: 'domain',
  hostname: 'domain',
  url: 'url',
  uri: 'url',
  link: 'url',
  md5: 'hash',
  sha1: 'hash',
  sha256: 'hash',
  sha512: 'hash',
  email: 'email',
  'email-src': 'email',
  'email-dst': 'email',
  'user-agent': 'user_agent',
  btc: 'wallet',
  xmr: 'wallet',
  dash: 'wallet',
};
/** A host alone is named, not what is below it. */
const EXACT: ReadonlySet<string> = new Set(['hostname']);

export interface MispEntry {
  readonly uuid: string;
  /** Of its last change, s since the epoch. */
  readonly timestamp: number;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @returns the events of a manifest, the latest first. @throws FeedError */
export function parseManifest(body: Buffer): readonly MispEntry[] {
  const manifest = object(parseJson(body.toString('utf8')));
  if (manifest === undefined) throw new FeedError('is not a manifest of MISP');
  return (
    Object.entries(manifest)
      // They become parts of addresses.
      .filter(([uuid, about]) => UUID.test(uuid) && isObject(about))
      .map(([uuid, about]) => ({ uuid, timestamp: Number(object(about)?.['timestamp']) || 0 }))
      .toSorted((one, other) => other.timestamp - one.timestamp)
  );
}

/** Attributes that are not for detection, or deleted, are given as revoked: they may have been for it before. @throws FeedError */
export function parseMispEvent(body: Buffer): StixParsed {
  const event = object(object(parseJson(body.toString('utf8')))?.['Event']);
  if (event === undefined) throw new FeedError('is not an event of MISP');
  const collector = createCollector();
  const revoked: string[] = [];
  const info = text(event['info']);
  const tlp = markedAs(event, undefined);
  const objects = list(event['Object']).filter((one) => object(one)?.['deleted'] !== true);
  for (const attribute of [...list(event['Attribute']), ...objects.flatMap((one) => list(object(one)?.['Attribute']))]) {
    if (!isObject(attribute)) continue;
    const uuid = text(attribute['uuid']);
    if (attribute['to_ids'] !== true || attribute['deleted'] === true) {
      if (uuid !== undefined) revoked.push(uuid);
      collector.skip('not for detection');
    } else
      take(
        attribute,
        { ...given('id', uuid), ...given('tlp', markedAs(attribute, tlp)), names: info === undefined ? [] : [info] },
        collector,
      );
  }
  return { ...collector.parsed(), revoked };
}

function list(candidate: Json | undefined): readonly Json[] {
  return isArray(candidate) ? candidate : [];
}

function markedAs(marked: JsonObject, before: Tlp | undefined): Tlp | undefined {
  let tlp = before;
  for (const tag of list(marked['Tag'])) {
    const one = tlpOf(text(object(tag)?.['name']) ?? '');
    if (one !== undefined) tlp = tlp === undefined ? one : stricter(tlp, one);
  }
  return tlp;
}

function take(attribute: JsonObject, about: Omit<Indicator, 'type' | 'value'>, { add, skip }: Collector): void {
  const types = (text(attribute['type']) ?? '').split('|');
  const values = (text(attribute['value']) ?? '').split('|');
  const from = timeOf(attribute['first_seen']);
  const sighted = timeOf(attribute['last_seen']) ?? secondsOf(attribute['timestamp']);
  let known = false;
  for (const [at, name] of types.entries()) {
    const type = TYPES[name];
    if (type === undefined) continue;
    known = true;
    const value = refang(values[at] ?? '');
    const found = normalise(type, value) ?? (type === 'ip' ? normalise('network', value) : undefined);
    if (found === undefined) skip('a value that may not be matched');
    else add({ ...found, ...about, ...given('from', from), ...given('sighted', sighted), ...(EXACT.has(name) ? { exact: true } : {}) });
  }
  if (!known) skip(`unsupported type ${types.join('|').slice(0, 40)}`);
}
