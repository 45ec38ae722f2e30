// Events of other producers become valid OCSF 1.8.0, or are refused; nothing of them is lost on the way.
import fc from 'fast-check';
import type { Json, JsonObject, OcsfEvent } from '../../../shared/model.ts';
import { lift } from '../../../shared/ocsf/lift.ts';
import { classShape, objectShape, SHAPE_DATA, type Shape } from '../../../shared/ocsf/shape.ts';
import { isArray, isObject, parseJson } from '../../../shared/outcome.ts';
import { goldenCases, runGolden } from '../../golden-runner.ts';
import { validateEvent } from '../../ocsf.ts';

const TIME = Date.UTC(2026, 2, 2);
const BASE = {
  class_uid: 6003,
  activity_id: 2,
  severity_id: 1,
  time: TIME,
  actor: { app_name: 'till' },
  api: { operation: 'Get' },
  src_endpoint: { ip: '192.0.2.1' },
};
const METADATA = { version: '1.1.0', uid: '5d1f2c3a-0001-4000-8000-000000000001', product: { name: 'Till', vendor_name: 'Example' } };

function lifted(event: JsonObject, ownUid?: string): OcsfEvent {
  const outcome = lift(event, { uid: () => 'made-here', ownUid });
  if (outcome.kind !== 'value') throw new Error(JSON.stringify(outcome));
  expect(validateEvent(outcome.value)).toEqual([]);
  return outcome.value;
}

function sent(event: unknown): unknown {
  return parseJson(JSON.stringify(event));
}

test('a valid event of 1.8.0 is not changed', async () => {
  for (const golden of goldenCases().filter(({ source }) => ['alb', 'cloudtrail', 'guardduty', 'vpc-flow'].includes(source))) {
    for (const event of (await runGolden(golden)).events) {
      // An object that says nothing is the same as none.
      const { http_request, ...rest } = event;
      const said = isObject(http_request) && Object.keys(JSON.parse(JSON.stringify(http_request)) as object).length === 0 ? rest : event;
      expect({ case: golden.directory, event: sent(lifted(sent(event) as JsonObject)) }).toEqual({
        case: golden.directory,
        event: sent(said),
      });
    }
  }
});

describe('ids', () => {
  test.each([
    ['5d1f2c3a-0001-4000-8000-000000000001', undefined],
    ['arn:aws:securityhub:eu-central-1:111111111111:finding/1', undefined],
    ['7', '7'],
    ['12345678901234567890123', '12345678901234567890123'],
  ])('%s stays only if no other producer can have it', (uid, original) => {
    const { metadata } = lifted({ ...BASE, metadata: { ...METADATA, uid } });
    expect(metadata['original_event_uid']).toBe(original);
    expect(metadata.uid === uid).toBe(original === undefined);
  });

  test('a short one belongs to its product and time', () => {
    const uids = [
      lifted({ ...BASE, metadata: { ...METADATA, uid: '7' } }),
      lifted({ ...BASE, metadata: { ...METADATA, uid: '7', product: { name: 'Other till', vendor_name: 'Example' } } }),
      lifted({ ...BASE, time: TIME + 1, metadata: { ...METADATA, uid: '7' } }),
    ].map(({ metadata }) => metadata.uid);
    expect(new Set(uids).size).toBe(3);
    expect(lifted({ ...BASE, metadata: { ...METADATA, uid: '7' } }).metadata.uid).toBe(uids[0]);
  });

  test('without one the caller names the event; a caller that knows better is followed', () => {
    const unnamed = { version: METADATA.version, product: METADATA.product };
    expect(lifted({ ...BASE, metadata: unnamed }).metadata.uid).toBe('made-here');
    const { metadata, unmapped } = lifted({ ...BASE, metadata: { ...METADATA, original_event_uid: 'native' } }, 'own');
    expect(metadata).toMatchObject({ uid: 'own', original_event_uid: 'native' });
    expect(unmapped).toEqual({ metadata: { version: '1.1.0', uid: METADATA.uid } });
  });
});

