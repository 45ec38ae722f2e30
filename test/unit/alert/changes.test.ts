import { requestChange } from '../../../shared/alert/changes.ts';
import { findHeld } from '../../../shared/alert/find.ts';
import type { FindingStatus } from '../../../shared/alert/episode.ts';
import { readItems, writeItems } from '../../../shared/alert/claims.ts';
import { validateEvent } from '../../ocsf.ts';
import { guardDutyFinding, TIME } from './findings.ts';
import { foundIn, MINUTE, startWorld, type World } from './world.ts';

const BY = 'arn:aws:sts::111111111111:assumed-role/strongroom-demo-responder/alice';
const PRINCIPAL = 'AROAEXAMPLE:alice';

let world: World;

beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
});

async function change(name: string, status: FindingStatus, more: object = {}): Promise<string> {
  const held = await findHeld(world.deps(), name);
  const request = {
    finding: held?.stored.id ?? 'f/nothing',
    status,
    reason: 'looked at it',
    by: BY,
    principal: PRINCIPAL,
    at: world.now,
    ...more,
  };
  const id = await requestChange(world.deps().claims, request);
  await world.sweep();
  return id;
}

function actions(): readonly unknown[] {
  return world.sns.published.map(({ attributes }) => attributes['action']?.[1]);
}

describe('a finding that is acknowledged', () => {
  it('says who and why in the index, and sends no more updates, but is counted', async () => {
    await world.raise(foundIn({ events: ['a'] }));
    world.now += MINUTE;
    const id = await change('uid-1', 'acknowledged');

    const [, acknowledged] = world.documents();
    expect(acknowledged).toMatchObject({
      ...{ activity_id: 2, status_id: 2, comment: 'looked at it', is_alert: false, time: world.now, count: 1 },
      finding_info: { uid: 'uid-1' },
      unmapped: { changed_by: BY, changed_principal: PRINCIPAL, changed_at: world.now },
    });
    expect(validateEvent(acknowledged)).toEqual([]);
    expect((await readItems(world.deps().claims, [id], world.now))(id).content).toMatchObject({ outcome: 'acknowledged' });

    await world.raise(foundIn({ events: ['b', 'c'] }));
    world.now += 61 * MINUTE;
    await world.sweep();
    expect(actions()).toEqual(['create']);
    expect(world.documents()[2]).toMatchObject({ activity_id: 2, status_id: 2, count: 3 });
    // Worse than what was acknowledged.
    await world.raise(foundIn({ events: ['d'], severity: 5 }));
    expect(actions()).toEqual(['create', 'update']);
    expect(world.episode('uid-1')).toMatchObject({ status: 'new', answered: TIME + MINUTE });
  });

  it('is so once', async () => {
    await world.raise(foundIn({ events: ['a'] }));
    await change('uid-1', 'acknowledged');
    const id = await change('uid-1', 'acknowledged');
    expect((await readItems(world.deps().claims, [id], world.now))(id).content).toMatchObject({ outcome: 'it was acknowledged already' });
    expect(world.documents()).toHaveLength(2);
  });
});

