// https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html (EventBridge)
// https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html (results of discovery: one JSON object per line)
// Amazon Macie: sensitive data and the results of looking for it → Data Security Finding; policy findings, in which somebody opened a
// bucket, → Detection Finding.
//  - A result without sensitive data says that the object was read, or why it was not: informational, and no alert.
//  - Positions of the data are occurrences of the categories of the object; Macie does not say the data itself.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { classify, DATA_SECURITY_FINDING, DETECTION_FINDING, OCSF_VERSION, SEVERITY, type OcsfClass } from '../ocsf/classes.ts';
import { ipOf } from '../ocsf/event.ts';
import { reject, text, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import { activityOf, cloudAt, FINDING_STATUS, RULE, severityNamed, unmappedWith, unwrapped } from './lib/aws-finding.ts';
import { fieldsOf, inside, leftovers, peekText, takeFlag, takeText, takeTime, takeWhole, timeOf, type Fields } from './lib/fields.ts';
import { bucketOf, classified, nameOf, objectOf, type Classified } from './lib/macie-data.ts';

/** One finding or result, its required fields checked. */
interface Finding {
  readonly finding: JsonObject;
  readonly envelope: JsonObject | undefined;
  readonly id: string;
  readonly isPolicy: boolean;
  /** ms since the epoch. */
  readonly created: number;
  readonly updated: number;
}

const NAME = 'macie';
const PRODUCT = { name: 'Macie', vendor_name: 'AWS' };

export const macie: Source<Finding> = {
  name: NAME,
  title: 'Amazon Macie findings and sensitive data discovery results',
  documentation: 'https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html',
  classes: [DATA_SECURITY_FINDING.uid, DETECTION_FINDING.uid],
  framing: { kind: 'json', arrayKey: 'findings' },
  delivered: ['EventBridge: aws.macie, Macie Finding', 'S3: AWSLogs/<account>/Macie/<region>/… (sensitive data discovery results)'],
  events: [{ source: 'aws.macie', detailTypes: ['Macie Finding'] }],
  claims: (delivery) => deliveryKey(delivery) !== undefined,
  locate: (delivery) => deliveryKey(delivery)?.groups ?? {},
  recognises: (head) => EVENT.test(head) || (TYPE.test(head) && head.includes('"resourcesAffected"')),
  parse,
  map,
};

// [prefix/]AWSLogs/<account>/Macie/<region>/<job id or automated>/…/<uuid>.jsonl.gz
const KEY = /(?:^|\/)AWSLogs\/(?<account>\d{12})\/Macie\/(?<region>[a-z]{2}[a-z0-9-]+)\//;
const EVENT = /"source"\s*:\s*"aws\.macie"/;
const TYPE = /"(?:classificationDetails|policyDetails)"/;

function deliveryKey(delivery: Delivery): RegExpExecArray | undefined {
  return delivery.trigger === 's3' ? (KEY.exec(delivery.key) ?? undefined) : undefined;
}

function parse(record: RawRecord): Outcome<Finding> {
  const delivered = unwrapped(record);
  if (delivered.kind !== 'value') return delivered;
  const { body: finding, envelope } = delivered.value;
  const id = text(finding['id']);
  if (id === undefined) return reject('missing_field', 'id');
  const written = finding['updatedAt'] ?? finding['createdAt'] ?? envelope?.['time'];
  if (written === undefined || written === null) return reject('missing_field', 'updatedAt');
  const updated = timeOf(written);
  if (updated === undefined) return reject('bad_value', 'updatedAt is not a time');
  const created = timeOf(finding['createdAt']) ?? updated;
  return value({ finding, envelope, id, isPolicy: isPolicy(finding), created, updated });
}

function isPolicy(finding: JsonObject): boolean {
  const category = finding['category'];
  return category === 'POLICY' || (category !== 'CLASSIFICATION' && text(finding['type'])?.startsWith('Policy:') === true);
}

/** A policy finding that is archived is closed; the other class has a word of its own for it. */
const SUPPRESSED = 4;

function map(native: Finding, _record: RawRecord, context: Context): OcsfEvent {
  const { finding, envelope, id, updated } = native;
  const fields = fieldsOf(finding);
  const isArchived = takeFlag(fields, 'archived') === true;
  const cls: OcsfClass = native.isPolicy ? DETECTION_FINDING : DATA_SECURITY_FINDING;
  const found = classified(detailsOf(fields));
  const hasFound = native.isPolicy || found.classifications.length > 0;
  const place = {
    account: takeText(fields, 'accountId'),
    region: takeText(fields, 'region'),
    partition: takeText(fields, 'partition'),
  };
  const severity_id = severityOf(inside(fields, 'severity'), hasFound);
  const common = {
    ...classify(cls, isArchived && !native.isPolicy ? SUPPRESSED : activityOf(native, isArchived)),
    severity_id,
    status_id: isArchived ? FINDING_STATUS.archived : FINDING_STATUS.new,
    time: updated,
    message: text(finding['title']) ?? text(finding['type']) ?? (hasFound ? 'Sensitive data' : 'No sensitive data'),
    count: takeWhole(fields, 'count'),
    is_alert: hasFound && !isArchived,
    metadata: {
      // One version of a finding, however often and by whichever way it is delivered.
      uid: digest(15, NAME, JSON.stringify(id), String(updated), String(isArchived)),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: native.isPolicy ? ['cloud'] : ['cloud', 'data_classification'],
      log_name: text(envelope?.['detail-type']),
      log_version: takeText(fields, 'schemaVersion'),
      original_time: takeText(fields, 'updatedAt'),
    },
    cloud: cloudAt(place, envelope, context.origin),
    finding_info: findingInfoOf(native, fields),
    ...(native.isPolicy ? policyOf(fields) : dataOf(fields, found)),
  };
  return { ...common, unmapped: unmappedWith(leftovers(fields), envelope) };
}

/** Categories of data belong to an object: where none is named, what was found stays in `unmapped` too. */
function detailsOf(fields: Fields): Fields {
  const details = inside(fields, 'classificationDetails');
  return nameOf(inside(inside(fields, 'resourcesAffected'), 's3Object')) === undefined ? fieldsOf(details.members) : details;
}

/** https://docs.aws.amazon.com/macie/latest/user/findings-severity.html: 1 low, 2 medium, 3 high. */
function severityOf(severity: Fields, hasFound: boolean): number {
  const named = severityNamed(peekText(severity, 'description'));
  if (named === undefined) return hasFound ? SEVERITY.unknown : SEVERITY.informational;
  takeText(severity, 'description');
  return named;
}

function findingInfoOf({ id, updated }: Finding, fields: Fields): JsonObject {
  const type = takeText(fields, 'type');
  takeText(fields, 'id');
  return {
    uid: id,
    title: takeText(fields, 'title'),
    desc: takeText(fields, 'description'),
    types: type === undefined ? undefined : [type],
    created_time: takeTime(fields, 'createdAt'),
    modified_time: updated,
    analytic: type === undefined ? undefined : { name: type, type_id: RULE },
  };
}

/** Bucket and object once as what they are, and once, as ids, among the resources that every finding has. */
function dataOf(fields: Fields, found: Classified): JsonObject {
  const affected = inside(fields, 'resourcesAffected');
  const databucket = bucketOf(inside(affected, 's3Bucket'));
  const file = objectOf(inside(affected, 's3Object'), found);
  return { data_security: found.data_security, databucket, file, resources: resourcesOf(databucket, file) };
}

function resourcesOf(bucket: JsonObject | undefined, file: JsonObject | undefined): readonly JsonObject[] | undefined {
  const resources: JsonObject[] = [];
  if (bucket !== undefined) resources.push({ uid: bucket['uid'], name: bucket['name'], type: 'AWS::S3::Bucket' });
  if (file !== undefined) resources.push({ uid: file['uid'], name: file['path'], type: 'AWS::S3::Object' });
  return resources.length === 0 ? undefined : resources;
}

// ── Policy findings: who called what ──────────────────────────────────────────────────────────────────────────────────────────────────

/** https://docs.aws.amazon.com/macie/latest/APIReference/findings-describe.html (PolicyDetails); it stays in `unmapped` as it came. */
function policyOf(fields: Fields): JsonObject {
  const bucket = inside(inside(fields, 'resourcesAffected'), 's3Bucket');
  const uid = takeText(bucket, 'arn');
  const name = takeText(bucket, 'name');
  const owner = { uid: peekText(inside(bucket, 'owner'), 'id') };
  const evidence = evidenceOf(inside(fields, 'policyDetails'));
  return {
    resources: uid === undefined && name === undefined ? undefined : [{ uid, name, type: 'AWS::S3::Bucket', ...ownedBy(owner) }],
    evidences: evidence === undefined ? undefined : [evidence],
  };
}

function ownedBy(owner: { readonly uid: string | undefined }): JsonObject {
  return owner.uid === undefined ? {} : { owner };
}

function evidenceOf(policy: Fields): JsonObject | undefined {
  const call = inside(inside(policy, 'action'), 'apiCallDetails');
  const operation = peekText(call, 'api');
  const service = peekText(call, 'apiServiceName');
  const actor = inside(policy, 'actor');
  const user = userOf(inside(actor, 'userIdentity'));
  const src_endpoint = endpointOf(actor);
  if (operation === undefined && user === undefined && src_endpoint === undefined) return undefined;
  return {
    api: operation === undefined ? undefined : { operation, service: service === undefined ? undefined : { name: service } },
    actor: user === undefined ? undefined : { user },
    src_endpoint,
  };
}

/** Kind of identity → the member that describes it. */
const IDENTITIES = ['assumedRole', 'iamUser', 'federatedUser', 'root', 'awsAccount', 'awsService'] as const;

function userOf(identity: Fields): JsonObject | undefined {
  for (const kind of IDENTITIES) {
    const one = inside(identity, kind);
    const uid = peekText(one, 'arn') ?? peekText(one, 'principalId') ?? peekText(one, 'invokedBy') ?? peekText(one, 'accountId');
    if (uid === undefined) continue;
    const key = peekText(one, 'accessKeyId');
    const account = peekText(one, 'accountId');
    return {
      uid,
      name: peekText(one, 'userName') ?? peekText(inside(inside(one, 'sessionContext'), 'sessionIssuer'), 'userName'),
      account: account === undefined ? undefined : { uid: account },
      programmatic_credentials: key === undefined ? undefined : [{ uid: key }],
    };
  }
  return undefined;
}

function endpointOf(actor: Fields): JsonObject | undefined {
  const details = inside(actor, 'ipAddressDetails');
  const ip = ipOf(peekText(details, 'ipAddressV4'));
  const domain = peekText(inside(actor, 'domainDetails'), 'domainName');
  if (ip === undefined) return domain === undefined ? undefined : { domain };
  const city = peekText(inside(details, 'ipCity'), 'name');
  const country = peekText(inside(details, 'ipCountry'), 'code');
  const owner = peekText(inside(details, 'ipOwner'), 'asnOrg');
  return {
    ip,
    domain,
    location: city === undefined && country === undefined ? undefined : { city, country },
    autonomous_system: owner === undefined ? undefined : { name: owner },
  };
}
