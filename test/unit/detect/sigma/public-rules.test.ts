// Rules that others have published, where they are at hand (../shared/samples/sigma-aws, beside the project): they load as they are, and what
// they find in real CloudTrail records is the same in the records themselves and in the events that come out of the hub.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve as absolute } from 'node:path';
import { createEngine } from '../../../../shared/detect/engine.ts';
import { logSourceOf } from '../../../../shared/detect/log-sources.ts';
import { compile, type Predicate, type Reader } from '../../../../shared/detect/sigma/compile.ts';
import { foundOf, leaves, type Found } from '../../../../shared/detect/sigma/found.ts';
import { readDocuments, type Broken, type Loaded } from '../../../../shared/detect/sigma/load.ts';
import { resolve } from '../../../../shared/detect/sigma/resolve.ts';
import type { Rule } from '../../../../shared/detect/sigma/rule.ts';
import { viewOf } from '../../../../shared/detect/view.ts';
import { fromDocument, toDocument } from '../../../../shared/hub/document.ts';
import type { Json, JsonObject, OcsfEvent } from '../../../../shared/model.ts';
import { createNormaliser } from '../../../../shared/normalise.ts';
import { isArray, isObject, parseJson } from '../../../../shared/outcome.ts';
import { cloudtrail } from '../../../../shared/sources/cloudtrail.ts';
import { cloudtrailRule } from '../events.ts';

const SAMPLES = absolute('../shared/samples');
const RULES = join(SAMPLES, 'sigma-aws');
const LISTS = { Legitimate_Countries: ['DE'], Legitimate_IP_Ranges: ['192.0.2.0/24'] };

const isHere = existsSync(RULES) && existsSync(join(SAMPLES, 'cloudtrail'));
const where = isHere ? describe : describe.skip;

