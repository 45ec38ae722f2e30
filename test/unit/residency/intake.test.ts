// Records of foreign regions through the whole pipeline: what becomes of them, of their evidence and of the sums; and who is told.
import { rmSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { loadPolicies } from '../../../cli/bank-residency.ts';
import { redriveStore } from '../../../cli/commands/parked.ts';
import { findingOf } from '../../../shared/complete/finding.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { ingest, type Ingested, type PipelineDeps } from '../../../shared/pipeline.ts';
import type { RefusedPlace } from '../../../shared/residency/check.ts';
import { refusals, refusedNotes } from '../../../shared/residency/refused.ts';
import { parkedRecord } from '../../../shared/park/store.ts';
import { withEvidence } from '../../../shared/seal/evidence.ts';
import { eventUnit, objectUnit, once } from '../../../shared/units.ts';
import { hubFindings } from '../../fakes/hub-findings.ts';
import { startKinesis, type FakeKinesis } from '../../fakes/kinesis.ts';
import { createFakeVault, RETENTION, type FakeVault } from '../../fakes/vault.ts';
import { validateEvent } from '../../ocsf.ts';
import { banksFolder, bankWith } from './banks.ts';

const ACCOUNT = '222222222222';
const DELIVERED = Date.parse('2026-11-21T12:01:00Z');

const folder = banksFolder();
const demo = bankWith(folder, { exclusions: [], sensitive: { pan: 'keep', iban: 'keep', swift: 'keep', email: 'keep' } });
const { policies = {} } = loadPolicies({ residency: [{ policy: 'eu' }, { policy: 'us' }, { policy: 'strict' }] }, `${folder}/policies`);

let kinesis: FakeKinesis;
let fake: FakeVault;
let told: (readonly [string, readonly RefusedPlace[]])[];
let counted: Readonly<Record<string, number>>[];

beforeEach(async () => {
  kinesis = await startKinesis();
  fake = createFakeVault();
  told = [];
  counted = [];
});
afterEach(() => kinesis.close());
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function deps(policy: string | undefined): PipelineDeps {
  const bank: BankConfig = {
    ...demo,
    retention: { ...demo.retention, ...RETENTION },
    ...(policy === undefined ? {} : { residency: [{ policy }], policies }),
  };
  return {
    bank,
    ...{ s3: fake.s3.client, sealer: fake.sealer, holds: fake.holds, vaultBucket: 'vault', parkedBucket: 'parked' },
    sensitive: () => Promise.resolve(undefined),
    hub: { kinesis: kinesis.client, stream: 'hub' },
    onSealed: (_, __, parkedBy) => counted.push(parkedBy),
    onRefused(source, places) {
      told.push([source, places]);
      return Promise.resolve();
    },
  };
}

function call(region: string, service = 'ec2', account = ACCOUNT): object {
  return {
    eventVersion: '1.08',
    userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${account}:user/secret-name`, accountId: account, userName: 'secret-name' },
    eventTime: '2026-11-21T11:55:00Z',
    eventSource: `${service}.amazonaws.com`,
    eventName: 'DescribeThings',
    awsRegion: region,
    sourceIPAddress: '198.51.100.1',
    eventID: `${region}-${service}-${account}`,
    eventType: 'AwsApiCall',
    recipientAccountId: account,
  };
}

/** Delivers a file of CloudTrail. @param region of the file. */
async function deliver(policy: string | undefined, records: readonly unknown[], region = 'eu-central-1'): Promise<Ingested> {
  const name = `${ACCOUNT}_CloudTrail_${region}_20261121T1200Z_x.json.gz`;
  const arrived = {
    bucket: 'landing',
    key: `AWSLogs/${ACCOUNT}/CloudTrail/${region}/2026/11/21/${name}`,
    version: 'etag',
    time: DELIVERED,
  };
  const given = deps(policy);
  return await ingest(objectUnit({ ...arrived, body: once(fileOf(records)) }, given.bank), given);
}

function fileOf(records: readonly unknown[]): Buffer {
  return gzipSync(JSON.stringify({ Records: records }));
}

function parked() {
  return fake.s3.keys('parked').flatMap((key) => {
    const [version] = fake.s3.versions('parked', key);
    return gunzipSync(version?.body ?? Buffer.alloc(0))
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => parkedRecord(line, key));
  });
}

const MIXED = [
  call('eu-central-1'),
  call('eu-west-1'),
  call('ap-southeast-1'),
  call('us-east-1', 'iam'),
  call('us-east-1', 'ec2'),
  call('eu-central-1', 's3'),
];

describe('records of several regions under the policy of the Union', () => {
  it('are taken where they may be here, and refused without their text where they may not', async () => {
    const { counts, evidence } = await deliver('eu', MIXED);

    expect(counts).toEqual({ records: 6, events: 4, excluded: 0, parked: 2 });
    expect(hubFindings(kinesis.stored)).toHaveLength(4);
    expect(parked().map(({ stage, code, index, raw, detail }) => ({ stage, code, index, raw, detail }))).toEqual([
      {
        ...{ stage: 'parse', code: 'residency', index: 2, raw: '' },
        detail: `logs of account ${ACCOUNT} in ap-southeast-1 may not be in eu-central-1 (eu)`,
      },
      {
        stage: 'parse',
        code: 'residency',
        index: 4,
        raw: '',
        detail: `logs of account ${ACCOUNT} in us-east-1 may not be in eu-central-1 (eu)`,
      },
    ]);
    const sealed = await withEvidence(await fake.open(), { key: evidence }, (_, bytes) => Promise.resolve(bytes.bytes));
    expect(sealed?.equals(fileOf(MIXED))).toBe(true);
  });

  it('are counted once, and told on every delivery', async () => {
    await deliver('eu', MIXED);
    const again = await deliver('eu', MIXED);

    expect(again.fresh).toBe(false);
    expect(counted).toEqual([{ residency: 2 }]);
    const places = [
      { account: ACCOUNT, region: 'ap-southeast-1' },
      { account: ACCOUNT, region: 'us-east-1' },
    ];
    expect(told).toEqual([
      ['cloudtrail', places],
      ['cloudtrail', places],
    ]);
  });

  it('leave nothing of a refused record in hub or parked bucket', async () => {
    await deliver('eu', [{ ...call('ap-southeast-1'), requestParameters: { name: 'the-secret-of-singapore' } }]);

    expect(kinesis.stored).toEqual([]);
    expect(parked()).toHaveLength(1);
    expect(JSON.stringify(parked())).not.toContain('secret');
  });

  it('are all taken where the bank has no rules', async () => {
    expect((await deliver(undefined, MIXED)).counts).toEqual({ records: 6, events: 6, excluded: 0, parked: 0 });
  });
});

it('a policy that takes no global events refuses them', async () => {
  expect((await deliver('strict', [call('us-east-1', 'iam'), call('eu-central-1', 'iam')])).counts).toMatchObject({ events: 1, parked: 1 });
});

it('a stack in a region where the account may not be refuses its own region too', async () => {
  expect((await deliver('us', [call('eu-central-1'), call('us-east-1')])).counts).toMatchObject({ events: 0, parked: 2 });
});

it('what cannot be read of a unit that may not be here is parked without its text, and of any other with it', async () => {
  await deliver('eu', [{ eventName: 'the-secret-of-singapore' }], 'ap-southeast-1');
  await deliver('eu', [{ eventName: 'known-at-home' }], 'eu-central-1');

  expect(parked().map(({ code, origin, raw }) => [code, origin.region, raw])).toEqual(
    expect.arrayContaining([
      ['missing_field', 'ap-southeast-1', ''],
      ['missing_field', 'eu-central-1', '{"eventName":"known-at-home"}'],
    ]),
  );
});

it('records without a region of AWS are where they were delivered', async () => {
  const given = deps('eu');
  const bytes = Buffer.from(JSON.stringify({ ...HEALTH, region: 'eu-central-1', detail: { ...HEALTH.detail, eventRegion: 'global' } }));
  const taken = await ingest(eventUnit({ bytes, time: DELIVERED }, given.bank), given);
  const strict = deps('strict');
  const refused = await ingest(eventUnit({ bytes, time: DELIVERED }, strict.bank), strict);

  expect([taken.counts.events, refused.counts.parked]).toEqual([1, 1]);
});

const HEALTH = {
  version: '0',
  id: '121345678-1234-1234-1234-123456789012',
  'detail-type': 'AWS Health Event',
  source: 'aws.health',
  account: ACCOUNT,
  time: '2026-11-21T12:00:00Z',
  resources: [],
  detail: {
    eventArn: 'arn:aws:health:global::event/IAM/AWS_IAM_OPERATIONAL_ISSUE/x',
    service: 'IAM',
    eventTypeCode: 'AWS_IAM_OPERATIONAL_ISSUE',
    eventTypeCategory: 'issue',
    startTime: 'Sat, 21 Nov 2026 11:00:00 GMT',
    eventDescription: [{ language: 'en_US', latestDescription: 'A description' }],
    affectedAccount: ACCOUNT,
  },
};

describe('redriving refused records', () => {
  const redriven = async (policy: string): Promise<string> => {
    const out = new PassThrough({ encoding: 'utf8' });
    const vault = await fake.open();
    const { bank, hub } = deps(policy);
    await redriveStore({ bank, vault, parked: { s3: fake.s3.client, bucket: 'parked' }, hub, sensitive: undefined }, undefined, out);
    return String(out.read());
  };

  it('leaves them where they are while the rules stand, and says so', async () => {
    await deliver('strict', MIXED);

    const text = await redriven('strict');

    expect(text).toContain(
      '4 redriven: 0 events, 0 excluded, 4 still parked\n  4 may not be in this region: their text is in the evidence alone',
    );
    expect(parked()).toHaveLength(4);
  });

  it('takes them from the evidence once the rules let them', async () => {
    await deliver('strict', MIXED);

    expect(await redriven('eu')).toContain('4 redriven: 2 events, 0 excluded, 2 still parked');
    expect(parked().map(({ index }) => index)).toEqual([2, 4]);
    expect(hubFindings(kinesis.stored)).toHaveLength(4);
  });
});

describe('who is told', () => {
  const store = () => ({ s3: fake.s3.client, bucket: 'parked' });
  const places = [
    { account: ACCOUNT, region: 'us-east-1' },
    { account: 'unknown', region: 'other' },
  ];

  it('gets a finding a day for each account, region and source, however often it is noted', async () => {
    const note = refusedNotes(store(), () => DELIVERED);
    await note('cloudtrail', places);
    await note('cloudtrail', places.slice(0, 1));
    await note('vpc-flow', places.slice(0, 1));

    const signals = await refusals(store(), 'eu-central-1', DELIVERED + 3_600_000);

    expect(signals.map(({ detail }) => detail)).toEqual([
      `records of cloudtrail, account ${ACCOUNT}, of us-east-1 came to eu-central-1`,
      `records of vpc-flow, account ${ACCOUNT}, of us-east-1 came to eu-central-1`,
      'records of cloudtrail, account unknown, of a place that is no region of AWS came to eu-central-1',
    ]);
    expect(signals.flatMap((signal) => validateEvent(findingOf(signal, 'demo')))).toEqual([]);
    expect(await refusals(store(), 'eu-central-1', DELIVERED + 3 * 86_400_000)).toEqual([]);
  });

  it('is told again by a function whose note was not taken', async () => {
    const note = refusedNotes(store(), () => DELIVERED);
    let broken = true;
    fake.s3.fail = () => (broken ? new Error('S3 is out') : undefined);
    await expect(note('cloudtrail', places)).rejects.toThrow('S3 is out');
    broken = false;

    await note('cloudtrail', places);

    expect(await refusals(store(), 'eu-central-1', DELIVERED)).toHaveLength(2);
  });
});
