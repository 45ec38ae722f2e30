// A query as somebody wrote it → the query_string that means it. Addresses of networks, ARNs and paths need no escapes, an event's own uid is
// found under its document id. https://docs.opensearch.org/latest/query-dsl/full-text/query-string/
import { documentId } from '../ids.ts';
import type { Json, JsonObject } from '../model.ts';
import { QueryError } from './errors.ts';
import { wordFields, type FieldTypes } from './fields.ts';
import { isAddress, type Term } from './lucene.ts';
import type { TimeRange } from './time.ts';

export interface QueryOptions {
  /** Whether a value may begin with `*` or `?`, which has every term of the field read. */
  readonly leadingWildcards?: boolean | undefined;
}

/** @returns the query in OpenSearch's own words. @throws QueryError for a leading wildcard that was not asked for. */
export function rewritten(query: string, terms: readonly Term[], types: FieldTypes, { leadingWildcards }: QueryOptions = {}): string {
  let out = '';
  let done = 0;
  for (const term of terms) {
    if (leadingWildcards !== true && term.kind === 'wildcard' && /^[*?]/.test(term.raw) && term.raw !== '*')
      throw new QueryError(
        'a value that begins with * or ? has every term of its field read: give its beginning, or --leading-wildcards to have it so',
        { query, at: term.at },
      );
    checkValue(query, term, types);
    const [from, replacement] = replaced(term, types);
    out += query.slice(done, from ?? term.at) + (replacement ?? query.slice(term.at, term.end));
    done = term.end;
  }
  return out + query.slice(done);
}

/** Values that a field cannot have: OpenSearch would say so too, but not where. */
function checkValue(query: string, { field = '', kind, text, raw, at }: Term, types: FieldTypes): void {
  const type = types.get(field);
  const fail = (message: string): never => {
    throw new QueryError(message, { query, at });
  };
  if (raw === '*' || kind === 'comparison') return;
  if (type === 'date' && !/^[[{]?(\d{1,14}|\*)( TO (\d{1,14}|\*)[\]}])?$/.test(text))
    fail(`${field} is in ms since the epoch: give times with --last, --from and --to`);
  if (kind === 'range' || type === undefined) return;
  if (type === 'ip' && !isAddress(text) && (kind !== 'wildcard' || networkOf(text) === undefined))
    fail(`${field} holds addresses: 192.0.2.1, 192.0.2.0/24, 192.0.2.* or a range [192.0.2.1 TO 192.0.2.9]`);
  if (NUMBERS.has(type) && !/^-?\d+(\.\d+)?$/.test(text)) fail(`${field} holds numbers: 443, >=1024 or a range [1024 TO 65535]`);
}

const NUMBERS: ReadonlySet<string> = new Set(['long', 'integer', 'short', 'byte', 'double', 'float', 'half_float', 'unsigned_long']);

type Replacement = readonly [from: number | undefined, text: string | undefined];

function replaced(term: Term, types: FieldTypes): Replacement {
  const { field, fieldAt, at, kind, suffix } = term;
  // Side by side in brackets they would be one name.
  if (field === '_exists_') return [undefined, fieldAt === at && kind === 'word' ? `_exists_:${term.raw}${suffix}` : undefined];
  if (field === undefined) return [at, kind === 'word' && suffix === '' ? wanted(term, types) : plainly(term)];
  return named(term, field, types);
}

function named(term: Term, field: string, types: FieldTypes): Replacement {
  const { fieldAt, at, kind, text, suffix } = term;
  const isNamed = fieldAt < at;
  if (field === 'metadata.uid' && isNamed && (kind === 'word' || kind === 'phrase'))
    return [fieldAt, `_id:${quoted(documentId(text))}${suffix}`];
  const network = types.get(field) === 'ip' && kind === 'wildcard' ? networkOf(text) : undefined;
  const value = network === undefined ? plainly(term) : quoted(network) + suffix;
  return field.includes('*') && isNamed ? [fieldAt, `${field.replaceAll('*', '\\*')}:${value}`] : [at, value];
}

/** A word without a field: an address and an id stand where no words are looked for. */
function wanted(term: Term, types: FieldTypes): string {
  if (isAddress(term.text)) return anywhere(term.text, types);
  return ID.test(term.text) ? `(${quoted(term.text)} OR _id:${quoted(documentId(term.text))})` : plainly(term);
}

const ID = /^(?=.*\d)[\w-]{16,64}$/;

/** An address without a field: wherever addresses stand, and in words. */
function anywhere(address: string, types: FieldTypes): string {
  const fields = [...types].filter(([, type]) => type === 'ip').map(([path]) => `${path}:${quoted(address)}`);
  return `(${[...fields, quoted(address)].join(' OR ')})`;
}

/** In quotes: of words that stand side by side without them, query_string makes one value of a field that has no words. */
function plainly({ kind, text, raw, suffix }: Term): string {
  if (kind === 'wildcard' || (kind === 'word' && suffix.startsWith('~'))) return escaped(raw) + suffix;
  return (kind === 'word' ? quoted(text) : raw) + suffix;
}

function escaped(raw: string): string {
  return raw.replaceAll(/\\.|[:/]/gs, (found) => (found.length > 1 ? found : `\\${found}`));
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** @returns `198.51.100.0/24` for `198.51.100.*`; OpenSearch takes no wildcards for addresses. */
function networkOf(text: string): string | undefined {
  const [, given] = /^((?:\d{1,3}\.){1,3})\*$/.exec(text) ?? [];
  if (given === undefined) return undefined;
  const parts = given.split('.').slice(0, -1);
  return `${[...parts, ...Array.from({ length: 4 - parts.length }, () => '0')].join('.')}/${parts.length * 8}`;
}

/** @param asked as rewritten() gives it. @returns the body's query: nothing is scored, and a value that its field cannot have is an error. */
export function searchQuery(asked: string, range: TimeRange, types: FieldTypes): JsonObject {
  const fields = wordFields(types);
  const string: Record<string, Json> = {
    query: asked,
    // Without a list of its own, OpenSearch would look into every field, and be lenient with values that cannot be.
    fields: fields.length === 0 ? ['message'] : fields,
    analyze_wildcard: true,
    // Beginning with one was asked for, or is not there.
    allow_leading_wildcard: true,
  };
  return { bool: { filter: [{ query_string: string }, timeFilter(range)] } };
}

export function timeFilter({ from, to }: TimeRange): JsonObject {
  return { range: { time: { gte: from, ...(to === undefined ? {} : { lt: to }) } } };
}
