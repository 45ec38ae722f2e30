// The parts of a GuardDuty finding that OCSF has objects for: what was seen (evidences), on what (resources), in which steps (signals).
// https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html
import type { JsonObject } from '../model.ts';
import { SEVERITY } from '../ocsf/classes.ts';
import { ipOf } from '../ocsf/event.ts';
import { isArray, isObject } from '../outcome.ts';
import { settle, takeNumber, takeTags, takeTexts } from './lib/aws-finding.ts';
import {
  fieldsOf,
  inside,
  listIn,
  markTaken,
  peekText,
  takeIp,
  takePort,
  takeText,
  takeTime,
  takeWhole,
  type Fields,
} from './lib/fields.ts';

// ── What GuardDuty saw: service.action, service.runtimeDetails, service.detection ──────────────────────────────────────────────────────

/** Takes OCSF evidences; undefined where the finding shows none that has a place there. https://schema.ocsf.io/1.8.0/objects/evidences */
export function evidencesOf(finding: Fields): readonly JsonObject[] | undefined {
  const service = inside(finding, 'service');
  const resource = inside(finding, 'resource');
  const action = inside(service, 'action');
  const evidences: JsonObject[] = [];
  for (const [name, read] of ACTIONS) if (isObject(action.members[name])) evidences.push(...read(inside(action, name), resource));
  if (isObject(service.members['runtimeDetails'])) evidences.push(...runtimeProcess(inside(service, 'runtimeDetails'), resource));
  if (isObject(service.members['detection'])) evidences.push(...sequence(sequenceIn(service)));
  return evidences.length === 0 ? undefined : evidences;
}

type Reader = (action: Fields, resource: Fields) => readonly JsonObject[];

/** Members of service.action: a finding has one of them. */
const ACTIONS: readonly (readonly [string, Reader])[] = [
  ['awsApiCallAction', apiCall],
  ['kubernetesApiCallAction', kubernetesCall],
  ['networkConnectionAction', connection],
  ['portProbeAction', portProbes],
  ['dnsRequestAction', dnsRequest],
  ['rdsLoginAttemptAction', databaseLogins],
];

function sequenceIn(service: Fields): Fields {
  return inside(inside(service, 'detection'), 'sequence');
}

function apiCall(call: Fields, resource: Fields): readonly JsonObject[] {
  const operation = takeText(call, 'api');
  if (operation === undefined) return [];
  const service = takeText(call, 'serviceName');
  const error = takeText(call, 'errorCode');
  return [
    {
      actor: keyOwner(inside(resource, 'accessKeyDetails')),
      api: {
        operation,
        service: service === undefined ? undefined : { name: service },
        response: error === undefined ? undefined : { error },
      },
      src_endpoint: remoteEndpoint(call) ?? domainEndpoint(inside(call, 'domainDetails')),
      http_request: requestBy(takeText(call, 'userAgent')),
    },
  ];
}

function requestBy(user_agent: string | undefined): JsonObject | undefined {
  return user_agent === undefined ? undefined : { user_agent };
}

function keyOwner(key: Fields): JsonObject | undefined {
  return actorOf(key, { uid: 'principalId', name: 'userName', type: 'userType', credential: 'accessKeyId' });
}

/** @param names of the members that say it. */
function actorOf(user: Fields, names: Readonly<Record<'uid' | 'name' | 'type' | 'credential', string>>): JsonObject | undefined {
  const uid = takeText(user, names.uid);
  const name = takeText(user, names.name);
  if (uid === undefined && name === undefined) return undefined;
  return { user: { uid, name, ...userType(takeText(user, names.type)), ...credential(takeText(user, names.credential)) } };
}

/** User type ids. https://schema.ocsf.io/1.8.0/objects/user (type_id) */
const USER_TYPES: ReadonlyMap<string, number> = new Map([
  ['IAMUser', 1],
  ['Root', 2],
]);
const USER_TYPE_OTHER = 99;

function userType(type: string | undefined): JsonObject {
  if (type === undefined) return {};
  const known = USER_TYPES.get(type);
  return known === undefined ? { type_id: USER_TYPE_OTHER, type } : { type_id: known };
}

function credential(uid: string | undefined): JsonObject {
  return uid === undefined ? {} : { programmatic_credentials: [{ uid }] };
}

