// Fields to attributes: what does not fit stays in `unmapped`, objects that would not be OCSF are left out, and nothing is lost.
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { fullForm } from '../../../shared/ocsf/full.ts';
import { recognise, SOURCES } from '../../../shared/sources/registry.ts';
import { shippedPlans } from '../../../shared/declared/pack.ts';
import { declaredSource } from '../../../shared/declared/source.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { DOOR, eventOf, expectParts, HEAD, planOf, run, sourceOf } from './yaml.ts';

const AT = '2026-02-03T09:15:30Z';

/** The door's file with more attributes. */
function door(...lines: readonly string[]): string {
  return `${DOOR}${lines.map((line) => `  ${line}\n`).join('')}`;
}

describe('values', () => {
  const typed = sourceOf(
    door(
      'src_endpoint.ip: ip',
      'src_endpoint.port: port',
      'is_remote: remote',
      'start_time: began',
      'src_endpoint.location.lat: lat',
      'src_endpoint.location.city: city',
      'user.email_addr: mail',
      'http_request.x_forwarded_for: hops',
    ),
  );

  test('that fit their attribute move there, whatever they were written as', () => {
    const event = eventOf(typed, {
      at: AT,
      who: 7,
      ip: '2001:db8::1',
      port: '443',
      remote: 'TRUE',
      began: AT,
      lat: '50.11',
      city: true,
      mail: 'a@b.example',
      hops: ['192.0.2.1', '192.0.2.2'],
    });

    expectParts(event, {
      user: { name: '7', email_addr: 'a@b.example' },
      src_endpoint: { ip: '2001:db8::1', port: 443, location: { lat: 50.11, city: 'true' } },
      is_remote: true,
      start_time: Date.parse(AT),
      http_request: { x_forwarded_for: ['192.0.2.1', '192.0.2.2'] },
    });
    expect(event.unmapped).toBeUndefined();
  });

  test('that do not fit stay as they came', () => {
    const rest = {
      ip: '256.1.1.1',
      port: '0443',
      remote: 1,
      began: '2026',
      lat: 'north',
      city: ['a'],
      mail: 'nobody',
      hops: ['192.0.2.1', 'x'],
      more: null,
    };
    expectParts(eventOf(typed, { at: AT, who: 'mira', ...rest }), { unmapped: { ...rest, more: undefined } });
    expect(eventOf(typed, { at: AT, who: 'mira', port: 1.5 }).unmapped).toEqual({ port: 1.5 });
    expect(eventOf(typed, { at: AT, who: 'mira', port: '1e3' }).unmapped).toEqual({ port: '1e3' });
  });

  test('that say more than the attribute keeps are kept beside it', () => {
    expectParts(eventOf(typed, { at: AT, who: 'mira', remote: 'yes', city: 'Bonn', lat: '50.10', began: '2026-02-03T10:15:30+01:00' }), {
      is_remote: true,
      src_endpoint: undefined,
      unmapped: { remote: 'yes', lat: '50.10', city: 'Bonn', began: '2026-02-03T10:15:30+01:00' },
    });
    expect(eventOf(typed, { at: '2026-02-03T10:15:30.123456+01:00', who: 'mira' }).metadata['original_time']).toBe(
      '2026-02-03T10:15:30.123456+01:00',
    );
    expect(eventOf(typed, { at: AT, who: 'mira' }).metadata['original_time']).toBeUndefined();
  });

  test('one value is a list of one; the first field with a value counts; several are joined', () => {
    const yaml = door('http_request.x_forwarded_for: hops', 'message: [a, b.c]', "status_detail: { from: [a, d], join: ' / ' }");
    expectParts(eventOf(yaml, { at: AT, who: 'x', hops: '192.0.2.1', a: '', b: { c: 'C', e: 1 }, d: 'D' }), {
      http_request: { x_forwarded_for: ['192.0.2.1'] },
      message: 'C',
      unmapped: { a: '', b: { e: 1 }, d: 'D' },
    });
    const joined = eventOf(yaml, { at: AT, who: 'x', a: 'A', b: { c: 'C' }, d: 4 });
    expectParts(joined, { message: 'A', status_detail: 'A / 4', unmapped: { b: { c: 'C' } } });
  });
});

