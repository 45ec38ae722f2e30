// A source with every outcome there is, told by the record's first word, and what a normaliser makes of it.
import type { OcsfEvent, Origin, ParkedRecord } from '../../../shared/model.ts';
import { createNormaliser, type NormaliseOptions, type Normaliser, type Summary } from '../../../shared/normalise.ts';
import { BASE_EVENT, classify, OCSF_VERSION } from '../../../shared/ocsf/classes.ts';
import { exclude, reject, value } from '../../../shared/outcome.ts';
import type { Framing, Source } from '../../../shared/sources/api.ts';

export const TIME = Date.UTC(2026, 0, 15);

export const ORIGIN: Origin = {
  bank: 'demo',
  account: '222222222222',
  region: 'eu-central-1',
  source: 'toy',
  trigger: 's3',
  uri: 's3://landing/toy.log#1',
  time: TIME,
};

export const LINES: Framing = { kind: 'lines', isHeader: (line) => line.startsWith('#') };

export function toySource(framing: Framing = LINES): Source<string> {
  return {
    name: 'toy',
    title: 'Toy',
    documentation: 'https://example.com',
    classes: [BASE_EVENT.uid],
    framing,
    delivered: [],
    claims: () => true,
    recognises: () => true,
    parse({ text }) {
      if (says(text, 'bad')) return reject('malformed_record', 'it is bad');
      if (says(text, 'skip')) return exclude('toy_skip');
      if (says(text, 'throw in parse')) throw new TypeError('parse');
      return value(text);
    },
    map(native, record, context): OcsfEvent {
      if (says(native, 'throw in map')) throw new Error('map');
      return {
        ...classify(BASE_EVENT, 0),
        severity_id: 1,
        time: says(native, 'good but late') ? Date.UTC(2100, 0, 1) : TIME + record.index,
        message: native,
        metadata: {
          uid: record.uid ?? context.uid(record.index),
          version: OCSF_VERSION,
          product: { name: 'Toy', vendor_name: 'Test' },
          log_name: context.header,
        },
      };
    },
  };
}

/** Records are lines, or objects whose first member holds the words. */
function says(text: string, words: string): boolean {
  return text.startsWith(words) || text.startsWith(`{"word":"${words}`);
}

export interface Seen {
  readonly events: readonly { readonly index: number; readonly event: OcsfEvent }[];
  readonly excluded: readonly { readonly index: number; readonly rule: string }[];
  readonly parked: readonly ParkedRecord[];
  readonly summary: Summary;
}

/** Runs `feed` on a new normaliser and ends it. */
export function run(feed: (normaliser: Normaliser) => void, options: Partial<NormaliseOptions> = {}): Seen {
  const events: { index: number; event: OcsfEvent }[] = [];
  const excluded: { index: number; rule: string }[] = [];
  const parked: ParkedRecord[] = [];
  const normaliser = createNormaliser({
    origin: ORIGIN,
    source: toySource(),
    transforms: [(event) => (String(event['message']).includes('health') ? exclude('health-checks') : value(event))],
    onEvent: (event, index) => events.push({ index, event }),
    onExcluded: (rule, index) => excluded.push({ index, rule }),
    onParked: (record) => parked.push(record),
    ...options,
  });
  feed(normaliser);
  return { events, excluded, parked, summary: normaliser.end() };
}

/** Positions of all records, wherever they ended. */
export function positions({ events, excluded, parked }: Seen): number[] {
  return [...events, ...excluded, ...parked].map(({ index }) => index).sort((a, b) => a - b);
}

/** The bytes in pieces of these sizes, which are gone through again and again. */
export function chunks(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
