import { validateEvent } from '../../ocsf.ts';
import { API_EVENT, AUTHENTICATION_EVENT, BASE_EVENT, EXAMPLES, FINDING_EVENT, HTTP_EVENT, NETWORK_EVENT } from './examples.ts';

const CLOUD_ONLY = { ...API_EVENT.metadata, profiles: ['cloud'] };

/** Rule, the event that breaks it, and what the one problem must say. */
const BROKEN: readonly (readonly [string, object, RegExp])[] = [
  ['an attribute OCSF does not have', { ...API_EVENT, colour: 'red' }, /additional properties.*colour/],
  ['an attribute its object does not have', { ...API_EVENT, api: { operation: 'x', colour: 'red' } }, /^\/api.*colour/],
  ['a required attribute missing', { ...API_EVENT, severity_id: undefined }, /severity_id/],
  ['a required attribute of an object missing', { ...API_EVENT, api: { version: '1' } }, /^\/api.*operation/],
  ['a wrong type', { ...HTTP_EVENT, http_response: { code: '200' } }, /^\/http_response\/code: must be integer/],
  ['a number JSON cannot write', { ...NETWORK_EVENT, traffic: { bytes: NaN } }, /^\/traffic\/bytes: must be integer/],
  ['an id that is not in its enum', { ...API_EVENT, status_id: 7 }, /^\/status_id: must be equal to one of/],
  ['a nested id that is not in its enum', { ...API_EVENT, actor: { user: { name: 'a', type_id: 77 } } }, /^\/actor\/user\/type_id/],
  ['a method that is not in its enum', { ...HTTP_EVENT, http_request: { http_method: 'BREW' } }, /^\/http_request\/http_method/],
  ['another category than the class has', { ...API_EVENT, category_uid: 4 }, /^\/category_uid/],
  ['a class that OCSF has not', { ...API_EVENT, class_uid: 1099 }, /^\/class_uid: no class of OCSF: 1099/],
  ['time in seconds', { ...API_EVENT, time: 1_763_721_540 }, /^\/time: must be >= 946684800000/],
  ['time with a fraction', { ...API_EVENT, time: 1_763_721_540_000.5 }, /^\/time: must be integer/],
  ['time far in the future', { ...API_EVENT, time: 5_000_000_000_000 }, /^\/time: must be <= /],
  ['another timestamp in seconds', { ...NETWORK_EVENT, end_time: 1_763_721_540 }, /^\/end_time: must be >= /],
  [
    'a nested timestamp in seconds',
    { ...FINDING_EVENT, finding_info: { uid: 'f', created_time: 1_763_721_540 } },
    /^\/finding_info\/created_time/,
  ],
  ['a port that is none', { ...NETWORK_EVENT, src_endpoint: { ip: '192.0.2.1', port: 65_536 } }, /^\/src_endpoint\/port: must be <= 65535/],
  ['another version of OCSF', { ...API_EVENT, metadata: { ...CLOUD_ONLY, version: '1.7.0' } }, /^\/metadata\/version/],
  ['no metadata.uid', { ...API_EVENT, metadata: { ...CLOUD_ONLY, uid: undefined } }, /^\/metadata: .*uid/],
  ['no vendor', { ...API_EVENT, metadata: { ...CLOUD_ONLY, product: { name: 'CloudTrail' } } }, /^\/metadata\/product: .*vendor_name/],
  [
    'a profile the class does not have',
    { ...API_EVENT, metadata: { ...CLOUD_ONLY, profiles: ['cloud', 'load_balancer'] } },
    /^\/metadata\/profiles\/1/,
  ],
  [
    'an attribute of a profile that is not named',
    { ...API_EVENT, device: { type_id: 1, uid: 'i-1' } },
    /^\/device: belongs to profile host/,
  ],
  [
    'a nested attribute of a profile that is not named',
    { ...API_EVENT, metadata: { ...CLOUD_ONLY, data_classifications: [] } },
    /^\/metadata\/data_classifications: belongs to profile data_classification/,
  ],
  ['a named profile without what it requires', { ...API_EVENT, cloud: undefined }, /must have required property 'cloud'/],
  [
    'a deprecated attribute',
    { ...API_EVENT, actor: { ...API_EVENT.actor, invoked_by: 'x' } },
    /^\/actor\/invoked_by: deprecated since 1\.\d\.0: Use app_name/,
  ],
  ['a caption where the id is not 99', { ...API_EVENT, status: 'Success' }, /^\/status: the short form has a caption only/],
  [
    'a nested caption where the id is not 99',
    { ...API_EVENT, actor: { user: { name: 'a', type_id: 2, type: 'Admin' } } },
    /^\/actor\/user\/type:/,
  ],
  [
    'a caption in an array where the id is not 99',
    { ...FINDING_EVENT, evidences: [{ data: {}, verdict_id: 2, verdict: 'x' }] },
    /^\/evidences\/0\/verdict/,
  ],
  ['no caption where the id is 99', { ...API_EVENT, status_id: 99 }, /^\/status: missing, the id is 99/],
  [
    'no nested caption where the id is 99',
    { ...NETWORK_EVENT, connection_info: { direction_id: 99 } },
    /^\/connection_info\/direction: missing/,
  ],
  ['a caption without its id', { ...API_EVENT, status_id: undefined, status: 'Success' }, /^\/status: a caption without its id/],
  ['an empty list of observables', { ...API_EVENT, observables: [] }, /^\/observables: the short form has none/],
  [
    'observables that could be computed',
    { ...API_EVENT, observables: [{ name: 'src_endpoint.ip', type_id: 2, value: '203.0.113.7' }] },
    /^\/observables: the short form has none/,
  ],
  [
    'an observable without a type of its own',
    { ...API_EVENT, observables: [{ name: 'src_endpoint.ip', type_id: 99, type: 'Other', value: '203.0.113.7' }] },
    /^\/observables\/0: has no type of its own/,
  ],
  [
    'an observable of nothing',
    { ...API_EVENT, observables: [{ name: 'unmapped.to', type_id: 99, type: 'Blockchain Address', value: '0x1' }] },
    /^\/observables\/0: the event has no unmapped.to/,
  ],
];

