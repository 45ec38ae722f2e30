// Attributes that several classes have, and how they are searched: what fields.ts is put together from. https://docs.opensearch.org/latest/field-types/

/** How an attribute is searched. */
export type Search =
  /** Exact values: search, filter, sort, aggregate. */
  | 'keyword'
  /** Few different values: filter and aggregate through doc values alone. */
  | 'facet'
  /** Words, without positions or scores. */
  | 'words'
  /** Words of JSON text, cut at its punctuation. */
  | 'payload'
  | 'ip'
  /** Whole numbers to filter by exact value. */
  | 'number'
  /** Whole numbers to aggregate; counts grow beyond 2^31. */
  | 'measure'
  | 'time';

export type Fields = Readonly<Record<string, Search>>;

export const COMMON: Fields = {
  time: 'time',
  activity_id: 'facet',
  severity_id: 'facet',
  // Often all that a question asks for: found by its term, not by reading a value of every document.
  status_id: 'keyword',
  type_uid: 'facet',
  class_uid: 'facet',
  'metadata.product.name': 'keyword',
  // What the log itself calls the event, where no attribute of the class says it.
  'metadata.event_code': 'keyword',
  'cloud.account.uid': 'keyword',
  'cloud.region': 'facet',
  message: 'words',
  // Values without an attribute of their own that threat intelligence is matched with: addresses of chains, accounts.
  'observables.value': 'keyword',
  'observables.type_id': 'facet',
  // What threat intelligence knows of the event: the indicator, what it stands for, and the feed. They cost nothing where there is none.
  'osint.value': 'keyword',
  'osint.type_id': 'facet',
  'osint.name': 'keyword',
  'osint.vendor_name': 'keyword',
};

/** Who acted, of any product. */
export const PERSON: Fields = { 'actor.user.uid': 'keyword', 'actor.user.name': 'keyword', 'actor.user.type_id': 'facet' };

/** Who acted, with the credentials and the session that AWS tells. */
export const ACTOR: Fields = {
  ...PERSON,
  'actor.user.programmatic_credentials.uid': 'keyword',
  'actor.user.account.uid': 'facet',
  'actor.app_name': 'facet',
  'actor.session.issuer': 'keyword',
  'actor.session.is_mfa': 'facet',
};

/** What a firewall or a filter did, and by which rule. */
export const RULING: Fields = { action_id: 'keyword', disposition_id: 'facet', 'firewall_rule.uid': 'keyword' };

/** As RULING, of those that also raise the alarm. */
export const CONTROL: Fields = { ...RULING, is_alert: 'facet', 'firewall_rule.name': 'keyword' };

/** Where an address is in the world, and in whose network: what enrichment adds. The names of cities and networks are stored, not searched. */
const FROM: Fields = { 'src_endpoint.location.country': 'facet', 'src_endpoint.autonomous_system.number': 'facet' };
const TO: Fields = { 'dst_endpoint.location.country': 'facet', 'dst_endpoint.autonomous_system.number': 'facet' };

export const SOURCE: Fields = { 'src_endpoint.ip': 'ip', 'src_endpoint.domain': 'keyword', ...FROM };

export const API: Fields = {
  'api.operation': 'keyword',
  'api.service.name': 'keyword',
  'api.request.data': 'payload',
  'api.response.data': 'payload',
  'api.response.error': 'facet',
  'api.response.error_message': 'words',
  'http_request.user_agent': 'keyword',
};

export const RESOURCES: Fields = { 'resources.uid': 'keyword', 'resources.type': 'facet' };

export const ENDPOINTS: Fields = {
  'src_endpoint.ip': 'ip',
  'src_endpoint.port': 'measure',
  'dst_endpoint.ip': 'ip',
  'dst_endpoint.port': 'number',
  ...FROM,
  ...TO,
};

export const FINDING: Fields = {
  'finding_info.uid': 'keyword',
  'finding_info.title': 'words',
  'finding_info.types': 'keyword',
  'finding_info.analytic.uid': 'keyword',
  'finding_info.analytic.name': 'keyword',
  is_alert: 'facet',
  ...RESOURCES,
};

export const USER: Fields = { 'user.uid': 'keyword', 'user.name': 'keyword' };

/** Classes that Strongroom has no name for, of producers who speak OCSF themselves: what most of them have. */
export const OTHER_CLASS_FIELDS: Fields = {
  ...ACTOR,
  ...SOURCE,
  ...ENDPOINTS,
  ...USER,
  ...RESOURCES,
  'dst_endpoint.hostname': 'keyword',
  'device.uid': 'keyword',
  'device.hostname': 'keyword',
  'device.ip': 'ip',
  'file.name': 'keyword',
  'file.path': 'keyword',
  'finding_info.uid': 'keyword',
  'finding_info.title': 'words',
  'process.name': 'keyword',
  'process.cmd_line': 'payload',
};