describe('a finding that is closed', () => {
  it('is told to be, and opens again with a new alert if it happens again', async () => {
    await world.raise(foundIn({ events: ['a'] }));
    world.now += 5 * MINUTE;
    await change('uid-1', 'closed');
    expect(world.sns.published[1]?.subject).toMatch(/^\[HIGH\] Closed: Title of rule-1/);
    expect(world.sns.published[1]?.message).toContain(`Status:    closed by ${BY}`);
    expect(world.documents()[1]).toMatchObject({ activity_id: 3, type_uid: 200_403, status_id: 4, is_alert: false });

    // An event that happened before it was closed, and came late.
    await world.raise(foundIn({ events: ['b'], time: TIME + MINUTE }));
    world.now += 61 * MINUTE;
    await world.sweep();
    expect(actions()).toEqual(['create', 'close']);

    await world.raise(foundIn({ events: ['c'], time: world.now }));
    expect(actions()).toEqual(['create', 'close', 'create']);
    expect(world.episode('uid-1')).toMatchObject({ status: 'new', count: 3 });
    expect(world.documents()[2]).toMatchObject({ activity_id: 2, status_id: 1, is_alert: true });
  });

  it('by another product is closed here, too, and opens again when the product reports it later', async () => {
    await world.raise(guardDutyFinding(4));
    await world.raise(guardDutyFinding(4, { activity_id: 3, is_alert: false, time: TIME + MINUTE }));
    expect(world.episode('finding-1')).toMatchObject({ status: 'closed' });
    await world.raise(guardDutyFinding(4, { time: TIME }));
    expect(actions()).toEqual(['create']);
    await world.raise(guardDutyFinding(4, { time: TIME + 2 * MINUTE }));
    expect(actions()).toEqual(['create', 'create']);
  });

  it('of another product is found by the key of its alert, and what was said of it is a document of that product', async () => {
    await world.raise(guardDutyFinding(4));
    const key = /finding ack .* ([\w-]{22})$/m.exec(world.sns.published[0]?.message ?? '')?.[1] ?? '';
    await change(key, 'closed');
    expect(world.documents()).toEqual([
      expect.objectContaining({
        activity_id: 3,
        status_id: 4,
        metadata: expect.objectContaining({ product: { name: 'GuardDuty', vendor_name: 'AWS' } }) as unknown,
      }),
    ]);
  });
});

it('a finding that is suppressed is silent with all that is of its kind, until its time is over', async () => {
  await world.raise(foundIn({ events: ['a'], uid: 'one', family: 'f' }));
  await change('one', 'suppressed', { until: world.now + 600 * MINUTE });
  world.now += 200 * MINUTE;
  await world.sweep();
  await world.raise(foundIn({ events: ['b'], uid: 'two', family: 'f', time: world.now, severity: 5 }));
  expect(actions()).toEqual(['create']);
  expect(world.documents().at(-1)).toMatchObject({ status_id: 3, finding_info: { uid: 'two' } });
  world.now += 401 * MINUTE;
  await world.sweep();
  await world.raise(foundIn({ events: ['c'], uid: 'three', family: 'f', time: world.now }));
  expect(actions()).toEqual(['create', 'create']);
});

it('reopens what was closed', async () => {
  await world.raise(foundIn({ events: ['a'] }));
  await change('uid-1', 'closed');
  await change('uid-1', 'new');
  expect(world.episode('uid-1')).toMatchObject({ status: 'new' });
  expect(world.documents()[2]).toMatchObject({ activity_id: 2, status_id: 1 });
});

it.each([
  ['a finding that is not there', { finding: 'f/nothing' }],
  ['an item that is no finding', { finding: 'digest' }],
  ['a status that there is none', { status: 'deleted' as FindingStatus }],
  ['no reason', { reason: '' }],
])('refuses a request for %s', async (_, wrong) => {
  await world.raise(foundIn({ events: ['a'] }));
  const id = await change('uid-1', 'closed', wrong);
  expect((await readItems(world.deps().claims, [id], world.now))(id).content).toMatchObject({
    outcome: 'refused: there is no such finding',
  });
  expect(world.episode('uid-1')).toMatchObject({ status: 'new' });
  expect(await world.sweep()).toMatchObject({ due: 0 });
});

it('takes the name from the request’s id, which IAM binds to who writes it', async () => {
  await world.raise(foundIn({ events: ['a'] }));
  const held = await findHeld(world.deps(), 'uid-1');
  const content = { finding: held?.stored.id, status: 'acknowledged', reason: 'forged', by: BY, principal: 'somebody else', at: 0 };
  await writeItems(world.deps().claims, [
    { before: { id: 'change/AIDAEXAMPLE/1', version: 0 }, content, due: 0, expires: world.now + 1e9 },
  ]);
  await world.sweep();
  expect(world.episode('uid-1')?.changed).toMatchObject({ principal: 'AIDAEXAMPLE', at: world.now });
});
