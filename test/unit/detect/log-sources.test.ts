import { createEngine } from '../../../shared/detect/engine.ts';
import { keysOf, logSourceOf } from '../../../shared/detect/log-sources.ts';
import { parseRule } from '../../../shared/detect/sigma/parse.ts';
import { RuleError } from '../../../shared/detect/sigma/rule.ts';
import { viewOf } from '../../../shared/detect/view.ts';
import { fromDocument, toDocument } from '../../../shared/hub/document.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import type { Context, Source } from '../../../shared/sources/api.ts';
import { cloudtrail } from '../../../shared/sources/cloudtrail.ts';
import { vpcFlow } from '../../../shared/sources/vpc-flow.ts';

const CONTEXT: Context = {
  origin: { bank: 'demo', account: '222222222222', region: 'eu-central-1', source: 'x', trigger: 'file', uri: 'file://x', time: 0 },
  uid: (index) => `uid-${index}`,
};

function mapped<Native>(source: Source<Native>, text: string, context: Context = CONTEXT): OcsfEvent {
  const record = { text, index: 0 };
  const native = source.parse(record, context);
  if (native.kind !== 'value') throw new Error(`refused: ${JSON.stringify(native)}`);
  return source.map(native.value, record, context);
}

/** The event as it comes out of the hub: payloads are JSON text there. */
function travelled(event: OcsfEvent): OcsfEvent {
  const back = fromDocument(toDocument(event).json);
  if (back === undefined) throw new Error('the document is no event');
  return back;
}

/** All values of a field, as a rule of the log source finds them. */
function valuesOf(service: string, name: string, event: OcsfEvent): readonly unknown[] {
  const rule = {
    title: 't',
    id: '00000000-0000-4000-8000-000000000001',
    logsource: { product: 'aws', service },
    detection: { s: { a: 1 }, condition: 's' },
  };
  const values: unknown[] = [];
  logSourceOf(parseRule(rule)).field(name)(viewOf(event), (found) => {
    values.push(found);
    return false;
  });
  return values;
}

const RECORD = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLEROLE00001:deploy',
    arn: 'arn:aws:sts::222222222222:assumed-role/ci/deploy',
    accountId: '222222222222',
    accessKeyId: 'ASIAEXAMPLEKEY000001',
    sessionContext: {
      sessionIssuer: { type: 'Role', arn: 'arn:aws:iam::222222222222:role/ci', userName: 'ci' },
      attributes: { mfaAuthenticated: 'false', creationDate: '2026-03-02T08:00:00Z' },
    },
  },
  eventTime: '2026-03-02T09:00:00Z',
  eventSource: 'ec2.amazonaws.com',
  eventName: 'RunInstances',
  awsRegion: 'eu-central-1',
  sourceIPAddress: 'AWS Internal',
  userAgent: 'aws-cli/2',
  errorCode: 'Client.Denied',
  errorMessage: 'no',
  requestParameters: {
    instancesSet: { items: [{ imageId: 'ami-1' }, { imageId: 'ami-2' }] },
    'a-b.c': 'dashed',
    monitoring: { enabled: false },
  },
  responseElements: { ok: true },
  requestID: '6d1f7cf1-0001-4000-8000-000000000001',
  eventID: '0b6f0d6e-0001-4000-8000-000000000001',
  readOnly: false,
  resources: [{ ARN: 'arn:aws:s3:::demo', accountId: '222222222222', type: 'AWS::S3::Bucket' }],
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: '222222222222',
  additionalEventData: { SignatureVersion: 'SigV4' },
  tlsDetails: { tlsVersion: 'TLSv1.3' },
};

/** What RECORD cannot have beside its own fields. */
const BY_SERVICE = {
  ...RECORD,
  userIdentity: { type: 'AWSService', invokedBy: 'config.amazonaws.com' },
  sourceIPAddress: '10.20.1.17',
  vpcEndpointId: 'vpce-0a1b2c3d',
  apiVersion: '2016-11-15',
  resources: undefined,
};
const FEDERATED = {
  ...RECORD,
  userIdentity: {
    type: 'WebIdentityUser',
    principalId: 'idp:app:user',
    userName: 'user',
    identityProvider: 'arn:aws:iam::222222222222:oidc-provider/idp.example',
  },
};

