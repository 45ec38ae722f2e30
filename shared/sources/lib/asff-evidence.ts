// What a finding of Security Hub shows of the activity it is about: Action, Network, Process. https://schema.ocsf.io/1.8.0/objects/evidences
// https://docs.aws.amazon.com/securityhub/latest/userguide/asff-top-level-attributes.html
import type { JsonObject } from '../../model.ts';
import { ipOf } from '../../ocsf/event.ts';
import { isArray, isObject, object, text } from '../../outcome.ts';
import { integer, timeOf } from '../guardduty-evidence.ts';
import { portOf } from './values.ts';

/** @returns OCSF evidences; undefined where the finding shows none that has a place there. What they were made of stays in `unmapped`. */
export function evidencesOf(finding: JsonObject): readonly JsonObject[] | undefined {
  const action = object(finding['Action']) ?? {};
  const evidences = [
    ...apiCall(object(action['AwsApiCallAction']), finding),
    ...connection(object(action['NetworkConnectionAction'])),
    ...probes(object(action['PortProbeAction'])),
    ...dnsRequest(object(action['DnsRequestAction'])),
    ...network(object(finding['Network'])),
    ...processOf(object(finding['Process'])),
  ];
  return evidences.length === 0 ? undefined : evidences;
}

function apiCall(call: JsonObject | undefined, finding: JsonObject): readonly JsonObject[] {
  const operation = text(call?.['Api']);
  if (call === undefined || operation === undefined) return [];
  const service = text(call['ServiceName']);
  const domain = text(object(call['DomainDetails'])?.['Domain']);
  return [
    {
      api: { operation, service: service === undefined ? undefined : { name: service } },
      actor: callerOf(finding),
      src_endpoint: remote(call) ?? (domain === undefined ? undefined : { domain }),
    },
  ];
}

/** The key that was used is among the resources. https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsIamAccessKeyDetails.html */
function callerOf(finding: JsonObject): JsonObject | undefined {
  const resources = isArray(finding['Resources']) ? finding['Resources'].filter(isObject) : [];
  for (const resource of resources) {
    const key = object(object(resource['Details'])?.['AwsIamAccessKey']);
    const uid = text(key?.['PrincipalId']);
    const name = text(key?.['PrincipalName']) ?? text(key?.['UserName']);
    if (uid !== undefined || name !== undefined) return { user: { uid, name } };
  }
  return undefined;
}

/** Direction ids. https://schema.ocsf.io/1.8.0/objects/network_connection_info (direction_id) */
const UNKNOWN = 0;
const INBOUND = 1;
const OUTBOUND = 2;
const DIRECTIONS: ReadonlyMap<string, number> = new Map([
  ['IN', INBOUND],
  ['INBOUND', INBOUND],
  ['OUT', OUTBOUND],
  ['OUTBOUND', OUTBOUND],
]);

function connection(seen: JsonObject | undefined): readonly JsonObject[] {
  if (seen === undefined) return [];
  const direction = DIRECTIONS.get(text(seen['ConnectionDirection']) ?? '') ?? UNKNOWN;
  const far = remote(seen);
  const near = local(seen);
  const [src_endpoint, dst_endpoint] = direction === INBOUND ? [far, near] : [near, far];
  return [{ src_endpoint, dst_endpoint, connection_info: infoOf(direction, seen['Protocol']) }];
}

function probes(probe: JsonObject | undefined): readonly JsonObject[] {
  const details = probe?.['PortProbeDetails'];
  if (!isArray(details)) return [];
  return details.filter(isObject).map((one) => ({
    src_endpoint: remote(one),
    dst_endpoint: local(one),
    connection_info: infoOf(INBOUND, undefined),
  }));
}

function dnsRequest(request: JsonObject | undefined): readonly JsonObject[] {
  const hostname = text(request?.['Domain']);
  return hostname === undefined ? [] : [{ query: { hostname } }];
}

function network(seen: JsonObject | undefined): readonly JsonObject[] {
  if (seen === undefined) return [];
  const src_endpoint = endpoint(seen, 'Source');
  const dst_endpoint = endpoint(seen, 'Destination');
  if (src_endpoint === undefined && dst_endpoint === undefined) return [];
  const direction = DIRECTIONS.get(text(seen['Direction']) ?? '') ?? UNKNOWN;
  return [{ src_endpoint, dst_endpoint, connection_info: infoOf(direction, seen['Protocol']) }];
}

function endpoint(seen: JsonObject, end: 'Source' | 'Destination'): JsonObject | undefined {
  const ip = ipOf(text(seen[`${end}IpV4`])) ?? ipOf(text(seen[`${end}IpV6`]));
  const domain = text(seen[`${end}Domain`]);
  if (ip === undefined && domain === undefined) return undefined;
  return { ip, domain, port: port(seen[`${end}Port`]) };
}

function processOf(seen: JsonObject | undefined): readonly JsonObject[] {
  const name = text(seen?.['Name']);
  const pid = integer(seen?.['Pid']);
  const path = text(seen?.['Path']);
  if (seen === undefined || pid === undefined) return [];
  return [{ process: { name, pid, path, created_time: timeOf(seen['LaunchedAt']), terminated_time: timeOf(seen['TerminatedAt']) } }];
}

function infoOf(direction_id: number, protocol: unknown): JsonObject {
  return { direction_id, protocol_name: text(protocol)?.toLowerCase() };
}

function remote(action: JsonObject): JsonObject | undefined {
  const details = object(action['RemoteIpDetails']);
  const ip = ipOf(text(details?.['IpAddressV4']));
  if (ip === undefined) return undefined;
  const city = text(object(details?.['City'])?.['CityName']);
  const country = text(object(details?.['Country'])?.['CountryCode']);
  return {
    ip,
    port: port(object(action['RemotePortDetails'])?.['Port']),
    location: city === undefined && country === undefined ? undefined : { city, country },
    autonomous_system: autonomousSystemOf(object(details?.['Organization'])),
  };
}

function local(action: JsonObject): JsonObject | undefined {
  const ip = ipOf(text(object(action['LocalIpDetails'])?.['IpAddressV4']));
  return ip === undefined ? undefined : { ip, port: port(object(action['LocalPortDetails'])?.['Port']) };
}

function autonomousSystemOf(organization: JsonObject | undefined): JsonObject | undefined {
  const name = text(organization?.['AsnOrg']);
  const number = integer(organization?.['Asn']);
  return name === undefined && number === undefined ? undefined : { name, number };
}

/** A number, or its digits. */
function port(candidate: unknown): number | undefined {
  return portOf(typeof candidate === 'number' ? String(candidate) : (text(candidate) ?? ''));
}