describe('validateEvent', () => {
  it('takes observables that no attribute tells', () => {
    const observables = [{ name: 'unmapped.vout[].address', type_id: 99, type: 'Blockchain Address', value: '0x1' }];
    const event = { ...API_EVENT, unmapped: { vout: [{ address: '0x2' }, { address: '0x1' }] }, observables };
    expect(validateEvent(event)).toEqual([]);
  });

  it.each(EXAMPLES)('finds nothing wrong with a valid %s', (_, event) => {
    expect(validateEvent(event)).toEqual([]);
  });

  it.each(BROKEN)('finds %s, and nothing else', (_, event, problem) => {
    expect(validateEvent(event)).toEqual([expect.stringMatching(problem)]);
  });

  it.each(['10.0.0.256', '192.0.2.1 ', '192.0.2x1', '2001:db8::1%eth0', 'cloudtrail.amazonaws.com', '-', ''])(
    'finds the address "%s" to be none',
    (ip) => {
      const problems = validateEvent({ ...NETWORK_EVENT, src_endpoint: { ip } });
      expect(problems).toContainEqual(expect.stringMatching(/^\/src_endpoint\/ip: must match format "ipv4"/));
    },
  );

  it('finds an address in an array to be none', () => {
    const problems = validateEvent({ ...HTTP_EVENT, http_request: { x_forwarded_for: ['198.51.100.1', 'unknown'] } });
    expect(problems).toContainEqual(expect.stringMatching(/^\/http_request\/x_forwarded_for\/1: must match format/));
  });

  it('finds a type_uid that activity and class do not make', () => {
    expect(validateEvent({ ...API_EVENT, type_uid: 600302 })).toEqual(['/type_uid: is not class_uid * 100 + activity_id']);
    expect(validateEvent({ ...API_EVENT, type_uid: 600377 })).toEqual([
      expect.stringMatching(/^\/type_uid: must be equal to one of/),
      '/type_uid: is not class_uid * 100 + activity_id',
    ]);
  });

  it('finds at_least_one of a class and of an object broken', () => {
    const { src_endpoint, dst_endpoint, ...flow } = NETWORK_EVENT;
    expect(validateEvent({ ...flow, src_endpoint })).toEqual([]);
    expect(validateEvent({ ...flow, dst_endpoint })).toEqual([]);
    expect(validateEvent(flow).join('\n')).toMatch(/^: must match a schema in anyOf/m);
    expect(validateEvent({ ...flow, src_endpoint: { port: 1 } }).join('\n')).toMatch(/^\/src_endpoint: must match a schema in anyOf/m);
  });

  it('finds just_one of an object broken', () => {
    const vulnerability = { cve: { uid: 'CVE-2026-0001' }, cwe: { uid: '79' } };
    const both = { ...FINDING_EVENT, vulnerabilities: [vulnerability] };
    const one = { ...FINDING_EVENT, vulnerabilities: [{ cve: vulnerability.cve }] };
    expect(validateEvent(one)).toEqual([]);
    expect(validateEvent(both).join('\n')).toMatch(/^\/vulnerabilities\/0: must match exactly one schema in oneOf/m);
  });

  it('asks for service or dst_endpoint of a logon, as the class does', () => {
    expect(validateEvent({ ...AUTHENTICATION_EVENT, service: undefined }).join('\n')).toMatch(/anyOf/);
  });

  it.each([null, undefined, 'text', 1, []])('refuses %p', (event) => {
    expect(validateEvent(event ?? null)).toEqual(['the event is no object']);
  });

  it('leaves unmapped alone', () => {
    expect(validateEvent({ ...BASE_EVENT, unmapped: { type_id: 99, observables: [], ip: 'x', time: 1 } })).toEqual([]);
  });
});

