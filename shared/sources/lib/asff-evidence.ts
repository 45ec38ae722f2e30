// What a finding of Security Hub shows of the activity it is about: Action, Network, Process. https://schema.ocsf.io/1.8.0/objects/evidences
// https://docs.aws.amazon.com/securityhub/latest/userguide/asff-top-level-attributes.html
import type { JsonObject } from '../../model.ts';
import { settle } from './aws-finding.ts';
import { inside, listIn, peekText, takeIp, takePort, takeText, takeTime, takeWhole, type Fields } from './fields.ts';

/** Takes OCSF evidences; undefined where the finding shows none that has a place there. */
export function evidencesOf(finding: Fields): readonly JsonObject[] | undefined {
  const action = inside(finding, 'Action');
  const evidences = [
    ...apiCall(inside(action, 'AwsApiCallAction'), finding),
    ...connection(inside(action, 'NetworkConnectionAction')),
    ...probes(inside(action, 'PortProbeAction')),
    ...dnsRequest(inside(action, 'DnsRequestAction')),
    ...network(inside(finding, 'Network')),
    ...processOf(inside(finding, 'Process')),
  ];
  return evidences.length === 0 ? undefined : evidences;
}

function apiCall(call: Fields, finding: Fields): readonly JsonObject[] {
  const operation = takeText(call, 'Api');
  if (operation === undefined) return [];
  const service = takeText(call, 'ServiceName');
  return [
    {
      api: { operation, service: service === undefined ? undefined : { name: service } },
      actor: callerOf(finding),
      src_endpoint: remote(call) ?? domainOf(inside(call, 'DomainDetails')),
    },
  ];
}

function domainOf(details: Fields): JsonObject | undefined {
  const domain = takeText(details, 'Domain');
  return domain === undefined ? undefined : { domain };
}

/** The key that was used is among the resources. https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsIamAccessKeyDetails.html */
function callerOf(finding: Fields): JsonObject | undefined {
  for (const resource of listIn(finding, 'Resources')) {
    const key = inside(inside(resource, 'Details'), 'AwsIamAccessKey');
    // The resource keeps them: its data is the key as a whole.
    const uid = peekText(key, 'PrincipalId');
    const name = peekText(key, 'PrincipalName') ?? peekText(key, 'UserName');
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

function takeDirection(fields: Fields, name: string): number {
  const direction = DIRECTIONS.get(peekText(fields, name) ?? '');
  if (direction !== undefined) takeText(fields, name);
  return direction ?? UNKNOWN;
}

function connection(seen: Fields): readonly JsonObject[] {
  if (isAbsent(seen)) return [];
  const direction = takeDirection(seen, 'ConnectionDirection');
  const far = remote(seen);
  const near = local(seen);
  const [src_endpoint, dst_endpoint] = direction === INBOUND ? [far, near] : [near, far];
  return [{ src_endpoint, dst_endpoint, connection_info: infoOf(direction, takeText(seen, 'Protocol')) }];
}

function isAbsent({ members }: Fields): boolean {
  return Object.keys(members).length === 0;
}

function probes(probe: Fields): readonly JsonObject[] {
  const seen = listIn(probe, 'PortProbeDetails').map((one) => ({
    src_endpoint: remote(one),
    dst_endpoint: local(one),
    connection_info: infoOf(INBOUND, undefined),
  }));
  settle(probe, 'PortProbeDetails');
  return seen;
}

function dnsRequest(request: Fields): readonly JsonObject[] {
  const hostname = takeText(request, 'Domain');
  return hostname === undefined ? [] : [{ query: { hostname } }];
}

function network(seen: Fields): readonly JsonObject[] {
  const src_endpoint = endpoint(seen, 'Source');
  const dst_endpoint = endpoint(seen, 'Destination');
  if (src_endpoint === undefined && dst_endpoint === undefined) return [];
  return [{ src_endpoint, dst_endpoint, connection_info: infoOf(takeDirection(seen, 'Direction'), takeText(seen, 'Protocol')) }];
}

function endpoint(seen: Fields, end: 'Source' | 'Destination'): JsonObject | undefined {
  const ip = takeIp(seen, `${end}IpV4`) ?? takeIp(seen, `${end}IpV6`);
  const domain = takeText(seen, `${end}Domain`);
  if (ip === undefined && domain === undefined) return undefined;
  return { ip, domain, port: takePort(seen, `${end}Port`) };
}

function processOf(seen: Fields): readonly JsonObject[] {
  const pid = takeWhole(seen, 'Pid');
  if (pid === undefined) return [];
  const created_time = takeTime(seen, 'LaunchedAt');
  const terminated_time = takeTime(seen, 'TerminatedAt');
  return [{ process: { name: takeText(seen, 'Name'), pid, path: takeText(seen, 'Path'), created_time, terminated_time } }];
}

function infoOf(direction_id: number, protocol: string | undefined): JsonObject {
  return { direction_id, protocol_name: protocol?.toLowerCase() };
}

function remote(action: Fields): JsonObject | undefined {
  const details = inside(action, 'RemoteIpDetails');
  const ip = takeIp(details, 'IpAddressV4');
  if (ip === undefined) return undefined;
  const city = takeText(inside(details, 'City'), 'CityName');
  const country = takeText(inside(details, 'Country'), 'CountryCode');
  return {
    ip,
    port: takePort(inside(action, 'RemotePortDetails'), 'Port'),
    location: city === undefined && country === undefined ? undefined : { city, country },
    autonomous_system: autonomousSystemOf(inside(details, 'Organization')),
  };
}

function local(action: Fields): JsonObject | undefined {
  const ip = takeIp(inside(action, 'LocalIpDetails'), 'IpAddressV4');
  return ip === undefined ? undefined : { ip, port: takePort(inside(action, 'LocalPortDetails'), 'Port') };
}

function autonomousSystemOf(organization: Fields): JsonObject | undefined {
  const name = takeText(organization, 'AsnOrg');
  const number = takeWhole(organization, 'Asn');
  return name === undefined && number === undefined ? undefined : { name, number };
}
