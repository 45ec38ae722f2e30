// Deterministic log files for the benchmark, as services deliver them (gzip). All ids and addresses are made up. The sources of most volume
// have generators; of the others the records of their golden cases are repeated.
import { gzipSync } from 'node:zlib';
import { createRandom, type Random } from '../local/demo/random.ts';
import { albLine, cloudTrailRecord, flowLine, FLOW_DEFAULT_HEADER } from '../local/demo/records.ts';
import { parseJson } from '../shared/outcome.ts';
import type { Source } from '../shared/sources/api.ts';
import { SOURCES } from '../shared/sources/registry.ts';
import type { CaseOptions } from '../test/golden-runner.ts';
import { inPlace, normaliseSpecimen, specimensOf, type Specimen } from '../test/mutations.ts';

export interface Corpus {
  readonly source: string;
  /** Of the bench's own three sources; the others run in fewer rounds. */
  readonly isMain: boolean;
  readonly events: number;
  /** What the trigger would have told; with `cloudwatch` the bytes are NDJSON of subscription batches. */
  readonly options: CaseOptions;
  /** The delivered object. */
  readonly bytes: Buffer;
  readonly expandedBytes: number;
}

const EVENTS = 10_000;
const MAX_BYTES = 24 * 1024 * 1024;
/** Log events of one subscription batch. */
const BATCH = 500;

/** @param only names of sources; all where it is empty. */
export function corpora(only: readonly string[] = []): readonly Corpus[] {
  const random = createRandom(7);
  const made: readonly Corpus[] = [
    pack('cloudtrail', 20_000, (count) => `{"Records":[${repeat(count, random, cloudTrailRecord).join(',')}]}`),
    pack('vpc-flow', 100_000, (count) => `${FLOW_DEFAULT_HEADER}\n${repeat(count, random, flowLine).join('\n')}\n`),
    pack('alb', 40_000, (count) => `${repeat(count, random, albLine).join('\n')}\n`),
  ];
  const rest = SOURCES.filter(({ name }) => !made.some(({ source }) => source === name)).filter(
    ({ name }) => only.length === 0 || only.includes(name),
  );
  return [...made.filter(({ source }) => only.length === 0 || only.includes(source)), ...rest.map(fromGolden)];
}

function repeat(count: number, random: Random, make: (random: Random, index: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, index) => make(random, index));
}

function pack(source: string, events: number, make: (count: number) => string): Corpus {
  const text = make(events);
  return { source, isMain: true, events, options: {}, bytes: gzipSync(text), expandedBytes: Buffer.byteLength(text) };
}

/** Every golden case that gives events alone, of those that come one way under one header: the way the case `full` comes. */
function fromGolden(source: Source): Corpus {
  const specimens = specimensOf(source).filter((specimen) => specimen.golden.name !== 'malformed' && isEvent(source, specimen));
  const ways = Map.groupBy(specimens, ({ options, header }) => JSON.stringify([options, header ?? '']));
  const groups = [...ways.values()].toSorted((a, b) => b.length - a.length);
  const full = groups.find((group) => group.some(({ golden }) => golden.name === 'full'));
  return repeated(source, full ?? groups[0] ?? []);
}

function isEvent(source: Source, specimen: Specimen): boolean {
  const { events, records } = normaliseSpecimen(source, specimen, specimen.text, {
    transforms: [],
    onEvent: () => undefined,
    onParked: () => undefined,
  }).counts;
  return events > 0 && events === records;
}

function repeated(source: Source, specimens: readonly Specimen[]): Corpus {
  const [first] = specimens;
  if (first === undefined) throw new Error(`bench: ${source.name} has no golden case that gives events alone`);
  const { options } = first;
  const delivered = specimens.map(({ text }) => (source.framing.kind === 'json' ? withoutSpace(text) : text));
  const size = delivered.reduce((bytes, text) => bytes + Buffer.byteLength(text) + 1, 0);
  const rounds = Math.max(1, Math.ceil(Math.min(EVENTS / specimens.length, MAX_BYTES / size)));
  const texts = Array.from({ length: rounds }, () => delivered).flat();
  const text = options.cloudwatch === true ? batches(texts, options) : `${inPlace(source, first, texts.join('\n'))}\n`;
  const events = specimens.reduce((sum, specimen) => sum + eventsIn(source, specimen), 0) * rounds;
  return { source: source.name, isMain: false, events, options, bytes: gzipSync(text), expandedBytes: Buffer.byteLength(text) };
}

/** Golden cases are laid out for people; services deliver JSON without white space. */
function withoutSpace(text: string): string {
  const json = parseJson(text);
  return json === undefined ? text : JSON.stringify(json);
}

function eventsIn(source: Source, specimen: Specimen): number {
  return normaliseSpecimen(source, specimen, specimen.text, { transforms: [], onEvent: () => undefined, onParked: () => undefined }).counts
    .events;
}

function batches(texts: readonly string[], { logGroup = '', logStream = '' }: CaseOptions): string {
  const lines: string[] = [];
  for (let at = 0; at < texts.length; at += BATCH) {
    const logEvents = texts
      .slice(at, at + BATCH)
      .map((message, index) => ({ id: String(at + index), timestamp: 1_768_435_200_000, message }));
    lines.push(JSON.stringify({ messageType: 'DATA_MESSAGE', owner: '222222222222', logGroup, logStream, logEvents }));
  }
  return `${lines.join('\n')}\n`;
}
