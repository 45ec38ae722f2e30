// https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html (EventBridge)
// https://docs.aws.amazon.com/inspector/v2/APIReference/API_Finding.html (a finding, as exported reports have it)
// Amazon Inspector: package, code and network reachability findings → Vulnerability Finding; what it says of scans and coverage → Base Event.
//  - A package's vulnerability is a CVE or an advisory; a weakness in code a CWE (the first one; the others stay in `unmapped`); an open
//    path an advisory called NETWORK_REACHABILITY.
//  - EventBridge writes times as `Wed Sep 04 16:59:44.356 UTC 2024`, reports and the API as RFC 3339 or seconds: the id goes by the instant.
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, classify, OCSF_VERSION, SEVERITY, STATUS, VULNERABILITY_FINDING } from '../ocsf/classes.ts';
import { isArray, isObject, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { fieldsOf, inside, leftovers, listIn, peekText, take, takeText, takeWhole, timeOf, type Fields } from './lib/fields.ts';
import { activityOf, cloudAt, FINDING_STATUS, RULE, settle, severityNamed, takeNumber, takeTags, takeTexts } from './lib/aws-finding.ts';
import { partitionOf, unmappedWith, unwrapped } from './lib/aws-finding.ts';
import { noticeEvent, timeTaken, type Notice } from './lib/aws-notice.ts';
import { javaDate } from './lib/aws-times.ts';
import { cvssOf, exploitOf, fixOf, isCve, named, packagesOf, remedyOf, type Spelling } from './lib/vulnerability.ts';

/** One finding, its required fields checked. */
interface Finding {
  readonly kind: 'finding';
  readonly finding: JsonObject;
  readonly envelope: JsonObject | undefined;
  readonly arn: string;
  /** ms since the epoch. */
  readonly created: number;
  readonly updated: number;
}

type Native = Finding | { readonly kind: 'notice'; readonly notice: Notice };

const NAME = 'inspector';
const PRODUCT = { name: 'Inspector', vendor_name: 'AWS' };
const FINDINGS: ReadonlySet<string> = new Set(['Inspector2 Finding', 'OnDemand AMI Scan Findings']);
const NOTICES = ['Inspector2 Scan', 'Inspector2 Coverage', 'Inspector2 AutoEnable', 'Inspector2 OnDemand Scan Complete'];

export const inspector: Source<Native> = {
  name: NAME,
  title: 'Amazon Inspector findings',
  documentation: 'https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html',
  classes: [VULNERABILITY_FINDING.uid, BASE_EVENT.uid],
  framing: { kind: 'json', arrayKey: 'findings' },
  delivered: [
    'EventBridge: aws.inspector2, Inspector2 Finding, Inspector2 Scan, Inspector2 Coverage, Inspector2 AutoEnable, Inspector2 OnDemand Scan Complete; inspector2.ami.ondemand, OnDemand AMI Scan Findings',
    "S3, Kinesis, Kafka: as the bank's file says (reports of findings as JSON)",
  ],
  events: [
    { source: 'aws.inspector2', detailTypes: ['Inspector2 Finding', ...NOTICES] },
    { source: 'inspector2.ami.ondemand', detailTypes: ['OnDemand AMI Scan Findings'] },
  ],
  claims: () => false,
  recognises: (head) => FINDING.test(head) || EVENT.test(head),
  parse,
  map: (native, record, context) => (native.kind === 'notice' ? noticeEvent(native.notice, record.index, context) : map(native, context)),
};

const FINDING = /"findingArn"\s*:\s*"arn:[a-z-]+:inspector2:/;
const EVENT = /"source"\s*:\s*"(?:aws\.inspector2|inspector2\.ami\.ondemand)"/;

function parse(record: RawRecord): Outcome<Native> {
  const delivered = unwrapped(record);
  if (delivered.kind !== 'value') return delivered;
  const { body, envelope } = delivered.value;
  const kind = text(envelope?.['detail-type']);
  if (kind !== undefined && !FINDINGS.has(kind)) return notice(kind, body, envelope);
  const arn = text(body['findingArn']);
  if (arn === undefined) return reject('missing_field', 'findingArn');
  const written = body['updatedAt'] ?? body['lastObservedAt'] ?? envelope?.['time'];
  if (written === undefined || written === null) return reject('missing_field', 'updatedAt');
  const updated = instantOf(written);
  if (updated === undefined) return reject('bad_value', 'updatedAt is not a time');
  return value({ kind: 'finding', finding: body, envelope, arn, created: instantOf(body['firstObservedAt']) ?? updated, updated });
}

/** @returns ms since the epoch, in the years 2000 to 2099. */
function instantOf(written: Json | undefined): number | undefined {
  const ms = typeof written === 'string' ? javaDate(written) : undefined;
  return timeOf(ms ?? written);
}

function notice(kind: string, body: JsonObject, envelope: JsonObject | undefined): Outcome<Native> {
  const time = timeTaken(envelope);
  if (time === undefined) return reject('bad_value', 'time is not a time');
  const said = [body['scan-status'], body['scanStatus'], body['AutoEnableStatus']].map((one) =>
    isObject(one) ? one['statusCodeValue'] : one,
  );
  const status = said.map(text).find((one) => one !== undefined);
  const hasFailed = status === 'FAILED' || status === 'Failed' || status === 'INACTIVE';
  return value({
    kind: 'notice',
    notice: {
      source: NAME,
      product: PRODUCT.name,
      body,
      envelope,
      time,
      message: status === undefined ? kind : `${kind}: ${status}`,
      severity_id: hasFailed ? SEVERITY.low : SEVERITY.informational,
      status_id: status === undefined ? undefined : hasFailed ? STATUS.failure : STATUS.success,
    },
  });
}

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['ACTIVE', FINDING_STATUS.new],
  ['SUPPRESSED', FINDING_STATUS.suppressed],
  ['CLOSED', FINDING_STATUS.resolved],
]);

