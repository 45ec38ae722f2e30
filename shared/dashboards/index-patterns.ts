// Index patterns: which fields there are, and how their values are shown. Ids show their captions, as shared/ocsf/full.ts would restore them.
// https://docs.opensearch.org/latest/dashboards/management/index-patterns/
import { FULL_FORM_DATA, type FullFormTable } from '../ocsf/full.ts';
import { OTHER_CLASS_FIELDS, type Fields, type Search } from '../opensearch/field-groups.ts';
import { CLASS_FIELDS, fieldsOf } from '../opensearch/fields.ts';
import { INDEX_PREFIX } from '../opensearch/index-name.ts';
import { patternId } from './ids.ts';
import { ALL, type Pattern, type SavedObject } from './model.ts';

/** Type in Dashboards and in OpenSearch. */
const TYPES: Readonly<Record<Search, readonly [string, string]>> = {
  keyword: ['string', 'keyword'],
  facet: ['string', 'keyword'],
  words: ['string', 'match_only_text'],
  payload: ['string', 'match_only_text'],
  ip: ['ip', 'ip'],
  number: ['number', 'long'],
  measure: ['number', 'long'],
  time: ['date', 'date'],
};

/** Whether there are doc values: what has none can be searched and shown, not counted by value. */
export function isAggregatable(search: Search): boolean {
  return search !== 'words' && search !== 'payload';
}

/** Shown out of the document, not searched: the key of the sealed bytes that a finding comes from. */
const EVIDENCE = 'unmapped.evidence';

/** Names of all index patterns. */
export const PATTERNS: readonly Pattern[] = [ALL, ...CLASS_FIELDS.map(({ cls }) => cls.name)];

/** @returns how the fields of a pattern are searched. @throws Error where there is no such class. */
export function patternFields(pattern: Pattern): Fields {
  if (pattern === ALL) return CLASS_FIELDS.reduce((all, { fields }) => ({ ...all, ...fieldsOf(fields) }), OTHER_CLASS_FIELDS);
  const found = CLASS_FIELDS.find(({ cls }) => cls.name === pattern);
  if (found === undefined) throw new Error(`there is no class ${pattern}`);
  return fieldsOf(found.fields);
}

export function patternTitle(pattern: Pattern): string {
  return pattern === ALL ? `${INDEX_PREFIX}*` : `${INDEX_PREFIX}${pattern}-*`;
}

export function indexPattern(pattern: Pattern): SavedObject {
  const fields = Object.entries(patternFields(pattern));
  const specs = [...META, ...fields.map(([name, search]) => mapped(name, search)), field(EVIDENCE, ['string'], [false, false, false])];
  return {
    type: 'index-pattern',
    id: patternId(pattern),
    attributes: {
      title: patternTitle(pattern),
      timeFieldName: 'time',
      fields: JSON.stringify(specs.toSorted((a, b) => (a.name < b.name ? -1 : 1))),
      fieldFormatMap: JSON.stringify(formatsOf(pattern, fields)),
    },
    references: [],
  };
}

interface FieldSpec {
  readonly name: string;
}

/** As a refresh of the list would find it, with one difference: what has doc values alone can be filtered by as well. */
function mapped(name: string, search: Search): FieldSpec {
  return field(name, TYPES[search], [true, isAggregatable(search), isAggregatable(search)]);
}

function field(name: string, [type, ...esTypes]: readonly string[], can: readonly [boolean, boolean, boolean]): FieldSpec {
  const [searchable, aggregatable, readFromDocValues] = can;
  return { name, ...{ type, esTypes, count: 0, scripted: false, searchable, aggregatable, readFromDocValues } };
}

const META: readonly FieldSpec[] = [
  field('_id', ['string', '_id'], [true, true, false]),
  field('_index', ['string', '_index'], [true, true, false]),
  field('_score', ['number'], [false, false, false]),
  field('_source', ['_source', '_source'], [false, false, false]),
];

interface Format {
  readonly id: string;
  readonly params?: object;
}

const BYTES: Format = { id: 'bytes' };
const PLAIN_NUMBER: Format = { id: 'number', params: { pattern: '0' } };

/** IANA protocol numbers that a bank meets. https://www.iana.org/assignments/protocol-numbers/protocol-numbers.xhtml */
const PROTOCOLS = { 1: 'ICMP', 2: 'IGMP', 6: 'TCP', 17: 'UDP', 41: 'IPv6', 47: 'GRE', 50: 'ESP', 51: 'AH', 58: 'ICMPv6', 132: 'SCTP' };