describe('ids', () => {
  const mapped = sourceOf(
    `${DOOR.replace('{ value: Logon }', '{ from: what, map: { in: Logon, "out*": Logoff, 3..5: Preauth, "*x": Other } }')}severity: level
status: { from: code, map: { 0: Success, 1..99: Failure }, otherwise: Other }
`,
  );

  test.each([
    [{ what: 'IN' }, { activity_id: 1, activity_name: undefined, unmapped: { what: 'IN' } }],
    [{ what: 'outside' }, { activity_id: 2, unmapped: { what: 'outside' } }],
    [{ what: 4 }, { activity_id: 6, unmapped: { what: 4 } }],
    [{ what: '4.5' }, { activity_id: 6 }],
    [{ what: 6 }, { activity_id: 99, activity_name: '6', unmapped: undefined }],
    [{ what: 'knox' }, { activity_id: 99, activity_name: 'knox', unmapped: undefined }],
    [{ what: ['in'] }, { activity_id: 0, unmapped: { what: ['in'] } }],
    [{}, { activity_id: 0, severity_id: 0, status_id: 0 }],
    [{ level: 'high' }, { severity_id: 4, severity: undefined, unmapped: { level: 'high' } }],
    [{ level: 'High' }, { severity_id: 4, unmapped: undefined }],
    [{ level: 5 }, { severity_id: 99, severity: '5', unmapped: undefined }],
    [{ code: 0 }, { status_id: 1 }],
    [{ code: '17' }, { status_id: 2 }],
    [{ code: -1 }, { status_id: 99, status: '-1', unmapped: undefined }],
  ])('%j', (fields, expected) => {
    expectParts(eventOf(mapped, { at: AT, who: 'x', ...fields }), expected);
  });
});

test('lists of ids, each with its caption where one of them is another', () => {
  const yaml = door(
    'http_request.url.path: path',
    'http_request.url.category_ids: kinds',
    'malware.classification_ids: { value: Virus }',
    'malware.name: virus',
  ).replace('class: authentication', 'class: authentication\nprofiles: [security_control]');
  expectParts(eventOf(yaml, { at: AT, who: 'x', path: '/', kinds: ['Pornography', 'gossip'], virus: 'v' }), {
    http_request: { url: { path: '/', category_ids: [3, 99], categories: ['Pornography', 'gossip'] } },
    malware: [{ classification_ids: [19], name: 'v' }],
    unmapped: undefined,
  });
  expectParts(eventOf(yaml, { at: AT, who: 'x', path: '/', kinds: 'Pornography' }), {
    http_request: { url: { category_ids: [3], categories: undefined } },
    unmapped: undefined,
  });
});

describe('objects', () => {
  test('that lack what OCSF requires are left out, and their fields stay', () => {
    const yaml = door('src_endpoint.port: port', 'src_endpoint.ip: ip', 'actor.user.email_addr: mail', 'actor.user.uid: id');
    const rest = { port: 22, ip: 'nowhere', mail: 'a@b.example' };
    const event = eventOf(yaml, { at: AT, who: 'x', ...rest });

    expect(event).not.toHaveProperty('src_endpoint');
    expect(event).not.toHaveProperty('actor');
    expect(event.unmapped).toEqual(rest);
  });

  test('a field that another attribute has used stays moved', () => {
    expectParts(eventOf(door('src_endpoint.port: port', 'src_endpoint.ip: ip', 'status_code: port'), { at: AT, who: 'x', port: 22 }), {
      status_code: '22',
      unmapped: undefined,
    });
  });

  test('a fallback stands in only where the object would lack something', () => {
    const yaml = door(
      'src_endpoint.ip: ip',
      'src_endpoint.port: port',
      'src_endpoint.svc_name: { fallback: door }',
      'actor.user.name: admin',
      'actor.app_name: { fallback: system }',
    );
    expectParts(eventOf(yaml, { at: AT, who: 'x', ip: '192.0.2.1', admin: 'a' }), {
      src_endpoint: { ip: '192.0.2.1', svc_name: undefined },
      actor: { app_name: undefined },
    });
    expectParts(eventOf(yaml, { at: AT, who: 'x', port: 1 }), {
      src_endpoint: { port: 1, svc_name: 'door' },
      actor: { app_name: 'system' },
    });
  });

  test('without what the class requires the record is parked', () => {
    const { parked } = run(DOOR, `${JSON.stringify({ at: AT })}\n${JSON.stringify({ at: 'x', who: 'y' })}\n`);
    expect(parked.map(({ code, detail }) => `${code}: ${detail}`)).toEqual([
      'missing_field: nothing valid for user',
      'missing_field: nothing valid for time',
    ]);
  });
});

