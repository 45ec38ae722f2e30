// The parts of a finding in the AWS Security Finding Format that depend on what it is about.
// https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
import type { JsonObject, Origin } from '../../model.ts';
import { tacticOf } from '../../ocsf/attack.ts';
import { COMPLIANCE_FINDING, DATA_SECURITY_FINDING, DETECTION_FINDING, SEVERITY, VULNERABILITY_FINDING } from '../../ocsf/classes.ts';
import { isArray, isObject, object, text } from '../../outcome.ts';
import { inside, listIn, peekText, take, takeText, takeTime, type Fields } from './fields.ts';
import { settle, severityNamed, takeNumber, takeTags, takeTexts } from './aws-finding.ts';
import { cvssOf, exploitOf, fixOf, isCve, named, packagesOf, remedyOf, type Spelling } from './vulnerability.ts';

export type HubClass = typeof COMPLIANCE_FINDING | typeof VULNERABILITY_FINDING | typeof DATA_SECURITY_FINDING | typeof DETECTION_FINDING;

const CHECKS = 'Software and Configuration Checks/';
const VULNERABILITIES = `${CHECKS}Vulnerabilities`;
const SENSITIVE_DATA = 'Sensitive Data Identifications/';

/** https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-type-taxonomy.html */
export function classOf(finding: JsonObject): HubClass {
  const types = textsOf(finding['Types']);
  const vulnerabilities = finding['Vulnerabilities'];
  if (isArray(vulnerabilities) && vulnerabilities.some(isObject)) return VULNERABILITY_FINDING;
  if (types.some((type) => type.startsWith(VULNERABILITIES))) return VULNERABILITY_FINDING;
  if (types.some((type) => type.startsWith(SENSITIVE_DATA))) return DATA_SECURITY_FINDING;
  if (text(object(finding['Compliance'])?.['Status']) !== undefined) return COMPLIANCE_FINDING;
  return types.some((type) => type.startsWith(CHECKS)) ? COMPLIANCE_FINDING : DETECTION_FINDING;
}

function textsOf(candidate: unknown): readonly string[] {
  return isArray(candidate) ? candidate.filter((one) => typeof one === 'string') : [];
}

const REPEATED_ARN = /:product(?:v2)?\/aws\/(?:guardduty|inspector|macie|(?:iam-)?access-analyzer)$/;
const REPEATED_NAMES: ReadonlySet<string> = new Set(['GuardDuty', 'Inspector', 'Macie', 'IAM Access Analyzer']);

/**
 * True for findings of services that are sources of their own, of the region where this was delivered: those that Security Hub aggregates
 * from other regions come on no other way. Who imports findings chooses the name of his product, but not its ARN.
 */
export function isRepeated(finding: JsonObject, { region }: Origin): boolean {
  const arn = text(finding['ProductArn']);
  if (arn !== undefined) return isRepeatedArn(arn, text(finding['Region']), region);
  return REPEATED_NAMES.has(text(finding['ProductName']) ?? '') && finding['Region'] === region;
}

/** @param found where the finding was made; undefined where it does not say so beside its product's ARN. */
export function isRepeatedArn(productArn: string, found: string | undefined, delivered: string): boolean {
  return REPEATED_ARN.test(productArn) && (found ?? productArn.split(':', 4)[3]) === delivered;
}

/** By the label; older findings have a number from 0 to 100. https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Severity.html */
export function severityOf(fields: Fields): number {
  const severity = inside(fields, 'Severity');
  const label = severityNamed(peekText(severity, 'Label'));
  if (label !== undefined) {
    takeText(severity, 'Label');
    return label;
  }
  const score = severity.members['Normalized'];
  if (typeof score !== 'number' || score < 0) return SEVERITY.unknown;
  if (score >= 90) return SEVERITY.critical;
  if (score >= 70) return SEVERITY.high;
  if (score >= 40) return SEVERITY.medium;
  return score >= 1 ? SEVERITY.low : SEVERITY.informational;
}

/** Role ids. https://schema.ocsf.io/1.8.0/objects/resource_details (role_id) */
const ROLES: ReadonlyMap<string, number> = new Map([
  ['Target', 1],
  ['Actor', 2],
]);

