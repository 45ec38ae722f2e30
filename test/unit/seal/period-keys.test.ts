import { EvidenceError, MisconfiguredError, PeriodKeyError, RetryableError } from '../../../shared/errors.ts';
import { createOpener } from '../../../shared/seal/open.ts';
import { erasedText, periodKeyPlace, PSEUDONYMS } from '../../../shared/seal/period-key-store.ts';
import { createPeriodKeys, KEY_MAX_AGE_MS, type PeriodKeys } from '../../../shared/seal/period-keys.ts';
import { createSealer } from '../../../shared/seal/seal.ts';
import { contextOf } from '../../../shared/seal/vault.ts';
import type { Origin } from '../../../shared/model.ts';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createFakeKms, kmsError, type FakeKms } from '../../fakes/kms.ts';
import { createFakeS3, s3Error, type FakeS3 } from '../../fakes/s3.ts';

const ORIGIN: Origin = {
  bank: 'demo',
  account: '111111111111',
  region: 'eu-central-1',
  source: 'alb',
  trigger: 's3',
  uri: 's3://landing/file#1',
  time: Date.UTC(2026, 10, 21),
};

let s3: FakeS3;
let kms: FakeKms;
let now: number;

beforeEach(() => {
  s3 = createFakeS3();
  kms = createFakeKms();
  now = Date.UTC(2026, 10, 21);
});

function keysOf(bank = 'demo'): PeriodKeys {
  return createPeriodKeys({ s3: s3.client, kms: kms.client, keyArn: kms.keyArn, bucket: 'keys', bank, now: () => now });
}

describe('a period key', () => {
  it('is made once, wrapped, and read by everybody after', async () => {
    const made = await keysOf().forSealing('standard', '2026-11');
    const read = await keysOf().forSealing('standard', '2026-11');
    const opened = await keysOf().forOpening('standard', '2026-11');

    expect(read.key.equals(made.key)).toBe(true);
    expect(opened).toEqual({ state: 'present', name: 'demo/standard/2026-11', key: made.key });
    expect(kms.calls).toEqual(['GenerateDataKey', 'Decrypt', 'Decrypt']);
    expect(s3.versions('keys', 'standard/2026-11.json')).toHaveLength(1);
    expect(s3.versions('keys', 'standard/2026-11.json')[0]?.body.includes(made.key.toString('base64'))).toBe(false);
  });

  it('of a race is the winner’s: who made it second takes what is there', async () => {
    const [late, early] = [keysOf(), keysOf()];
    let winner: Buffer | undefined;
    s3.before = async (command, key) => {
      if (command !== 'PutObjectCommand' || winner !== undefined) return;
      winner = Buffer.alloc(0);
      winner = (await early.forSealing('standard', '2026-11')).key;
      expect(key).toBe('standard/2026-11.json');
    };

    const { key } = await late.forSealing('standard', '2026-11');

    expect(key.equals(winner ?? Buffer.alloc(0))).toBe(true);
    expect(s3.versions('keys', 'standard/2026-11.json')).toHaveLength(1);
  });

  it('of a month that is over is asked for anew: what is sealed after an erasure would be lost', async () => {
    const keys = keysOf();
    await keys.forSealing('standard', '2020-01');
    const place = periodKeyPlace('demo', 'standard', '2020-01');
    await s3.client.send(new PutObjectCommand({ Bucket: 'keys', Key: place.object, Body: erasedText('2026-11-20T00:00:00.000Z', 'said') }));

    now += 10_000;

    await expect(keys.forSealing('standard', '2020-01')).rejects.toThrow(PeriodKeyError);
  });

  it('is given up after several conflicts: deliver again', async () => {
    s3.fail = (command) => (command === 'PutObjectCommand' ? s3Error('ConditionalRequestConflict', 409) : undefined);

    await expect(keysOf().forSealing('standard', '2026-11')).rejects.toThrow(RetryableError);
  }, 20_000);

  it('is asked of KMS once by many at the same moment, and again after a while', async () => {
    const keys = keysOf();

    await Promise.all(Array.from({ length: 50 }, () => keys.forSealing('standard', '2026-11')));
    now += KEY_MAX_AGE_MS - 1;
    await keys.forOpening('standard', '2026-11');
    expect(kms.calls).toEqual(['GenerateDataKey']);
    now += 1;
    await keys.forSealing('standard', '2026-11');

    expect(kms.calls).toEqual(['GenerateDataKey', 'Decrypt']);
  });

  it('is asked for again where KMS or S3 has failed, and the error comes as it is', async () => {
    const keys = keysOf();
    kms.fail = () => kmsError('KMSInternalException');
    await expect(keys.forSealing('standard', '2026-11')).rejects.toMatchObject({ name: 'KMSInternalException' });
    kms.fail = () => undefined;
    s3.fail = () => s3Error('SlowDown', 503);
    await expect(keys.forSealing('standard', '2026-11')).rejects.toMatchObject({ name: 'SlowDown' });
    s3.fail = () => undefined;

    await expect(keys.forSealing('standard', '2026-11')).resolves.toMatchObject({ name: 'demo/standard/2026-11' });
  });

  it('is absent for who opens, until somebody has sealed', async () => {
    const keys = keysOf();

    const [before, made] = await Promise.all([keys.forOpening('standard', '2026-11'), keys.forSealing('standard', '2026-11')]);

    expect(before).toEqual({ state: 'absent', name: 'demo/standard/2026-11' });
    expect(await keys.forOpening('standard', '2026-11')).toMatchObject({ state: 'present', key: made.key });
  });

  it.each([
    ['InvalidCiphertextException', EvidenceError, 'altered: KMS does not recognise the period key demo/standard/2026-11'],
    ['AccessDeniedException', MisconfiguredError, 'KMS answers AccessDeniedException'],
    ['DisabledException', MisconfiguredError, 'KMS answers DisabledException'],
    ['ThrottlingException', RetryableError, 'ThrottlingException'],
  ])('that KMS refuses to unwrap with %s', async (name, kind, message) => {
    await keysOf().forSealing('standard', '2026-11');
    kms.fail = () => kmsError(name);

    const refusal = keysOf().forOpening('standard', '2026-11');

    await expect(refusal).rejects.toThrow(kind);
    await expect(refusal).rejects.toThrow(message);
  });

  it('is bound to bank, class and period: put elsewhere it is altered', async () => {
    await keysOf().forSealing('standard', '2026-11');
    const Body = s3.versions('keys', 'standard/2026-11.json')[0]?.body ?? '';
    await s3.client.send(new PutObjectCommand({ Bucket: 'keys', Key: 'standard/2026-12.json', Body }));

    await expect(keysOf().forOpening('standard', '2026-12')).rejects.toThrow('altered');
    await expect(keysOf('other').forOpening('standard', '2026-11')).rejects.toThrow('altered');
  });

  it.each(['{}', 'x', '{"format":2,"wrapped":"AA=="}', '{"format":1,"erased":"2027-01-01T00:00:00Z"}'])('is no %j', async (Body) => {
    await s3.client.send(new PutObjectCommand({ Bucket: 'keys', Key: 'standard/2026-11.json', Body }));

    await expect(keysOf().forOpening('standard', '2026-11')).rejects.toThrow(EvidenceError);
  });

  it('that was deleted by hand is not made anew', async () => {
    await keysOf().forSealing('standard', '2026-11');
    await s3.client.send(new DeleteObjectCommand({ Bucket: 'keys', Key: 'standard/2026-11.json' }));

    await expect(keysOf().forSealing('standard', '2026-11')).rejects.toThrow('was deleted without an erasure');
    expect(await keysOf().forOpening('standard', '2026-11')).toMatchObject({ state: 'absent' });
  });
});

