// The parts of a GuardDuty finding that OCSF has objects for: what was seen (evidences), on what (resources), in which steps (signals).
// https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html
import type { JsonObject } from '../model.ts';
import { SEVERITY } from '../ocsf/classes.ts';
import { epochMs, inRange, ipOf } from '../ocsf/event.ts';
import { isArray, isObject, object, text } from '../outcome.ts';

// ── What GuardDuty saw: service.action, service.runtimeDetails, service.detection ──────────────────────────────────────────────────────

/** @returns OCSF evidences; undefined where the finding shows none that has a place there. https://schema.ocsf.io/1.8.0/objects/evidences */
export function evidencesOf(finding: JsonObject): readonly JsonObject[] | undefined {
  const service = object(finding['service']) ?? {};
  const resource = object(finding['resource']) ?? {};
  const action = object(service['action']) ?? {};
  const evidences = [
    ...apiCall(object(action['awsApiCallAction']), resource),
    ...kubernetesCall(object(action['kubernetesApiCallAction']), resource),
    ...connection(object(action['networkConnectionAction']), resource),
    ...portProbes(object(action['portProbeAction']), resource),
    ...dnsRequest(object(action['dnsRequestAction']), resource),
    ...databaseLogins(object(action['rdsLoginAttemptAction']), resource),
    ...runtimeProcess(object(service['runtimeDetails']), resource),
    ...sequence(object(object(service['detection'])?.['sequence'])),
  ];
  return evidences.length === 0 ? undefined : evidences;
}

function apiCall(call: JsonObject | undefined, resource: JsonObject): readonly JsonObject[] {
  const operation = text(call?.['api']);
  if (call === undefined || operation === undefined) return [];
  const service = text(call['serviceName']);
  const error = text(call['errorCode']);
  const agent = text(call['userAgent']);
  return [
    {
      actor: keyOwner(object(resource['accessKeyDetails'])),
      api: {
        operation,
        service: service === undefined ? undefined : { name: service },
        response: error === undefined ? undefined : { error },
      },
      src_endpoint: remoteEndpoint(call) ?? domainEndpoint(object(call['domainDetails'])),
      http_request: agent === undefined ? undefined : { user_agent: agent },
    },
  ];
}

function keyOwner(key: JsonObject | undefined): JsonObject | undefined {
  const uid = text(key?.['principalId']);
  const name = text(key?.['userName']);
  if (uid === undefined && name === undefined) return undefined;
  return { user: { uid, name, ...userType(text(key?.['userType'])), ...credential(text(key?.['accessKeyId'])) } };
}

/** User type ids. https://schema.ocsf.io/1.8.0/objects/user (type_id) */
const USER_TYPES: Readonly<Record<string, number>> = { IAMUser: 1, Root: 2 };
const USER_TYPE_OTHER = 99;

function userType(type: string | undefined): JsonObject {
  if (type === undefined) return {};
  const known = Object.hasOwn(USER_TYPES, type) ? USER_TYPES[type] : undefined;
  return known === undefined ? { type_id: USER_TYPE_OTHER, type } : { type_id: known };
}

function credential(uid: string | undefined): JsonObject {
  return uid === undefined ? {} : { programmatic_credentials: [{ uid }] };
}

function kubernetesCall(call: JsonObject | undefined, resource: JsonObject): readonly JsonObject[] {
  const operation = text(call?.['verb']);
  if (call === undefined || operation === undefined) return [];
  const path = text(call['requestUri']);
  const agent = text(call['userAgent']);
  const code = integer(call['statusCode']);
  return [
    {
      actor: kubernetesUser(resource),
      api: { operation, service: { name: 'kubernetes' }, response: code === undefined ? undefined : { code } },
      src_endpoint: remoteEndpoint(call) ?? addressEndpoint(strings(call['sourceIPs'])[0]),
      url: path === undefined ? undefined : { path },
      http_request: agent === undefined ? undefined : { user_agent: agent },
    },
  ];
}

function kubernetesUser(resource: JsonObject): JsonObject | undefined {
  const user = object(object(resource['kubernetesDetails'])?.['kubernetesUserDetails']);
  const name = text(user?.['username']);
  if (name === undefined) return undefined;
  const groups = strings(user?.['groups']).map((group) => ({ name: group }));
  return { user: { name, uid: text(user?.['uid']), groups: groups.length === 0 ? undefined : groups } };
}

/** Direction ids. https://schema.ocsf.io/1.8.0/objects/network_connection_info (direction_id) */
const DIRECTIONS: Readonly<Record<string, number>> = { INBOUND: 1, OUTBOUND: 2 };
const DIRECTION_UNKNOWN = 0;