function kubernetesCall(call: Fields, resource: Fields): readonly JsonObject[] {
  const operation = takeText(call, 'verb');
  if (operation === undefined) return [];
  const path = takeText(call, 'requestUri');
  const code = takeWhole(call, 'statusCode');
  return [
    {
      actor: kubernetesUser(inside(inside(resource, 'kubernetesDetails'), 'kubernetesUserDetails')),
      api: { operation, service: { name: 'kubernetes' }, response: code === undefined ? undefined : { code } },
      src_endpoint: remoteEndpoint(call) ?? firstAddress(call, 'sourceIPs'),
      url: path === undefined ? undefined : { path },
      http_request: requestBy(takeText(call, 'userAgent')),
    },
  ];
}

function kubernetesUser(user: Fields): JsonObject | undefined {
  const name = takeText(user, 'username');
  if (name === undefined) return undefined;
  return { user: { name, uid: takeText(user, 'uid'), groups: takeTexts(user, 'groups')?.map((group) => ({ name: group })) } };
}

/** Several addresses stay: which of them came first says where the others stood. */
function firstAddress(call: Fields, name: string): JsonObject | undefined {
  const addresses = call.members[name];
  const [first] = isArray(addresses) ? addresses : [];
  const ip = typeof first === 'string' ? ipOf(first) : undefined;
  if (ip === undefined) return undefined;
  if (isArray(addresses) && addresses.length === 1) markTaken(call, name);
  return { ip };
}

/** Direction ids. https://schema.ocsf.io/1.8.0/objects/network_connection_info (direction_id) */
const UNKNOWN = 0;
const INBOUND = 1;
const DIRECTIONS: ReadonlyMap<string, number> = new Map([
  ['INBOUND', INBOUND],
  ['OUTBOUND', 2],
]);

function connection(network: Fields, resource: Fields): readonly JsonObject[] {
  const direction_id = takeKnown(network, 'connectionDirection', DIRECTIONS) ?? UNKNOWN;
  const local = localEndpoint(network, resource);
  const remote = remoteEndpoint(network);
  const [src_endpoint, dst_endpoint] = direction_id === INBOUND ? [remote, local] : [local, remote];
  return [{ src_endpoint, dst_endpoint, connection_info: { direction_id, protocol_name: takeText(network, 'protocol')?.toLowerCase() } }];
}

/** Takes a word that OCSF has a number for. */
function takeKnown(fields: Fields, name: string, known: ReadonlyMap<string, number>): number | undefined {
  const id = known.get(peekText(fields, name) ?? '');
  if (id !== undefined) markTaken(fields, name);
  return id;
}

function portProbes(probe: Fields, resource: Fields): readonly JsonObject[] {
  const probes = listIn(probe, 'portProbeDetails').map((detail) => ({
    src_endpoint: remoteEndpoint(detail),
    dst_endpoint: localEndpoint(detail, resource),
    connection_info: { direction_id: INBOUND },
  }));
  settle(probe, 'portProbeDetails');
  return probes;
}

function dnsRequest(request: Fields, resource: Fields): readonly JsonObject[] {
  const hostname = takeText(request, 'domain');
  return hostname === undefined ? [] : [{ query: { hostname }, src_endpoint: localEndpoint(NOTHING, resource) }];
}

// The documentation writes the first of them, and no other name, with a capital letter.
const LOGINS = ['LoginAttributes', 'loginAttributes'];

function databaseLogins(login: Fields, resource: Fields): readonly JsonObject[] {
  const src_endpoint = remoteEndpoint(login);
  const attempts = LOGINS.flatMap((name) => listIn(login, name));
  const users = attempts.length > 0 ? attempts : [inside(resource, 'rdsDbUserDetails')];
  const seen = users.flatMap((one) => {
    const name = takeText(one, 'user');
    return name === undefined && src_endpoint === undefined ? [] : [{ src_endpoint, user: name === undefined ? undefined : { name } }];
  });
  for (const name of LOGINS) settle(login, name);
  return seen;
}

function runtimeProcess(runtime: Fields, resource: Fields): readonly JsonObject[] {
  const seen = inside(runtime, 'process');
  const pid = takeWhole(seen, 'pid');
  const uid = takeText(seen, 'uuid');
  if (pid === undefined && uid === undefined) return [];
  const user = takeText(seen, 'user');
  return [
    {
      process: {
        pid,
        uid,
        name: takeText(seen, 'name'),
        path: takeText(seen, 'executablePath'),
        working_directory: takeText(seen, 'pwd'),
        created_time: takeTime(seen, 'startTime'),
        user: user === undefined ? undefined : { name: user },
      },
      container: containerOf(resource),
    },
  ];
}

