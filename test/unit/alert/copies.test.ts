import fc from 'fast-check';
import { requestChange } from '../../../shared/alert/changes.ts';
import { detailOf } from '../../../shared/alert/copies/event-bus.ts';
import { FORWARDED, forwarded } from '../../../shared/alert/copies/forward.ts';
import { importAll } from '../../../shared/alert/copies/security-hub.ts';
import { findHeld } from '../../../shared/alert/find.ts';
import { BANK, guardDutyFinding } from './findings.ts';
import { foundIn, MINUTE, startWorld, type World } from './world.ts';

const CENTRAL = 'arn:aws:events:eu-central-1:444444444444:event-bus/central';
const PROVIDER = {
  name: 'Watchers',
  event_bus_arn: CENTRAL,
  consent: { by: 'CISO', on: '2026-11-02', reference: 'entry 117' },
};
const REFUSED = {
  status: 200,
  body: { FailedEntryCount: 1, Entries: [{ ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'no' }] },
};

let world: World;

beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
});

interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

function entries(): readonly Entry[] {
  return world.aws.asked
    .filter(({ headers }) => String(headers['x-amz-target']).endsWith('.PutEvents'))
    .flatMap(({ body }) => (JSON.parse(body) as { Entries: readonly Entry[] }).Entries);
}

function calls(path: string): readonly Record<string, unknown>[] {
  return world.aws.asked.filter(({ url }) => url.startsWith(path)).map(({ body }) => JSON.parse(body) as Record<string, unknown>);
}

function copying(alerts: object): void {
  world.bank = { ...BANK, alerts: { ...BANK.alerts, ...alerts } };
}

describe('copies', () => {
  it('go to the bus after the alert is out, once', async () => {
    copying({ event_bus: 'ticketing' });
    await world.raise(foundIn({ events: ['a'] }), guardDutyFinding(4));
    expect(entries()).toEqual([]);
    expect(await world.sweep()).toMatchObject({ copies: 2, copiesFailed: 0 });
    expect(await world.sweep()).toMatchObject({ due: 0 });
    expect(entries()).toEqual(
      [0, 1].map(
        () => expect.objectContaining({ EventBusName: 'ticketing', Source: 'strongroom', DetailType: 'Strongroom Finding' }) as unknown,
      ),
    );
    const details = entries().map(({ Detail }) => JSON.parse(Detail) as Record<string, unknown>);
    expect(details[0]).toMatchObject({
      action: 'create',
      bank: 'demo',
      evidence: 'vault/key',
      finding: { finding_info: { uid: expect.any(String) as unknown } },
    });
  });

  it('that fail are tried again, later and later, without a second message', async () => {
    copying({ event_bus: 'ticketing' });
    world.bank = { ...world.bank, provider: PROVIDER };
    world.answers.push(REFUSED);
    expect(await world.raise(foundIn({ events: ['a'] }))).toMatchObject({ alerted: 1 });
    expect(await world.sweep()).toMatchObject({ copies: 1, copiesFailed: 1 });
    expect(await world.sweep()).toMatchObject({ due: 0 });
    expect(JSON.stringify(world.logged)).toContain('NotAuthorizedForSourceException');
    world.now += MINUTE;
    world.answers.push({ status: 500, body: { __type: 'InternalException' } });
    expect(await world.sweep()).toMatchObject({ copiesFailed: 1 });
    world.now += MINUTE;
    expect(await world.sweep()).toMatchObject({ due: 0 });
    world.now += MINUTE;
    expect(await world.sweep()).toMatchObject({ copies: 1 });
    expect(entries().map(({ EventBusName }) => EventBusName)).toEqual(['ticketing', CENTRAL, 'ticketing', 'ticketing']);
    expect(world.sns.published).toHaveLength(1);
  });

  it('are given up after a day, and that is an error in the log', async () => {
    copying({ event_bus: 'ticketing' });
    await world.raise(foundIn({ events: ['a'] }));
    for (let time = 0; time < 40; time++) {
      world.answers.push(REFUSED);
      await world.sweep();
      world.answers.length = 0;
      world.now += 61 * MINUTE;
    }
    expect(entries()).toHaveLength(30);
    expect(JSON.stringify(world.logged)).toContain('a copy of an alert is given up');
  });

  it('are made of what people say, too, but not of what was held back', async () => {
    copying({ event_bus: 'ticketing', storm: { rule_per_hour: 1 } });
    await world.raise(foundIn({ events: ['a'], uid: 'a' }), foundIn({ events: ['b'], uid: 'b' }));
    await world.sweep();
    const held = await findHeld(world.deps(), 'a');
    const request = { finding: held?.stored.id ?? '', status: 'acknowledged', reason: 'on it', by: 'arn', principal: 'id', at: 0 } as const;
    await requestChange(world.deps().claims, request);
    await world.sweep();
    await world.sweep();
    expect(entries().map(({ Detail }) => (JSON.parse(Detail) as { action: string }).action)).toEqual(['create', 'update']);
    expect(JSON.parse(entries()[1]?.Detail ?? '')).toMatchObject({ finding: { status_id: 2, comment: 'on it' } });
  });

  it('say when they are cut', () => {
    const event = (finding: object): string =>
      detailOf({ alert: 'a', action: 'create', bank: 'demo', finding: { ...foundIn({ events: ['a'] }), ...finding } });
    const sizes = [event({}), event({ unmapped: { big: 'x'.repeat(300_000) } }), event({ evidences: [{ data: 'ü'.repeat(200_000) }] })];
    expect(sizes.map((json) => (JSON.parse(json) as { truncated?: boolean }).truncated)).toEqual([undefined, true, true]);
    for (const json of sizes) expect(Buffer.byteLength(json)).toBeLessThan(256 * 1024);
    expect(JSON.parse(sizes[2] ?? '')).toMatchObject({ finding: { finding_info: { uid: 'uid-1' } } });
  });
});

