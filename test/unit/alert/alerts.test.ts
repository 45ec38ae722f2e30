import { randomBytes } from 'node:crypto';
import { raiseAlerts, type AlertDeps, type Raised } from '../../../shared/alert/alerts.ts';
import { RetryableError } from '../../../shared/errors.ts';
import { decodeBatch } from '../../../shared/hub/batch.ts';
import { fromDocument } from '../../../shared/hub/document.ts';
import type { OcsfEvent, ReplayMark, ReplayTarget } from '../../../shared/model.ts';
import { startAlertTable, type FakeAlertTable } from '../../fakes/alert-table.ts';
import { startKinesis, type FakeKinesis } from '../../fakes/kinesis.ts';
import { startSns, type FakeSns } from '../../fakes/sns.ts';
import { BANK, guardDutyFinding, ownFinding, TIME } from './findings.ts';

const FROM = {
  origin: {
    bank: 'demo',
    account: '222222222222',
    region: 'eu-central-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri: 's3://b/k#1',
    time: TIME,
  },
  evidence: 'vault/key',
} as const;
const TOPIC = 'arn:aws:sns:eu-central-1:111111111111:strongroom-demo-alerts';
const LEASE_MS = 60_000;

let table: FakeAlertTable;
let kinesis: FakeKinesis;
let sns: FakeSns;
let now: number;
let deps: AlertDeps;

beforeEach(async () => {
  table = await startAlertTable();
  kinesis = await startKinesis();
  sns = await startSns();
  now = TIME;
  deps = {
    bank: BANK,
    claims: { dynamo: table.client, table: 'strongroom-demo-alert-claims' },
    sns: sns.client,
    topicArn: TOPIC,
    hub: { kinesis: kinesis.client, stream: 'strongroom-demo-hub' },
    vaultBucket: 'vault',
    now: () => now,
  };
});
afterEach(async () => {
  await Promise.all([table.close(), kinesis.close(), sns.close()]);
});

async function raise(...findings: readonly OcsfEvent[]): Promise<Raised> {
  return await raiseAlerts(findings, FROM, deps);
}

/** What the table has of a finding. */
function stateOf(uid: string): Record<string, unknown> | undefined {
  return contents('f/').find((content) => content['uid'] === uid);
}

function contents(prefix: string): readonly Record<string, unknown>[] {
  return [...table.items].flatMap(([id, item]) => {
    const { content } = item;
    return id.startsWith(prefix) && content !== undefined && 'S' in content ? [JSON.parse(content.S) as Record<string, unknown>] : [];
  });
}

/** When the table forgets, s since the epoch. */
function expiries(prefix: string): readonly number[] {
  return [...table.items].flatMap(([id, { expires }]) =>
    id.startsWith(prefix) && expires !== undefined && 'N' in expires ? [Number(expires.N)] : [],
  );
}

/** Ids of the documents in the hub, in order. */
function published(): readonly string[] {
  return kinesis.stored.flatMap(({ data }) => {
    const batch = decodeBatch(data);
    return batch.kind === 'value' ? batch.value.documents.map(({ id }) => id) : [];
  });
}

/** The table of a worker that can write once, and then nothing more. */
function startDying(): AlertDeps['claims'] {
  let writes = 0;
  const { client } = table;
  const dynamo = Object.create(client, {
    send: {
      value: async (command: Parameters<typeof client.send>[0]) => {
        if (command.constructor.name !== 'BatchGetItemCommand' && ++writes > 1) throw new Error('dead');
        return await client.send(command);
      },
    },
  }) as typeof client;
  return { dynamo, table: 'strongroom-demo-alert-claims' };
}

