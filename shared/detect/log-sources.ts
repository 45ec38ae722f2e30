// What Sigma calls a log source is a source of ours, and its fields are in the event: rules name them as in the raw log, or as OCSF does.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-taxonomy.md
import type { OcsfEvent } from '../model.ts';
import { OCSF_CLASSES, OWN_PRODUCT } from '../ocsf/classes.ts';
import { isObject } from '../outcome.ts';
import { nameOf, ocsfField, rawFieldOf, recordOf, wholeEvent } from './raw-fields.ts';
import { RAW_LOGS, type RawLog } from './raw-logs.ts';
import type { Field } from './sigma/compile.ts';
import { RuleError, type LogSourceName, type Rule } from './sigma/rule.ts';
import type { EventView } from './view.ts';

export interface LogSource {
  /** Key of the index of rules; events carry it too, see keysOf(). */
  readonly key: string;
  readonly field: (name: string) => Field<EventView>;
  /** All values of the record, for keywords. */
  readonly everything: Field<EventView>;
}

/** @throws RuleError where no source of ours is meant. */
export function logSourceOf(rule: Rule): LogSource {
  return logSourcesOf(rule)[0];
}

/** @returns several where Sigma means a kind of log that several of our sources are. @throws RuleError where no source of ours is meant. */
export function logSourcesOf(rule: Rule): readonly [LogSource, ...LogSource[]] {
  if (rule.taxonomy === 'ocsf') return [classSource(rule)];
  const [first, ...others] = RAW_LOGS.filter((log) => log.names.some((name) => isSame(name, rule.logsource))).map(rawSource);
  if (first === undefined) throw new NoSuchLogSource(rule.logsource);
  return [first, ...others];
}

/** A rule for logs that none of our sources are. */
export class NoSuchLogSource extends RuleError {
  /** Category, product and service, as far as the rule names them. */
  readonly logsource: string;

  constructor(logsource: LogSourceName) {
    const known = RAW_LOGS.flatMap(({ names }) => names).map(nameOf);
    super(`logsource ${nameOf(logsource)} is none of ours (${[...new Set(known)].join(', ')})`, ['logsource']);
    this.logsource = nameOf(logsource);
  }
}

function isSame(one: LogSourceName, other: LogSourceName): boolean {
  return one.category === other.category && one.product === other.product && one.service === other.service;
}

function rawSource(log: RawLog): LogSource {
  const { events } = log;
  const field = (name: string): Field<EventView> => rawFieldOf(log, name);
  if ('cls' in events) return { key: `class ${events.cls.uid}`, field, everything: wholeEvent };
  return { key: keyOf(events.product, events.feature), field, everything: recordOf(log) };
}

function classSource({ logsource: { category } }: Rule): LogSource {
  const cls = OCSF_CLASSES.find(({ name }) => name === category);
  if (cls === undefined) {
    const known = OCSF_CLASSES.map(({ name }) => name).join(', ');
    throw new RuleError(`with taxonomy ocsf, logsource.category is a class: ${known}`, ['logsource', 'category']);
  }
  return { key: `class ${cls.uid}`, field: ocsfField, everything: wholeEvent };
}

const FEATURED: ReadonlySet<string> = new Set(
  RAW_LOGS.flatMap(({ events }) => ('cls' in events || events.feature === undefined ? [] : [events.product])),
);
const CLASS_KEYS: ReadonlyMap<number, string> = new Map(OCSF_CLASSES.map(({ uid }) => [uid, `class ${uid}`]));

/** @returns keys under which rules for this event are filed. */
export function keysOf(event: OcsfEvent): readonly string[] {
  const product = productOf(event);
  const cls = CLASS_KEYS.get(event.class_uid) ?? `class ${event.class_uid}`;
  if (!FEATURED.has(product)) return [product, cls];
  const { feature } = event.metadata.product;
  return [keyOf(product, isObject(feature) && typeof feature['name'] === 'string' ? feature['name'] : ''), cls];
}

function keyOf(product: string, feature: string | undefined): string {
  return feature === undefined ? product : `${product} ${feature}`;
}

// The name alone proves nothing: an application gives its own in its log. The vendor is ours to say.
function productOf({ metadata: { product } }: OcsfEvent): string {
  return `${product.vendor_name} ${product.name}`;
}

/** Our own findings pass through the hub too; rules must not react to them. */
export function isOwn({ metadata: { product } }: OcsfEvent): boolean {
  return product.vendor_name === OWN_PRODUCT && product.name === OWN_PRODUCT;
}
