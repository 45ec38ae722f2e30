import fc from 'fast-check';
import type { BankConfig } from '../../../shared/config.ts';
import { MisconfiguredError } from '../../../shared/errors.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { API_ACTIVITY, classify, OCSF_VERSION } from '../../../shared/ocsf/classes.ts';
import { redactor } from '../../../shared/redact/redact.ts';

type Redaction = BankConfig['redaction'][number];

const USER = { name: 'alice', uid: 'arn:aws:iam::111111111111:user/alice', type_id: 1 };
const DATA = { password: 'secret', 'x-amz': ['a', 'b'], nested: { token: 't' } };
const EVENT: OcsfEvent = {
  ...classify(API_ACTIVITY, 1),
  severity_id: 1,
  time: Date.UTC(2026, 0, 15),
  metadata: { uid: 'a', version: OCSF_VERSION, product: { name: 'CloudTrail', vendor_name: 'AWS' } },
  actor: { user: USER },
  api: { operation: 'GetObject', request: { data: DATA } },
  resources: [
    { uid: 'r1', tags: [{ name: 'owner', value: 'alice' }] },
    { uid: 'r2', tags: [{ name: 'cost', value: '1' }, { name: 'owner' }] },
    'odd',
  ],
  unmapped: { deep: [[{ card: '4111' }, { card: 4111 }], [{ other: true }]] },
};

function apply(event: OcsfEvent, redactions: readonly Redaction[]): OcsfEvent {
  const outcome = redactor(redactions)?.(event);
  if (outcome?.kind !== 'value') throw new Error('redaction neither rejects nor excludes');
  return outcome.value;
}

/** The event as it would be sent. */
function redacted(...redactions: readonly Redaction[]): unknown {
  return JSON.parse(JSON.stringify(apply(EVENT, redactions)));
}