describe('lists of objects', () => {
  const API = `${HEAD}format: json
time: { from: at }
class: api_activity
activity: { value: Create }
attributes:
  api.operation: what
  actor.app_name: { value: x }
  src_endpoint.svc_name: { value: x }
`;

  test('one object for each element; what is left of the elements keeps its place', () => {
    const yaml = `${API}  resources: { each: things, attributes: { uid: id, name: [title, name], owner.name: owner, owner.email_addr: mail, type: { value: thing } } }\n`;
    const event = eventOf(yaml, {
      at: AT,
      what: 'w',
      things: [{ id: 1, name: 'one', size: 3 }, { id: '2', title: 'two' }, { size: 4 }, 7, { id: 5, mail: 'a@b.example' }],
    });

    expect(event['resources']).toEqual([
      { uid: '1', name: 'one', type: 'thing' },
      { uid: '2', name: 'two', type: 'thing' },
      { uid: '5', type: 'thing' },
    ]);
    expect(event.unmapped).toEqual({ things: [{ size: 3 }, null, { size: 4 }, 7, { mail: 'a@b.example' }] });
    expect(eventOf(yaml, { at: AT, what: 'w', things: [{ id: 1 }] }).unmapped).toBeUndefined();
    expectParts(eventOf(yaml, { at: AT, what: 'w', things: { id: 1, size: 2 } }), {
      resources: [{ uid: '1', type: 'thing' }],
      unmapped: { things: { size: 2 } },
    });
    expectParts(eventOf(yaml, { at: AT, what: 'w', things: [] }), { resources: undefined, unmapped: { things: [] } });
  });

  test('objects by their number, of which those that nothing is said of are none', () => {
    const yaml = `${API}  resources.uid: id\n  resources.type: { value: door }\n  resources.1.name: key\n  resources.1.type: { value: key }\n`;
    expect(eventOf(yaml, { at: AT, what: 'w', id: 1, key: 'k' })['resources']).toEqual([
      { uid: '1', type: 'door' },
      { name: 'k', type: 'key' },
    ]);
    expect(eventOf(yaml, { at: AT, what: 'w', key: 'k' })['resources']).toEqual([{ name: 'k', type: 'key' }]);
    expect(eventOf(yaml, { at: AT, what: 'w' })['resources']).toBeUndefined();
  });
});

test('cases: the first whose conditions hold, with what the file says for all of them', () => {
  const yaml = `${HEAD}format: json
time: { from: at }
status: { from: ok, map: { true: Success, false: Failure } }
attributes:
  message: text
cases:
  - when: { kind: [login, 'log*'], user.name: '*' }
    class: authentication
    activity: { value: Logon }
    attributes: { user.name: user.name, service.name: { value: Doors } }
  - when: { code: 400..599 }
    class: base_event
    activity: kind
    severity: { value: High }
  - class: base_event
    activity: kind
    status: { value: Unknown }
    attributes: { message: other }
`;
  const ran = run(
    yaml,
    [
      { kind: 'LOGOUT', user: { name: 'mira' } },
      { kind: 'login', code: '404' },
      { kind: 'x', code: 4040 },
    ]
      .map((one) => JSON.stringify({ at: AT, ok: true, text: 't', ...one }))
      .join('\n'),
  );

  expect(ran.events).toEqual([
    expect.objectContaining({ class_uid: 3002, severity_id: 1, status_id: 1, message: 't', user: { name: 'mira' } }),
    expect.objectContaining({ class_uid: 0, severity_id: 4, status_id: 1, message: 't', activity_name: 'login' }),
    expect.objectContaining({ class_uid: 0, severity_id: 1, status_id: 0, unmapped: { ok: true, text: 't', code: 4040 } }),
  ]);
  expect(sourceOf(yaml).classes).toEqual([3002, 0]);
});

test('what is no record of activity is left out under its rule', () => {
  const yaml = `${DOOR}exclude: [{ rule: test_message, when: { kind: ['test*', 0..9], id: '*' } }]\n`;
  const lines = [{ kind: 'TESTING', id: 1 }, { kind: 7, id: 'x' }, { kind: 'test' }, { kind: 10, id: 1 }].map((one) =>
    JSON.stringify({ at: AT, who: 'x', ...one }),
  );
  expect(run(yaml, lines.join('\n'))).toMatchObject({ excluded: ['test_message', 'test_message'], events: [{}, {}] });
});

