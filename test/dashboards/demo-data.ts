// The events that the dashboards are tested with: every golden case, the demo's morning with its attack, what our rules find in both, what
// `watch` finds, and what CloudTrail tells of the platform's own vault and keys.
import { cloudWatchPayload, ownCalls } from './own-calls.ts';
import { scenario } from '../../local/demo/scenario.ts';
import { loadBank } from '../../cli/bank.ts';
import { findingOf } from '../../shared/complete/finding.ts';
import type { SignalKind } from '../../shared/complete/signals.ts';
import { createDecompressor } from '../../shared/decode/decompress.ts';
import { parseCloudWatchBatch, readCloudWatchBatch } from '../../shared/decode/cloudwatch-batch.ts';
import { createEngine } from '../../shared/detect/engine.ts';
import { findingsOf } from '../../shared/detect/finding.ts';
import { emptyBankLists } from '../../shared/detect/bank-lists.ts';
import { listsOf } from '../../shared/detect/lists.ts';
import { shippedRules } from '../../shared/detect/pack.ts';
import { fromDocument, toDocument } from '../../shared/hub/document.ts';
import type { HubDocument, OcsfEvent, Origin } from '../../shared/model.ts';
import { createNormaliser, type Normaliser } from '../../shared/normalise.ts';
import { sourceNamed } from '../../shared/sources/registry.ts';
import { goldenCases, runGolden } from '../golden-runner.ts';

const START = Date.UTC(2026, 10, 20, 8);
const VAULT = 'strongroom-demo-111111111111-eu-central-1-vault';

/** Positions of the CloudTrail files in which the attack plays. */
const FIRST_ATTACKED = 4;
const LAST_ATTACKED = 8;

/** Key of sealed bytes that somebody read. */
export const OWN_EVIDENCE = 'demo/cloudtrail/222222222222/eu-central-1/2026/11/20/AAAAAAAAAAAAAAAAAAAAAA.sealed';

export interface DemoDocument extends HubDocument {
  readonly className: string;
}

/** @returns each document once, in one index per class: what is asked of them does not depend on how they are spread. */
export async function demoDocuments(): Promise<readonly DemoDocument[]> {
  const events = [
    ...(await goldenEvents()),
    ...(await morning()),
    ...read('cloudtrail', { json: ownCalls(START, VAULT, OWN_EVIDENCE) }),
    ...watched(),
  ];
  const documents = new Map(events.map(documentOf).map((document) => [`${document.index} ${document.id}`, document]));
  for (const finding of found([...documents.values()])) documents.set(finding.metadata.uid, documentOf(finding));
  return [...documents.values()];
}

function documentOf(event: OcsfEvent): DemoDocument {
  const document = toDocument(event);
  const className = /^ocsf-(.+)-[\d.]+$/.exec(document.index)?.[1] ?? '';
  return { ...document, className, index: `ocsf-${className}-2026` };
}

async function goldenEvents(): Promise<readonly OcsfEvent[]> {
  const events: OcsfEvent[] = [];
  for (const golden of goldenCases()) events.push(...(await runGolden(golden)).events);
  return events;
}

async function morning(): Promise<readonly OcsfEvent[]> {
  const { bank } = loadBank('banks/demo.yml');
  const format = bank?.log_groups.find(({ source }) => source === 'vpc-flow')?.format ?? '';
  const { objects, logs, events } = scenario({ accounts: ['222222222222', '333333333333'], flowFormat: format, start: START });
  const read_: OcsfEvent[] = [];
  // A part of each kind of file is enough.
  for (const [at, object] of objects.entries()) {
    if (
      object.source !== 'unknown' &&
      (at % 8 === 0 || !object.key.includes('AWSLogs/') || (at >= FIRST_ATTACKED && at <= LAST_ATTACKED))
    ) {
      read_.push(...(await readGzip(object.source, object.bytes)));
    }
  }
  for (const group of logs) {
    const payload = cloudWatchPayload(group);
    read_.push(
      ...read(group.source, { batch: payload, format: group.source === 'vpc-flow' ? format : undefined, logGroup: group.logGroup }),
    );
  }
  for (const { account, source, details } of events) {
    for (const { source: from, detailType, detail } of details) {
      const envelope = {
        version: '0',
        id: JSON.stringify(detail).length.toString(16),
        'detail-type': detailType,
        source: from,
        account,
        time: new Date(START).toISOString(),
        region: 'eu-central-1',
        resources: [],
        detail,
      };
      read_.push(...read(source, { json: JSON.stringify(envelope) }));
    }
  }
  return read_;
}

async function readGzip(source: string, bytes: Buffer): Promise<readonly OcsfEvent[]> {
  const events: OcsfEvent[] = [];
  const normaliser = normaliserOf(source, events, {});
  const decompressor = createDecompressor((chunk) => normaliser.push(chunk));
  await decompressor.write(bytes);
  await decompressor.end();
  normaliser.end();
  return events;
}

interface Input {
  readonly json?: string;
  readonly batch?: string;
  readonly format?: string | undefined;
  readonly logGroup?: string;
}

function read(source: string, { json, batch, format, logGroup }: Input): readonly OcsfEvent[] {
  const events: OcsfEvent[] = [];
  const normaliser = normaliserOf(source, events, { format, logGroup });
  if (json !== undefined) normaliser.push(Buffer.from(json));
  const outcome = batch === undefined ? undefined : parseCloudWatchBatch(batch);
  if (outcome?.kind === 'value') readCloudWatchBatch(outcome.value, normaliser);
  normaliser.end();
  return events;
}

let units = 0;

function normaliserOf(
  source: string,
  events: OcsfEvent[],
  options: { format?: string | undefined; logGroup?: string | undefined },
): Normaliser {
  const uri = `s3://landing/${source}/${units++}`;
  const origin: Origin = { bank: 'demo', account: '222222222222', region: 'eu-central-1', source, trigger: 's3', uri, time: START };
  return createNormaliser({
    origin,
    source: sourceNamed(source),
    ...options,
    transforms: [],
    onEvent: (event) => events.push(event),
    onParked: () => undefined,
  });
}

/** What the shipped rules make of the documents, as the detect function would. */
function found(documents: readonly DemoDocument[]): readonly OcsfEvent[] {
  const store = { keys: ['arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab'], roles: [], buckets: [VAULT] };
  const engine = createEngine(shippedRules(), { ...emptyBankLists(), ...listsOf({ bad_addresses: ['198.51.100.66'] }, store) });
  const events = documents.flatMap(({ json }) => fromDocument(json) ?? []);
  return findingsOf(
    events.flatMap((event) => engine.match(event)),
    { bank: 'demo', evidence: OWN_EVIDENCE },
  );
}

const FAILED: readonly { readonly kind: SignalKind; readonly account: string; readonly closed?: number }[] = [
  { kind: 'source_silent', account: '222222222222' },
  { kind: 'source_late', account: '333333333333' },
  { kind: 'source_late', account: '333333333333', closed: START + 3_600_000 },
  { kind: 'digest_missing', account: '222222222222' },
  { kind: 'offset_gap', account: '111111111111' },
];

function watched(): readonly OcsfEvent[] {
  return FAILED.map(({ kind, account, closed }, at) =>
    findingOf(
      {
        kind,
        about: [account],
        detail: `made up, ${account}`,
        time: START + at * 60_000,
        source: 'cloudtrail',
        account,
        region: 'eu-central-1',
        resource: `s3://landing/${account}`,
        closed,
      },
      'demo',
    ),
  );
}