function connection(network: JsonObject | undefined, resource: JsonObject): readonly JsonObject[] {
  if (network === undefined) return [];
  const direction = DIRECTIONS[text(network['connectionDirection']) ?? ''] ?? DIRECTION_UNKNOWN;
  const local = localEndpoint(network, resource);
  const remote = remoteEndpoint(network);
  const [src_endpoint, dst_endpoint] = direction === DIRECTIONS['INBOUND'] ? [remote, local] : [local, remote];
  return [
    { src_endpoint, dst_endpoint, connection_info: { direction_id: direction, protocol_name: text(network['protocol'])?.toLowerCase() } },
  ];
}

function portProbes(probe: JsonObject | undefined, resource: JsonObject): readonly JsonObject[] {
  return objects(probe?.['portProbeDetails']).map((detail) => ({
    src_endpoint: remoteEndpoint(detail),
    dst_endpoint: localEndpoint(detail, resource),
    connection_info: { direction_id: DIRECTIONS['INBOUND'] },
  }));
}

function dnsRequest(request: JsonObject | undefined, resource: JsonObject): readonly JsonObject[] {
  const hostname = text(request?.['domain']);
  return hostname === undefined ? [] : [{ query: { hostname }, src_endpoint: localEndpoint({}, resource) }];
}

function databaseLogins(login: JsonObject | undefined, resource: JsonObject): readonly JsonObject[] {
  if (login === undefined) return [];
  const src_endpoint = remoteEndpoint(login);
  // The documentation writes this one name with a capital letter.
  const attempts = [...objects(login['LoginAttributes']), ...objects(login['loginAttributes'])];
  const users = attempts.length > 0 ? attempts.map((attempt) => attempt['user']) : [object(resource['rdsDbUserDetails'])?.['user']];
  return users.flatMap((candidate) => {
    const name = text(candidate);
    return name === undefined && src_endpoint === undefined ? [] : [{ src_endpoint, user: name === undefined ? undefined : { name } }];
  });
}

function runtimeProcess(runtime: JsonObject | undefined, resource: JsonObject): readonly JsonObject[] {
  const seen = object(runtime?.['process']);
  const pid = integer(seen?.['pid']);
  const uid = text(seen?.['uuid']);
  if (seen === undefined || (pid === undefined && uid === undefined)) return [];
  const user = text(seen['user']);
  return [
    {
      process: {
        pid,
        uid,
        name: text(seen['name']),
        path: text(seen['executablePath']),
        working_directory: text(seen['pwd']),
        created_time: timeOf(seen['startTime']),
        user: user === undefined ? undefined : { name: user },
      },
      container: containerOf(resource),
    },
  ];
}

function containerOf(resource: JsonObject): JsonObject | undefined {
  const workload = object(object(resource['kubernetesDetails'])?.['kubernetesWorkloadDetails']);
  const task = object(object(resource['ecsClusterDetails'])?.['taskDetails']);
  const container = object(resource['containerDetails']) ?? objects(workload?.['containers'])[0] ?? objects(task?.['containers'])[0];
  const uid = text(container?.['id']);
  const name = text(container?.['name']);
  const image = text(container?.['image']);
  if (uid === undefined && name === undefined) return undefined;
  return { uid, name, runtime: text(container?.['containerRuntime']), image: image === undefined ? undefined : { uid: image } };
}

/** An attack sequence names its actors and endpoints once, apart from the signals they took part in. */
function sequence(found: JsonObject | undefined): readonly JsonObject[] {
  const actors = objects(found?.['actors']).flatMap((actor) => {
    const user = object(actor['user']);
    const uid = text(user?.['uid']);
    const name = text(user?.['name']);
    if (uid === undefined && name === undefined) return [];
    return [{ actor: { user: { uid, name, ...userType(text(user?.['type'])), ...credential(text(user?.['credentialUid'])) } } }];
  });
  const endpoints = objects(found?.['endpoints']).flatMap((endpoint) => {
    const ip = ipOf(text(endpoint['ip']));
    const domain = text(endpoint['domain']);
    return ip === undefined && domain === undefined ? [] : [{ src_endpoint: { ip, domain, port: port(endpoint['port']) } }];
  });
  return [...actors, ...endpoints];
}

// ── Endpoints: https://schema.ocsf.io/1.8.0/objects/network_endpoint ───────────────────────────────────────────────────────────────────

