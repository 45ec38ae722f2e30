// `npm run bench -- detection [--write]`: what the shipped rules find in recorded attacks (../shared/samples/cloudtrail, where that is present),
// and how often they alert on a quiet day. `--write` keeps the result in docs/generated/detection.json, from which docs/DETECTIONS.md is made.
// Nothing of the recordings is kept but the names of techniques and of the calls in them.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bankNamed } from '../cli/bank.ts';
import { createEngine } from '../shared/detect/engine.ts';
import { findingsOf } from '../shared/detect/finding.ts';
import { rulesOf } from '../shared/detect/tuning.ts';
import type { OcsfEvent } from '../shared/model.ts';
import { createNormaliser } from '../shared/normalise.ts';
import { isArray, isObject, parseJson, text } from '../shared/outcome.ts';
import { sourceNamed } from '../shared/sources/registry.ts';
import { createCorrelated } from '../tools/correlated.ts';
import { benignStreams } from './detection-benign.ts';

/** What one stretch of events came to. */
export interface DetectionRow {
  readonly name: string;
  readonly events: number;
  /** Rules of single events and correlations that alerted: their paths below rules/. */
  readonly found: readonly string[];
  /** Findings that are alerted, one per rule, group and hour or window. */
  readonly alerts: number;
}

export interface DetectionResult {
  readonly rules: number;
  readonly correlations: number;
  /** One per technique of the labelled recordings. */
  readonly techniques: readonly DetectionRow[];
  /** Attacks from beginning to end. */
  readonly attacks: readonly DetectionRow[];
  readonly quiet: readonly DetectionRow[];
}

export const RESULT_FILE = 'docs/generated/detection.json';
const SAMPLES = join(import.meta.dirname, '../../shared/samples/cloudtrail');

const demo = bankNamed('demo');
/** Made-up addresses are of the few networks that are nobody's, and so are those on the demo's list. */
const bank = { ...demo, alerts: { ...demo.alerts, bad_addresses: [] } };
const rules = rulesOf(bank);
const engine = createEngine(rules.stream, rules.lists);
const correlated = createCorrelated(rules.correlations, rules.lists);
const loud = rules.correlations.correlations.filter(({ id }) => !rules.correlations.silent.includes(id));

export function benchDetection(asJson: boolean, write: boolean): void {
  const result: DetectionResult = {
    rules: rules.stream.length,
    correlations: loud.length,
    techniques: techniques(),
    attacks: attacks(),
    quiet: benignStreams().map(({ name, source, header, records }) => rowOf(name, eventsIn(source, records, header))),
  };
  if (asJson) console.log(JSON.stringify(result));
  else print(result);
  if (!write) return;
  if (result.techniques.length === 0) throw new Error(`bench: nothing to keep, ${SAMPLES} is not here`);
  mkdirSync('docs/generated', { recursive: true });
  writeFileSync(RESULT_FILE, `${JSON.stringify(result, null, 1)}\n`);
}

function techniques(): readonly DetectionRow[] {
  const file = join(SAMPLES, 'labelled-techniques.ndjson');
  if (!existsSync(file)) return [];
  const records = readFileSync(file, 'utf8').split('\n').map(parseJson).filter(isObject);
  const groups = Map.groupBy(records, ({ technique }) => text(technique) ?? 'unnamed');
  return [...groups].map(([name, group]) =>
    rowOf(
      name,
      eventsIn(
        'cloudtrail',
        group.map(({ event }) => JSON.stringify(event)),
      ),
    ),
  );
}

function attacks(): readonly DetectionRow[] {
  const folder = join(SAMPLES, 'delivery');
  const theft = join(SAMPLES, 's3-exfiltration.json');
  const run = existsSync(folder) ? readdirSync(folder).flatMap((name) => recordsOf(readFileSync(join(folder, name), 'utf8'))) : [];
  return [
    ...(run.length === 0 ? [] : [rowOf('attack run in an account of its own', eventsIn('cloudtrail', run))]),
    ...(existsSync(theft)
      ? [rowOf('credential theft and copying of a bucket', eventsIn('cloudtrail', recordsOf(readFileSync(theft, 'utf8'))))]
      : []),
  ];
}

function recordsOf(file: string): readonly string[] {
  const whole = parseJson(file);
  const records = isObject(whole) ? whole['Records'] : undefined;
  if (isArray(records)) return records.map((record) => JSON.stringify(record));
  // What exported them renamed the time.
  return file.split('\n').flatMap((line) => {
    const record = parseJson(line);
    return isObject(record) ? [JSON.stringify({ eventTime: record['@timestamp'], ...record })] : [];
  });
}

function eventsIn(source: string, records: readonly string[], header?: string): readonly OcsfEvent[] {
  const events: OcsfEvent[] = [];
  const normaliser = createNormaliser({
    origin: {
      bank: 'demo',
      account: '222222222222',
      region: 'eu-central-1',
      source,
      trigger: 'file',
      uri: `file://${source}`,
      time: Date.now(),
    },
    source: sourceNamed(source),
    transforms: [],
    onEvent: (event) => events.push(event),
    onParked: ({ code, detail }) => {
      throw new Error(`bench: ${source} parked a record: ${code} ${detail}`);
    },
  });
  if (header !== undefined) normaliser.push(Buffer.from(`${header}\n`));
  for (const record of records) normaliser.record(record);
  normaliser.end();
  return events;
}

function rowOf(name: string, events: readonly OcsfEvent[]): DetectionRow {
  const matches = events.flatMap((event) => engine.match(event)).filter(({ rule }) => rule.level !== 'informational');
  const windows = correlated(events).filter(({ correlation }) => correlation.level !== 'informational');
  const found = [
    ...matches.map(({ rule }) => rule.notes?.path ?? rule.id),
    ...windows.map(({ correlation }) => correlation.notes?.path ?? correlation.id),
  ];
  return {
    name,
    events: events.length,
    found: [...new Set(found)].sort(),
    alerts: findingsOf(matches, { bank: bank.bank, evidence: '' }).length + windows.length,
  };
}

/** @returns alerts per 10,000 events. */
export function per10k({ alerts, events }: Pick<DetectionRow, 'alerts' | 'events'>): number {
  return events === 0 ? 0 : (alerts / events) * 10_000;
}

function print({ techniques: labelled, attacks: runs, quiet, ...pack }: DetectionResult): void {
  console.log(`${pack.rules} rules of single events, ${pack.correlations} correlations`);
  if (labelled.length === 0) console.log(`no recorded attacks: ${SAMPLES} is not here`);
  for (const { name, events, found } of labelled)
    console.log(`${found.length === 0 ? 'missed' : 'found '} ${name} (${events} events) ${found.join(', ')}`);
  const hit = labelled.filter(({ found }) => found.length > 0).length;
  if (labelled.length > 0) console.log(`recall: ${hit} of ${labelled.length} techniques`);
  for (const { name, events, alerts, found } of runs)
    console.log(`${name}: ${events} events, ${alerts} alerts of ${found.length} rules: ${found.join(', ')}`);
  for (const row of quiet)
    console.log(`quiet, ${row.name}: ${row.events} events, ${per10k(row).toFixed(1)} alerts per 10,000: ${row.found.join(', ')}`);
}
