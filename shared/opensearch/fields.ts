// Which attributes of an event can be searched, and how. What is not listed is stored and shown, not indexed: nothing is mapped
// dynamically, so no event is refused for a type conflict and the number of fields is known.
// https://docs.opensearch.org/latest/field-types/
import {
  ACCOUNT_CHANGE,
  API_ACTIVITY,
  AUTHENTICATION,
  BASE_EVENT,
  CLOUD_RESOURCES_INVENTORY,
  COMPLIANCE_FINDING,
  DATA_SECURITY_FINDING,
  DATASTORE_ACTIVITY,
  DETECTION_FINDING,
  DNS_ACTIVITY,
  ENTITY_MANAGEMENT,
  FILE_HOSTING,
  GROUP_MANAGEMENT,
  HTTP_ACTIVITY,
  NETWORK_ACTIVITY,
  USER_ACCESS,
  VULNERABILITY_FINDING,
  type OcsfClass,
} from '../ocsf/classes.ts';
import { ACTOR, API, COMMON, CONTROL, ENDPOINTS, FINDING, PERSON, RESOURCES, RULING, SOURCE, USER, type Fields } from './field-groups.ts';

/** Attributes by class, beside the common ones, and the order in which documents lie on disk (like beside like compresses best). */
export const CLASS_FIELDS: readonly { readonly cls: OcsfClass; readonly fields: Fields; readonly sort: readonly string[] }[] = [
  { cls: BASE_EVENT, fields: { 'metadata.log_name': 'facet' }, sort: ['metadata.log_name', 'time'] },
  {
    cls: DETECTION_FINDING,
    fields: {
      ...FINDING,
      'finding_info.attacks.technique.uid': 'keyword',
      'finding_info.attacks.tactic.uid': 'facet',
      'evidences.actor.user.uid': 'keyword',
      'evidences.src_endpoint.ip': 'ip',
      'evidences.dst_endpoint.ip': 'ip',
      'evidences.api.operation': 'keyword',
    },
    sort: ['time'],
  },
  {
    cls: AUTHENTICATION,
    fields: { ...ACTOR, ...SOURCE, ...API, ...USER, is_mfa: 'facet', 'service.name': 'facet' },
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
      ...CONTROL,
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
      ...RULING,
      'firewall_rule.name': 'keyword',
      'policy.uid': 'facet',
      'traffic.bytes_in': 'measure',
      'traffic.bytes_out': 'measure',
    },
    sort: ['src_endpoint.ip', 'time'],
  },
  {
    cls: API_ACTIVITY,
    fields: { ...ACTOR, ...SOURCE, ...API, ...RESOURCES, 'resources.name': 'keyword' },
    sort: ['api.service.name', 'api.operation', 'actor.user.uid', 'time'],
  },
  {
    cls: VULNERABILITY_FINDING,
    fields: {
      ...FINDING,
      'vulnerabilities.cve.uid': 'keyword',
      'vulnerabilities.severity': 'facet',
      'vulnerabilities.affected_packages.name': 'keyword',
    },
    sort: ['time'],
  },
  {
    cls: COMPLIANCE_FINDING,
    fields: { ...FINDING, 'compliance.control': 'keyword', 'compliance.standards': 'facet', 'compliance.status_id': 'facet' },
    sort: ['time'],
  },
  {
    cls: DATA_SECURITY_FINDING,
    fields: {
      ...FINDING,
      'databucket.name': 'keyword',
      'databucket.uid': 'keyword',
      'file.path': 'keyword',
      'data_security.category_id': 'facet',
    },
    sort: ['time'],
  },
  { cls: ACCOUNT_CHANGE, fields: { ...PERSON, ...SOURCE, ...USER, 'actor.app_name': 'facet' }, sort: ['user.uid', 'time'] },
  {
    cls: ENTITY_MANAGEMENT,
    fields: { ...PERSON, ...SOURCE, 'entity.name': 'keyword', 'entity.uid': 'keyword', 'entity.type': 'facet' },
    sort: ['entity.type', 'time'],
  },
  { cls: USER_ACCESS, fields: { ...PERSON, ...SOURCE, ...USER, ...RESOURCES, privileges: 'keyword' }, sort: ['user.uid', 'time'] },
  {
    cls: GROUP_MANAGEMENT,
    fields: { ...PERSON, ...SOURCE, ...USER, 'group.name': 'keyword', 'group.uid': 'keyword' },
    sort: ['group.uid', 'time'],
  },
  {
    cls: DNS_ACTIVITY,
    fields: {
      'src_endpoint.ip': 'ip',
      'src_endpoint.port': 'measure',
      'src_endpoint.instance_uid': 'facet',
      'src_endpoint.vpc_uid': 'facet',
      'query.hostname': 'keyword',
      'query.type': 'facet',
      'answers.rdata': 'keyword',
      rcode_id: 'facet',
      ...RULING,
      is_alert: 'facet',
    },
    sort: ['query.hostname', 'time'],
  },
  {
    cls: CLOUD_RESOURCES_INVENTORY,
    fields: { ...RESOURCES, 'resources.name': 'keyword', 'resources.data': 'payload' },
    sort: ['time'],
  },
  {
    cls: DATASTORE_ACTIVITY,
    fields: {
      'actor.user.name': 'keyword',
      'actor.user.type_id': 'facet',
      'actor.app_name': 'facet',
      ...SOURCE,
      'database.name': 'keyword',
      'table.name': 'keyword',
      'query_info.query_string': 'payload',
      'query_info.uid': 'keyword',
      'dst_endpoint.hostname': 'facet',
    },
    sort: ['database.name', 'actor.user.name', 'time'],
  },
  {
    cls: FILE_HOSTING,
    fields: {
      ...PERSON,
      'src_endpoint.ip': 'ip',
      'file.name': 'keyword',
      'file.uid': 'keyword',
      'http_request.user_agent': 'keyword',
    },
    sort: ['actor.user.uid', 'time'],
  },
];

export function fieldsOf(own: Fields): Fields {
  return { ...COMMON, ...own };
}
