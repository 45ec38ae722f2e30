// One hub batch against the rules. Pure: what is found is published and alerted by shared/alert/alerts.ts.
import type { Batch } from '../hub/batch.ts';
import { fromDocument } from '../hub/document.ts';
import { documentId } from '../ids.ts';
import type { HubDocument, OcsfEvent, ParkedRecord } from '../model.ts';
import { COMPLIANCE_FINDING, DATA_SECURITY_FINDING, DETECTION_FINDING, VULNERABILITY_FINDING } from '../ocsf/classes.ts';
import { intelFindings, type IntelFindings } from '../intel/finding.ts';
import type { Engine, Match } from './engine.ts';
import { findingsOf } from './finding.ts';
import { isOwn } from './log-sources.ts';
import type { Suppressions } from './suppress.ts';

export interface Detected {
  /** Findings of our rules, not in the hub yet. */
  readonly findings: readonly OcsfEvent[];
  /** Findings of other products that passed by. */
  readonly reported: readonly OcsfEvent[];
  /** Documents that could not be looked at. */
  readonly parked: readonly ParkedRecord[];
}

export interface Suppressing {
  readonly suppressions: Suppressions;
  /** ms since the epoch. */
  readonly now: number;
}

/**
 * @param suppressing what the bank does not want to be alerted of; left out: nothing.
 * @param bank whose feeds' indicators become findings; left out: nobody's.
 */
export function detect({ header, documents }: Batch, engine: Engine, suppressing?: Suppressing, bank?: IntelFindings['bank']): Detected {
  const matches: Match[] = [];
  const marked: OcsfEvent[] = [];
  const reported: OcsfEvent[] = [];
  const parked: ParkedRecord[] = [];
  for (const [at, document] of documents.entries()) {
    try {
      const event = fromDocument(document.json);
      if (event === undefined) {
        parked.push(parkedOf(header, document, { at, detail: 'the document is no event' }));
        continue;
      }
      if (isFinding(event) && !isOwn(event)) reported.push(event);
      matches.push(...engine.match(event));
      if (event['osint'] !== undefined && !isOwn(event)) marked.push(event);
    } catch (error) {
      // A rule that fails on an event is a defect; the event is kept, and those behind it go on.
      parked.push(parkedOf(header, document, { at, detail: `detection failed on it: ${error instanceof Error ? error.name : 'error'}` }));
    }
  }
  const suppressedBy = ({ rule, event }: Match) => suppressing?.suppressions.of(rule.id, [event], suppressing.now);
  const { evidence } = header;
  const context = { bank: header.origin.bank, evidence, suppressedBy };
  const found = eachOr(matches, (some) => findingsOf(some, context));
  const intel = bank === undefined ? NOTHING : eachOr(marked, (some) => intelFindings(some, { bank, evidence }));
  for (const event of new Set([...found.failed.map((match) => match.event), ...intel.failed])) {
    const at = documents.findIndex(({ id }) => id === documentId(event.metadata.uid));
    const document = documents[at];
    if (document !== undefined) parked.push(parkedOf(header, document, { at, detail: 'no finding could be made of it' }));
  }
  return { findings: [...found.findings, ...intel.findings], reported, parked };
}

interface Made<T> {
  readonly findings: readonly OcsfEvent[];
  readonly failed: readonly T[];
}

const NOTHING = { findings: [], failed: [] } as const;

/** One that nothing can be made of must not stop all others: the shard would wait for it until the stream forgets. */
function eachOr<T>(all: readonly T[], make: (some: readonly T[]) => readonly OcsfEvent[]): Made<T> {
  try {
    return { findings: make(all), failed: [] };
  } catch {
    const failed = new Set(all.filter((one) => !isMade(() => make([one]))));
    return { findings: make(all.filter((one) => !failed.has(one))), failed: [...failed] };
  }
}

function isMade(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}

/** Vulnerabilities, controls that fail and sensitive data are many, and no emergency unless who reports them says so. */
function isFinding({ class_uid: uid, is_alert: isAlert }: OcsfEvent): boolean {
  return uid === DETECTION_FINDING.uid || (isAlert === true && OTHER_FINDINGS.has(uid));
}

const OTHER_FINDINGS: ReadonlySet<number> = new Set([VULNERABILITY_FINDING.uid, COMPLIANCE_FINDING.uid, DATA_SECURITY_FINDING.uid]);

function parkedOf(
  { origin, evidence, replay }: Batch['header'],
  { id, index, json }: HubDocument,
  { at, detail }: { readonly at: number; readonly detail: string },
): ParkedRecord {
  return { stage: 'detect', code: 'malformed_record', detail, origin, evidence, index: at, raw: json, document: { id, index }, replay };
}