describe('raiseAlerts', () => {
  it('puts a finding of ours into the hub and on the topic, once', async () => {
    expect(await raise(ownFinding())).toEqual({ published: 1, alerted: 1, repeated: 0 });
    now += 86_400_000;
    expect(await raise(ownFinding())).toEqual({ published: 0, alerted: 0, repeated: 1 });

    expect(published()).toEqual(['own-1']);
    expect(sns.published).toHaveLength(1);
    expect(sns.published[0]).toMatchObject({
      topicArn: TOPIC,
      subject: '[HIGH] Root user activity - account 222222222222 (payments-prod)',
      attributes: { severity_id: ['Number', '4'], action: ['String', 'create'], source: ['String', 'cloudtrail'] },
    });
    expect(sns.published[0]?.message).toContain('npx strongroom evidence show vault/key');
  });

  it('a finding whose evidence no hub record can hold goes without it, and is alerted', async () => {
    const evidences = [{ http_request: { user_agent: randomBytes(1_200_000).toString('base64') } }];
    expect(await raise(ownFinding({ evidences }))).toEqual({ published: 1, alerted: 1, repeated: 0 });

    const data = kinesis.stored[0]?.data ?? Buffer.alloc(0);
    expect(data.length).toBeLessThan(1024 * 1024);
    const batch = decodeBatch(data);
    const finding = batch.kind === 'value' ? fromDocument(batch.value.documents[0]?.json ?? '') : undefined;
    expect(finding).toMatchObject({ finding_info: { uid: 'own-1' }, unmapped: { left_out: ['evidences', 'resources'] } });
    expect(finding).not.toHaveProperty('evidences');
    expect(sns.published).toHaveLength(1);
  });

  it('marks the hub’s record as findings, of no unit’s evidence', async () => {
    await raise(ownFinding());
    expect(decodeBatch(kinesis.stored[0]?.data ?? Buffer.alloc(0))).toMatchObject({
      value: { header: { origin: { bank: 'demo', source: 'strongroom', account: '222222222222' }, evidence: '', events: 1 } },
    });
  });

  it('alerts findings of other products from the bank’s threshold on, without putting them into the hub again', async () => {
    expect(await raise(guardDutyFinding(3))).toEqual({ published: 0, alerted: 0, repeated: 0 });
    expect(await raise(guardDutyFinding(4))).toEqual({ published: 0, alerted: 1, repeated: 0 });
    expect(published()).toEqual([]);
    expect(stateOf('finding-1')).toMatchObject({ status: 'new', told: 1, toldSeverity: 4 });
  });

  it('alerts an updated finding again only if its severity has risen', async () => {
    const update = { activity_id: 2, metadata: { uid: 'version-2', version: '1.8.0', product: { name: 'GuardDuty', vendor_name: 'AWS' } } };
    await raise(guardDutyFinding(4));
    expect(await raise(guardDutyFinding(4, update))).toMatchObject({ alerted: 0, repeated: 1 });
    expect(await raise(guardDutyFinding(5, update))).toMatchObject({ alerted: 1, repeated: 0 });
    expect(await raise(guardDutyFinding(4, update))).toMatchObject({ alerted: 0, repeated: 1 });
    expect(sns.published.map(({ attributes }) => attributes['severity'])).toEqual([
      ['String', 'high'],
      ['String', 'critical'],
    ]);
  });

  it.each([
    ['closed', guardDutyFinding(5, { activity_id: 3, is_alert: false })],
    ['no alert', guardDutyFinding(5, { is_alert: false })],
    ['of a severity without rank', guardDutyFinding(99)],
  ])('does not alert a finding that is %s', async (_, finding) => {
    expect(await raise(finding)).toEqual({ published: 0, alerted: 0, repeated: 0 });
    expect(table.items.size).toBe(0);
  });

  it('puts findings of ours that are no alerts into the hub alone', async () => {
    expect(await raise(ownFinding({ is_alert: false }))).toEqual({ published: 1, alerted: 0, repeated: 0 });
    expect(sns.published).toEqual([]);
  });

  it('goes on at once after a failure, and sends once', async () => {
    sns.failures.push('InternalError');
    await expect(raise(ownFinding())).rejects.toMatchObject({ name: expect.stringContaining('InternalError') as string });
    expect(await raise(ownFinding())).toMatchObject({ alerted: 1 });
    expect(sns.published).toHaveLength(1);
    // The index knows the second copy by its id.
    expect(published()).toEqual(['own-1', 'own-1']);
  });

  it('waits for another worker that is sending, and takes over when that worker is dead', async () => {
    // It dies with its message unsent.
    await kinesis.close();
    kinesis = await startKinesis(() => ({ code: 'InternalFailure' }));
    deps = { ...deps, hub: { kinesis: kinesis.client, stream: 'hub', backoff: { baseMs: 1, capMs: 1, attempts: 1 } } };
    table.failures.length = 0;
    const dying = startDying();
    await expect(raiseAlerts([ownFinding()], FROM, { ...deps, claims: dying })).rejects.toThrow();
    await kinesis.close();
    kinesis = await startKinesis();
    deps = { ...deps, hub: { kinesis: kinesis.client, stream: 'hub' } };

    await expect(raise(ownFinding())).rejects.toThrow(RetryableError);
    expect(sns.published).toEqual([]);
    now += LEASE_MS + 1;
    expect(await raise(ownFinding())).toMatchObject({ alerted: 1 });
  });

  it('sends once when two workers try at the same time', async () => {
    const results = await Promise.allSettled([raise(ownFinding()), raise(ownFinding())]);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(sns.published).toHaveLength(1);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(RetryableError);
    expect(await raise(ownFinding())).toMatchObject({ repeated: 1 });
  });

  it('alerts what is still reported after a month once more, and goes on after a failure then too', async () => {
    await raise(guardDutyFinding(4));
    now += 31 * 86_400_000;
    sns.failures.push('InternalError');
    await expect(raise(guardDutyFinding(4))).rejects.toThrow();
    expect(await raise(guardDutyFinding(4))).toMatchObject({ alerted: 1 });
    expect(await raise(guardDutyFinding(4))).toMatchObject({ repeated: 1 });
    expect(sns.published).toHaveLength(2);
  });

  it('does not send when the table cannot be asked', async () => {
    table.failures.push({ status: 500, body: { __type: 'InternalServerError' } });
    await expect(raise(ownFinding())).rejects.toMatchObject({ name: 'InternalServerError' });
    expect(sns.published).toEqual([]);
    expect(published()).toEqual([]);
  });

  it('gives a claim back that it could not use, for as long as the table keeps it', async () => {
    sns.failures.push('InternalError');
    await expect(raise(ownFinding())).rejects.toThrow();
    expect(stateOf('own-1')).toMatchObject({ told: 0, lease: TIME, pending: { action: 'create' } });
    expect(expiries('f/')[0]).toBe(Math.ceil(TIME / 1000) + 30 * 86_400);
  });

  it('tells why it failed, also when the claim cannot be given back, and the lease ends by itself', async () => {
    await kinesis.close();
    kinesis = await startKinesis(() => {
      table.failures.push({ status: 500, body: { __type: 'InternalServerError' } });
      return 'accept';
    });
    deps = { ...deps, hub: { ...deps.hub, kinesis: kinesis.client } };
    sns.failures.push('InternalError');
    await expect(raise(ownFinding())).rejects.toMatchObject({ name: expect.stringContaining('InternalError') as string });
    await expect(raise(ownFinding())).rejects.toThrow(RetryableError);
    expect(sns.published).toEqual([]);
  });

  it('raises one after the other and stops at the first that fails', async () => {
    const findings = ['a', 'b', 'c'].map((uid) => guardDutyFinding(4, { finding_info: { uid, title: uid } }));
    expect(await raise(...findings)).toMatchObject({ alerted: 3 });
    sns.failures.push('Throttled');
    const more = ['d', 'e'].map((uid) => guardDutyFinding(4, { finding_info: { uid, title: uid } }));
    await expect(raise(...findings, ...more)).rejects.toThrow();
    expect(sns.published.map(({ subject }) => subject)).toHaveLength(3);
  });
});