const FORMATS: Readonly<Record<string, Format>> = {
  'traffic.bytes': BYTES,
  'traffic.bytes_in': BYTES,
  'traffic.bytes_out': BYTES,
  'src_endpoint.port': PLAIN_NUMBER,
  'dst_endpoint.port': PLAIN_NUMBER,
  'http_response.code': PLAIN_NUMBER,
  'connection_info.protocol_num': lookup(PROTOCOLS),
  'actor.user.uid': link('actor.user.uid:"{{value}}" OR user.uid:"{{value}}" OR evidences.actor.user.uid:"{{value}}"'),
  'evidences.actor.user.uid': link('actor.user.uid:"{{value}}" OR user.uid:"{{value}}"'),
  'src_endpoint.ip': link('src_endpoint.ip:"{{value}}" OR dst_endpoint.ip:"{{value}}" OR evidences.src_endpoint.ip:"{{value}}"'),
  'dst_endpoint.ip': link('src_endpoint.ip:"{{value}}" OR dst_endpoint.ip:"{{value}}"'),
  'evidences.src_endpoint.ip': link('src_endpoint.ip:"{{value}}" OR dst_endpoint.ip:"{{value}}"'),
  'evidences.dst_endpoint.ip': link('src_endpoint.ip:"{{value}}" OR dst_endpoint.ip:"{{value}}"'),
  'resources.uid': link('resources.uid:"{{value}}"'),
  'finding_info.uid': link('finding_info.uid:"{{value}}"'),
  // Leads to who has read these bytes. No command is made of it: events of other products may have such a field too, and people copy commands.
  [EVIDENCE]: link('api.request.data:"{{value}}"'),
};

/** Opens the events of all classes of the last week; Discover is at this path from 2.10 on. */
function link(query: string): Format {
  const state = [
    '_g=(filters:!(),time:(from:now-7d,to:now))',
    `_a=(discover:(columns:!(metadata.product.name,message),isDirty:!f,sort:!(!(time,desc))),metadata:(indexPattern:${patternId(ALL)},view:discover))`,
    `_q=(filters:!(),query:(language:lucene,query:'${encodeURIComponent(query).replaceAll('%7B%7Bvalue%7D%7D', '{{value}}')}'))`,
  ].join('&');
  return { id: 'url', params: { urlTemplate: `../app/data-explorer/discover#/?${state}`, labelTemplate: '{{value}}' } };
}

function lookup(captions: Readonly<Record<string, string>>): Format {
  return { id: 'static_lookup', params: { lookupEntries: Object.entries(captions).map(([key, value]) => ({ key, value })) } };
}

function formatsOf(pattern: Pattern, fields: readonly (readonly [string, Search])[]): Readonly<Record<string, Format>> {
  const formats: Record<string, Format> = { [EVIDENCE]: FORMATS[EVIDENCE] ?? BYTES };
  for (const [name] of fields) {
    const captions = FORMATS[name] === undefined ? captionsOf(pattern, name) : undefined;
    const format = captions === undefined ? FORMATS[name] : lookup(captions);
    if (format !== undefined) formats[name] = format;
  }
  return formats;
}

/** @returns caption by id; undefined where the field has none, or one id has two captions in two classes (`activity_id` of all classes). */
export function captionsOf(pattern: Pattern, name: string): Readonly<Record<string, string>> | undefined {
  const uids = CLASS_FIELDS.filter(({ cls }) => pattern === ALL || cls.name === pattern).map(({ cls }) => cls.uid);
  const all: Record<string, string> = {};
  for (const uid of uids) {
    for (const [id, caption] of Object.entries(captionsAt(FULL_FORM_DATA.classes[uid], name.split('.')))) {
      if (all[id] !== undefined && all[id] !== caption) return undefined;
      all[id] = caption;
    }
  }
  return Object.keys(all).length === 0 ? undefined : all;
}

function captionsAt(table: FullFormTable | undefined, [name = '', ...rest]: readonly string[]): Readonly<Record<string, string>> {
  const attribute = table?.[name];
  if (attribute === undefined) return {};
  if (rest.length > 0) return attribute.object === undefined ? {} : captionsAt(FULL_FORM_DATA.objects[attribute.object], rest);
  return attribute.captions === undefined ? {} : (FULL_FORM_DATA.captions[attribute.captions] ?? {});
}