function documentsOf(folder: string): readonly (Loaded | Broken)[] {
  if (!isHere) return [];
  const files = readdirSync(join(RULES, folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yml'));
  return files.sort().flatMap((file) => readDocuments(readFileSync(join(RULES, folder, file), 'utf8'), file));
}

const loaded = [...documentsOf('rules'), ...documentsOf('rules-placeholder')];
const rules = resolve(loaded.filter((document): document is Loaded => document.kind !== 'broken')).rules;

/** Some collections have put a wrapper around each record, or renamed a field. */
function recordsOf(value: Json | undefined): readonly JsonObject[] {
  if (isArray(value)) return value.flatMap(recordsOf);
  if (!isObject(value)) return [];
  if (isArray(value['Records'])) return recordsOf(value['Records']);
  if (isObject(value['event'])) return recordsOf(value['event']);
  const { '@timestamp': time, ...rest } = value;
  // CloudTrail itself writes no milliseconds.
  const eventTime = typeof time === 'string' ? time.replace(/\.\d{3}Z$/, 'Z') : rest['eventTime'];
  return rest['eventSource'] === undefined ? [] : [{ ...rest, eventTime }];
}

function samples(): readonly JsonObject[] {
  const folder = join(SAMPLES, 'cloudtrail');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap((entry) => {
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    const whole = parseJson(text);
    return whole === undefined ? text.split('\n').flatMap((line) => recordsOf(parseJson(line))) : recordsOf(whole);
  });
}

interface Pair {
  readonly record: JsonObject;
  readonly event: OcsfEvent;
}

/** Records with their events, as these come out of the hub. */
function pairs(records: readonly JsonObject[]): readonly Pair[] {
  const found: Pair[] = [];
  const normaliser = createNormaliser({
    origin: { bank: 'demo', account: 'unknown', region: 'unknown', source: 'cloudtrail', trigger: 's3', uri: 's3://samples/x#1', time: 0 },
    source: cloudtrail,
    transforms: [],
    onEvent(event, index) {
      const back = fromDocument(toDocument(event).json);
      const record = records[index];
      if (back === undefined || record === undefined) throw new Error('the document is no event');
      found.push({ record, event: back });
    },
    onParked: () => undefined,
  });
  for (const record of records) normaliser.record(JSON.stringify(record));
  normaliser.end();
  return found;
}

/** Fields of the record itself; null is no value. */
function rawField(name: string): Reader<JsonObject> {
  const steps = name.split('.');
  return (record) => foundOf(valuesAt(record, steps));
}

function valuesAt(node: Json | undefined, steps: readonly string[]): readonly unknown[] {
  if (node === undefined || node === null) return [];
  const [step, ...rest] = steps;
  if (step === undefined) return [node];
  if (isArray(node)) return node.flatMap((member) => valuesAt(member, steps));
  if (!isObject(node)) return [];
  const flat = rest.length > 0 && Object.hasOwn(node, steps.join('.')) ? valuesAt(node[steps.join('.')], []) : [];
  return [...flat, ...(Object.hasOwn(node, step) ? valuesAt(node[step], rest) : [])];
}

function rawEverything(record: JsonObject): Found {
  const texts: string[] = [];
  leaves(record, texts);
  return foundOf(texts);
}

function onRecords(rule: Rule): Predicate<JsonObject> {
  return compile(rule.condition, { field: rawField, everything: rawEverything, lists: LISTS });
}

where('public rules for AWS', () => {
  const all = isHere ? pairs(samples()) : [];

  it('load as they are', () => {
    expect(loaded.flatMap((document) => (document.kind === 'broken' ? [document.error.message] : []))).toEqual([]);
    expect(rules).toHaveLength(58);
    expect(() => createEngine(rules, LISTS)).not.toThrow();
    expect(() => createEngine(rules, {})).toThrow('there is no list "Legitimate_Countries"');
  });

  it('of the old form with counts are refused, each with its reason', () => {
    const old = documentsOf('unsupported');
    expect(old).toHaveLength(8);
    for (const document of old) {
      expect(document.kind === 'broken' && document.error.message).toMatch(
        /\.yml:\d+: .* gone from Sigma; write a correlation rule instead/,
      );
    }
  });

  it('meet the same records before and behind the mapping to OCSF', () => {
    expect(all.length).toBeGreaterThan(1400);
    const engine = createEngine(rules, LISTS);
    const tests = rules.map((rule) => ({ rule, test: onRecords(rule) }));
    const counts = new Map<string, number>();
    for (const { record, event } of all) {
      const expected = tests.filter(({ test }) => test(record)).map(({ rule }) => rule.title);
      for (const title of expected) counts.set(title, (counts.get(title) ?? 0) + 1);
      const met = engine.match(event).map((match) => match.rule.title);
      if (met.join() !== expected.join()) expect({ record, met }).toEqual({ record, met: expected });
    }
    // A test in which nothing is met would prove nothing.
    expect(counts.size).toBeGreaterThanOrEqual(10);
  });

  it('could name any field of the records: it has the values there that it has in the record', () => {
    const source = logSourceOf(cloudtrailRule({ s: { a: 1 }, condition: 's' }));
    const names = [...new Set(all.flatMap(({ record }) => pathsOf(record)))].filter((name) => !TAKEN_OUT.test(name));
    expect(names.length).toBeGreaterThan(500);
    const fields = names.map((name) => ({ name, field: source.field(name), raw: rawField(name) }));
    for (const [at, { record, event }] of all.entries()) {
      const view = viewOf(event);
      const own = new Set(pathsOf(record));
      // Its own fields, and some of those that it does not have.
      for (const { name, field, raw } of fields.filter((one, place) => own.has(one.name) || (at + place) % 20 === 0)) {
        const values: unknown[] = [];
        field(view, (value) => {
          values.push(value);
          return false;
        });
        const expected = raw(record).values;
        if (sorted(values) !== sorted(expected) && !TAKEN_OUT.test(JSON.stringify(expected))) {
          expect({ name, record, values }).toEqual({ name, record, values: expected });
        }
      }
    }
  });

  it('could look for any value of the records as a keyword', () => {
    const source = logSourceOf(cloudtrailRule({ s: { a: 1 }, condition: 's' }));
    for (const { record, event } of all) {
      const texts = new Set<string>();
      source.everything(viewOf(event), (text) => {
        texts.add(String(text));
        return false;
      });
      const expected = new Set(
        rawEverything(record)
          .values.map(String)
          .filter((text) => !isTakenOut(record, text)),
      );
      const missing = [...expected].filter((text) => !texts.has(text));
      const strange = [...texts].filter((text) => !expected.has(text) && !text.includes('(removed)'));
      if (missing.length + strange.length > 0) expect({ record, missing, strange }).toEqual({ record, missing: [], strange: [] });
    }
  });
});

/** Members of objects that are put together again may stand in another order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1))) : member,
  );
}

/** The hub has no session tokens, and no traces that mean nothing outside of S3. */
const TAKEN_OUT = /sessionToken|securityToken|x-amz-id-2/i;

function isTakenOut(node: Json | undefined, text: string): boolean {
  if (isArray(node)) return node.some((member) => isTakenOut(member, text));
  if (!isObject(node)) return false;
  return Object.entries(node).some(([key, member]) => (TAKEN_OUT.test(key) && member === text) || isTakenOut(member, text));
}

/** Of everything in the record, lists gone through. */
function pathsOf(node: Json | undefined, prefix = ''): readonly string[] {
  if (isArray(node)) return node.flatMap((member) => pathsOf(member, prefix));
  if (!isObject(node)) return [];
  return Object.entries(node).flatMap(([key, member]) => [prefix + key, ...pathsOf(member, `${prefix}${key}.`)]);
}
