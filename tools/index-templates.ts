// shared/opensearch/fields.ts and schemas/ocsf → schemas/opensearch/templates/: one index template per OCSF class. The table says which attributes
// are searched and how; what type they are is read in the class's schema, by which events are validated too: a mapping cannot disagree with it.
// https://docs.opensearch.org/latest/im-plugin/index-templates/ and https://docs.opensearch.org/latest/field-types/
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest } from '../shared/ids.ts';
import type { Json, JsonObject } from '../shared/model.ts';
import { isArray, isObject, object, parseJson, text } from '../shared/outcome.ts';
import { OTHER_CLASS_FIELDS, type Fields, type Search } from '../shared/opensearch/field-groups.ts';
import { CLASS_FIELDS, fieldsOf } from '../shared/opensearch/fields.ts';
import { INDEX_PREFIX, REPLAY_PREFIX, STORE_PREFIX } from '../shared/opensearch/index-name.ts';
import type { IndexTemplate } from '../shared/opensearch/template.ts';
import type { GeneratedFile } from './ocsf-schemas.ts';

const TEMPLATES_FILE = 'schemas/opensearch/templates/index-templates.json';

/** @param folder schemas/ocsf. */
export function templateFiles(folder: string): readonly GeneratedFile[] {
  return [{ path: TEMPLATES_FILE, content: `${JSON.stringify(buildTemplates(folder), undefined, 1)}\n` }];
}

/** @returns one template per class, one for all others, and one for replays. @throws Error naming the attribute that the schema does not have, or has otherwise. */
function buildTemplates(folder: string): readonly IndexTemplate[] {
  const schemas = new Map(CLASS_FIELDS.map(({ cls }) => [cls.uid, readSchema(folder, `${cls.uid}-${cls.name}.json`)]));
  const all = [...schemas.values()];
  const ours = CLASS_FIELDS.map(({ cls, fields, sort }) => {
    const schema = schemas.get(cls.uid);
    return templateOf({
      name: cls.name,
      patterns: patternsOf(`${cls.name}-*`),
      fields,
      sort,
      schemas: schema === undefined ? [] : [schema],
    });
  });
  return [
    ...ours,
    templateOf({ name: 'class', patterns: patternsOf('class_*'), fields: OTHER_CLASS_FIELDS, sort: ['time'], schemas: all }),
    templateOf({ name: 'replay', patterns: [`${REPLAY_PREFIX}*`], fields: everyField(), sort: ['time'], schemas: all }),
  ];
}

/** Stores, and whatever is made under a period's own name. */
function patternsOf(rest: string): readonly string[] {
  return [`${STORE_PREFIX}${rest}`, `${INDEX_PREFIX}${rest}`];
}

function readSchema(folder: string, name: string): JsonObject {
  return object(parseJson(readFileSync(join(folder, name), 'utf8'))) ?? {};
}

/** An index of a replay holds events of every class. Where two classes search an attribute differently, the last one counts: it can do more. */
function everyField(): Fields {
  const all: Record<string, Search> = {};
  for (const { fields } of CLASS_FIELDS) Object.assign(all, fields);
  return { ...all, ...OTHER_CLASS_FIELDS };
}

interface Wanted {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly fields: Fields;
  readonly sort: readonly string[];
  /** The first that has an attribute tells what it is. */
  readonly schemas: readonly JsonObject[];
}

function templateOf({ name, patterns, fields, sort, schemas }: Wanted): IndexTemplate {
  const root: Properties = {};
  for (const [path, search] of Object.entries(fieldsOf(fields)))
    place(root, path.split('.'), propertyOf(path, search, typeOf(path, schemas), name));
  // Stored and shown, never indexed: whatever a source adds, the number of fields stays.
  root['unmapped'] = { type: 'object', enabled: false };
  const settings = { index: { ...INDEX_SETTINGS, 'sort.field': sort, 'sort.order': sort.map(() => 'asc') }, analysis: ANALYSIS };
  const rest = { index_patterns: patterns, priority: 500, version: 1 };
  const strongroom = digest(9, JSON.stringify({ ...rest, settings, dynamic: false, root }));
  // In the mapping too: each index tells by which version it was made.
  const mappings = { dynamic: false, _meta: { strongroom }, properties: root };
  return { name: `strongroom-${name}`, body: { ...rest, _meta: { strongroom }, template: { settings, mappings } } };
}

const INDEX_SETTINGS = {
  number_of_shards: 1,
  // None on a single node, one as soon as there is a second.
  auto_expand_replicas: '0-1',
  // Half as fast again to read as best_compression, which a store gets when nothing is written to it any more (shared/lifecycle/pack.ts).
  codec: 'default',
  refresh_interval: '5s',
};

