// The examples of a rule (`examples:` in rules/**.yml): raw records as their source delivers them, and for a correlation sequences of them.
// They go through the same reading as in AWS (shared/normalise.ts), so that an example proves the source's mapping too.
import type { Json, JsonObject, OcsfEvent } from '../shared/model.ts';
import { createNormaliser } from '../shared/normalise.ts';
import { isArray, isObject, text } from '../shared/outcome.ts';
import { sourceNamed } from '../shared/sources/registry.ts';
import type { LogSourceName } from '../shared/detect/sigma/rule.ts';

/** A record of a source, as it is delivered. */
export interface Example {
  /** Name of the source, as `strongroom sources` lists it. */
  readonly source: string;
  /** An object for logs in JSON, a text for lines and XML. */
  readonly record: Json;
  /** Header line of the file that the record stands in. */
  readonly header?: string | undefined;
  /** Record format that the bank's file would name. */
  readonly format?: string | undefined;
}

/** One step of a sequence: a record, or the same one several times. */
export interface Step extends Example {
  /** ms since the event before; of the first step, since the start. */
  readonly afterMs: number;
  readonly times: number;
  /** ms between the repeats. */
  readonly everyMs: number;
  /** What changes from repeat to repeat: path in the record (of a text: what stands there) → values, one after the other, over again. */
  readonly vary: Readonly<Record<string, readonly Json[]>>;
}

export type Sequence = readonly Step[];

