// What an auditor would do after the run: open every sealed object, compare it with what was delivered, normalise it again, and look for each
// of its events in OpenSearch. Nothing here trusts a number that the functions reported.
import type { BankConfig } from '../../shared/config.ts';
import { EvidenceError } from '../../shared/errors.ts';
import { toCleanDocument } from '../../shared/hub/document.ts';
import type { Counts, HubDocument, OcsfEvent, Origin } from '../../shared/model.ts';
import { createNormaliser } from '../../shared/normalise.ts';
import type { OpenSearch } from '../../shared/opensearch/client.ts';
import { readUnit, type Unit } from '../../shared/pipeline.ts';
import { sensitiveOf } from '../../shared/redact/pseudonyms.ts';
import type { Sensitive } from '../../shared/redact/sensitive.ts';
import { transformsFor } from '../../shared/redact/transforms.ts';
import { listKeys } from '../../shared/s3.ts';
import { withEvidence, type OpenVault } from '../../shared/seal/evidence.ts';
import { recordAccess } from '../../shared/seal/access.ts';
import { createOpener } from '../../shared/seal/open.ts';
import { createPeriodKeys } from '../../shared/seal/period-keys.ts';
import { sha256Of, type Spooled } from '../../shared/seal/spool.ts';
import { unitFromEvidence } from '../../shared/units.ts';
import { output } from '../../cli/deployed.ts';
import type { Deployment } from '../deployment.ts';
import type { Delivered } from './deliver.ts';
import { hitsOf, searchIndex, shown } from './search.ts';

export interface Audit {
  /** Per source. */
  readonly sources: ReadonlyMap<string, SourceAudit>;
  /** Sealed objects that opened and matched, and those that did not. */
  readonly verified: number;
  readonly faults: readonly string[];
}

export interface SourceAudit {
  evidence: number;
  records: number;
  events: number;
  excluded: number;
  parked: number;
  /** Different documents that the evidence gives: one native id delivered twice is one document. */
  readonly documents: Map<string, HubDocument>;
  readonly products: Set<string>;
}

/** @param delivered what the evidence has to hold, as it was delivered. */
export async function audit(
  { bank, security, outputs }: Pick<Deployment, 'bank' | 'security' | 'outputs'>,
  delivered: readonly Delivered[],
): Promise<Audit> {
  const vaultBucket = output(outputs, 'VaultBucket');
  const periodKeysBucket = output(outputs, 'PeriodKeysBucket');
  const evidenceKeyArn = output(outputs, 'EvidenceKeyArn');
  const pseudonymKeyArn = output(outputs, 'PseudonymKeyArn');
  const { s3, kms } = security;
  const keys = createPeriodKeys({ s3, kms, bucket: periodKeysBucket, keyArn: evidenceKeyArn, bank: bank.bank });
  const statements = { s3, bucket: vaultBucket, retention: bank.retention };
  const access = await recordAccess({
    vault: statements,
    purpose: 'verify',
    by: 'demo',
    reason: 'audit of the demo',
    scope: { bank: bank.bank },
  });
  const vault: OpenVault = { s3, bucket: vaultBucket, opener: createOpener({ keys }), access };
  const sensitive = await sensitiveOf(bank, { kms, keys, keyArn: () => pseudonymKeyArn });
  const wanted = new Map(delivered.flatMap(({ object }) => (object === undefined ? [] : [[object.uri, object.sha256] as const])));
  const sources = new Map<string, SourceAudit>();
  const faults: string[] = [];
  let verified = 0;
  for await (const key of listKeys(vault, `${bank.bank}/`)) {
    const fault = await auditObject(key, { vault, bank, sensitive, wanted, sources });
    if (fault === undefined) verified++;
    else faults.push(`${key}: ${fault}`);
  }
  for (const uri of wanted.keys()) faults.push(`${uri} was delivered and is not in the vault`);
  return { sources, verified, faults };
}

interface ObjectAudit {
  readonly vault: OpenVault;
  readonly bank: BankConfig;
  readonly sensitive: Sensitive | undefined;
  /** SHA-256 of what was delivered, by uri; taken out when found. */
  readonly wanted: Map<string, string>;
  readonly sources: Map<string, SourceAudit>;
}

async function auditObject(key: string, audited: ObjectAudit): Promise<string | undefined> {
  const { vault, bank, wanted } = audited;
  try {
    return await withEvidence(vault, { key }, async ({ facts }, bytes) => {
      const { origin } = facts;
      const uri = origin.uri.slice(0, origin.trigger === 's3' ? origin.uri.lastIndexOf('#') : undefined);
      const expected = wanted.get(uri);
      wanted.delete(uri);
      const { unit, counts, events } = await normaliseAgain(bytes, origin, bank);
      tally(audited, origin.source, { unit, counts: facts.counts, events });
      if (expected !== undefined && expected !== (await sha256Of(bytes, 'hex')))
        return 'the opened bytes are not the bytes that were delivered';
      if (JSON.stringify(counts) === JSON.stringify(facts.counts)) return undefined;
      return `counts differ: sealed ${JSON.stringify(facts.counts)}, now ${JSON.stringify(counts)}`;
    });
  } catch (error) {
    if (error instanceof EvidenceError) return error.message;
    throw error;
  }
}

interface Again {
  readonly unit: Unit;
  readonly counts: Counts;
  readonly events: readonly OcsfEvent[];
}

async function normaliseAgain(bytes: Spooled, origin: Origin, bank: BankConfig): Promise<Again> {
  const events: OcsfEvent[] = [];
  const unit = await unitFromEvidence(origin, bytes.open(), bank);
  const normaliser = createNormaliser({
    ...unit,
    transforms: transformsFor(bank, origin.source),
    onEvent: (event) => events.push(event),
    onParked: () => undefined,
  });
  await readUnit(unit, normaliser, { settled: () => Promise.resolve() });
  return { unit, counts: normaliser.end().counts, events };
}

function tally({ sources, sensitive }: ObjectAudit, source: string, { unit, counts, events }: Again): void {
  let sum = sources.get(source);
  if (sum === undefined)
    sources.set(source, (sum = { evidence: 0, records: 0, events: 0, excluded: 0, parked: 0, documents: new Map(), products: new Set() }));
  sum.evidence++;
  sum.records += counts.records;
  sum.events += counts.events;
  sum.excluded += counts.excluded;
  sum.parked += counts.parked;
  for (const event of events) {
    const document = toCleanDocument(event, sensitive, unit);
    sum.documents.set(`${document.index}/${document.id}`, document);
    sum.products.add(event.metadata.product.name);
  }
}

const LOOK_UP = 2000;

/** @returns how many of the documents OpenSearch finds by search (not by id alone: they must be searchable), with the same contents. */
export async function countIndexed(documents: Iterable<HubDocument>, client: OpenSearch): Promise<number> {
  let found = 0;
  for (const [index, wanted] of Map.groupBy(documents, (document) => document.index)) {
    for (let at = 0; at < wanted.length; at += LOOK_UP) {
      const part = wanted.slice(at, at + LOOK_UP);
      found += await countPart(index, part, client);
    }
  }
  return found;
}

async function countPart(index: string, documents: readonly HubDocument[], client: OpenSearch): Promise<number> {
  const contents = new Map(documents.map(({ id, json }) => [id, json]));
  const body = { size: documents.length, query: { ids: { values: [...contents.keys()] } } };
  const answer = await searchIndex(client, body, index);
  let same = 0;
  for (const hit of hitsOf(answer)) {
    if (contents.get(shown(hit['_id'])) === JSON.stringify(hit['_source'])) same++;
  }
  return same;
}