describe('Security Hub', () => {
  it('gets findings of ours, with what ASFF asks for, and what people say of them', async () => {
    copying({ security_hub: true });
    await world.raise(foundIn({ events: ['a'] }), guardDutyFinding(5));
    await world.sweep();
    const [call, ...others] = calls('/findings/import');
    expect(others).toEqual([]);
    const [asff] = call?.['Findings'] as readonly Record<string, unknown>[];
    expect(asff).toMatchObject({
      SchemaVersion: '2018-10-08',
      Id: 'strongroom/demo/uid-1',
      ProductArn: 'arn:aws:securityhub:eu-central-1:111111111111:product/111111111111/default',
      GeneratorId: 'strongroom/rule-1',
      AwsAccountId: '111111111111',
      CreatedAt: '2026-03-02T09:14:05.000Z',
      UpdatedAt: '2026-03-02T09:14:05.000Z',
      Severity: { Label: 'HIGH' },
      Title: 'Title of rule-1',
      Description: 'What it means.',
      Resources: [{ Type: 'AwsAccount', Id: 'AWS::::Account:222222222222' }],
      RecordState: 'ACTIVE',
    });
    world.now += MINUTE;
    const held = await findHeld(world.deps(), 'uid-1');
    const request = {
      finding: held?.stored.id ?? '',
      status: 'closed',
      reason: 'dealt with',
      by: 'arn:aws:iam::111111111111:user/a',
      principal: 'id',
      at: 0,
    } as const;
    await requestChange(world.deps().claims, request);
    await world.sweep();
    await world.sweep();
    expect(calls('/findings/batchupdate')).toEqual([
      {
        FindingIdentifiers: [{ Id: 'strongroom/demo/uid-1', ProductArn: asff?.['ProductArn'] }],
        Workflow: { Status: 'RESOLVED' },
        Note: { Text: 'dealt with', UpdatedBy: 'arn:aws:iam::111111111111:user/a' },
      },
    ]);
    expect((calls('/findings/import')[1]?.['Findings'] as readonly object[])[0]).toMatchObject({
      Id: 'strongroom/demo/uid-1',
      UpdatedAt: '2026-03-02T09:15:05.000Z',
      RecordState: 'ARCHIVED',
    });
  });

  it('tells which it refused, and they are tried again', async () => {
    copying({ security_hub: true });
    world.answers.push({
      status: 200,
      body: { FailedCount: 1, SuccessCount: 0, FailedFindings: [{ Id: 'x', ErrorCode: 'InvalidInput', ErrorMessage: 'bad' }] },
    });
    await world.raise(foundIn({ events: ['a'] }));
    expect(await world.sweep()).toMatchObject({ copiesFailed: 1 });
    expect(JSON.stringify(world.logged)).toContain('Security Hub refuses finding x: InvalidInput bad');
    world.now += MINUTE;
    expect(await world.sweep()).toMatchObject({ copies: 1 });
  });

  it('takes a hundred in a call', async () => {
    const client = world.deps().copies.securityHub;
    await importAll(
      client,
      Array.from({ length: 250 }, (_, at) => ({ Id: String(at) }) as never),
    );
    expect(calls('/findings/import').map(({ Findings }) => (Findings as readonly object[]).length)).toEqual([100, 100, 50]);
  });
});