function containerOf(resource: Fields): JsonObject | undefined {
  if (isObject(resource.members['containerDetails'])) return takeContainer(inside(resource, 'containerDetails'));
  const workload = inside(inside(resource, 'kubernetesDetails'), 'kubernetesWorkloadDetails');
  const task = inside(inside(resource, 'ecsClusterDetails'), 'taskDetails');
  for (const holder of [workload, task]) {
    const [first] = listIn(holder, 'containers');
    if (first === undefined) continue;
    const container = takeContainer(first);
    settle(holder, 'containers');
    return container;
  }
  return undefined;
}

function takeContainer(container: Fields): JsonObject | undefined {
  const uid = takeText(container, 'id');
  const name = takeText(container, 'name');
  if (uid === undefined && name === undefined) return undefined;
  const image = takeText(container, 'image');
  return { uid, name, runtime: takeText(container, 'containerRuntime'), image: image === undefined ? undefined : { uid: image } };
}

/** An attack sequence names its actors and endpoints once, apart from the signals they took part in. */
function sequence(found: Fields): readonly JsonObject[] {
  const actors = listIn(found, 'actors').flatMap((one) => {
    const actor = actorOf(inside(one, 'user'), { uid: 'uid', name: 'name', type: 'type', credential: 'credentialUid' });
    return actor === undefined ? [] : [{ actor }];
  });
  const endpoints = listIn(found, 'endpoints').flatMap((endpoint) => {
    const ip = takeIp(endpoint, 'ip');
    const domain = takeText(endpoint, 'domain');
    return ip === undefined && domain === undefined ? [] : [{ src_endpoint: { ip, domain, port: takePort(endpoint, 'port') } }];
  });
  settle(found, 'actors');
  settle(found, 'endpoints');
  return [...actors, ...endpoints];
}

// ── Endpoints: https://schema.ocsf.io/1.8.0/objects/network_endpoint ───────────────────────────────────────────────────────────────────

/** The far end. @param action anything with remoteIpDetails and maybe remotePortDetails. */
function remoteEndpoint(action: Fields): JsonObject | undefined {
  const details = inside(action, 'remoteIpDetails');
  const ip = takeAddress(details);
  if (ip === undefined) return undefined;
  return {
    ip,
    port: takePort(inside(action, 'remotePortDetails'), 'port'),
    location: locationOf(details),
    autonomous_system: autonomousSystemOf(inside(details, 'organization')),
  };
}

/** The bank's end: an instance, by its address in the action or else by its network interface. */
function localEndpoint(action: Fields, resource: Fields): JsonObject | undefined {
  const instance = inside(resource, 'instanceDetails');
  const interfaces = listIn(instance, 'networkInterfaces');
  const wanted = peekText(action, 'localNetworkInterface');
  const named = interfaces.find((one) => peekText(one, 'networkInterfaceId') === wanted) ?? interfaces[0] ?? NOTHING;
  const ip = takeAddress(inside(action, 'localIpDetails')) ?? takeIp(named, 'privateIpAddress');
  const instance_uid = peekText(instance, 'instanceId');
  const interface_uid = takeText(named, 'networkInterfaceId');
  if (ip === undefined && instance_uid === undefined && interface_uid === undefined) return undefined;
  const [subnet_uid, vpc_uid] = [takeText(named, 'subnetId'), takeText(named, 'vpcId')];
  if (interface_uid !== undefined && interface_uid === wanted) markTaken(action, 'localNetworkInterface');
  settle(instance, 'networkInterfaces');
  return { ip, port: takePort(inside(action, 'localPortDetails'), 'port'), instance_uid, interface_uid, subnet_uid, vpc_uid };
}

/** Says nothing of the end. */
const NOTHING = fieldsOf({});

function domainEndpoint(details: Fields): JsonObject | undefined {
  const domain = takeText(details, 'domain');
  return domain === undefined ? undefined : { domain };
}

function takeAddress(details: Fields): string | undefined {
  return takeIp(details, 'ipAddressV4') ?? takeIp(details, 'ipAddressV6');
}