function map(native: Finding, context: Context): OcsfEvent {
  const { finding, envelope, arn, updated } = native;
  const fields = fieldsOf(finding);
  const status = STATUSES.get(peekText(fields, 'status') ?? '');
  if (status !== undefined) takeText(fields, 'status');
  const severity = severityNamed(peekText(fields, 'severity'));
  if (severity !== undefined) takeText(fields, 'severity');
  const common = {
    ...classify(VULNERABILITY_FINDING, activityOf(native, status === FINDING_STATUS.resolved)),
    severity_id: severity ?? SEVERITY.unknown,
    status_id: status ?? FINDING_STATUS.new,
    time: updated,
    message: text(finding['title']) ?? arn,
    metadata: {
      // One version of a finding, however often and by whichever way it is delivered. Suppressing need not change updatedAt.
      uid: digest(15, NAME, JSON.stringify(arn), String(updated), String(status)),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: ['cloud'],
      log_name: text(envelope?.['detail-type']),
    },
    cloud: cloudAt(
      { account: takeText(fields, 'awsAccountId'), region: regionOf(arn), partition: partitionOf(arn) },
      envelope,
      context.origin,
    ),
    resources: resourcesOf(fields),
    vulnerabilities: vulnerabilitiesOf(fields),
    finding_info: findingInfoOf(native, fields),
  };
  return { ...common, unmapped: unmappedWith(leftovers(fields), envelope) };
}

function regionOf(arn: string): string | undefined {
  const parts = arn.split(':', 5);
  return parts[0] === 'arn' ? text(parts[3]) : undefined;
}

function findingInfoOf({ arn, updated }: Finding, fields: Fields): JsonObject {
  const type = takeText(fields, 'type');
  takeText(fields, 'findingArn');
  if (instantOf(fields.members['updatedAt']) === updated) take(fields, 'updatedAt');
  return {
    uid: arn,
    title: takeText(fields, 'title'),
    desc: takeText(fields, 'description'),
    types: type === undefined ? undefined : [type],
    created_time: instantOf(fields.members['firstObservedAt']),
    modified_time: updated,
    first_seen_time: takeInstant(fields, 'firstObservedAt'),
    last_seen_time: takeInstant(fields, 'lastObservedAt'),
    analytic: type === undefined ? undefined : { name: type, type_id: RULE },
  };
}

function takeInstant(fields: Fields, name: string): number | undefined {
  const ms = instantOf(fields.members[name]);
  if (ms !== undefined) take(fields, name);
  return ms;
}

/** https://docs.aws.amazon.com/inspector/v2/APIReference/API_Resource.html */
function resourcesOf(fields: Fields): readonly JsonObject[] | undefined {
  const resources: JsonObject[] = [];
  for (const one of listIn(fields, 'resources')) {
    const uid = takeText(one, 'id');
    if (uid === undefined) continue;
    const owner = takeText(one, 'providerAccountId');
    resources.push({
      uid,
      type: takeText(one, 'type'),
      region: takeText(one, 'region'),
      cloud_partition: takeText(one, 'partition'),
      provider: takeText(one, 'provider'),
      owner: owner === undefined ? undefined : { account: { uid: owner } },
      tags: takeTags(one, 'tags'),
      data: take(one, 'details'),
    });
  }
  settle(fields, 'resources');
  return resources.length === 0 ? undefined : resources;
}

