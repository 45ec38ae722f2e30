import { digestName, isDigestKey, logFileFolder, s3Place } from '../../../shared/cloudtrail-digest/names.ts';

const NAME = '222222222222_CloudTrail-Digest_eu-west-1_main_us-east-1_20261120T100131Z';
const KEY = `AWSLogs/222222222222/CloudTrail-Digest/eu-west-1/2026/11/20/${NAME}.json.gz`;

describe('names of what CloudTrail delivers', () => {
  it('tell account, region, trail and hour of a digest', () => {
    expect(digestName(`some/prefix/${KEY}`)).toEqual({
      account: '222222222222',
      region: 'eu-west-1',
      trail: 'main',
      end: Date.parse('2026-11-20T10:01:31Z'),
      backfill: false,
      chain: '222222222222/eu-west-1//main/us-east-1',
      folder: 'some/prefix/AWSLogs/222222222222/CloudTrail/eu-west-1/',
    });
    expect(digestName(KEY.replace('Z.json', 'Z_backfill.json'))).toMatchObject({ backfill: true, trail: 'main' });
    expect(digestName(KEY.replace('AWSLogs/', 'AWSLogs/o-exampleorg/'))).toMatchObject({
      chain: '222222222222/eu-west-1/o-exampleorg/main/us-east-1',
      folder: 'AWSLogs/o-exampleorg/222222222222/CloudTrail/eu-west-1/',
    });
    expect(digestName(KEY.replaceAll('_main_', '_a_b-c.d_eu-west-1_'))).toMatchObject({ trail: 'a_b-c.d_eu-west-1' });
  });

  it.each([
    ['a log file', 'AWSLogs/222222222222/CloudTrail/eu-west-1/2026/11/20/222222222222_CloudTrail_eu-west-1_20261120T1000Z_x.json.gz'],
    ['another name', KEY.replace('CloudTrail-Digest_', 'CloudTrail_')],
    ["another account's", KEY.replace('AWSLogs/222222222222', 'AWSLogs/333333333333')],
    ["another region's", KEY.replace('/eu-west-1/', '/eu-west-2/')],
    ['a copy that somebody imported', `imports/cloudtrail/${KEY}`],
    ['something behind it', `${KEY}.bak`],
  ])('%s is no digest', (_, key) => {
    expect(isDigestKey(key)).toBe(false);
  });

  it('tell the folder of a log file, which its trail’s digests know as well', () => {
    const file = 'p/AWSLogs/222222222222/CloudTrail/eu-west-1/2026/11/20/222222222222_CloudTrail_eu-west-1_20261120T1000Z_x.json.gz';
    expect(logFileFolder(file)).toBe(digestName(`p/${KEY}`)?.folder);
    for (const other of [file.replace('/CloudTrail/', '/CloudTrail-Insight/'), `imports/cloudtrail/${file}`, `p/${KEY}`])
      expect(logFileFolder(other)).toBeUndefined();
  });

  it('are taken from the uri of a delivered object', () => {
    expect(s3Place('s3://landing/a/b#c.json.gz#etag')).toEqual({ bucket: 'landing', key: 'a/b#c.json.gz' });
    expect(s3Place('kafka://main/t/0/1-2@3')).toBeUndefined();
  });

  it('are told in time that does not grow with what is no name', () => {
    const started = Date.now();
    digestName(`${'AWSLogs/'.repeat(120)}222222222222/CloudTrail-Digest/${'a-'.repeat(400)}/`);
    digestName(KEY.replace('_main_', `_${'_'.repeat(800)}_`).slice(0, -3));
    expect(Date.now() - started).toBeLessThan(200);
  });
});
