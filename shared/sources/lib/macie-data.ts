// What Macie found in an object, and what it knows of object and bucket.
// https://docs.aws.amazon.com/macie/latest/user/findings-locate-sd-schema.html, https://docs.aws.amazon.com/macie/latest/APIReference/findings-describe.html
import type { JsonObject } from '../../model.ts';
import { text } from '../../outcome.ts';
import { inside, listIn, peekText, takeFlag, takeText, takeTime, takeWhole, type Fields } from './fields.ts';
import { settle, takeTags } from './aws-finding.ts';

/** https://schema.ocsf.io/1.8.0/objects/data_classification (category_id) */
const CATEGORIES: ReadonlyMap<string, number> = new Map([
  ['PERSONAL_INFORMATION', 1],
  ['FINANCIAL_INFORMATION', 3],
  ['CREDENTIALS', 6],
]);
const OTHER = 99;
const CUSTOM = 'CUSTOM_IDENTIFIER';

/** https://schema.ocsf.io/1.8.0/objects/data_security (status_id) */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['COMPLETE', 1],
  ['PARTIAL', 2],
  ['SKIPPED', 3],
]);

/** Data Discovery & Classification. https://schema.ocsf.io/1.8.0/objects/data_security (detection_system_id) */
const DISCOVERY = 4;
const AT_REST = 1;

export interface Classified {
  readonly data_security: JsonObject;
  /** One per category of data. */
  readonly classifications: readonly JsonObject[];
  readonly mimeType: string | undefined;
}

/** @param details classificationDetails of the finding. */
export function classified(details: Fields): Classified {
  const result = inside(details, 'result');
  const classifications = [
    ...listIn(result, 'sensitiveData').flatMap(classificationOf),
    ...customOf(inside(result, 'customDataIdentifiers')),
  ];
  settle(result, 'sensitiveData');
  const status = inside(result, 'status');
  const status_id = STATUSES.get(peekText(status, 'code') ?? '');
  if (status_id !== undefined) takeText(status, 'code');
  const reason = takeText(status, 'reason');
  return {
    classifications,
    mimeType: takeText(result, 'mimeType'),
    data_security: {
      ...categoryOf(classifications),
      detection_system_id: DISCOVERY,
      data_lifecycle_state_id: AT_REST,
      status_id,
      status_details: reason === undefined ? undefined : [reason],
      size: takeWhole(result, 'sizeClassified'),
      uid: takeText(details, 'jobId'),
      total: totalOf(classifications),
    },
  };
}

/** Of one category that; several are none of OCSF's. */
function categoryOf(classifications: readonly JsonObject[]): JsonObject {
  const [first, second] = classifications;
  if (first === undefined) return {};
  return second === undefined
    ? { category_id: first['category_id'], category: first['category'] }
    : { category_id: OTHER, category: 'MULTIPLE' };
}

function totalOf(classifications: readonly JsonObject[]): number | undefined {
  let total = 0;
  for (const { total: one } of classifications) if (typeof one === 'number') total += one;
  return classifications.length === 0 || !Number.isSafeInteger(total) ? undefined : total;
}

function classificationOf(found: Fields): readonly JsonObject[] {
  const category = takeText(found, 'category');
  if (category === undefined) return [];
  const known = CATEGORIES.get(category);
  const named = known === undefined ? { category_id: OTHER, category } : { category_id: known };
  return [{ ...named, total: takeWhole(found, 'totalCount'), discovery_details: detectionsOf(found, 'type') }];
}

/** What the bank's own identifiers found. */
function customOf(found: Fields): readonly JsonObject[] {
  const discovery_details = detectionsOf(found, 'name');
  if (discovery_details === undefined) return [];
  return [{ category_id: OTHER, category: CUSTOM, total: takeWhole(found, 'totalCount'), discovery_details }];
}

function detectionsOf(found: Fields, name: 'type' | 'name'): readonly JsonObject[] | undefined {
  const detections: JsonObject[] = [];
  for (const one of listIn(found, 'detections')) {
    const type = takeText(one, name);
    if (type !== undefined)
      detections.push({ type, count: takeWhole(one, 'count'), occurrences: occurrencesOf(inside(one, 'occurrences')) });
  }
  settle(found, 'detections');
  return detections.length === 0 ? undefined : detections;
}