const SPELLING: Spelling = {
  cvss: 'cvss',
  baseScore: 'baseScore',
  vector: 'scoringVector',
  cvssVersion: 'version',
  cvssSource: 'source',
  packages: 'vulnerablePackages',
  name: 'name',
  version: 'version',
  epoch: 'epoch',
  release: 'release',
  architecture: 'arch',
  manager: 'packageManager',
  path: 'filePath',
  fixedIn: 'fixedInVersion',
  remediation: 'remediation',
};

function vulnerabilitiesOf(fields: Fields): readonly JsonObject[] {
  const common = {
    remediation: remedyOf(inside(inside(fields, 'remediation'), 'recommendation'), 'text', 'Url'),
    is_exploit_available: exploitOf(fields, 'exploitAvailable'),
    exploit_last_seen_time: takeInstant(inside(fields, 'exploitabilityDetails'), 'lastKnownExploitAt'),
    ...fixOf(fields, 'fixAvailable'),
  };
  const found = packageIssue(fields) ?? codeIssue(fields) ?? otherIssue(fields);
  return [{ ...found, ...common }];
}

/** https://docs.aws.amazon.com/inspector/v2/APIReference/API_PackageVulnerabilityDetails.html */
function packageIssue(fields: Fields): JsonObject | undefined {
  const details = inside(fields, 'packageVulnerabilityDetails');
  const uid = takeText(details, 'vulnerabilityId');
  if (uid === undefined) return undefined;
  const score = isCve(uid) ? takeNumber(inside(fields, 'epss'), 'score') : undefined;
  const known = {
    cvss: isCve(uid) ? cvssOf(details, SPELLING) : undefined,
    epss: score === undefined ? undefined : { score: String(score) },
    created_time: takeInstant(details, 'vendorCreatedAt'),
    modified_time: takeInstant(details, 'vendorUpdatedAt'),
  };
  const url = takeText(details, 'sourceUrl');
  const references = [...(url === undefined ? [] : [url]), ...(takeTexts(details, 'referenceUrls') ?? [])];
  return {
    ...named(uid, known),
    severity: takeText(details, 'vendorSeverity'),
    vendor_name: takeText(details, 'source'),
    references: references.length === 0 ? undefined : references,
    related_vulnerabilities: takeTexts(details, 'relatedVulnerabilities'),
    affected_packages: packagesOf(details, SPELLING),
  };
}

/** https://docs.aws.amazon.com/inspector/v2/APIReference/API_CodeVulnerabilityDetails.html */
function codeIssue(fields: Fields): JsonObject | undefined {
  const details = inside(fields, 'codeVulnerabilityDetails');
  const cwes = details.members['cwes'];
  const uid = isArray(cwes) ? text(cwes[0]) : undefined;
  const ruleId = peekText(details, 'ruleId') ?? peekText(details, 'detectorId');
  if (uid === undefined && ruleId === undefined) return undefined;
  if (isArray(cwes) && cwes.length === 1) take(details, 'cwes');
  return {
    ...(uid === undefined ? { advisory: { uid: ruleId, title: peekText(details, 'detectorName') } } : { cwe: { uid } }),
    category: 'CODE_VULNERABILITY',
    references: takeTexts(details, 'referenceUrls'),
    affected_code: affectedCodeOf(details),
  };
}

/** A regular file, as OCSF numbers types of files. */
const REGULAR_FILE = 1;

/** Where, and by which rule; OCSF has no affected code without a file. */
function affectedCodeOf(details: Fields): readonly JsonObject[] | undefined {
  const place = inside(details, 'filePath');
  const path = peekText(place, 'filePath');
  const name = peekText(place, 'fileName') ?? text(path?.slice(path.lastIndexOf('/') + 1));
  if (name === undefined) return undefined;
  takeText(place, 'fileName');
  const rule = { uid: takeText(details, 'ruleId') ?? takeText(details, 'detectorId'), name: takeText(details, 'detectorName') };
  return [
    {
      file: { name, path: takeText(place, 'filePath'), type_id: REGULAR_FILE },
      rule: rule.uid === undefined && rule.name === undefined ? undefined : rule,
      start_line: takeWhole(place, 'startLine'),
      end_line: takeWhole(place, 'endLine'),
    },
  ];
}

/** An open path, and what Inspector may find some day: the finding's type names it. */
function otherIssue({ members }: Fields): JsonObject {
  const uid = text(members['type']) ?? PRODUCT.name;
  return { advisory: { uid, title: text(members['title']) }, category: uid };
}