describe('what a replay finds', () => {
  const replay = (alerts: boolean, to: ReplayTarget = 'hub'): ReplayMark => ({ id: '20261121T093000Z-9f3c21ab', to, alerts });
  const old = async (mark: ReplayMark, ...findings: readonly OcsfEvent[]): Promise<Raised> =>
    await raiseAlerts(findings, { ...FROM, replay: mark }, deps);

  it('is indexed and not alerted, and nothing of it is remembered', async () => {
    expect(await old(replay(false, 'detect'), ownFinding(), guardDutyFinding(5))).toEqual({ published: 1, alerted: 0, repeated: 0 });

    expect(sns.published).toEqual([]);
    expect(table.items.size).toBe(0);
    // The batch is old, and to be indexed whatever the replay was for.
    expect(decodeBatch(kinesis.stored[0]?.data ?? Buffer.alloc(0))).toMatchObject({ value: { header: { replay: replay(false, 'hub') } } });
    expect(await raise(ownFinding())).toMatchObject({ alerted: 1 });
  });

  it('is alerted where that is asked for, and indexed again all the same', async () => {
    expect(await old(replay(true), ownFinding())).toEqual({ published: 1, alerted: 1, repeated: 0 });
    expect(await old(replay(true), ownFinding())).toEqual({ published: 1, alerted: 0, repeated: 1 });
    expect(sns.published).toHaveLength(1);
  });

  it('is not alerted for as long as evidence is kept, if it was when it was new', async () => {
    deps = { ...deps, bank: { ...BANK, retention: { ...BANK.retention, evidence_days: 400 } } };
    await raise(ownFinding());
    expect(expiries('f/')[0]).toBe(Math.ceil(TIME / 1000) + 400 * 86_400);
    expect(expiries('u/')[0]).toBe(Math.ceil(TIME / 1000) + 400 * 86_400);

    now += 300 * 86_400_000;
    expect(await old(replay(true), ownFinding())).toMatchObject({ alerted: 0, repeated: 1 });
    expect(await raise(ownFinding())).toMatchObject({ alerted: 1 });
    expect(sns.published).toHaveLength(2);
  });
});
