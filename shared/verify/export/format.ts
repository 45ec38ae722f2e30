// An exported directory, format 1. README.txt in it says the same to people; docs/verify_evidence.py reads it without any of this code.
import { EvidenceError } from '../../errors.ts';
import type { Json, JsonObject } from '../../model.ts';
import { isArray, isObject, object, parseJson, text } from '../../outcome.ts';
import type { Problem } from '../problems.ts';

/** Everything but the objects, which may be millions. */
export interface Manifest {
  readonly format: 1;
  readonly about: string;
  readonly bank: string;
  readonly scope: JsonObject;
  readonly exported: {
    readonly at: string;
    readonly by: string;
    readonly reason: string;
    /** Vault key of the statement by which it was recorded. */
    readonly statement: string;
  };
  readonly log: {
    readonly origin: string;
    /** File of the checkpoint that all proofs lead to. */
    readonly checkpoint: string;
    readonly size: number;
    /** Base64, as it stands in the checkpoint. */
    readonly root: string;
    readonly keys: readonly string[];
    readonly witnesses: readonly string[];
  };
  /** By size; each but the first with the proof that it continues the one before. */
  readonly checkpoints: readonly { readonly size: number; readonly file: string; readonly consistency?: string | undefined }[];
  /** One line of JSON for each object and statement: see ExportedObject. */
  readonly objects: { readonly file: string; readonly count: number; readonly statements: number; readonly bytes: number };
  /** What was found when it was exported. */
  readonly problems: readonly Problem[];
  /** All other files, but those that the objects name. */
  readonly files: readonly { readonly file: string; readonly size: number; readonly sha256: string }[];
}

export interface ExportedObject {
  readonly file: string;
  /** Its place in the log, and the leaf's bytes, base64. */
  readonly index: number;
  readonly leaf: string;
  readonly proof: string;
  /** Where it lies in the vault. */
  readonly key: string;
  readonly version: string;
  /** Of evidence: what was written beside it. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** What opens the message: undefined of a statement, which is plain JSON, and of what cannot be opened any more. */
  readonly opens?: Opens | undefined;
}

export interface Opens {
  /** Of the AWS Encryption SDK, hex. */
  readonly algorithm: string;
  readonly context: Readonly<Record<string, string>>;
  /** Who has wrapped the data key, as it stands in the message. */
  readonly key_name: string;
  /** 32 bytes each, base64: the data key of this one message, and the salt of this one object's hash. */
  readonly data_key: string;
  readonly salt: string;
}

export const MANIFEST = 'manifest.json';
export const OBJECTS = 'objects.ndjson';
export const README = 'README.txt';
export const TRUST = 'keys/trust.txt';

const OBJECT_FILE = /^(?:objects\/\d{12}\.sealed|statements\/\d{12}\.json)$/;
const PROOF_FILE = /^proofs\/\d{12}\.tlog-proof$/;
const OTHER_FILE = /^(?:README\.txt|objects\.ndjson|keys\/[A-Za-z0-9.-]{1,80}|checkpoints\/[A-Za-z0-9.-]{1,80})$/;

export function objectFile(index: number, isStatement: boolean): string {
  return isStatement ? `statements/${digits(index)}.json` : `objects/${digits(index)}.sealed`;
}

export function proofPath(index: number): string {
  return `proofs/${digits(index)}.tlog-proof`;
}

export function digits(index: number): string {
  return String(index).padStart(12, '0');
}

/** @throws EvidenceError saying which part is not as it has to be. Names of files are such that they lie in the directory. */
export function parseManifest(content: string): Manifest {
  const json = parseJson(content);
  if (!isObject(json)) throw new EvidenceError(`${MANIFEST} is no JSON object`);
  if (json['format'] !== 1) throw new EvidenceError(`${MANIFEST} is not of format 1: a later strongroom may read it`);
  if (!isManifest(json)) throw new EvidenceError(`${MANIFEST} lacks what a manifest has`);
  const named = json.checkpoints.flatMap(({ file, consistency }) => [file, ...(consistency === undefined ? [] : [consistency])]);
  const foreign = [...json.files.map(({ file }) => file), ...named].find((file) => !OTHER_FILE.test(file));
  if (foreign !== undefined) throw new EvidenceError(`${MANIFEST} names a file that no export has: ${JSON.stringify(foreign)}`);
  return json;
}

function isManifest(json: JsonObject | Manifest): json is Manifest {
  const { bank, about, scope, exported, log, checkpoints, objects, problems, files } = json;
  return (
    areTexts([bank, about]) &&
    isObject(scope) &&
    hasTexts(exported, ['at', 'by', 'reason', 'statement']) &&
    hasTexts(log, ['origin', 'checkpoint', 'root']) &&
    areTexts(object(log)?.['keys']) &&
    areTexts(object(log)?.['witnesses']) &&
    hasNumbers(objects, ['count', 'statements', 'bytes']) &&
    isListOf(checkpoints, (one) => hasTexts(one, ['file']) && hasNumbers(one, ['size'])) &&
    isListOf(problems, (one) => hasTexts(one, ['code', 'severity', 'at', 'detail'])) &&
    isListOf(files, (one) => hasTexts(one, ['file', 'sha256']) && hasNumbers(one, ['size']))
  );
}

/** @throws EvidenceError as parseManifest. */
export function parseObject(line: string, at: string): ExportedObject {
  const json = parseJson(line);
  if (!isObject(json) || !isExported(json)) throw new EvidenceError(`${at} does not describe an exported object`);
  return json;
}

function isExported(json: JsonObject | ExportedObject): json is ExportedObject {
  const { file, proof, opens } = json;
  return (
    hasTexts(json, ['file', 'proof', 'leaf', 'key', 'version']) &&
    hasNumbers(json, ['index']) &&
    OBJECT_FILE.test(text(file) ?? '') &&
    PROOF_FILE.test(text(proof) ?? '') &&
    (opens === undefined || isOpens(opens))
  );
}

function isOpens(opens: unknown): boolean {
  if (!hasTexts(opens, ['algorithm', 'key_name', 'data_key', 'salt']) || !isObject(opens) || !isObject(opens['context'])) return false;
  return ['data_key', 'salt'].every((name) => Buffer.from(text(opens[name]) ?? '', 'base64').length === 32);
}

function hasTexts(candidate: unknown, names: readonly string[]): boolean {
  return isObject(candidate) && names.every((name) => text(candidate[name]) !== undefined);
}

function hasNumbers(candidate: unknown, names: readonly string[]): boolean {
  return isObject(candidate) && names.every((name) => Number.isSafeInteger(candidate[name]));
}

function areTexts(candidate: unknown): boolean {
  return isListOf(candidate, (one) => text(one) !== undefined);
}

function isListOf(candidate: unknown, is: (one: Json) => boolean): boolean {
  return isArray(candidate) && candidate.every(is);
}
