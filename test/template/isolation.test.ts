import { readFileSync } from 'node:fs';
import { evaluate } from '../policies/evaluate.ts';
import { inPlace } from './branches.ts';
import { compile, discard, type Compiled } from './compile.ts';
import {
  ACTIONS,
  attemptsByIdentities,
  attemptsByServices,
  rolesOf,
  serviceStatements,
  successes,
  thingsOf,
  type Bank,
  type Thing,
} from './intruder.ts';

const REGION = 'eu-central-1';
const ORGANIZATION = 'o-example123';
const FIRST = ['111111111111', '222222222222', '333333333333'];
const SECOND = ['555555555555', '666666666666', '777777777777'];

interface Described {
  readonly name: string;
  readonly accounts: readonly string[];
  readonly organization?: string;
}

/** The demo's file for this bank, with a domain of its own and a provider. */
function fileOf({ name, accounts, organization }: Described): string {
  const text = readFileSync('banks/demo.yml', 'utf8')
    .replace(/^objects:\n(?:[ #].*\n)+/m, '')
    .replace('bank: demo', `bank: ${name}`)
    .replace(/^ {2}endpoint: .*$/m, DOMAIN);
  const moved = FIRST.reduce((done, id, at) => done.replaceAll(id, accounts[at] ?? id), text);
  return `${moved}\n${organization === undefined ? '' : organizationText(organization)}`;
}

const DOMAIN = `  domain:
    instance_type: r7g.large.search
    instance_count: 2
    volume_gib: 100
    subnet_ids: [subnet-0aaa1111, subnet-0bbb2222]
    security_group_ids: [sg-0ddd4444]`;

function organizationText(id: string): string {
  return `organization:
  id: ${id}
  management_account: '999999999999'
  root_id: r-ab12
  deployers: ['arn:aws:iam::*:role/strongroom-deployment']
`;
}

async function deployed(described: Described): Promise<Bank> {
  const { name, accounts, organization } = described;
  const [security = '', workload = ''] = accounts;
  const banks = { [name]: fileOf(described) };
  const [home, away] = await Promise.all([
    compile({ parameters: { bank: name }, banks }),
    compile({ parameters: { bank: name, stack: 'workload', account: workload }, banks }),
  ]);
  const stacks = [
    { account: security, compiled: inPlace(home, { account: security, region: REGION }) },
    { account: workload, compiled: inPlace(away, { account: workload, region: REGION }) },
  ];
  return { name, region: REGION, security, accounts, stacks, ...(organization === undefined ? {} : { organization }) };
}

interface OwnWork {
  readonly role: string;
  readonly action: string;
  /** Of the resource, with the end of its ARN. */
  readonly type: string;
  readonly end: string;
  /** Whether it may. */
  readonly expected: boolean;
}

const OWN_WORK: readonly OwnWork[] = [
  { role: 'index', action: 'kinesis:GetRecords', type: 'AWS::Kinesis::Stream', end: '-hub', expected: true },
  { role: 'detect', action: 'sns:Publish', type: 'AWS::SNS::Topic', end: '-alerts', expected: true },
  { role: 'ingest-objects', action: 's3:GetObject', type: 'AWS::S3::Bucket', end: '-landing-kms', expected: true },
  { role: 'ingest-objects', action: 'sqs:ReceiveMessage', type: 'AWS::SQS::Queue', end: '-objects', expected: true },
  { role: 'notarize', action: 'kms:GetPublicKey', type: 'AWS::KMS::Key', end: '/LogKey', expected: true },
  { role: 'index', action: 's3:GetObject', type: 'AWS::S3::Bucket', end: '-vault', expected: false },
  { role: 'index', action: 'kms:GetPublicKey', type: 'AWS::KMS::Key', end: '/LogKey', expected: false },
];

describe.each<[string, string | undefined]>([
  // Whoever lets in an organization lets in the other bank.
  ['in one organization, with one management account', ORGANIZATION],
  ['without an organization', undefined],
])('two banks %s', (_, organization) => {
  let banks: readonly Bank[] = [];
  let compiled: readonly Compiled[] = [];

  beforeAll(async () => {
    const described = [
      { name: 'first', accounts: FIRST },
      { name: 'second', accounts: SECOND },
    ].map((one) => ({ ...one, ...(organization === undefined ? {} : { organization }) }));
    banks = [];
    for (const one of described) banks = [...banks, await deployed(one)];
    compiled = banks.flatMap(({ stacks }) => stacks.map((stack) => stack.compiled));
  }, 120_000);
  afterAll(() => compiled.forEach(discard));

  /** Each bank against the other. */
  function pairs(): readonly { readonly intruder: Bank; readonly owner: Bank; readonly things: readonly Thing[] }[] {
    return banks.flatMap((intruder) =>
      banks.filter((owner) => owner !== intruder).map((owner) => ({ intruder, owner, things: thingsOf(owner) })),
    );
  }

  it('have something of every kind to protect, and roles to try it with', () => {
    for (const { things, intruder } of pairs()) {
      expect(new Set(things.map(({ type }) => type))).toEqual(new Set(Object.keys(ACTIONS)));
      expect(things.length).toBeGreaterThan(60);
      expect(rolesOf(intruder).length).toBeGreaterThan(20);
    }
  });

  it('no role and no administrator of one reaches anything of the other', () => {
    for (const { intruder, things } of pairs()) {
      const attempts = things.flatMap((thing) => attemptsByIdentities(intruder, thing));
      expect(attempts.length).toBeGreaterThan(5000);
      expect(successes(attempts)).toEqual([]);
    }
  });

  it('no service reaches anything of one for a resource of the other', () => {
    for (const { intruder, owner, things } of pairs()) {
      const attempts = things.flatMap((thing) => attemptsByServices(intruder, thing, owner));
      expect(attempts.length).toBeGreaterThan(1000);
      expect(successes(attempts)).toEqual([]);
    }
  });

  it('services reach what they serve for the bank’s own: no statement that lets one in is dead', () => {
    for (const { owner, things } of pairs()) {
      const reached = things.flatMap((thing) => successes(attemptsByServices(owner, thing, owner)));
      const dead = serviceStatements(things).filter(
        ({ thing, name }) => !reached.some((one) => one.includes(thing.arn) && one.includes(name)),
      );
      expect(dead.map(({ thing, name }) => `${thing.arn} ${name}`)).toEqual([]);
    }
  });

  it.each(OWN_WORK)(
    'roles do what they are for in their own bank: $role $action on $type $end: $expected',
    ({ role, action, type, end, expected }) => {
      for (const { owner, things } of pairs()) {
        const one = rolesOf(owner).find(({ arn }) => arn.endsWith(`/strongroom-${owner.name}-${role}`));
        const thing = things.find((candidate) => candidate.type === type && candidate.arn.endsWith(end));
        if (one === undefined || thing === undefined) throw new Error(`bank ${owner.name} has no ${role} or no ${type} ${end}`);
        const organized = owner.organization === undefined ? {} : { organization: owner.organization };
        const { allowed } = evaluate(
          { identity: one.identity, resource: thing.policies },
          {
            principal: { arn: one.arn, account: one.account, ...organized },
            action,
            resource: action === 's3:GetObject' ? `${thing.arn}/any` : thing.arn,
            resourceAccount: thing.account,
          },
        );
        expect(allowed).toBe(expected);
      }
    },
  );
});