describe('fields of CloudTrail', () => {
  it.each([
    ['by a role', RECORD],
    ['by a service', BY_SERVICE],
    ['by a federated user', FEDERATED],
  ])('have the values of a record %s, before the hub and behind it', (_, record) => {
    const event = mapped(cloudtrail, JSON.stringify(record));
    const leaves = leavesOf(record);
    expect(leaves.length).toBeGreaterThan(15);
    for (const seen of [event, travelled(event)]) {
      for (const [path, value] of leaves) expect({ path, values: valuesOf('cloudtrail', path, seen) }).toEqual({ path, values: [value] });
    }
  });

  it('lead through lists, and to whole objects', () => {
    const seen = travelled(mapped(cloudtrail, JSON.stringify(RECORD)));
    expect(valuesOf('cloudtrail', 'requestParameters.instancesSet.items.imageId', seen)).toEqual(['ami-1', 'ami-2']);
    expect(valuesOf('cloudtrail', 'resources.ARN', seen)).toEqual(['arn:aws:s3:::demo']);
    expect(valuesOf('cloudtrail', 'requestParameters', seen)).toEqual([RECORD.requestParameters]);
  });

  it('are not hidden by a key that is called like the path to them', () => {
    const requestParameters = { 'tags.items.value': 'harmless', tags: { 'items.value': 'harmless too', items: [{ value: 'found' }] } };
    const seen = travelled(mapped(cloudtrail, JSON.stringify({ ...RECORD, requestParameters })));
    expect(valuesOf('cloudtrail', 'requestParameters.tags.items.value', seen)).toEqual(['harmless', 'harmless too', 'found']);
  });

  it('do not exist where the record had none, whatever OCSF made up instead', () => {
    const bare = {
      eventTime: RECORD.eventTime,
      eventID: RECORD.eventID,
      eventSource: 'kms.amazonaws.com',
      eventType: 'AwsServiceEvent',
      eventVersion: '1.11',
    };
    const event = travelled(mapped(cloudtrail, JSON.stringify(bare)));
    for (const name of ['eventName', 'requestID', 'errorCode', 'recipientAccountId', 'awsRegion', 'status', 'api.operation', 'class_uid']) {
      expect({ name, values: valuesOf('cloudtrail', name, event) }).toEqual({ name, values: [] });
    }
  });

  it('are found in sign-ins, and an address is an address', () => {
    const login = {
      ...RECORD,
      userIdentity: { type: 'Root', arn: 'arn:aws:iam::222222222222:root', accountId: '222222222222' },
      eventSource: 'signin.amazonaws.com',
      eventName: 'ConsoleLogin',
      sourceIPAddress: '198.51.100.7',
      responseElements: { ConsoleLogin: 'Success' },
      additionalEventData: { MFAUsed: 'No' },
    };
    const event = travelled(mapped(cloudtrail, JSON.stringify(login)));
    expect(event.class_uid).toBe(3002);
    expect(valuesOf('cloudtrail', 'userIdentity.type', event)).toEqual(['Root']);
    expect(valuesOf('cloudtrail', 'responseElements.ConsoleLogin', event)).toEqual(['Success']);
    expect(valuesOf('cloudtrail', 'additionalEventData.MFAUsed', event)).toEqual(['No']);
    expect(valuesOf('cloudtrail', 'sourceIPAddress', event)).toEqual(['198.51.100.7']);
    expect(valuesOf('cloudtrail', 'userAgent', event)).toEqual(['aws-cli/2']);
  });
});

/** Paths and values of everything in the record that is not below a list. */
function leavesOf(node: object, prefix = ''): readonly (readonly [string, unknown])[] {
  return Object.entries(node as Record<string, unknown>).flatMap(([key, value]) => {
    if (Array.isArray(value) || value === undefined) return [];
    return typeof value === 'object' && value !== null ? leavesOf(value, `${prefix}${key}.`) : [[prefix + key, value] as const];
  });
}

describe('fields of VPC flow logs', () => {
  const line = '2 222222222222 eni-0f1e2d3c4b5a69788 10.20.1.17 198.51.100.67 51514 443 6 20 4249 1772442000 1772442060 REJECT OK';

  it('have the values of the line', () => {
    const event = travelled(mapped(vpcFlow, line));
    const expected = {
      version: ['2'],
      account_id: ['222222222222'],
      interface_id: ['eni-0f1e2d3c4b5a69788'],
      srcaddr: ['10.20.1.17'],
      dstaddr: ['198.51.100.67'],
      srcport: [51514],
      dstport: [443],
      protocol: [6],
      packets: [20],
      bytes: [4249],
      action: ['REJECT'],
      log_status: ['OK'],
      flow_direction: [],
      status_code: [],
    };
    for (const [name, values] of Object.entries(expected))
      expect({ name, values: valuesOf('vpcflow', name, event) }).toEqual({ name, values });
  });

  it('tell the address at the interface from the packet’s own', () => {
    const format = 'srcaddr dstaddr pkt-srcaddr pkt-dstaddr flow-direction action interface-id start';
    const event = mapped(vpcFlow, '10.0.0.9 10.20.1.17 198.51.100.66 10.20.1.17 ingress ACCEPT eni-1 1772442000', { ...CONTEXT, format });
    expect(valuesOf('vpcflow', 'srcaddr', event)).toEqual([['10.0.0.9']]);
    expect(valuesOf('vpcflow', 'pkt_srcaddr', event)).toEqual(['198.51.100.66']);
    expect(valuesOf('vpcflow', 'dstaddr', event)).toEqual(['10.20.1.17']);
    expect(valuesOf('vpcflow', 'flow_direction', event)).toEqual(['ingress']);
    expect(valuesOf('vpcflow', 'interface_id', event)).toEqual(['eni-1']);
  });
});

describe('log sources', () => {
  const rule = {
    title: 't',
    id: '00000000-0000-4000-8000-000000000001',
    detection: { s: { 'src_endpoint.ip': '10.20.1.17' }, condition: 's' },
  };

  it('that are none of ours are refused', () => {
    for (const logsource of [
      { product: 'windows', service: 'security' },
      { product: 'aws' },
      { category: 'process_creation', product: 'aws', service: 'cloudtrail' },
    ]) {
      expect(() => logSourceOf(parseRule({ ...rule, logsource }))).toThrow(RuleError);
    }
    expect(() => logSourceOf(parseRule({ ...rule, logsource: { product: 'gcp', service: 'audit' } }))).toThrow(
      'logsource gcp/audit is none of ours',
    );
  });

  it('of the OCSF taxonomy are classes, their fields are paths', () => {
    const flows = parseRule({ ...rule, taxonomy: 'ocsf', logsource: { category: 'network_activity' } });
    const event = mapped(vpcFlow, '2 222222222222 eni-1 10.20.1.17 198.51.100.67 51514 443 6 20 4249 1772442000 1772442060 ACCEPT OK');
    expect(createEngine([flows], {}).match(event)).toHaveLength(1);
    expect(keysOf(event)).toEqual(['AWS Amazon VPC', 'class 4001']);
    expect(() => logSourceOf(parseRule({ ...rule, taxonomy: 'ocsf', logsource: { category: 'firewall' } }))).toThrow(
      'logsource.category is a class',
    );
  });
});
