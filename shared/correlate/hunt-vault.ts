// A hunt over sealed evidence, for times that the index no longer has: every object opened and verified, and through what the code and the bank's
// file are today. Who opens it and why was recorded before. https://www.oreilly.com/radar/questioning-the-lambda-architecture/ (Kappa)
import type { BankConfig } from '../config.ts';
import { EvidenceError, PeriodKeyError } from '../errors.ts';
import { fromDocument, toCleanDocument } from '../hub/document.ts';
import type { EvidenceLeaf } from '../notary/leaf.ts';
import { createNormaliser } from '../normalise.ts';
import { readUnit, type Unit } from '../pipeline.ts';
import type { Sensitive } from '../redact/sensitive.ts';
import { transformsFor } from '../redact/transforms.ts';
import { residenceOf } from '../residency/check.ts';
import { ALL_SOURCES, choose, NO_SOURCE } from '../replay/select.ts';
import { withEvidence, type OpenVault } from '../seal/evidence.ts';
import { placeOfKey } from '../seal/vault.ts';
import { unitFromEvidence } from '../units.ts';
import type { Hunt } from './hunt.ts';

export interface VaultHunt {
  readonly bank: BankConfig;
  readonly leaves: AsyncIterable<EvidenceLeaf>;
  readonly vault: OpenVault;
  readonly sensitive: Sensitive | undefined;
  readonly from: number;
  readonly to: number;
  /** Names of the sources whose events the rules can match; undefined: any. */
  readonly sources: ReadonlySet<string> | undefined;
  /** Is told after each object. */
  readonly onProgress: (read: VaultRead) => void;
}

export interface VaultRead {
  readonly objects: number;
  readonly events: number;
  /** Objects whose key was destroyed. */
  readonly erased: number;
  /** Objects that are not what was sealed, with the reason. */
  readonly refused: readonly { readonly key: string; readonly detail: string }[];
}

/** @returns what was read. @throws what says nothing about the evidence. */
export async function huntVault(hunt: Hunt, options: VaultHunt): Promise<VaultRead> {
  const { bank, leaves, vault, sources, from, to } = options;
  const range = { from: from - hunt.spanMs, to };
  const selection = { source: ALL_SOURCES, accounts: [], ...range };
  const counts = { objects: 0, events: 0, erased: 0 };
  const refused: { key: string; detail: string }[] = [];
  for await (const leaf of leaves) {
    const { key, version } = leaf;
    const { source } = placeOfKey(key);
    if (choose(leaf, selection, bank) !== 'wanted') continue;
    if (sources !== undefined && source !== NO_SOURCE && !sources.has(source)) continue;
    try {
      counts.events += await withEvidence(vault, { key, version }, async ({ facts }, bytes) =>
        readEvents(await unitFromEvidence(facts.origin, bytes.open(), bank), hunt, { ...options, ...range }),
      );
      counts.objects++;
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      if (error instanceof PeriodKeyError && error.state === 'erased') counts.erased++;
      else refused.push({ key, detail: error.message });
    }
    options.onProgress({ ...counts, refused });
  }
  return { ...counts, refused };
}

/** Events as the stream would have had them: redacted, with their payloads as text. */
async function readEvents(unit: Unit, hunt: Hunt, { bank, sensitive, from, to }: VaultHunt): Promise<number> {
  let events = 0;
  const normaliser = createNormaliser({
    ...unit,
    transforms: [...residenceOf(bank, unit.origin).transforms, ...transformsFor(bank, unit.origin.source)],
    onEvent(event) {
      if (event.time < from || event.time >= to) return;
      events++;
      const known = fromDocument(toCleanDocument(event, sensitive, unit).json);
      if (known !== undefined) hunt.addLater(known);
    },
    onParked: () => undefined,
  });
  await readUnit(unit, normaliser, { settled: () => Promise.resolve() });
  normaliser.end();
  return events;
}