export interface Examples<T> {
  readonly positive: readonly T[];
  readonly negative: readonly T[];
  /** What placeholders stand for in the examples. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

/** Sources that Sigma's own names of log sources mean. */
const SOURCES_OF_SIGMA: Readonly<Record<string, string>> = { 'aws/cloudtrail': 'cloudtrail', 'aws/vpcflow': 'vpc-flow' };
const DEFAULT_AFTER_S = 60;
const DEFAULT_EVERY_S = 1;
const STEP_KEYS: readonly string[] = ['source', 'record', 'header', 'format', 'after', 'times', 'every', 'vary'];

/**
 * @param given the value of `examples`: a map, or a list of such maps where a rule is about several sources.
 * @throws Error with the reason, for whoever writes the rule.
 */
export function ruleExamples(given: unknown, logsource: LogSourceName): Examples<Example> {
  return examplesOf(given, (record, group) => exampleOf(record, group, logsource));
}

/** @param given the value of `examples` of a correlation. @throws Error with the reason. */
export function sequenceExamples(given: unknown): Examples<Sequence> {
  return examplesOf(given, (steps) => {
    if (!isArray(steps) || steps.length === 0) throw new Error('an example of a correlation is a list of steps');
    return steps.map(stepOf);
  });
}

function examplesOf<T>(given: unknown, one: (record: Json, group: JsonObject) => T): Examples<T> {
  const groups = isArray(given) ? given.filter(isObject) : isObject(given) ? [given] : [];
  if (groups.length === 0) throw new Error('examples are missing');
  const of = (group: JsonObject, key: 'positive' | 'negative'): readonly Json[] => {
    const records = group[key] ?? [];
    if (!isArray(records)) throw new Error(`examples.${key} is a list`);
    return records;
  };
  const all = (key: 'positive' | 'negative'): readonly T[] => groups.flatMap((group) => of(group, key).map((record) => one(record, group)));
  const examples = { positive: all('positive'), negative: all('negative'), lists: Object.assign({}, ...groups.map(listsOf)) as Lists };
  if (examples.positive.length === 0 || examples.negative.length === 0)
    throw new Error('examples has a list of positive and one of negative records');
  return examples;
}

type Lists = Examples<unknown>['lists'];

function listsOf({ lists }: JsonObject): Lists {
  const named = isObject(lists) ? Object.entries(lists) : [];
  return Object.fromEntries(named.map(([name, list]) => [name, isArray(list) ? list.flatMap((one) => text(one) ?? []) : []]));
}

function exampleOf(record: Json, { source, header, format }: JsonObject, logsource: LogSourceName): Example {
  const meant = SOURCES_OF_SIGMA[`${logsource.product ?? ''}/${logsource.service ?? ''}`];
  const name = text(source) ?? meant;
  if (name === undefined) throw new Error('examples.source names the source whose records they are, as `npx strongroom sources` lists it');
  return known({ source: name, record, header: text(header), format: text(format) });
}

function known(example: Example): Example {
  if (sourceNamed(example.source) === undefined)
    throw new Error(`examples: there is no source "${example.source}", see \`npx strongroom sources\``);
  if (typeof example.record !== 'string' && !isObject(example.record))
    throw new Error('examples: a record is an object of a JSON log or the text of a line');
  return example;
}

function stepOf(step: Json): Step {
  if (!isObject(step)) throw new Error('examples: a step is a map with source and record');
  const strange = Object.keys(step).find((key) => !STEP_KEYS.includes(key));
  if (strange !== undefined) throw new Error(`examples: a step has no "${strange}", only ${STEP_KEYS.join(', ')}`);
  const { source, record, header, format, vary } = step;
  const name = text(source);
  if (name === undefined || record === undefined) throw new Error('examples: a step names its source and has a record');
  const changes = isObject(vary) ? Object.entries(vary) : [];
  return {
    ...known({ source: name, record, header: text(header), format: text(format) }),
    afterMs: numberOf(step, 'after', DEFAULT_AFTER_S) * 1000,
    times: Math.max(1, Math.floor(numberOf(step, 'times', 1))),
    everyMs: numberOf(step, 'every', DEFAULT_EVERY_S) * 1000,
    vary: Object.fromEntries(
      changes.map(([path, values]) => {
        if (!isArray(values) || values.length === 0) throw new Error(`examples: vary.${path} is a list of values`);
        return [path, values];
      }),
    ),
  };
}

function numberOf(step: JsonObject, key: string, unless: number): number {
  const given = step[key] ?? unless;
  if (typeof given !== 'number' || given < 0) throw new Error(`examples: ${key} is a number, 0 or more`);
  return given;
}

/**
 * @returns the events that the source makes of the record, in their order.
 * @throws Error with what the source says, where there are none.
 */
export function eventsOf({ source, record, header, format }: Example, name = 'example'): readonly OcsfEvent[] {
  const named = sourceNamed(source);
  const events: OcsfEvent[] = [];
  const problems: string[] = [];
  const normaliser = createNormaliser({
    origin: {
      ...{ bank: 'demo', account: '222222222222', region: 'eu-central-1', source, trigger: 'file', uri: `file://${name}` },
      time: Date.UTC(2026, 2, 2),
    },
    source: named,
    format,
    transforms: [],
    onEvent: (event) => events.push(event),
    onExcluded: (rule) => problems.push(`left out as ${rule}`),
    onParked: ({ code, detail }) => problems.push(`${code}: ${detail}`),
  });
  if (header !== undefined) normaliser.push(Buffer.from(`${header}\n`));
  const raw = typeof record === 'string' ? record : JSON.stringify(record);
  if (named?.framing.kind === 'xml') normaliser.push(Buffer.from(raw));
  else normaliser.record(raw);
  normaliser.end();
  if (events.length === 0) throw new Error(`source ${source} makes no event of the example (${problems.join('; ')})`);
  return events;
}

/** @returns the events of a sequence in their order, the first step `afterMs` after `start` (ms since the epoch). */
export function sequenceEvents(sequence: Sequence, start: number): readonly OcsfEvent[] {
  const events: OcsfEvent[] = [];
  let time = start;
  for (const [at, step] of sequence.entries()) {
    for (let turn = 0; turn < step.times; turn++) {
      time += turn === 0 ? step.afterMs : step.everyMs;
      const record = Object.entries(step.vary).reduce(
        (changed, [path, values]) => changedAt(changed, path, values[turn % values.length] ?? null),
        step.record,
      );
      for (const [part, event] of eventsOf({ ...step, record }, `example-${at}-${turn}`).entries()) {
        // The repeats of a record would have the record's id.
        const metadata = { ...event.metadata, uid: `${event.metadata.uid}-${at}-${turn}-${part}` };
        events.push({ ...event, time, metadata });
      }
    }
  }
  return events;
}

/** @throws Error where the record has nothing at the path: a value set beside what a source reads would prove nothing. */
function changedAt(record: Json, path: string, to: Json): Json {
  if (typeof record === 'string') {
    if (!record.includes(path)) throw new Error(`examples: vary: "${path}" does not stand in the record`);
    return record.replaceAll(path, typeof to === 'string' ? to : JSON.stringify(to));
  }
  return changedIn(record, path.split('.'), to, path);
}

function changedIn(node: Json | undefined, [step, ...rest]: readonly string[], to: Json, path: string): Json {
  if (step === undefined) return to;
  if (isArray(node)) return node.map((member, at) => (String(at) === step ? changedIn(member, rest, to, path) : member));
  if (!isObject(node) || !Object.hasOwn(node, step)) throw new Error(`examples: vary: the record has no ${path}`);
  return { ...node, [step]: changedIn(node[step], rest, to, path) };
}
