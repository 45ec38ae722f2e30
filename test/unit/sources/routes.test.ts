import { loadBank } from '../../../cli/bank.ts';
import { createNormaliser } from '../../../shared/normalise.ts';
import { objectUnit, once } from '../../../shared/units.ts';
import { eventRoute, logsRoute, objectRoute } from '../../../shared/sources/routes.ts';

const BUCKET = 'landing';
const BANK = loadBank('banks/demo.yml').bank ?? fail();

function fail(): never {
  throw new Error('banks/demo.yml is wrong');
}

const FLOWS = 'AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/01/02/222222222222_vpcflowlogs_eu-central-1_fl-0_20260102T0000Z_0.log.gz';

function object(key: string, objects: Parameters<typeof objectRoute>[0]['objects'] = []) {
  const route = objectRoute({ log_groups: [], objects }, { bucket: BUCKET, key });
  return route === undefined ? undefined : { source: route.source.name, account: route.account, format: route.format };
}

describe('objects', () => {
  test('what a service delivers is of that service, whatever prefix was chosen for it', () => {
    expect(object(FLOWS)).toMatchObject({ source: 'vpc-flow' });
    expect(object(`saas/${FLOWS}`, [{ match: 'saas/*', source: 'okta' }])).toMatchObject({ source: 'vpc-flow' });
  });

  test("unless the bank's file names the service's own folder", () => {
    expect(object(FLOWS, [{ match: 'AWSLogs/222222222222/vpcflowlogs/*', source: 'application-json' }])).toMatchObject({
      source: 'application-json',
    });
  });

  test('no account can make its drop look like what AWS delivers, nor a delivery like that of another account', () => {
    expect(object(`drops/333333333333/okta/${FLOWS}`)).toMatchObject({ source: 'okta', account: '333333333333' });
    expect(object(`drops/333333333333/x/${FLOWS}`)).toBeUndefined();
    expect(object('drops/333333333333/cloudtrail/a.json.gz')).toBeUndefined();
    expect(object('drops/333333333333/ocsf/a.json.gz')).toBeUndefined();
    expect(object(`AWSLogs/333333333333/CloudFront/${FLOWS}`)).toBeUndefined();
  });

  test('the security team may import the logs of any source', () => {
    expect(object('imports/cloudtrail/2019/a.json.gz')).toMatchObject({ source: 'cloudtrail' });
  });

  test('what an account drops is of the source that its folder names, and of that account', () => {
    expect(object('drops/222222222222/okta/2026/01/02/a.json.gz')).toEqual({ source: 'okta', account: '222222222222', format: undefined });
    expect(object('drops/222222222222/mainframe/a.json.gz')).toBeUndefined();
    expect(object('elsewhere/drops/222222222222/okta/a.json.gz')).toBeUndefined();
  });

  test("a prefix of the bank's file comes first, with its format and account", () => {
    const entry = { match: 'drops/*/gateway/*', source: 'cloudfront-realtime', format: 'timestamp c-ip', account: '333333333333' };
    expect(object('drops/222222222222/gateway/a.log', [entry])).toEqual({
      source: 'cloudfront-realtime',
      account: '333333333333',
      format: 'timestamp c-ip',
    });
  });
});

describe('log groups', () => {
  const delivered = { account: '222222222222', logGroup: '/trail', logStream: 'o-1_222222222222_CloudTrail_eu-central-1' };

  test('a stream that is called like those of CloudTrail is not CloudTrail for that', () => {
    expect(logsRoute({ log_groups: [] }, delivered)).toBeUndefined();
  });

  test('an entry with an account is about groups of that account alone', () => {
    const entry = { match: '/trail', account: '222222222222', source: 'cloudtrail' };
    expect(logsRoute({ log_groups: [entry] }, delivered)?.source.name).toBe('cloudtrail');
    expect(logsRoute({ log_groups: [entry] }, { ...delivered, account: '333333333333' })).toBeUndefined();
  });

  test('names that AWS gives need no entry', () => {
    expect(logsRoute({ log_groups: [] }, { ...delivered, logGroup: '/aws/lambda/payments' })?.source.name).toBe('lambda');
  });
});

test('events of a partner are of the source that the bank names for it', () => {
  const partner = { source: 'aws.partner/example.com/1', detailType: 'anything' };
  expect(eventRoute({ log_groups: [] }, partner)).toBeUndefined();
  const bank = { log_groups: [], partner_events: [{ event_source: partner.source, source: 'okta' }] };
  expect(eventRoute(bank, partner)?.source.name).toBe('okta');
});

describe('an id that a record brings', () => {
  const ID = 'evt_0a1b2c3d4e5f60718293a4b5';
  const text = JSON.stringify({
    id: ID,
    object: 'event',
    type: 'charge.succeeded',
    created: 1767225600,
    data: { object: { id: 'ch_1', object: 'charge' } },
  });

  function idBy(key: string): unknown {
    const unit = objectUnit({ bucket: BUCKET, key, version: '1', time: Date.UTC(2026, 0, 2), body: once(Buffer.from(text)) }, BANK);
    const ids: string[] = [];
    const normaliser = createNormaliser({
      ...unit,
      transforms: [],
      onEvent: ({ metadata }) => ids.push(metadata.uid),
      onParked: () => undefined,
    });
    normaliser.push(Buffer.from(text));
    normaliser.end();
    return ids[0];
  }

  test('counts for the account that drops it: delivered twice it is one, from another account it is another', () => {
    const one = idBy('drops/222222222222/stripe/a.json');
    expect(one).toBeDefined();
    expect(idBy('drops/222222222222/stripe/b.json')).toBe(one);
    expect(idBy('drops/333333333333/stripe/a.json')).not.toBe(one);
    expect(idBy('imports/stripe/a.json')).not.toBe(one);
  });
});