/** The far end. @param action anything with remoteIpDetails and maybe remotePortDetails. */
function remoteEndpoint(action: JsonObject): JsonObject | undefined {
  const details = object(action['remoteIpDetails']);
  const ip = addressOf(details);
  if (ip === undefined) return undefined;
  return {
    ip,
    port: port(object(action['remotePortDetails'])?.['port']),
    location: locationOf(details),
    autonomous_system: autonomousSystemOf(object(details?.['organization'])),
  };
}

/** The bank's end: an instance, by its address in the action or else by its network interface. */
function localEndpoint(action: JsonObject, resource: JsonObject): JsonObject | undefined {
  const instance = object(resource['instanceDetails']);
  const interfaces = objects(instance?.['networkInterfaces']);
  const named = interfaces.find((one) => one['networkInterfaceId'] === action['localNetworkInterface']) ?? interfaces[0];
  const ip = addressOf(object(action['localIpDetails'])) ?? ipOf(text(named?.['privateIpAddress']));
  const instance_uid = text(instance?.['instanceId']);
  const interface_uid = text(named?.['networkInterfaceId']);
  if (ip === undefined && instance_uid === undefined && interface_uid === undefined) return undefined;
  return {
    ip,
    port: port(object(action['localPortDetails'])?.['port']),
    instance_uid,
    interface_uid,
    subnet_uid: text(named?.['subnetId']),
    vpc_uid: text(named?.['vpcId']),
  };
}

function domainEndpoint(details: JsonObject | undefined): JsonObject | undefined {
  const domain = text(details?.['domain']);
  return domain === undefined ? undefined : { domain };
}

function addressEndpoint(candidate: string | undefined): JsonObject | undefined {
  const ip = ipOf(candidate);
  return ip === undefined ? undefined : { ip };
}

function addressOf(details: JsonObject | undefined): string | undefined {
  return ipOf(text(details?.['ipAddressV4'])) ?? ipOf(text(details?.['ipAddressV6']));
}

function port(candidate: unknown): number | undefined {
  const number = integer(candidate);
  return number !== undefined && number >= 0 && number <= 65_535 ? number : undefined;
}

/** OCSF's country is the two-letter code; where GuardDuty gives the name alone, it stays in `unmapped`. */
function locationOf(details: JsonObject | undefined): JsonObject | undefined {
  const city = text(object(details?.['city'])?.['cityName']);
  const country = text(object(details?.['country'])?.['countryCode']);
  if (city === undefined && country === undefined) return undefined;
  const place = object(details?.['geoLocation']);
  return { city, country, lat: number(place?.['lat']), long: number(place?.['lon']) };
}

function autonomousSystemOf(organization: JsonObject | undefined): JsonObject | undefined {
  const name = text(organization?.['asnOrg']);
  const digits = text(organization?.['asn']);
  const asn = digits !== undefined && /^\d{1,10}$/.test(digits) ? Number(digits) : undefined;
  return name === undefined && asn === undefined ? undefined : { name, number: asn };
}

// ── Resources: https://schema.ocsf.io/1.8.0/objects/resource_details ───────────────────────────────────────────────────────────────────

/** Member of `resource`, the type it is given here (GuardDuty's own resourceType names only one of them), its id and its name. */
const RESOURCES: readonly (readonly [string, string, string, string])[] = [
  ['accessKeyDetails', 'AccessKey', 'accessKeyId', 'userName'],
  ['instanceDetails', 'Instance', 'instanceId', 'instanceId'],
  ['s3BucketDetails', 'S3Bucket', 'arn', 'name'],
  ['eksClusterDetails', 'EKSCluster', 'arn', 'name'],
  ['ecsClusterDetails', 'ECSCluster', 'arn', 'name'],
  ['containerDetails', 'Container', 'id', 'name'],
  ['lambdaDetails', 'Lambda', 'functionArn', 'functionName'],
  ['rdsDbInstanceDetails', 'RDSDBInstance', 'dbInstanceArn', 'dbInstanceIdentifier'],
  ['rdsLimitlessDbDetails', 'RDSLimitlessDB', 'dbShardGroupArn', 'dbShardGroupIdentifier'],
  ['ebsSnapshotDetails', 'EBSSnapshot', 'snapshotArn', 'snapshotArn'],
  ['ec2ImageDetails', 'EC2Image', 'imageArn', 'imageArn'],
  ['recoveryPointDetails', 'EBSRecoveryPoint', 'recoveryPointArn', 'backupVaultName'],
];

/** Role ids. https://schema.ocsf.io/1.8.0/objects/resource_details (role_id) */
const ROLES: Readonly<Record<string, number>> = { TARGET: 1, ACTOR: 2 };

