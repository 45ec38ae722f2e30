// Records of the golden cases, and what an attacker or a broken disk makes of them: for the property tests of every source and `npm run fuzz`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFramer } from '../shared/decode/framer.ts';
import { gunzipText } from '../shared/decode/gunzip.ts';
import { parseCloudWatchBatch } from '../shared/decode/cloudwatch-batch.ts';
import { createNormaliser, type NormaliseOptions, type Summary } from '../shared/normalise.ts';
import type { Source } from '../shared/sources/api.ts';
import { createRandom, type Random } from '../local/demo/random.ts';
import { goldenCases, inputName, originOf, readOptions, type CaseOptions, type GoldenCase } from './golden-runner.ts';

/** A record of a golden case and how it came. */
export interface Specimen {
  readonly golden: GoldenCase;
  readonly options: CaseOptions;
  readonly header: string | undefined;
  readonly text: string;
}

const MAX_INPUT_BYTES = 16 * 1024 * 1024;

/** @returns the records of all golden cases of the source, as its framing cuts them. */
export function specimensOf(source: Source): readonly Specimen[] {
  return goldenCases()
    .filter((golden) => golden.source === source.name)
    .flatMap((golden) => recordsOf(golden, source));
}

function recordsOf(golden: GoldenCase, source: Source): readonly Specimen[] {
  const input = textOf(golden);
  const options = readOptions(golden);
  if (options.cloudwatch === true) {
    const batch = parseCloudWatchBatch(input);
    if (batch.kind !== 'value') return [];
    return batch.value.events.map(({ message = '' }) => ({ golden, options, header: undefined, text: message }));
  }
  const found: Specimen[] = [];
  let header: string | undefined;
  const framer = createFramer(source.framing, {
    record: (text) => found.push({ golden, options, header, text }),
    header: (line) => (header = line),
    broken: (_reject, text) => found.push({ golden, options, header, text }),
  });
  framer.push(Buffer.from(input));
  framer.end();
  return found;
}

/** The whole input of a golden case as text; undefined where a wrapper would have to be taken off first. */
export function inputOf(golden: GoldenCase): string | undefined {
  return readOptions(golden).cloudwatch === true ? undefined : textOf(golden);
}

function textOf(golden: GoldenCase): string {
  const bytes = readFileSync(join(golden.directory, inputName(golden)));
  const expanded = bytes[0] === 0x1f ? gunzipText(bytes, MAX_INPUT_BYTES) : undefined;
  return expanded?.kind === 'value' ? expanded.value : bytes.toString('utf8');
}

/** Runs one text as the specimen came: behind its header, or as a log event. */
export function normaliseSpecimen(
  source: Source,
  specimen: Specimen,
  text: string,
  outlets: Pick<NormaliseOptions, 'onEvent' | 'onParked' | 'transforms'>,
): Summary {
  const { golden, options } = specimen;
  const normaliser = createNormaliser({ origin: originOf(golden, options), source, ...options, ...outlets });
  if (options.cloudwatch === true) normaliser.record(text, { time: Date.UTC(2026, 0, 1), uid: '1' });
  else normaliser.push(Buffer.from(inPlace(source, specimen, text)));
  return normaliser.end();
}

/** A line goes behind its header, an element where it stood in its document. */
export function inPlace({ framing }: Source, { golden, header, text: specimen }: Specimen, text: string): string {
  if (framing.kind === 'xml') return textOf(golden).replace(specimen, () => text);
  return header === undefined || framing.kind !== 'lines' ? text : `${header}\n${text}\n`;
}

const NASTY = [
  '', '-', '"', "'", '\\', '\\"', '{', '}', '[', ']', ',', ':', '=', '|', ' ', '\t', '\n', '\r\n', '\u0000', '%', '%zz', '%2520', '<', '>',
  '&', ']]>', 'é', '\u{1F600}', '\uD800', '__proto__', 'constructor', 'null', 'true', 'NaN', '-1', '0', '1e309', '99999999999999999999', '4294967296',
  '65536', '2026-02-30T25:61:61Z', '1969-12-31T23:59:59Z', '256.1.1.1', '::ffff:1.2.3.4', 'fe80::1%eth0', 'a'.repeat(300), '('.repeat(50),
  '{"a":'.repeat(20), '"'.repeat(7), '../../etc/passwd', "' OR 1=1 --", '${jndi:ldap://x}',
] as const; // prettier-ignore

const VALUES: readonly [unknown, ...unknown[]] = [null, true, false, 0, -1, 1.5, 1e21, '', '-', ' ', 'x', 'é', [], {}, [null], [[]], [{}], { a: { b: null } }, ['', 1, null], '2026-01-01T00:00:00Z', 1735689600, 'a'.repeat(300)]; // prettier-ignore

/** @param seed the same seed gives the same text. */
export function mutated(text: string, others: readonly Specimen[], seed: number): string {
  const random = createRandom(seed);
  let current = text;
  for (let left = random.int(1, 4); left > 0; left--) current = mutateOnce(current, others, random);
  return current;
}

function mutateOnce(text: string, others: readonly Specimen[], random: Random): string {
  const at = random.int(0, text.length);
  const end = Math.min(text.length, at + random.int(0, 20));
  // Of JSON that is none any more little more than the framing is tried.
  if (text.startsWith('{') && random.int(0, 9) < 7) return otherValue(text, random);
  switch (random.int(0, 7)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, at) + random.pick(NASTY) + text.slice(at);
    case 2:
      return text.slice(0, at) + random.pick(NASTY) + text.slice(end);
    case 3:
      return text.slice(0, end) + text.slice(at);
    case 4:
      return text.slice(0, at);
    case 5:
      return text.slice(0, at) + (others[random.int(0, others.length - 1)]?.text ?? '').slice(random.int(0, 50));
    default:
      return otherValue(text, random);
  }
}

/** Another value somewhere in a JSON text, another field in a text of fields. */
function otherValue(text: string, random: Random): string {
  try {
    const root: unknown = JSON.parse(text);
    return JSON.stringify(replaced(root, random));
  } catch {
    const fields = text.split(/([ \t,;|]+)/);
    fields[random.int(0, fields.length - 1)] = random.pick(NASTY);
    return fields.join('');
  }
}

function replaced(node: unknown, random: Random): unknown {
  if (typeof node !== 'object' || node === null || random.int(0, 9) === 0) return random.pick(VALUES);
  if (Array.isArray(node)) {
    const at = random.int(0, Math.max(0, node.length - 1));
    return node.map((element: unknown, index) => (index === at ? replaced(element, random) : element));
  }
  const entries = Object.entries(node);
  if (entries.length === 0) return random.pick(VALUES);
  const at = random.int(0, entries.length - 1);
  return Object.fromEntries(entries.map(([name, member], index) => [name, index === at ? replaced(member, random) : (member as unknown)]));
}