describe('nothing is lost', () => {
  /** Everything an event says, as texts: numbers and booleans too, times as they were written, ids as their captions. */
  function saidBy(event: OcsfEvent): ReadonlySet<string> {
    const said = new Set<string>();
    collect(fullForm(event), (leaf) => {
      said.add(String(leaf).toLowerCase());
      if (typeof leaf === 'number' && leaf > Date.UTC(2000, 0, 1)) {
        for (const text of [
          new Date(leaf).toISOString(),
          String(leaf / 1000),
          (leaf / 1000).toFixed(3),
          new Date(leaf).toISOString().replace('.000Z', 'Z'),
        ])
          said.add(text.toLowerCase());
      }
    });
    return said;
  }

  function collect(node: unknown, take: (leaf: unknown) => void): void {
    if (typeof node === 'object' && node !== null) for (const member of Object.values(node)) collect(member, take);
    else if (node !== null && node !== undefined && node !== '') take(node);
  }

  const leaf = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(AT, '192.0.2.1', 'Success', '443', 'a@b.example', 'x, y', null),
  );
  const value = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'id', 'name', '__proto__'), tie('any'), { maxKeys: 3 }),
    ),
  })).any;
  const names = ['who', 'ip', 'port', 'level', 'ok', 'list', 'a', 'b', 'more'];

  const source = sourceOf(
    `${door('src_endpoint.ip: ip', 'src_endpoint.port: port', 'is_remote: [ok, a.b]', 'start_time: [b, a.a]', 'auth_factors: { each: list, attributes: { factor_type_id: name, email_addr: id } }', "status_detail: { from: [a.name, level], join: ', ' }", 'user.groups: { each: [a.list, b], attributes: { uid: id, name: name } }', 'unmapped_is_taken: x').replace('  unmapped_is_taken: x\n', '')}severity: level
status: { from: ok, map: { true: Success, '*': Failure } }
`,
  );

  test('every leaf of a record is in its event, in an attribute or in `unmapped`', () => {
    let events = 0;
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 8 }),
        fc.string({ minLength: 1, maxLength: 5 }),
        (fields, who) => {
          const record = { who, ...fields, at: AT };
          const ran = run(source, JSON.stringify(record));
          const [event] = ran.events;
          if (event === undefined) return;
          events++;
          const said = [...saidBy(event)];
          collect(record, (part) => {
            const text = String(part).toLowerCase();
            expect({ record, isThere: said.some((one) => one.includes(text)) }).toEqual({ record, isThere: true });
          });
        },
      ),
      { numRuns: 1500 },
    );
    expect(events).toBeGreaterThan(300);
  });

  test.each(shippedPlans().map((plan) => [plan.name, plan] as const))('in the golden cases of %s', (name, plan) => {
    const shipped = SOURCES.find((one) => one.name === name);
    expect(shipped?.classes).toEqual(declaredSource(plan).classes);
    const file = ['json', 'csv', 'log'].map((ending) => `test/golden/${name}/full/input.${ending}`).find((path) => exists(path)) ?? '';
    const text = readFileSync(file, 'utf8');
    expect(recognise(text)?.name).toBe(name);
    const said = run(declaredSource(plan), text).events.map((event) => [...saidBy(event)]);
    const [reader] = plan.readers;
    if (reader?.kind !== 'json' || plan.readers.length > 1) return;
    const records: unknown[] = [];
    for (const line of text.trim().split('\n')) records.push(...recordsIn(JSON.parse(line), reader.array ?? plan.records?.field[0]));
    for (const [at, record] of records.entries()) {
      collect(record, (part) => {
        const word = String(part).toLowerCase();
        if (plan.absent.includes(word)) return;
        expect({ word, isThere: said[at]?.some((one) => one.includes(word)) }).toEqual({ word, isThere: true });
      });
    }
  });

  function recordsIn(value: unknown, array: string | undefined): readonly unknown[] {
    const inside = array === undefined ? undefined : (value as Record<string, unknown>)[array];
    return Array.isArray(inside) ? (inside as readonly unknown[]) : [value];
  }

  function exists(path: string): boolean {
    try {
      readFileSync(path);
      return true;
    } catch {
      return false;
    }
  }
});

test('a plan is data: it is the same when it was packed', () => {
  expect(planOf(DOOR)).toEqual(JSON.parse(JSON.stringify(planOf(DOOR))));
});