/** OCSF's country is the two-letter code; where GuardDuty gives the name alone, it stays in `unmapped`. */
function locationOf(details: Fields): JsonObject | undefined {
  const city = takeText(inside(details, 'city'), 'cityName');
  const country = takeText(inside(details, 'country'), 'countryCode');
  if (city === undefined && country === undefined) return undefined;
  const place = inside(details, 'geoLocation');
  return { city, country, lat: takeNumber(place, 'lat'), long: takeNumber(place, 'lon') };
}

function autonomousSystemOf(organization: Fields): JsonObject | undefined {
  const name = takeText(organization, 'asnOrg');
  const number = takeWhole(organization, 'asn');
  return name === undefined && number === undefined ? undefined : { name, number };
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
const ROLES: ReadonlyMap<string, number> = new Map([
  ['TARGET', 1],
  ['ACTOR', 2],
]);

/** Takes OCSF resources; undefined where the finding names none. OCSF wants a uid or a name: without either there is none to show. */
export function resourcesOf(finding: Fields): readonly JsonObject[] | undefined {
  const service = inside(finding, 'service');
  const all = affected(inside(finding, 'resource'), ROLES.get(peekText(service, 'resourceRole') ?? ''));
  if (all.length > 0) takeKnown(service, 'resourceRole', ROLES);
  const found = sequenceIn(service);
  for (const one of listIn(found, 'resources')) {
    const uid = takeText(one, 'uid');
    const name = takeText(one, 'name');
    if (uid === undefined && name === undefined) continue;
    const [region, cloud_partition] = [takeText(one, 'region'), takeText(one, 'cloudPartition')];
    all.push({ uid, name, type: takeText(one, 'resourceType'), region, cloud_partition, tags: takeTags(one, 'tags') });
  }
  settle(found, 'resources');
  return all.length === 0 ? undefined : all;
}

function affected(resource: Fields, role_id: number | undefined): JsonObject[] {
  const all: JsonObject[] = [];
  for (const [member, type, uidName, nameName] of RESOURCES) {
    const details = resource.members[member] ?? undefined;
    if (details === undefined) continue;
    for (const one of isArray(details) ? listIn(resource, member) : [inside(resource, member)]) {
      const uid = takeText(one, uidName);
      const name = takeText(one, nameName);
      if (uid !== undefined || name !== undefined) all.push({ uid, name, type, role_id, tags: takeTags(one, 'tags') });
    }
    settle(resource, member);
  }
  const workload = inside(inside(resource, 'kubernetesDetails'), 'kubernetesWorkloadDetails');
  const uid = takeText(workload, 'uid');
  const name = takeText(workload, 'name');
  if (uid !== undefined || name !== undefined)
    all.push({ uid, name, type: 'KubernetesWorkload', role_id, namespace: takeText(workload, 'namespace') });
  return all;
}

// ── Severity, signals ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The bands of https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html */
export function severityIdOf(severity: number): number {
  if (severity >= 9) return SEVERITY.critical;
  if (severity >= 7) return SEVERITY.high;
  if (severity >= 4) return SEVERITY.medium;
  return severity >= 1 ? SEVERITY.low : SEVERITY.informational;
}

/** Takes the observations that an attack sequence is made of. https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Signal.html */
export function signalsOf(service: Fields): readonly JsonObject[] | undefined {
  const found = sequenceIn(service);
  const related = listIn(found, 'signals').flatMap((signal) => {
    const uid = takeText(signal, 'uid');
    return uid === undefined ? [] : [signalOf(uid, signal)];
  });
  settle(found, 'signals');
  return related.length === 0 ? undefined : related;
}

function signalOf(uid: string, signal: Fields): JsonObject {
  const severity = signal.members['severity'];
  return {
    uid,
    type: takeText(signal, 'type'),
    title: takeText(signal, 'name'),
    desc: takeText(signal, 'description'),
    // The number says more than its band.
    severity_id: typeof severity === 'number' ? severityIdOf(severity) : undefined,
    count: takeWhole(signal, 'count'),
    first_seen_time: takeTime(signal, 'firstSeenAt'),
    last_seen_time: takeTime(signal, 'lastSeenAt'),
    created_time: takeTime(signal, 'createdAt'),
    modified_time: takeTime(signal, 'updatedAt'),
  };
}
