// Which attributes of an event can be searched, and how. What is not listed is stored and shown, not indexed: nothing is mapped
// dynamically, so no event is refused for a type conflict and the number of fields is known.
// https://docs.opensearch.org/latest/field-types/
import {
  API_ACTIVITY,
  AUTHENTICATION,
  BASE_EVENT,
  DETECTION_FINDING,
  HTTP_ACTIVITY,
  NETWORK_ACTIVITY,
  type OcsfClass,
} from '../ocsf/classes.ts';

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

const COMMON: Fields = {
  time: 'time',
  activity_id: 'facet',
  severity_id: 'facet',
  status_id: 'facet',
  type_uid: 'facet',
  class_uid: 'facet',
  'metadata.product.name': 'facet',
  'cloud.account.uid': 'facet',
  'cloud.region': 'facet',
  message: 'words',
};

const ACTOR: Fields = {
  'actor.user.uid': 'keyword',
  'actor.user.name': 'keyword',
  'actor.user.type_id': 'facet',
  'actor.user.programmatic_credentials.uid': 'keyword',
  'actor.user.account.uid': 'facet',
  'actor.app_name': 'facet',
  'actor.session.issuer': 'keyword',
  'actor.session.is_mfa': 'facet',
};

const SOURCE: Fields = { 'src_endpoint.ip': 'ip', 'src_endpoint.domain': 'keyword' };

const API: Fields = {
  'api.operation': 'keyword',
  'api.service.name': 'keyword',
  'api.request.data': 'payload',
  'api.response.data': 'payload',
  'api.response.error': 'facet',
  'api.response.error_message': 'words',
  'http_request.user_agent': 'keyword',
};

const RESOURCES: Fields = { 'resources.uid': 'keyword', 'resources.type': 'facet' };

const ENDPOINTS: Fields = {
  'src_endpoint.ip': 'ip',
  'src_endpoint.port': 'measure',
  'dst_endpoint.ip': 'ip',
  'dst_endpoint.port': 'number',
};

/** Attributes by class, beside the common ones, and the order in which documents lie on disk (like beside like compresses best). */
export const CLASS_FIELDS: readonly { readonly cls: OcsfClass; readonly fields: Fields; readonly sort: readonly string[] }[] = [
  { cls: BASE_EVENT, fields: { 'metadata.log_name': 'facet' }, sort: ['metadata.log_name', 'time'] },
  {
    cls: DETECTION_FINDING,
    fields: {
      'finding_info.uid': 'keyword',
      'finding_info.title': 'words',
      'finding_info.types': 'keyword',
      'finding_info.analytic.uid': 'keyword',
      'finding_info.analytic.name': 'keyword',
      'finding_info.attacks.technique.uid': 'keyword',
      'finding_info.attacks.tactic.uid': 'facet',
      ...RESOURCES,
      'evidences.actor.user.uid': 'keyword',
      'evidences.src_endpoint.ip': 'ip',
      'evidences.dst_endpoint.ip': 'ip',
      'evidences.api.operation': 'keyword',
      is_alert: 'facet',
    },
    sort: ['time'],
  },
  {
    cls: AUTHENTICATION,
    fields: { ...ACTOR, ...SOURCE, ...API, 'user.uid': 'keyword', 'user.name': 'keyword', is_mfa: 'facet', 'service.name': 'facet' },
    sort: ['user.uid', 'time'],
  },
  {
    cls: NETWORK_ACTIVITY,
    fields: {
      ...ENDPOINTS,
      'connection_info.protocol_num': 'facet',
      'connection_info.direction_id': 'facet',
      'connection_info.tcp_flags': 'facet',
      'traffic.bytes': 'measure',
      'traffic.packets': 'measure',
      action_id: 'facet',
      // Where nothing tells the direction, the interface is the device.
      'device.interface_uid': 'facet',
      'device.instance_uid': 'facet',
      'device.vpc_uid': 'facet',
      'src_endpoint.interface_uid': 'facet',
      'dst_endpoint.interface_uid': 'facet',
      'src_endpoint.instance_uid': 'facet',
      'dst_endpoint.instance_uid': 'facet',
      'src_endpoint.vpc_uid': 'facet',
      'dst_endpoint.vpc_uid': 'facet',
    },
    sort: ['device.interface_uid', 'dst_endpoint.interface_uid', 'src_endpoint.ip', 'time'],
  },
  {
    cls: HTTP_ACTIVITY,
    fields: {
      ...ENDPOINTS,
      'http_request.http_method': 'facet',
      'http_request.url.hostname': 'keyword',
      'http_request.url.path': 'keyword',
      'http_request.url.query_string': 'payload',
      'http_request.user_agent': 'keyword',
      'http_response.code': 'number',
      'load_balancer.name': 'facet',
      'load_balancer.uid': 'facet',
      'traffic.bytes_in': 'measure',
      'traffic.bytes_out': 'measure',
    },
    sort: ['http_request.url.path', 'http_request.user_agent', 'time'],
  },
  {
    cls: API_ACTIVITY,
    fields: { ...ACTOR, ...SOURCE, ...API, ...RESOURCES },
    sort: ['api.service.name', 'api.operation', 'actor.user.uid', 'time'],
  },
];

export function fieldsOf(own: Fields): Fields {
  return { ...COMMON, ...own };
}
