// https://docs.opensearch.org/latest/im-plugin/index-templates/ : one composable template per OCSF class, made from fields.ts.
import { digest } from '../ids.ts';
import { OTHER_CLASS_FIELDS, type Fields, type Search } from './field-groups.ts';
import { CLASS_FIELDS, fieldsOf } from './fields.ts';
import { INDEX_PREFIX, REPLAY_PREFIX } from './index-name.ts';

// A keyword term may hold 32,766 bytes; a character needs up to 4. Longer values stay in the document and are not indexed.
const LONGEST_KEYWORD = 8191;

const PROPERTY: Readonly<Record<Search, object>> = {
  keyword: { type: 'keyword', ignore_above: LONGEST_KEYWORD },
  facet: { type: 'keyword', ignore_above: LONGEST_KEYWORD, index: false },
  words: { type: 'match_only_text' },
  payload: { type: 'match_only_text', analyzer: 'payload' },
  ip: { type: 'ip', ignore_malformed: true },
  number: { type: 'long', ignore_malformed: true },
  measure: { type: 'long', ignore_malformed: true, index: false },
  time: { type: 'date', format: 'epoch_millis' },
};

/** Cuts JSON text, ARNs and paths at their punctuation. Long blobs are no words. */
const ANALYSIS = {
  analyzer: { payload: { type: 'custom', tokenizer: 'payload', filter: ['lowercase', 'payload_length'] } },
  tokenizer: { payload: { type: 'pattern', pattern: '[\\s"{}\\[\\],:=&?;()<>\\\\/]+' } },
  filter: { payload_length: { type: 'length', max: 72 } },
};

export interface IndexTemplate {
  readonly name: string;
  readonly body: {
    readonly index_patterns: readonly string[];
    readonly priority: number;
    readonly version: number;
    readonly _meta: { readonly strongroom: string };
    readonly template: object;
  };
}

/**
 * @returns one template per class, one for all others, and one for replays; `_meta.strongroom` names its contents, so that a change is seen.
 */
export function indexTemplates(): readonly IndexTemplate[] {
  const ours = CLASS_FIELDS.map(({ cls, fields, sort }) => templateOf(cls.name, `${INDEX_PREFIX}${cls.name}-*`, fields, sort));
  return [
    ...ours,
    templateOf('class', `${INDEX_PREFIX}class_*`, OTHER_CLASS_FIELDS, ['time']),
    templateOf('replay', `${REPLAY_PREFIX}*`, everyField(), ['time']),
  ];
}

/** An index of a replay holds events of every class. Where two classes search an attribute differently, the last one counts: it can do more. */
function everyField(): Fields {
  const all: Record<string, Search> = {};
  for (const { fields } of CLASS_FIELDS) Object.assign(all, fields);
  return { ...all, ...OTHER_CLASS_FIELDS };
}

function templateOf(name: string, pattern: string, fields: Fields, sort: readonly string[]): IndexTemplate {
  const template = { settings: settings(sort), mappings: mappings(fieldsOf(fields)) };
  return {
    name: `strongroom-${name}`,
    body: {
      index_patterns: [pattern],
      priority: 500,
      version: 1,
      _meta: { strongroom: digest(9, JSON.stringify(template)) },
      template,
    },
  };
}

function settings(sort: readonly string[]): object {
  return {
    index: {
      number_of_shards: 1,
      // None on a single node, one as soon as there is a second.
      auto_expand_replicas: '0-1',
      codec: 'best_compression',
      refresh_interval: '5s',
      'sort.field': sort,
      'sort.order': sort.map(() => 'asc'),
    },
    analysis: ANALYSIS,
  };
}

function mappings(fields: Fields): object {
  const root: Properties = {};
  for (const [path, search] of Object.entries(fields)) place(root, path.split('.'), PROPERTY[search]);
  // Stored and shown, never indexed: whatever a source adds, the number of fields stays.
  root['unmapped'] = { type: 'object', enabled: false };
  return { dynamic: false, properties: root };
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