export function assetsOf(fields: Fields): readonly JsonObject[] | undefined {
  const assets: JsonObject[] = [];
  for (const one of listIn(fields, 'Resources')) {
    const uid = takeText(one, 'Id');
    if (uid === undefined) continue;
    const role_id = ROLES.get(peekText(one, 'ResourceRole') ?? '');
    if (role_id !== undefined) takeText(one, 'ResourceRole');
    assets.push({
      uid,
      name: takeText(one, 'ApplicationName'),
      type: takeText(one, 'Type'),
      role_id,
      region: takeText(one, 'Region'),
      cloud_partition: takeText(one, 'Partition'),
      tags: takeTags(one, 'Tags'),
      data: take(one, 'Details'),
    });
  }
  settle(fields, 'Resources');
  return assets.length === 0 ? undefined : assets;
}

/** `TTPs/Initial Access/…`: the second part is a tactic of MITRE ATT&CK. */
export function attacksOf(types: readonly string[] | undefined): readonly JsonObject[] | undefined {
  const tactics = new Set((types ?? []).filter((type) => type.startsWith('TTPs/')).map((type) => type.split('/', 2)[1] ?? ''));
  const attacks = [...tactics].flatMap((name) => {
    const tactic = tacticOf(name);
    return tactic === undefined ? [] : [{ tactic }];
  });
  return attacks.length === 0 ? undefined : attacks;
}

export function relatedOf(fields: Fields): readonly JsonObject[] | undefined {
  const related: JsonObject[] = [];
  for (const one of listIn(fields, 'RelatedFindings')) {
    const uid = takeText(one, 'Id');
    const product = uid === undefined ? undefined : takeText(one, 'ProductArn');
    if (uid !== undefined) related.push({ uid, product: product === undefined ? undefined : { uid: product } });
  }
  return related.length === 0 ? undefined : related;
}

// ── Compliance ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Status ids. https://schema.ocsf.io/1.8.0/objects/compliance (status_id) */
const VERDICTS: ReadonlyMap<string, number> = new Map([
  ['PASSED', 1],
  ['WARNING', 2],
  ['FAILED', 3],
]);
const UNKNOWN = 0;
const OTHER = 99;

/** https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Compliance.html */
export function complianceOf(fields: Fields): JsonObject {
  const check = inside(fields, 'Compliance');
  const product = inside(fields, 'ProductFields');
  const said = takeText(check, 'Status');
  const status_id = said === undefined ? UNKNOWN : (VERDICTS.get(said) ?? OTHER);
  const standards = listIn(check, 'AssociatedStandards').flatMap((standard) => takeText(standard, 'StandardsId') ?? []);
  const standard = standards.length > 0 ? undefined : (takeText(product, 'StandardsArn') ?? takeText(product, 'StandardsGuideArn'));
  return {
    status_id,
    status: status_id === OTHER ? said : undefined,
    ...reasonsOf(check),
    control: takeText(check, 'SecurityControlId') ?? takeText(product, 'ControlId') ?? takeText(product, 'RuleId'),
    control_parameters: parametersOf(check),
    standards: standard === undefined ? (standards.length === 0 ? undefined : standards) : [standard],
    requirements: takeTexts(check, 'RelatedRequirements'),
  };
}

function reasonsOf(check: Fields): JsonObject {
  const reasons = listIn(check, 'StatusReasons');
  const details = reasons.flatMap((reason) => takeText(reason, 'Description') ?? []);
  const [first] = reasons;
  const status_code = first === undefined ? undefined : takeText(first, 'ReasonCode');
  settle(check, 'StatusReasons');
  return { status_code, status_details: details.length === 0 ? undefined : details };
}

function parametersOf(check: Fields): readonly JsonObject[] | undefined {
  const parameters: JsonObject[] = [];
  for (const one of listIn(check, 'SecurityControlParameters')) {
    const name = peekText(one, 'Name');
    const values = name === undefined ? undefined : takeTexts(one, 'Value');
    if (values !== undefined) parameters.push({ name: takeText(one, 'Name'), values });
  }
  return parameters.length === 0 ? undefined : parameters;
}