describe('what 1.8.0 has elsewhere or not', () => {
  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    ['renamed', { actor: { invoked_by: 'x' } }, { actor: { app_name: 'x' } }, {}],
    [
      'renamed, but its place is taken',
      { actor: { invoked_by: 'x', app_name: 'y' } },
      { actor: { app_name: 'y' } },
      { actor: { invoked_by: 'x' } },
    ],
    ['a number as text', { src_endpoint: { ip: '192.0.2.1', port: '443' } }, { src_endpoint: { ip: '192.0.2.1', port: 443 } }, {}],
    [
      'no port',
      { src_endpoint: { ip: '192.0.2.1', port: 70_000 } },
      { src_endpoint: { ip: '192.0.2.1' } },
      { src_endpoint: { port: 70_000 } },
    ],
    ['a name for an address', { src_endpoint: { ip: 'AWS Internal' } }, { src_endpoint: { domain: 'AWS Internal' } }, {}],
    ['an unknown id', { status_id: 7, status: 'Odd' }, { status_id: 99, status: 'Odd' }, { status_id: 7 }],
    ['a caption without its id', { status: 'SUCCESS' }, { status_id: 1 }, {}],
    ['a caption that says something else', { status_id: 1, status: 'Fine' }, { status_id: 1 }, { status: 'Fine' }],
    ['time as text', { start_time: '2026-03-02T00:00:00Z' }, { start_time: TIME }, {}],
    ['another unit', { start_time: TIME / 1000 }, {}, { start_time: TIME / 1000 }],
    ['nothing but nulls', { dst_endpoint: { ip: null, port: null }, policy: { uid: null }, status: null }, {}, {}],
    ['one for a list', { resources: { uid: 'r' } }, { resources: [{ uid: 'r' }] }, {}],
    ['an element of a list', { resources: ['r', { uid: 's' }] }, { resources: [{ uid: 's' }] }, { resources: ['r'] }],
  ])('%s', (_, given, expected, left) => {
    const event = lifted({ ...BASE, ...given, metadata: METADATA });
    expect(event).toMatchObject(expected);
    expect(event.unmapped).toEqual({ ...left, metadata: { version: '1.1.0' } });
  });

  test('a profile is named where its attributes are used, and only where it can be', () => {
    expect(lifted({ ...BASE, device: { hostname: 'h' }, metadata: METADATA }).metadata.profiles).toEqual(['host']);
    const { metadata, unmapped } = lifted({ ...BASE, cloud: 'AWS', metadata: { ...METADATA, profiles: ['cloud', 'reputation'] } });
    expect(metadata.profiles).toBeUndefined();
    expect(unmapped).toEqual({ cloud: 'AWS', metadata: { version: '1.1.0', profiles: ['cloud', 'reputation'] } });
  });

  test('a deep event is bounded', () => {
    let process: JsonObject = { pid: 1 };
    for (let depth = 0; depth < 2000; depth++) process = { pid: 1, parent_process: process };
    expect(lifted({ ...BASE, actor: { process }, metadata: METADATA }).class_uid).toBe(6003);
  });
});

describe('unmapped', () => {
  test.each<[string, Json]>([
    ['object', { a: '1', b: null }],
    [
      'pairs',
      [
        ['a', '1'],
        ['b', null],
      ],
    ],
    [
      'keys and values',
      [
        { key: 'a', value: '1' },
        { key: 'b', value: null },
      ],
    ],
    [
      'Avro',
      {
        key_value: [
          { key: 'a', value: '1' },
          { key: 'b', value: null },
        ],
      },
    ],
  ])('%s', (_, unmapped) => {
    expect(lifted({ ...BASE, unmapped, metadata: { ...METADATA, version: '1.8.0' } }).unmapped).toEqual({ a: '1', b: null });
  });

  test('gives way to what is left over under the same name', () => {
    const { unmapped } = lifted({ ...BASE, colour: 'red', unmapped: { colour: 'blue', colour_: 'green' }, metadata: METADATA });
    expect(unmapped).toEqual({ colour: 'red', colour_: 'green', colour__: 'blue', metadata: { version: '1.1.0' } });
  });
});