describe('a redaction', () => {
  it('masks a text', () => {
    expect(redacted({ field: 'actor.user.name', action: 'mask' })).toEqual({ ...EVENT, actor: { user: { ...USER, name: '***' } } });
  });

  it.each([
    ['one key', { 'user.email': 'a@b.example' }, { 'user.email': '***' }],
    ['keys within keys', { user: { email: 'a@b.example', name: 'a' } }, { user: { email: '***', name: 'a' } }],
    ['both', { 'user.email': 'a', user: { email: 'b' } }, { 'user.email': '***', user: { email: '***' } }],
    ['the rest of the key', { user: [{ 'email.address': 'a' }, { email: 'b' }] }, { user: [{ 'email.address': 'a' }, { email: '***' }] }],
  ])('masks what applications write with dots in the key: %s', (_, unmapped, expected) => {
    const event = apply({ ...EVENT, unmapped }, [{ field: 'unmapped.user.email', action: 'mask' }]);
    expect(event.unmapped).toEqual(expected);
  });

  it('removes what it names, whatever it holds', () => {
    expect(redacted({ field: 'actor.user.type_id', action: 'remove' })).toEqual({
      ...EVENT,
      actor: { user: { name: USER.name, uid: USER.uid } },
    });
    expect(redacted({ field: 'api.request', action: 'remove' })).toEqual({ ...EVENT, api: { operation: 'GetObject' } });
  });

  it.each([
    ['a number', 'actor.user.type_id', { ...EVENT, actor: { user: { name: USER.name, uid: USER.uid } } }],
    [
      'a list',
      'api.request.data.x-amz',
      { ...EVENT, api: { operation: 'GetObject', request: { data: { password: 'secret', nested: DATA.nested } } } },
    ],
    [
      'an object',
      'api.request.data.nested',
      { ...EVENT, api: { operation: 'GetObject', request: { data: { password: 'secret', 'x-amz': DATA['x-amz'] } } } },
    ],
  ])('removes %s that is to be masked: only texts can hold a mask', (_, field, expected) => {
    expect(redacted({ field, action: 'mask' })).toEqual(expected);
  });

  it('goes through lists, and lists of lists', () => {
    expect(redacted({ field: 'resources.tags.value', action: 'mask' })).toEqual({
      ...EVENT,
      resources: [
        { uid: 'r1', tags: [{ name: 'owner', value: '***' }] },
        { uid: 'r2', tags: [{ name: 'cost', value: '***' }, { name: 'owner' }] },
        'odd',
      ],
    });
    expect(redacted({ field: 'unmapped.deep.card', action: 'remove' })).toEqual({
      ...EVENT,
      unmapped: { deep: [[{}, {}], [{ other: true }]] },
    });
  });

  it('reaches into payloads', () => {
    expect(redacted({ field: 'api.request.data.password', action: 'mask' })).toEqual({
      ...EVENT,
      api: { operation: 'GetObject', request: { data: { ...DATA, password: '***' } } },
    });
  });

  it('is made beside others, one after the other', () => {
    const both = redacted(
      { field: 'actor.user.name', action: 'mask' },
      { field: 'actor.user', action: 'remove' },
      { field: 'unmapped', action: 'remove' },
    );

    expect(both).toEqual({ ...EVENT, actor: {}, unmapped: undefined });
  });

  it.each([
    'absent',
    'actor.absent',
    'actor.user.name.first',
    'actor.user.type_id.x',
    'resources.absent',
    'resources.0.uid',
    'api.request.data.x-amz.length',
  ])('of what is not there changes nothing: %s', (field) => {
    expect(redacted({ field, action: 'mask' })).toEqual(EVENT);
    expect(redacted({ field, action: 'remove' })).toEqual(EVENT);
  });

  it.each([
    'constructor',
    '__proto__',
    'constructor.prototype',
    '__proto__.toString',
    'actor.__proto__.polluted',
    'actor.user.constructor.name',
    'toString',
  ])('named like what every object has is harmless: %s', (field) => {
    expect(redacted({ field, action: 'mask' })).toEqual(EVENT);
    expect(redacted({ field, action: 'remove' })).toEqual(EVENT);
    expect({}).not.toHaveProperty('polluted');
    expect(Object.prototype.toString.call([])).toBe('[object Array]');
  });

  it('of a member that is really called so takes that member', () => {
    const event: OcsfEvent = {
      ...EVENT,
      unmapped: JSON.parse('{"__proto__":{"card":"4111"},"constructor":"4111"}') as object as OcsfEvent['unmapped'],
    };
    const sent = JSON.stringify(
      apply(event, [
        { field: 'unmapped.__proto__.card', action: 'mask' },
        { field: 'unmapped.constructor', action: 'remove' },
      ]).unmapped,
    );

    expect(sent).toBe('{"__proto__":{"card":"***"}}');
  });

  it('leaves the event itself, and what it does not touch, as they are', () => {
    const before = structuredClone(EVENT);
    const after = apply(EVENT, [
      { field: 'actor.user.name', action: 'mask' },
      { field: 'resources.tags', action: 'remove' },
    ]);

    expect(EVENT).toEqual(before);
    expect(after['api']).toBe(EVENT['api']);
    expect(after.metadata).toBe(EVENT.metadata);
  });

  it('leaves nothing of the value, wherever it stands', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const shape = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constant('SECRET'),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(name, tie('node'), { maxKeys: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(shape, fc.array(name, { minLength: 1, maxLength: 3 }), fc.constantFrom('mask', 'remove'), (unmapped, path, action) => {
        const event = { ...EVENT, unmapped: { root: unmapped } as OcsfEvent['unmapped'] };
        const after = apply(event, [{ field: `unmapped.root.${path.join('.')}`, action }]);

        for (const found of reach(after.unmapped?.['root'], path)) expect([undefined, '***']).toContain(found);
        expect(event.unmapped).toEqual({ root: unmapped });
      }),
    );
  });
});

/** Everything at the path, found in another way than the redactor finds it. */
function reach(node: unknown, path: readonly string[]): readonly unknown[] {
  let level = flat(node);
  for (const name of path) {
    level = level.flatMap((one) =>
      typeof one === 'object' && one !== null && name in one ? [(one as Record<string, unknown>)[name]] : [],
    );
    if (name !== path.at(-1)) level = level.flatMap(flat);
  }
  return level;
}

function flat(node: unknown): readonly unknown[] {
  return Array.isArray(node) ? node.flat(Infinity) : [node];
}

test.each(['metadata.uid', 'metadata', 'time', 'class_uid', 'metadata.product', 'metadata.product.name'])(
  '%s cannot be taken out: events would lose their ids or places',
  (field) => {
    expect(() =>
      redactor([
        { field: 'actor', action: 'remove' },
        { field, action: 'mask' },
      ]),
    ).toThrow(MisconfiguredError);
  },
);

test.each(['metadata.log_name', 'timezone', 'actor'])('%s can', (field) => {
  expect(redactor([{ field, action: 'remove' }])).toBeInstanceOf(Function);
});

test('no redactions are no transform', () => {
  expect(redactor([])).toBeUndefined();
});