describe('an erased period', () => {
  const erasure = '_statements/erasure/2036/12/01/x.json';

  beforeEach(async () => {
    const Body = erasedText('2036-12-01T10:00:00.000Z', erasure);
    await s3.client.send(new PutObjectCommand({ Bucket: 'keys', Key: 'standard/2026-11.json', Body }));
  });

  it('takes nothing in any more', async () => {
    const refusal = createSealer({ keys: keysOf() }).seal(Buffer.from('late'), { origin: ORIGIN, class: 'standard' });

    await expect(refusal).rejects.toThrow(PeriodKeyError);
    await expect(refusal).rejects.toMatchObject({ state: 'erased', statement: erasure });
  });

  it('says so where it is opened, and not that the message was altered', async () => {
    const opener = createOpener({ keys: keysOf() });
    const context = contextOf(ORIGIN, 'standard');

    const refusal = opener.open(Buffer.from('whatever'), context);

    await expect(refusal).rejects.toThrow(`erased on 2036-12-01: the period key demo/standard/2026-11 was destroyed (${erasure})`);
    await expect(opener.salt(context, 'some/key')).rejects.toMatchObject({ name: 'PeriodKeyError', state: 'erased' });
  });
});

describe('periodKeyPlace', () => {
  it.each([
    ['Standard', '2026-11'],
    ['standard', '2026-13'],
    ['standard', '2026'],
    ['../x', '2026-11'],
    [PSEUDONYMS, '2026-11'],
    ['', ''],
  ])('refuses %j %j, which may have come out of a message', (className, period) => {
    expect(() => periodKeyPlace('demo', className, period)).toThrow(EvidenceError);
  });
});
