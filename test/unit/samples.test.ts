// Real logs, where they are at hand (../shared/samples, beside the project): every file that belongs to a source is told by its contents, goes
// through with the sum holding, and gives valid OCSF only. Some collections have put a wrapper around each record, which is taken off first.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseCloudWatchBatch, readCloudWatchBatch } from '../../shared/decode/cloudwatch-batch.ts';
import { createFramer } from '../../shared/decode/framer.ts';
import type { Counts, OcsfEvent } from '../../shared/model.ts';
import { createNormaliser } from '../../shared/normalise.ts';
import { isObject, parseJson } from '../../shared/outcome.ts';
import { recognise } from '../../shared/sources/registry.ts';
import { logsRoute } from '../../shared/sources/routes.ts';
import { validateEvent } from '../ocsf.ts';

const SAMPLES = resolve('../shared/samples');

/** Not logs, or not as any service writes them. */
const NO_LOGS = [/^README/, /^sigma-aws\//, /^field-mappings\//, /^rds\/pgaudit\.out$/, /^syslog\/rfc-cases\.ndjson$/];

interface Sample {
  readonly source: string;
  /** Records that are truly broken. */
  readonly parked?: number;
  readonly unwrap?: (text: string) => string;
}

const member =
  (name: string) =>
  (text: string): string =>
    text
      .split('\n')
      .map((line) => parseJson(line))
      .flatMap((wrapper) => (isObject(wrapper) ? [JSON.stringify(wrapper[name])] : []))
      .join('\n');

/** First match. What a shipper has renamed gets its own name again. */
const KINDS: readonly (readonly [RegExp, Sample])[] = [
  [/^cloudtrail\/labelled-techniques/, { source: 'cloudtrail', unwrap: member('event') }],
  [/^cloudtrail\/s3-exfiltration/, { source: 'cloudtrail', unwrap: (text) => text.replaceAll('"@timestamp":', '"eventTime":') }],
  [/^cloudtrail\//, { source: 'cloudtrail' }],
  [/^vpc-flow\//, { source: 'vpc-flow' }],
  [/^alb\//, { source: 'alb' }],
  [/^nlb\//, { source: 'nlb' }],
  [/^clb\//, { source: 'clb' }],
  [/^s3-access\//, { source: 's3-access' }],
  [/^cloudfront\//, { source: 'cloudfront' }],
  [/^waf\//, { source: 'waf' }],
  [/^config\//, { source: 'config' }],
  [/^api-gateway\//, { source: 'api-gateway' }],
  [/^security-hub\//, { source: 'security-hub', unwrap: member('event') }],
  [/^payments\/adyen/, { source: 'adyen' }],
  [/^payments\/iso20022/, { source: 'iso20022' }],
  [/^blockchain\/ethereum/, { source: 'ethereum' }],
  [/^blockchain\/bitcoin/, { source: 'bitcoin' }],
];

const files = existsSync(SAMPLES)
  ? readdirSync(SAMPLES, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(SAMPLES, join(entry.parentPath, entry.name)))
      .filter((name) => !NO_LOGS.some((expression) => expression.test(name)))
      .sort()
  : [];

function run(name: string, text: string): { readonly counts: Counts; readonly events: readonly OcsfEvent[]; readonly problems: string[] } {
  const source = recognise(text.slice(0, 65_536));
  const events: OcsfEvent[] = [];
  const problems: string[] = [];
  const origin = {
    bank: 'demo',
    account: 'unknown',
    region: 'unknown',
    trigger: 's3',
    uri: `s3://samples/${name}#1`,
    time: Date.now(),
  } as const;
  const normaliser = createNormaliser({
    origin: { ...origin, source: source?.name ?? 'unknown' },
    source,
    transforms: [],
    onEvent: (event) => events.push(event),
    onParked: ({ code, detail }) => problems.push(`${code}: ${detail}`),
  });
  normaliser.push(Buffer.from(text));
  return { counts: normaliser.end().counts, events, problems };
}

/** As Firehose writes them: one behind the other. */
function objectsIn(bytes: Buffer): readonly string[] {
  const found: string[] = [];
  const framer = createFramer({ kind: 'json' }, { record: (text) => found.push(text), header: () => undefined, broken: () => undefined });
  framer.push(bytes);
  framer.end();
  return found;
}

(files.length === 0 ? describe.skip : describe)('real logs (needs ../shared/samples)', () => {
  test.each(files.filter((name) => name !== 'rds/cloudwatch-batches.log'))('%s', (name) => {
    const kind = KINDS.find(([expression]) => expression.test(name))?.[1];
    const raw = readFileSync(join(SAMPLES, name), 'utf8');
    const text = kind?.unwrap?.(raw) ?? raw;

    expect({ name, source: recognise(text.slice(0, 65_536))?.name }).toEqual({ name, source: kind?.source });
    const { counts, events, problems } = run(name, text);
    expect(problems).toHaveLength(kind?.parked ?? 0);
    expect(counts.records).toBe(events.length + counts.excluded + counts.parked);
    expect(counts.records).toBeGreaterThan(0);
    for (const event of events) expect(validateEvent(event)).toEqual([]);
  });

  test('rds/cloudwatch-batches.log: each batch goes to the source of its log group', () => {
    const batches = objectsIn(readFileSync(join(SAMPLES, 'rds/cloudwatch-batches.log')));
    const seen = new Set<string>();
    for (const [at, line] of batches.entries()) {
      const batch = parseCloudWatchBatch(line);
      if (batch.kind !== 'value') throw new Error(`batch ${at} is none`);
      const { owner, logGroup, logStream } = batch.value;
      const source = logsRoute({ log_groups: [] }, { account: owner, logGroup, logStream })?.source;
      const origin = {
        bank: 'demo',
        account: owner,
        region: 'unknown',
        trigger: 'kinesis',
        uri: `kinesis://a/b/${at}`,
        time: Date.now(),
      } as const;
      const parked: string[] = [];
      const normaliser = createNormaliser({
        origin: { ...origin, source: source?.name ?? 'unknown' },
        source,
        logGroup,
        logStream,
        transforms: [],
        onEvent: (event) => expect(validateEvent(event)).toEqual([]),
        onParked: ({ detail }) => parked.push(detail),
      });
      readCloudWatchBatch(batch.value, normaliser);
      const { counts } = normaliser.end();
      seen.add(source?.name ?? 'unknown');
      expect({ logGroup, parked }).toEqual({ logGroup, parked: [] });
      expect(counts.records).toBe(counts.events + counts.excluded);
    }
    expect([...seen].sort()).not.toContain('unknown');
  });
});
