// The security stack of one bank in two regions of one account: what AWS names once for all regions must not meet.
import { readFileSync } from 'node:fs';
import { REGION_BANK, STANDBY } from '../../local/drill/region.ts';
import { compile, discard, ofType, type Compiled } from './compile.ts';

let [home, standby]: readonly (Compiled | undefined)[] = [];

beforeAll(async () => {
  const banks = { drill: readFileSync(REGION_BANK, 'utf8') };
  [home, standby] = await Promise.all([
    compile({ parameters: { bank: 'drill' }, banks }),
    compile({ parameters: { bank: 'drill', region: STANDBY }, banks }),
  ]);
}, 300_000);
afterAll(() => {
  for (const compiled of [home, standby]) if (compiled !== undefined) discard(compiled);
});

/** Names that are one account's in all regions, or the world's. */
const GLOBAL: Readonly<Record<string, string>> = {
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::InstanceProfile': 'InstanceProfileName',
  'AWS::IAM::User': 'UserName',
  'AWS::IAM::Group': 'GroupName',
  'AWS::S3::Bucket': 'BucketName',
};

function globalNames(compiled: Compiled | undefined): readonly string[] {
  return (compiled?.resources ?? []).flatMap(({ type, properties }) => {
    const name = properties[GLOBAL[type] ?? ''];
    return typeof name === 'string' ? [`${type} ${name}`] : [];
  });
}

it('roles and buckets of the two do not meet', () => {
  const [here, there] = [globalNames(home), globalNames(standby)];
  expect(here.length).toBeGreaterThan(20);
  expect(there.length).toBeGreaterThan(20);
  expect(here.filter((name) => there.includes(name))).toEqual([]);
});

it('the standby accepts the accounts whose logs it takes over, by bus, destination and bucket', () => {
  for (const [id, type] of [
    ['BusPolicy', 'AWS::Events::EventBusPolicy'],
    ['IntakeDestination', 'AWS::Logs::Destination'],
    ['LandingBucketPolicy', 'AWS::S3::BucketPolicy'],
  ] as const) {
    const found = ofType({ resources: standby?.resources ?? [] }, type).find((one) => one.id === id);
    expect({ id, accepts: JSON.stringify(found?.properties).includes('222222222222') }).toEqual({ id, accepts: true });
  }
});

it('each has its part of what goes between them, and nobody the other’s', () => {
  const between = ['IntakeStandbyPolicy', 'FindingsHomeRule', 'FindingsHomePolicy'];
  const parts = [home, standby].map((compiled) => (compiled?.resources ?? []).map(({ id }) => id).filter((id) => between.includes(id)));
  expect(parts.map((ids) => [...ids].sort())).toEqual([['FindingsHomeRule', 'IntakeStandbyPolicy'], ['FindingsHomePolicy']]);
});
