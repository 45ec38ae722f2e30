// Classes that OCSF has given up, as their successors in 1.8.0. https://schema.ocsf.io/1.8.0/classes/security_finding
import type { Json, JsonObject } from '../model.ts';
import { isArray, isObject, object } from '../outcome.ts';
import { API_ACTIVITY, COMPLIANCE_FINDING, DETECTION_FINDING, VULNERABILITY_FINDING } from './classes.ts';

const SECURITY_FINDING = 2001;
/** API Activity in the release candidates of 1.0.0, which version 1 of Security Lake's own sources still writes; User Access since. */
const EARLY_API_ACTIVITY = 3005;

export interface Moved {
  readonly event: JsonObject;
  readonly classUid: number;
}

/** @returns the event under its present class; itself where that has not changed. */
export function moved(event: JsonObject, classUid: number): Moved {
  if (classUid === SECURITY_FINDING) return securityFinding(event);
  const isEarly = classUid === EARLY_API_ACTIVITY && isObject(event['api']) && !isObject(event['user']);
  return { event, classUid: isEarly ? API_ACTIVITY.uid : classUid };
}

type Draft = Record<string, Json | undefined>;

/** The specific class that its contents ask for. What the event has under a present name already is left alone. */
function securityFinding(event: JsonObject): Moved {
  const { state, state_id, status, status_id } = event;
  // What became of the finding is its status now; whether reporting it went well has no place any more.
  const reported = { report_status: status, report_status_id: status_id };
  const draft: Draft = { ...event, state: undefined, state_id: undefined, status: state, status_id: state_id, ...reported };
  addFindingInfo(draft);
  addEvidences(draft);
  return { classUid: findingClass(event), event: draft };
}

/** Attributes of the finding stand in finding_info since. */
function addFindingInfo(draft: Draft): void {
  const { finding, analytic, attacks, data_sources, kill_chain } = draft;
  if (!isObject(finding) || !isFree(draft, 'finding_info')) return;
  const { related_analytics, ...analysed } = object(analytic) ?? {};
  const { remediation, ...found } = finding;
  const isMoved = isFree(draft, 'remediation');
  if (isMoved) draft['remediation'] = remediation;
  draft['finding_info'] = {
    ...(isMoved ? found : finding),
    analytic: isObject(analytic) ? analysed : analytic,
    related_analytics,
    attacks,
    data_sources,
    kill_chain,
  };
  for (const name of INTO_FINDING_INFO) draft[name] = undefined;
}

const INTO_FINDING_INFO = ['finding', 'analytic', 'attacks', 'data_sources', 'kill_chain'];

function addEvidences(draft: Draft): void {
  const { evidence: data, process } = draft;
  if (!isFree(draft, 'evidences') || (isFree(draft, 'evidence') && isFree(draft, 'process'))) return;
  draft['evidences'] = [{ data, process }];
  draft['evidence'] = undefined;
  draft['process'] = undefined;
}

function isFree(event: JsonObject, name: string): boolean {
  return (event[name] ?? undefined) === undefined;
}

function findingClass(event: JsonObject): number {
  const vulnerabilities = event['vulnerabilities'];
  if (isArray(vulnerabilities) && vulnerabilities.length > 0) return VULNERABILITY_FINDING.uid;
  return isObject(event['compliance']) ? COMPLIANCE_FINDING.uid : DETECTION_FINDING.uid;
}