// ── Vulnerabilities ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const SPELLING: Spelling = {
  cvss: 'Cvss',
  baseScore: 'BaseScore',
  vector: 'BaseVector',
  cvssVersion: 'Version',
  cvssSource: 'Source',
  packages: 'VulnerablePackages',
  name: 'Name',
  version: 'Version',
  epoch: 'Epoch',
  release: 'Release',
  architecture: 'Architecture',
  manager: 'PackageManager',
  path: 'FilePath',
  fixedIn: 'FixedInVersion',
  remediation: 'Remediation',
};

const TITLE_CVE = /\bCVE-\d{4}-\d{4,19}\b/;

/** OCSF wants one at least: where the finding lists none, its title or the rule that found it names it. */
export function vulnerabilitiesOf(fields: Fields): readonly JsonObject[] {
  const remediation = remedyOf(inside(inside(fields, 'Remediation'), 'Recommendation'), 'Text', 'Url');
  const listed = listIn(fields, 'Vulnerabilities')
    .map((one) => vulnerabilityOf(one, remediation))
    .filter((one) => one !== undefined);
  settle(fields, 'Vulnerabilities');
  if (listed.length > 0) return listed;
  const { members: finding } = fields;
  const title = text(finding['Title']);
  const uid = TITLE_CVE.exec(title ?? '')?.[0] ?? text(finding['GeneratorId']) ?? text(finding['Id']) ?? '';
  return [{ ...named(uid, {}), title, remediation }];
}

function vulnerabilityOf(fields: Fields, remediation: JsonObject | undefined): JsonObject | undefined {
  const uid = takeText(fields, 'Id');
  if (uid === undefined) return undefined;
  const vendor = inside(fields, 'Vendor');
  const known = {
    cvss: isCve(uid) ? cvssOf(fields, SPELLING) : undefined,
    epss: epssOf(fields, uid),
    created_time: takeTime(vendor, 'VendorCreatedAt'),
    modified_time: takeTime(vendor, 'VendorUpdatedAt'),
  };
  const url = takeText(vendor, 'Url');
  const references = [...(takeTexts(fields, 'ReferenceUrls') ?? []), ...(url === undefined ? [] : [url])];
  return {
    ...named(uid, known),
    severity: takeText(vendor, 'VendorSeverity'),
    vendor_name: takeText(vendor, 'Name'),
    references: references.length === 0 ? undefined : references,
    related_vulnerabilities: takeTexts(fields, 'RelatedVulnerabilities'),
    affected_packages: packagesOf(fields, SPELLING),
    is_exploit_available: exploitOf(fields, 'ExploitAvailable'),
    exploit_last_seen_time: takeTime(fields, 'LastKnownExploitAt'),
    ...fixOf(fields, 'FixAvailable'),
    remediation,
  };
}

function epssOf(fields: Fields, uid: string): JsonObject | undefined {
  const score = isCve(uid) ? takeNumber(fields, 'EpssScore') : undefined;
  return score === undefined ? undefined : { score: String(score) };
}

// ── Sensitive data ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Data Discovery & Classification. https://schema.ocsf.io/1.8.0/objects/data_security (detection_system_id) */
const DISCOVERY = 4;
const AT_REST = 1;
const S3 = 1;
const BUCKET_ARN = /^arn:[a-z-]+:s3:::([^/]+)/;

/** What Macie says itself is richer: see macie.ts. Here only where the data lies. */
export function sensitiveDataOf(finding: JsonObject): JsonObject {
  return {
    data_security: { detection_system_id: DISCOVERY, data_lifecycle_state_id: AT_REST },
    databucket: bucketOf(finding['Resources']),
  };
}

function bucketOf(resources: unknown): JsonObject | undefined {
  for (const resource of isArray(resources) ? resources : []) {
    const found = isObject(resource) ? BUCKET_ARN.exec(text(resource['Id']) ?? '') : null;
    if (found !== null) return { uid: found[0], name: found[1], type_id: S3 };
  }
  return undefined;
}