describe('what is forwarded to the provider', () => {
  it('is findings from a severity on', async () => {
    world.bank = { ...BANK, provider: { ...PROVIDER, min_severity: 'critical' } };
    await world.raise(foundIn({ events: ['a'], uid: 'a' }), foundIn({ events: ['b'], uid: 'b', severity: 5 }));
    await world.sweep();
    const [entry, ...others] = entries();
    expect(others).toEqual([]);
    const { finding } = JSON.parse(entry?.Detail ?? '') as { finding: Record<string, unknown> };
    expect(finding).toMatchObject({ severity_id: 5, finding_info: { uid: 'b' }, evidences: [{ actor: { user: { uid: 'root' } } }] });
    expect(JSON.stringify(finding)).not.toMatch(/unmapped|vault|related_events"|What it means|remediation/);
  });

  const allowed = new Set(FORWARDED);
  const names = [
    'unmapped',
    'raw_data',
    'data',
    'uid',
    'name',
    'evidences',
    'finding_info',
    'metadata',
    'actor',
    'user',
    'api',
    'request',
    'title',
    'desc',
    'cloud',
    '__proto__',
  ];
  const anything: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 6 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie('node'), { maxKeys: 6 }),
    ),
  })).node;

  it('never has an attribute that is not on the list, whatever a finding holds and wherever', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names, ...FORWARDED.map((path) => path.split('.')[0] ?? '')), anything), (finding) => {
        for (const path of pathsOf(forwarded(finding))) expect(allowed).toContain(path);
      }),
      { numRuns: 2000 },
    );
  });

  it('has every attribute on the list', () => {
    const whole = FORWARDED.reduce<Record<string, unknown>>((finding, path) => put(finding, path.split('.')), {});
    expect(new Set(pathsOf(forwarded({ ...whole, message: 'm' })))).toEqual(allowed);
  });
});

function pathsOf(node: unknown, path = ''): readonly string[] {
  if (Array.isArray(node)) return node.flatMap((member) => pathsOf(member, path));
  if (typeof node !== 'object' || node === null) return [path];
  return Object.entries(node).flatMap(([name, value]) => pathsOf(value, path === '' ? name : `${path}.${name}`));
}

function put(node: Record<string, unknown>, [name = '', ...rest]: readonly string[]): Record<string, unknown> {
  return { ...node, [name]: rest.length === 0 ? 'x' : put((node[name] ?? {}) as Record<string, unknown>, rest) };
}