describe('any JSON in any attribute', () => {
  const values = fc.oneof(
    fc.constantFrom<Json>(
      0,
      1,
      99,
      7,
      -1,
      443,
      1e21,
      0.5,
      TIME,
      '',
      '1',
      '99',
      'x',
      '192.0.2.1',
      '2001:db8::1',
      'a@example.com',
      'GET',
      null,
      true,
      'true',
    ),
    fc.constantFrom<Json>([], {}, [null], [0, 99], ['x'], [{}], { uid: 'u' }, { name: 'n', uid: 1, type_id: 3 }, '2026-03-02T00:00:00Z'),
  );
  const uids = Object.keys(SHAPE_DATA.classes).map(Number);

  function objectOf(shape: Shape, depth: number): fc.Arbitrary<JsonObject> {
    const names = [...shape.attributes.keys(), 'colour'];
    return fc
      .array(
        fc.constantFrom(...names).chain((name) => member(shape, name, depth)),
        { maxLength: 8 },
      )
      .map((all) => Object.fromEntries(all));
  }

  function member(shape: Shape, name: string, depth: number): fc.Arbitrary<[string, Json]> {
    const attribute = shape.attributes.get(name);
    const object = attribute?.object === undefined || depth > 2 ? undefined : objectShape(attribute.object);
    const inner: fc.Arbitrary<Json> =
      object === undefined ? values : fc.oneof({ weight: 4, arbitrary: objectOf(object, depth + 1) }, values);
    return (attribute?.list === true ? fc.oneof(fc.array(inner, { maxLength: 3 }), inner) : inner).map((value) => [name, value]);
  }

  /** Every scalar that is not null, as text. */
  function scalarsIn(node: unknown): string[] {
    if (isArray(node)) return node.flatMap(scalarsIn);
    if (isObject(node)) return Object.values(node).flatMap(scalarsIn);
    return typeof node === 'string' || typeof node === 'number' || typeof node === 'boolean' ? [String(node)] : [];
  }

  const events = fc.constantFrom(...uids).chain((uid) => {
    const shape = classShape(uid);
    if (shape === undefined) throw new Error(`no class ${uid}`);
    return objectOf(shape, 0).map((event) => ({ ...event, class_uid: uid }));
  });

  test('is valid or refused, and what was said is still there', () => {
    let accepted = 0;
    fc.assert(
      fc.property(events, fc.boolean(), (event, whole) => {
        const said = Object.fromEntries(Object.entries(event).filter(([name]) => !DERIVED.includes(name)));
        const given = whole
          ? { ...BASE, ...REQUIRED, ...said, time: TIME, metadata: METADATA }
          : { ...said, time: TIME, metadata: METADATA };
        const outcome = lift(given, { uid: () => 'u' });
        if (outcome.kind !== 'value') return;
        accepted++;
        expect(validateEvent(outcome.value)).toEqual([]);
        const there = new Set(scalarsIn(outcome.value).map(loosely));
        // An id says its caption; what an id cannot be is a caption. Text is read as a number, a time or a truth.
        const lost = scalarsIn(given).filter((word) => !there.has(loosely(word)) && !isIdOrCaption(word));
        expect({ event: given, lost }).toEqual({ event: given, lost: [] });
      }),
      { numRuns: 600 },
    );
    // One of six, as it happens to come out.
    expect(accepted).toBeGreaterThan(50);
  });

  const DERIVED = ['observables', 'type_name', 'class_name', 'category_name'];
  const REQUIRED = {
    finding_info: { uid: 'f' },
    user: { name: 'n' },
    device: { hostname: 'h', type_id: 0 },
    dst_endpoint: { ip: '192.0.2.9' },
    file: { name: 'f', type_id: 0 },
  };

  function loosely(word: string): string {
    return word === '2026-03-02T00:00:00Z' ? String(TIME) : word.toUpperCase();
  }

  function isIdOrCaption(word: string): boolean {
    return ['0', '1', '99', '7', '', '1.1.0'].includes(word);
  }
});
