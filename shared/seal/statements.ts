// Statements: what people and functions say they do with evidence, in the vault beside it: plain JSON, written once, locked as evidence is, each a
// leaf of the log. Key: `_statements/<kind>/<yyyy>/<mm>/<dd>/<id>.json`; no bank's name begins with an underscore.
import { randomBytes } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { EvidenceError } from '../errors.ts';
import type { JsonObject } from '../model.ts';
import { isObject, parseJson, text } from '../outcome.ts';
import { longestLock, type RetentionConfig } from '../retention/classes.ts';
import { ifThere, listKeys, statusOf } from '../s3.ts';
import { lockSettings, type VaultSource } from './vault.ts';

export const STATEMENT_KINDS = ['access', 'hold', 'release', 'erasure', 'cloudtrail-key'] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

export const STATEMENTS = '_statements/';

export interface StatementVault extends VaultSource {
  readonly retention: RetentionConfig;
}

export interface Statement {
  /** In the vault. */
  readonly key: string;
  readonly kind: StatementKind;
  readonly id: string;
  /** ms since the epoch */
  readonly at: number;
  readonly body: JsonObject;
}

export interface StatementOptions {
  /** Of the caller's own choice where the same thing is to be said once only; characters of a key. Default: time and chance. */
  readonly id?: string;
  /** ms since the epoch; for tests. */
  readonly now?: number;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;

/** Puts a statement, once. @returns it as it stands in the vault; where there is one of that day and id already, that one stays. */
export async function putStatement(
  vault: StatementVault,
  kind: StatementKind,
  body: JsonObject,
  options: StatementOptions = {},
): Promise<Statement> {
  const now = options.now ?? Date.now();
  const id = options.id ?? newId(now);
  if (!ID.test(id)) throw new TypeError(`statement id ${JSON.stringify(id)}`);
  const at = new Date(now).toISOString();
  const key = `${STATEMENTS}${kind}/${at.slice(0, 10).replaceAll('-', '/')}/${id}.json`;
  const content = { format: 1, kind, id, at, ...body };
  try {
    await vault.s3.send(
      new PutObjectCommand({
        Bucket: vault.bucket,
        Key: key,
        Body: JSON.stringify(content),
        IfNoneMatch: '*',
        ContentType: 'application/json',
        ChecksumAlgorithm: 'SHA256',
        ...lockSettings(longestLock(vault.retention), now),
      }),
    );
  } catch (error) {
    if (statusOf(error) === 412) return await readStatement(vault, key);
    throw error;
  }
  return { key, kind, id, at: now, body: content };
}

/** `20261121T093000Z-9f3c21ab`: people type it. */
function newId(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${randomBytes(4).toString('hex')}`;
}

/** All statements (of a kind), by kind and day. */
export async function* readStatements(vault: VaultSource, kind?: StatementKind): AsyncGenerator<Statement> {
  for await (const key of statementKeys(vault, kind)) yield await readStatement(vault, key);
}

/** Keys of all statements (of a kind), by kind and day. */
export function statementKeys(vault: VaultSource, kind?: StatementKind): AsyncGenerator<string> {
  return listKeys(vault, kind === undefined ? STATEMENTS : `${STATEMENTS}${kind}/`);
}

/** @throws EvidenceError if there is none under the key. */
export async function readStatement({ s3, bucket }: VaultSource, key: string): Promise<Statement> {
  const answer = await ifThere(s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
  if (answer?.Body === undefined) throw new EvidenceError(`${key} is not in ${bucket}`);
  return parseStatement(key, await answer.Body.transformToString());
}

const KEY = /^_statements\/([a-z-]+)\/\d{4}\/\d\d\/\d\d\/([A-Za-z0-9._-]+)\.json$/;

export function isStatementKey(key: string): boolean {
  return KEY.test(key);
}

/** @throws EvidenceError if the content is no statement, or another's. */
export function parseStatement(key: string, content: string): Statement {
  const [, folder, name] = KEY.exec(key) ?? [];
  const body = parseJson(content);
  const kind = STATEMENT_KINDS.find((known) => known === folder);
  if (!isObject(body) || kind === undefined || body['kind'] !== kind || body['id'] !== name || body['format'] !== 1)
    throw new EvidenceError(`${key} is no statement of that kind and id`);
  const at = Date.parse(text(body['at']) ?? '');
  if (Number.isNaN(at)) throw new EvidenceError(`${key} does not say when it was made`);
  return { key, kind, id: name ?? '', at, body };
}
