// Runs texts through one source, for the tests of sources of lines and messages.
import type { OcsfEvent, Origin } from '../../../shared/model.ts';
import { createNormaliser, type Wrapper } from '../../../shared/normalise.ts';
import type { Source } from '../../../shared/sources/api.ts';

export interface Run {
  readonly events: readonly OcsfEvent[];
  readonly parked: readonly string[];
}

export interface RunOptions {
  readonly format?: string;
  readonly logGroup?: string;
  readonly logStream?: string;
  /** When it was delivered, ms since the epoch. */
  readonly time?: number;
}

export const DELIVERED = Date.UTC(2026, 0, 1);

export function originOf(source: string, time = DELIVERED): Origin {
  return { bank: 'demo', account: '222222222222', region: 'eu-central-1', source, trigger: 'kinesis', uri: 'kinesis://intake/1/1', time };
}

/** As a file. */
export function runFile(source: Source, bytes: string, options: RunOptions = {}): Run {
  return run(source, options, (normaliser) => normaliser.push(Buffer.from(bytes)));
}

/** As log events, or messages of a stream. */
export function runRecords(
  source: Source,
  records: readonly (readonly [text: string, wrapper?: Wrapper])[],
  options: RunOptions = {},
): Run {
  return run(source, options, (normaliser) => {
    for (const [text, wrapper] of records) normaliser.record(text, wrapper);
  });
}

function run(source: Source, { time, ...options }: RunOptions, read: (normaliser: ReturnType<typeof createNormaliser>) => void): Run {
  const events: OcsfEvent[] = [];
  const parked: string[] = [];
  const normaliser = createNormaliser({
    origin: originOf(source.name, time),
    source,
    ...options,
    transforms: [],
    onEvent: (event) => events.push(event),
    onParked: ({ code, detail }) => parked.push(`${code}: ${detail}`),
  });
  read(normaliser);
  const { counts } = normaliser.end();
  expect(counts.records).toBe(events.length + parked.length + counts.excluded);
  return { events, parked };
}

/** The one event of a text. */
export function eventOf(source: Source, text: string, options: RunOptions = {}): OcsfEvent {
  const { events, parked } = runFile(source, text, options);
  const [event] = events;
  if (event === undefined || events.length > 1) throw new Error(`${events.length} events: ${parked.join('; ')}`);
  return event;
}