/** Cuts JSON text, ARNs and paths at their punctuation. Long blobs are no words. */
const ANALYSIS = {
  analyzer: { payload: { type: 'custom', tokenizer: 'payload', filter: ['lowercase', 'payload_length'] } },
  tokenizer: { payload: { type: 'pattern', pattern: '[\\s"{}\\[\\],:=&?;()<>\\\\/]+' } },
  filter: { payload_length: { type: 'length', max: 72 } },
};

/** What a schema says that an attribute holds. */
type Kind = 'text' | 'ip' | 'integer' | 'time' | 'boolean' | 'number' | 'json';

// A keyword term may hold 32,766 bytes; a character needs up to 4. Longer values stay in the document and are not indexed.
const LONGEST_KEYWORD = 8191;

const KEYWORD = { type: 'keyword', ignore_above: LONGEST_KEYWORD };

/** By how it is searched, then by what it holds; what is not here does not go together. */
const PROPERTIES: Readonly<Record<Search, Readonly<Partial<Record<Kind, object>>>>> = {
  // Numbers of an enumeration too: nobody asks for a range of them.
  keyword: { text: KEYWORD, integer: KEYWORD },
  facet: { text: { ...KEYWORD, index: false }, integer: { ...KEYWORD, index: false }, boolean: { ...KEYWORD, index: false } },
  words: { text: { type: 'match_only_text' } },
  payload: { text: { type: 'match_only_text', analyzer: 'payload' }, json: { type: 'match_only_text', analyzer: 'payload' } },
  ip: { ip: { type: 'ip', ignore_malformed: true } },
  number: { integer: { type: 'long', ignore_malformed: true } },
  measure: { integer: { type: 'long', ignore_malformed: true, index: false } },
  time: { time: { type: 'date', format: 'epoch_millis' } },
};

function propertyOf(path: string, search: Search, kind: Kind, template: string): object {
  const property = PROPERTIES[search][kind];
  if (property === undefined) throw new Error(`${template}: ${path} is ${kind} in its schema and cannot be searched as ${search}`);
  return property;
}

/** Of classes that we have no schema of: https://schema.ocsf.io/1.8.0/objects/process */
const FOREIGN: Readonly<Record<string, Kind>> = { 'process.name': 'text', 'process.cmd_line': 'text' };

/** @throws Error where no class has the attribute, or it is deprecated. */
function typeOf(path: string, schemas: readonly JsonObject[]): Kind {
  const found = schemas.map((schema) => attribute(schema, path)).find((one) => one !== undefined && one['x-deprecated'] === undefined);
  if (found !== undefined) return kindOf(found);
  const foreign = schemas.length > 1 ? FOREIGN[path] : undefined;
  if (foreign === undefined) throw new Error(`${path} is no attribute of the class`);
  return foreign;
}

/** Follows the path through objects and lists. */
function attribute(schema: JsonObject, path: string): JsonObject | undefined {
  const definitions = object(schema['$defs']);
  let node: JsonObject | undefined = schema;
  for (const name of path.split('.')) {
    const item: JsonObject | undefined = object(node?.['items']) ?? node;
    const reference = text(item?.['$ref']);
    const target: JsonObject | undefined = reference === undefined ? item : object(definitions?.[reference.replace('#/$defs/', '')]);
    node = object(object(target?.['properties'])?.[name]);
  }
  return object(node?.['items']) ?? node;
}

/** The first millisecond of the years that a time may lie in: how tools/ocsf-schemas.ts writes timestamp_t. */
const FIRST_TIME = Date.UTC(2000, 0, 1);

function kindOf(schema: JsonObject): Kind {
  if (isArray(schema['anyOf']) && schema['anyOf'].some((one: Json) => isObject(one) && one['format'] === 'ipv4')) return 'ip';
  const [one] = isArray(schema['enum']) ? schema['enum'] : [schema['const']];
  if (typeof one === 'number') return 'integer';
  if (typeof one === 'string') return 'text';
  const type = schema['type'];
  if (type === 'integer') return schema['minimum'] === FIRST_TIME ? 'time' : 'integer';
  if (type === 'string') return 'text';
  return type === 'boolean' || type === 'number' ? type : 'json';
}

interface Properties {
  [name: string]: object;
}

function place(properties: Properties, path: readonly string[], leaf: object): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    properties[name] = leaf;
    return;
  }
  const inner = properties[name] as { properties: Properties } | undefined;
  const node = inner ?? { properties: {} };
  properties[name] = node;
  place(node.properties, rest, leaf);
}
