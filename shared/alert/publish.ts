// Findings into the hub, from where they are indexed like any event. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
import { createBatcher, fitsHub } from '../hub/batch.ts';
import { toDocument } from '../hub/document.ts';
import { WRITTEN_FORMAT } from '../hub/format.ts';
import { publish, type HubTarget } from '../hub/publish.ts';
import type { HubDocument, OcsfEvent, Origin, ReplayMark } from '../model.ts';

/** Name of the source under which findings travel that we publish. */
export const FINDINGS_SOURCE = 'strongroom';

/** Where the findings come from. */
export interface FindingOrigin {
  readonly origin: Origin;
  /** Vault key of the sealed bytes. */
  readonly evidence: string;
  /** See Route.way in shared/sources/routes.ts. */
  readonly way?: string | undefined;
  /** Where the events are old: see ReplayMark. */
  readonly replay?: ReplayMark | undefined;
}

export async function publishFinding(finding: OcsfEvent, { origin, replay: mark }: FindingOrigin, hub: HubTarget): Promise<void> {
  const records: Buffer[] = [];
  // Whatever the replay is for, its findings are indexed.
  const replay = mark === undefined ? undefined : ({ ...mark, to: 'hub' } as const);
  const header = { hub: WRITTEN_FORMAT, origin: { ...origin, source: FINDINGS_SOURCE }, evidence: '', replay } as const;
  const batcher = createBatcher(header, (record) => records.push(record));
  batcher.add(documentOf(finding));
  batcher.end();
  await publish(records, hub);
}

/** Evidence and resources are of somebody else's making: where no hub record can hold them, they are left to the events they come from. */
function documentOf(finding: OcsfEvent): HubDocument {
  const whole = toDocument(finding);
  if (fitsHub(whole)) return whole;
  const unmapped = { ...finding.unmapped, left_out: ['evidences', 'resources'] };
  return toDocument({ ...finding, evidences: undefined, resources: undefined, unmapped });
}