export function resourcesOf(finding: JsonObject): readonly JsonObject[] | undefined {
  const resource = object(finding['resource']) ?? {};
  const service = object(finding['service']) ?? {};
  const role_id = ROLES[text(service['resourceRole']) ?? ''];
  const single = RESOURCES.flatMap(([member, type, uidKey, nameKey]) => {
    const details = resource[member];
    const found = isArray(details) ? objects(details) : objects([details ?? null]);
    return found.flatMap((one) =>
      resourceDetails({ uid: text(one[uidKey]), name: text(one[nameKey]) }, { type, role_id, tags: tagsOf(one) }),
    );
  });
  const workload = object(object(resource['kubernetesDetails'])?.['kubernetesWorkloadDetails']);
  const named = { uid: text(workload?.['uid']), name: text(workload?.['name']) };
  const pods = resourceDetails(named, { type: 'KubernetesWorkload', role_id, namespace: text(workload?.['namespace']) });
  const involved = objects(object(object(service['detection'])?.['sequence'])?.['resources']).flatMap((one) =>
    resourceDetails(
      { uid: text(one['uid']), name: text(one['name']) },
      { type: text(one['resourceType']), region: text(one['region']), cloud_partition: text(one['cloudPartition']), tags: tagsOf(one) },
    ),
  );
  const all = [...single, ...pods, ...involved];
  return all.length === 0 ? undefined : all;
}

/** OCSF wants a uid or a name; without either there is no resource to show. */
function resourceDetails(named: { uid: string | undefined; name: string | undefined }, details: JsonObject): readonly JsonObject[] {
  return named.uid === undefined && named.name === undefined ? [] : [{ ...named, ...details }];
}

function tagsOf(resource: JsonObject): readonly JsonObject[] | undefined {
  const tags = objects(resource['tags']).flatMap((tag) => {
    const name = text(tag['key']);
    return name === undefined || typeof tag['value'] !== 'string' ? [] : [{ name, value: tag['value'] }];
  });
  return tags.length === 0 ? undefined : tags;
}

function objects(candidate: unknown): readonly JsonObject[] {
  return isArray(candidate) ? candidate.filter(isObject) : [];
}

function strings(candidate: unknown): readonly string[] {
  return isArray(candidate) ? candidate.filter((one) => typeof one === 'string') : [];
}

function number(candidate: unknown): number | undefined {
  return typeof candidate === 'number' ? candidate : undefined;
}

// ── Severity, signals, values ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The bands of https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html */
export function severityIdOf(severity: number): number {
  if (severity >= 9) return SEVERITY.critical;
  if (severity >= 7) return SEVERITY.high;
  if (severity >= 4) return SEVERITY.medium;
  return severity >= 1 ? SEVERITY.low : SEVERITY.informational;
}

/** The observations that an attack sequence is made of. https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Signal.html */
export function signalsOf(service: JsonObject): readonly JsonObject[] | undefined {
  const signals = object(object(service['detection'])?.['sequence'])?.['signals'];
  if (!isArray(signals)) return undefined;
  const related = signals.flatMap((signal) => {
    const uid = isObject(signal) ? text(signal['uid']) : undefined;
    return uid === undefined || !isObject(signal) ? [] : [signalOf(uid, signal)];
  });
  return related.length === 0 ? undefined : related;
}

function signalOf(uid: string, signal: JsonObject): JsonObject {
  const severity = signal['severity'];
  return {
    uid,
    type: text(signal['type']),
    title: text(signal['name']),
    desc: text(signal['description']),
    severity_id: typeof severity === 'number' ? severityIdOf(severity) : undefined,
    count: integer(signal['count']),
    first_seen_time: timeOf(signal['firstSeenAt']),
    last_seen_time: timeOf(signal['lastSeenAt']),
    created_time: timeOf(signal['createdAt']),
    modified_time: timeOf(signal['updatedAt']),
  };
}

// A number below it counts seconds, above it milliseconds: the border is the year 2286 in the one, 1970 in the other.
const FIRST_MS = 10_000_000_000;

/** RFC 3339 text, or a number of seconds or milliseconds since the epoch: findings carry all three. @returns ms since the epoch. */
export function timeOf(candidate: unknown): number | undefined {
  if (typeof candidate === 'number') {
    const ms = Math.round(candidate < FIRST_MS ? candidate * 1000 : candidate);
    return inRange(ms) ? ms : undefined;
  }
  const ms = typeof candidate === 'string' ? epochMs(candidate) : undefined;
  return ms !== undefined && inRange(ms) ? ms : undefined;
}

export function integer(candidate: unknown): number | undefined {
  return typeof candidate === 'number' && Number.isSafeInteger(candidate) ? candidate : undefined;
}