describe('validateEvent, full form', () => {
  const full = {
    ...API_EVENT,
    status: 'Success',
    type_name: 'API Activity: Create',
    observables: [{ name: 'src_endpoint.ip', type_id: 2, type: 'IP Address', value: '203.0.113.7' }],
  };

  it('takes captions and observables that agree', () => {
    expect(validateEvent(full, { full: true })).toEqual([]);
    expect(validateEvent(full)).toHaveLength(3);
  });

  it('takes any caption where the id is 99', () => {
    expect(validateEvent({ ...API_EVENT, status_id: 99, status: 'Pending' }, { full: true })).toEqual([]);
  });

  it.each<readonly [string, object, string]>([
    ['a caption that says something else', { status: 'Failure' }, '/status: does not agree with the id 1'],
    [
      'a path the event has not',
      { observables: [{ name: 'dst_endpoint.ip', type_id: 2 }] },
      '/observables/0: the event has no dst_endpoint.ip',
    ],
    ['an observable without a name', { observables: [{ type_id: 2 }] }, '/observables/0: has no name'],
    [
      'another value',
      { observables: [{ name: 'src_endpoint.ip', type_id: 2, value: '203.0.113.8' }] },
      '/observables/0: src_endpoint.ip does not hold that value',
    ],
    ['a value left out', { observables: [{ name: 'src_endpoint.ip', type_id: 2 }] }, '/observables/0: src_endpoint.ip has a value'],
    [
      'another type',
      { observables: [{ name: 'src_endpoint.ip', type_id: 2, type: 'Port', value: '203.0.113.7' }] },
      '/observables/0: type does not agree with type_id',
    ],
    ['a type that is none', { observables: [{ name: 'api', type_id: 98 }] }, '/observables/0: unknown type_id'],
    ['the same observable twice', { observables: [full.observables[0], full.observables[0]] }, '/observables/1: listed twice'],
  ])('finds %s', (_, change, problem) => {
    expect(validateEvent({ ...full, ...change }, { full: true })).toContain(problem);
  });
});