/** Kind of place → its members and what OCSF calls them. https://schema.ocsf.io/1.8.0/objects/occurrence_details */
const PLACES: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ['cells', [['row', 'row_number'], ['column', 'column_number'], ['columnName', 'column_name'], ['cellReference', 'cell_name']]],
  ['lineRanges', [['start', 'start_line'], ['end', 'end_line']]],
  ['pages', [['pageNumber', 'page_number']]],
  ['records', [['recordIndex', 'record_index_in_array'], ['jsonPath', 'json_path']]],
]; // prettier-ignore
const NAMES: ReadonlySet<string> = new Set(['column_name', 'cell_name', 'json_path']);

function occurrencesOf(found: Fields): readonly JsonObject[] | undefined {
  const occurrences: JsonObject[] = [];
  for (const [kind, members] of PLACES) {
    for (const one of listIn(found, kind)) {
      const place: [string, string | number][] = [];
      for (const [name, attribute] of members) {
        const said = NAMES.has(attribute) ? takeText(one, name) : takeWhole(one, name);
        if (said !== undefined) place.push([attribute, said]);
      }
      if (place.length > 0) occurrences.push(Object.fromEntries(place));
    }
    settle(found, kind);
  }
  return occurrences.length === 0 ? undefined : occurrences;
}

// ── Bucket and object ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const S3 = 1;

/** @param bucket resourcesAffected.s3Bucket. */
export function bucketOf(bucket: Fields): JsonObject | undefined {
  const uid = takeText(bucket, 'arn');
  const name = takeText(bucket, 'name');
  if (uid === undefined && name === undefined) return undefined;
  const access = inside(bucket, 'publicAccess');
  const permission = peekText(access, 'effectivePermission');
  const isKnown = permission === 'PUBLIC' || permission === 'NOT_PUBLIC';
  if (isKnown) takeText(access, 'effectivePermission');
  const owner = inside(bucket, 'owner');
  const user = { uid: takeText(owner, 'id'), name: takeText(owner, 'displayName') };
  return {
    uid,
    name,
    type_id: S3,
    is_public: isKnown ? permission === 'PUBLIC' : undefined,
    ...encryptionOf(inside(bucket, 'defaultServerSideEncryption'), 'encryptionType'),
    owner: user.uid === undefined && user.name === undefined ? undefined : user,
    created_time: takeTime(bucket, 'createdAt'),
    tags: takeTags(bucket, 'tags'),
  };
}

const AES = 3;

/** Findings say encryptionType for buckets and objects: NONE, AES256, aws:kms, aws:kms:dsse, UNKNOWN. */
function encryptionOf(encryption: Fields, name: string): JsonObject {
  const type = peekText(encryption, name);
  const key_uid = takeText(encryption, 'kmsMasterKeyId');
  if (type === 'NONE') {
    takeText(encryption, name);
    return { is_encrypted: false };
  }
  if (type === undefined || type === 'UNKNOWN') return key_uid === undefined ? {} : { encryption_details: { key_uid } };
  takeText(encryption, name);
  return { is_encrypted: true, encryption_details: { algorithm_id: AES, type, key_uid } };
}

const REGULAR_FILE = 1;

/** @returns the last part of the object's key; undefined where there is none that could be a name. */
export function nameOf(found: Fields): string | undefined {
  const key = text(found.members['key']);
  return key === undefined ? undefined : text(key.slice(key.lastIndexOf('/', Math.max(0, key.length - 2)) + 1));
}

/** @param found resourcesAffected.s3Object. */
export function objectOf(
  found: Fields,
  { classifications, mimeType }: Pick<Classified, 'classifications' | 'mimeType'>,
): JsonObject | undefined {
  const name = nameOf(found);
  if (name === undefined) return undefined;
  return {
    name,
    path: takeText(found, 'key'),
    type_id: REGULAR_FILE,
    // With the bucket before it.
    uid: takeText(found, 'path'),
    ext: takeText(found, 'extension'),
    size: takeWhole(found, 'size'),
    mime_type: mimeType,
    version: takeText(found, 'versionId'),
    storage_class: takeText(found, 'storageClass'),
    is_public: takeFlag(found, 'publicAccess'),
    modified_time: takeTime(found, 'lastModified'),
    ...encryptionOf(inside(found, 'serverSideEncryption'), 'encryptionType'),
    tags: takeTags(found, 'tags'),
    data_classifications: classifications.length === 0 ? undefined : classifications,
  };
}
