// `strongroom onboard`, `status` and `offboard` against the emulator: an account from its entry in the file to probes that are sealed and found, and
// the steps in an organization, with a failure in the middle. StackSets of an organization are not emulated: the account is one of a bank without one.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  CreateOrganizationCommand,
  ListRootsCommand,
  OrganizationsClient,
} from '@aws-sdk/client-organizations';
import { loadBank } from '../../cli/bank.ts';
import { closeAccount, openAccount } from '../../local/accounts.ts';
import { startDeployment, type Deployment } from '../../local/deployment.ts';
import type { BankConfig } from '../../shared/config.ts';
import { isArray, isObject, parseJson, text } from '../../shared/outcome.ts';
import { detectorSteps } from '../../shared/onboard/detectors.ts';
import { membershipSteps } from '../../shared/onboard/membership.ts';
import { organizationSteps } from '../../shared/onboard/organization.ts';
import { createSessions, type Sessions } from '../../shared/onboard/sessions.ts';
import { applySteps, planSteps, type StepResult } from '../../shared/onboard/step.ts';
import { inRegion } from '../../shared/organization/config.ts';
import { bankWithOrganization } from '../template/banks.ts';

jest.setTimeout(180_000);

const ACCOUNT = '222222222222';
const SOURCES = ['cloudtrail', 'vpc-flow', 'alb', 'waf', 'config', 'guardduty', 'route53-resolver', 'application-json'];
/** The emulator takes any key. */
const LOCAL = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
const ROLE = 'deployment:\n  stage: test\n  role_arn: arn:aws:iam::{account}:role/strongroom-deployment\n';

const directory = mkdtempSync(join(tmpdir(), 'strongroom-onboard-'));
let deployment: Deployment;

beforeAll(async () => {
  const file = join(directory, 'demo.yml');
  writeFileSync(file, bankOfOneAccount());
  deployment = await startDeployment(() => undefined, { file, workloads: false });
  const account = await openAccount(deployment.platform.endpoint, deployment.bank.region, ACCOUNT);
  await account.logs.send(new CreateLogGroupCommand({ logGroupName: '/app/payments' }));
  closeAccount(account);
  Object.assign(process.env, LOCAL, { AWS_ENDPOINT_URL: deployment.platform.endpoint });
});

afterAll(async () => {
  for (const name of ['AWS_ENDPOINT_URL', ...Object.keys(LOCAL)]) Reflect.deleteProperty(process.env, name);
  await deployment.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** The demo's file with one account, whose sources are listed, and a role that deploys into every account. */
function bankOfOneAccount(): string {
  return readFileSync('banks/demo.yml', 'utf8')
    .replace(/^objects:\n(?:[ #].*\n)+/m, '')
    .replace(/^ {2}- id: '333333333333'\n(?: {4}.*\n)+/m, '')
    .replace('log_groups: [/vpc/flow-logs, /app/payments]', `log_groups: [/app/payments]\n    sources: [${SOURCES.join(', ')}]`)
    .concat(ROLE);
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npx strongroom …` in the folder that has the bank's file. */
async function strongroom(...args: readonly string[]): Promise<Ran> {
  return await new Promise((resolve) => {
    const options = { cwd: deployment.workspace, env: { ...process.env, ...deployment.environment }, maxBuffer: 1e8 };
    const child = execFile(process.execPath, [join(process.cwd(), 'cli', 'main.ts'), ...args], options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

type Entry = Readonly<Record<string, unknown>>;

/** What the document of an answer lists. */
function listed({ stdout, stderr }: Ran, list: 'steps' | 'rows' | 'probes'): readonly Entry[] {
  const document = parseJson(stdout);
  const entries = isObject(document) ? document[list] : undefined;
  if (!isArray(entries)) throw new Error(`no ${list}: ${stdout}${stderr}`);
  return entries.filter(isObject);
}

/** States by id of the step, or source of the row. */
function statesIn(ran: Ran, list: 'steps' | 'rows'): Entry {
  return Object.fromEntries(listed(ran, list).map((entry) => [text(entry[list === 'steps' ? 'id' : 'source']) ?? '', entry['state']]));
}

const STEPS = ['security-stack@eu-central-1', `workload@${ACCOUNT}@eu-central-1`, `log-groups@${ACCOUNT}@eu-central-1`] as const;

it('plans an account: what is there, what would be done, what it costs, which rights it needs', async () => {
  const { code, stdout } = await strongroom('onboard', 'account', ACCOUNT);
  expect(stdout).toContain(`+ ${ACCOUNT} forwards its events in eu-central-1  [${ACCOUNT}, eu-central-1]`);
  expect(stdout).toContain('now: rule strongroom-demo-forward: not there');
  expect(stdout).toContain('/app/payments: 0 subscriptions of 2, none to the intake');
  expect(stdout).toMatch(/Rights that it needs, by account:\n {2}222222222222: .*events:DescribeRule/);
  expect(stdout).toMatch(/1\.00 {2}222222222222, eu-central-1: a key/);
  expect(stdout).toContain('3 steps: 1 as they should be, 2 to do');
  expect(code).toBe(0);
});

it('applies it; the second run changes nothing, and a probe of each source is sealed and searchable', async () => {
  const first = await strongroom('onboard', 'account', ACCOUNT, '--apply', '--yes', '--json');
  expect([first.stderr, first.code]).toEqual(['', 0]);
  // The stack that forwards events subscribes the log groups as well.
  expect(statesIn(first, 'steps')).toEqual({ [STEPS[0]]: 'done', [STEPS[1]]: 'changed', [STEPS[2]]: 'done' });
  const second = await strongroom('onboard', 'account', ACCOUNT, '--apply', '--yes', '--verify', '--timeout', '60s', '--json');
  expect(statesIn(second, 'steps')).toEqual(Object.fromEntries(STEPS.map((id) => [id, 'done'])));
  const probes = listed(second, 'probes');
  expect(probes.flatMap(({ next }) => (next === undefined ? [] : [next]))).toEqual([]);
  expect(probes.filter(({ sealed, searchable }) => typeof sealed !== 'number' || typeof searchable !== 'number')).toEqual([]);
  expect(new Set(probes.map(({ source }) => source))).toEqual(new Set(SOURCES));
  expect(new Set(probes.map(({ way }) => (text(way) ?? '').split(' ')[0]))).toEqual(new Set(['landing', 'log', 'stream', 'default']));
  expect(second.code).toBe(0);
});

it("status has seen them all, by the events' own time and by arrival", async () => {
  const status = await strongroom('status', '--json');
  expect(statesIn(status, 'rows')).toEqual(Object.fromEntries(SOURCES.map((source) => [source, 'ok'])));
  const timed = listed(status, 'rows').filter(({ seen, arrived }) => typeof seen === 'number' && typeof arrived === 'number');
  // What an application writes has no product of its own to be told by.
  expect(new Set(timed.map(({ source }) => source))).toEqual(new Set(SOURCES.filter((source) => source !== 'application-json')));
  expect(status.code).toBe(0);
});

it('takes an account down: the reason is recorded, evidence stays, the lines of the file are named', async () => {
  const plan = await strongroom('offboard', 'account', ACCOUNT);
  expect(plan.stdout).toContain('then: delete strongroom-demo-workload');
  expect(plan.stdout).toMatch(/Then take lines \d+ to \d+ out of banks\/demo\.yml[^]*- {3}- id: '222222222222'/);
  const done = await strongroom('offboard', 'account', ACCOUNT, '--yes', '--reason', 'account is closed, ticket SEC-9');
  expect(done.stdout).toMatch(/recorded in the vault: _statements\/access\//);
  expect(done.stdout).toContain('1 steps: 1 done now');
  const again = await strongroom('onboard', 'account', ACCOUNT, '--json');
  expect(statesIn(again, 'steps')).toMatchObject({ [STEPS[1]]: 'to do' });
});

describe('the steps in an organization', () => {
  let sessions: Sessions;
  let bank: BankConfig;

  beforeAll(async () => {
    bank = await organizedBank();
    sessions = createSessions(bank, { endpoint: deployment.platform.endpoint });
  });

  afterAll(() => {
    sessions.close();
  });

  /** An organization of moto's own ids, with the security account and one other. */
  async function organizedBank(): Promise<BankConfig> {
    const file = join(directory, 'whole.yml');
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, bankWithOrganization().concat(ROLE));
    const { bank: written } = loadBank(file);
    if (written?.organization === undefined) throw new Error("the bank's file is wrong");
    const { endpoint } = deployment.platform;
    const { credentials } = await openAccount(endpoint, written.region, written.organization.management_account);
    const client = new OrganizationsClient({ endpoint, region: written.region, credentials });
    const { Organization } = await client.send(new CreateOrganizationCommand({ FeatureSet: 'ALL' }));
    const { Roots } = await client.send(new ListRootsCommand({}));
    const [security, member] = [await newAccount(client, 'security'), await newAccount(client, 'payments')];
    client.destroy();
    const accounts = [{ id: member, name: 'payments', ou: 'Payments' }];
    const organization = { ...written.organization, id: Organization?.Id ?? '', root_id: Roots?.[0]?.Id ?? '' };
    return { ...written, accounts, security_account: security, organization };
  }

  async function newAccount(client: OrganizationsClient, name: string): Promise<string> {
    const { CreateAccountStatus } = await client.send(new CreateAccountCommand({ AccountName: name, Email: `${name}@bank.example` }));
    return CreateAccountStatus?.AccountId ?? '';
  }

  function stepsOf(of: BankConfig) {
    const regions = ['eu-central-1', 'eu-west-1'].map((region) => inRegion(of, region));
    return [
      ...organizationSteps(of, sessions),
      ...regions.flatMap((one) => detectorSteps(one, sessions)),
      ...of.accounts.flatMap((account) => membershipSteps(of, account, sessions)),
    ];
  }

  const idsIn = (results: readonly StepResult[], state: string) => results.filter((one) => one.state === state).map(({ id }) => id);

  it('a failure in the middle stops nothing else; mended, the rest is done, and then nothing changes any more', async () => {
    const { organization } = bank;
    if (organization === undefined) throw new Error('no organization');
    const planned = await planSteps(stepsOf(bank));
    expect(idsIn(planned, 'failed')).toEqual([]);
    expect(idsIn(planned, 'done')).toEqual(['organization', `member@${bank.accounts[0]?.id ?? ''}`]);

    const wrong = await applySteps(stepsOf({ ...bank, organization: { ...organization, root_id: 'r-zzzz' } }));
    const failed = ['policy-type:SERVICE_CONTROL_POLICY', 'policy-type:RESOURCE_CONTROL_POLICY'];
    const unit = `unit@${bank.accounts[0]?.id ?? ''}`;
    expect(idsIn(wrong, 'failed')).toEqual([...failed, unit]);
    expect(wrong.find(({ id }) => id === failed[0])?.error).toMatch(/has no root r-zzzz, only r-[^ ]+: correct organization.root_id/);
    expect(idsIn(wrong, 'changed')).toEqual(
      expect.arrayContaining([
        'trusted-access:config',
        'stacksets-access',
        'delegated-administrator:config',
        'guardduty-members@eu-west-1',
      ]),
    );

    const second = await applySteps(stepsOf(bank));
    expect(idsIn(second, 'changed')).toEqual(failed);
    // The organization's stack makes it; here nobody has.
    expect(second.find(({ id }) => id === unit)?.error).toMatch(/there is no unit Payments below r-/);
    expect(idsIn(second, 'failed')).toEqual([unit]);

    const third = await applySteps(stepsOf(bank));
    expect(idsIn(third, 'changed')).toEqual([]);
    expect(idsIn(third, 'done')).toHaveLength(third.length - 1);
  });

  it('moves an account into its unit', async () => {
    const { organization, accounts, region } = bank;
    const [account] = accounts;
    if (organization === undefined || account === undefined) throw new Error('no organization');
    const { organizations } = await sessions.of(organization.management_account, region);
    await organizations.send(new CreateOrganizationalUnitCommand({ ParentId: organization.root_id, Name: 'Payments' }));
    const moved = await applySteps(membershipSteps(bank, account, sessions));
    expect(moved).toMatchObject([{ state: 'done' }, { state: 'changed', found: 'in Payments' }]);
  });

  it('leaves the place of another administrator alone', async () => {
    const steps = detectorSteps({ ...bank, security_account: bank.accounts[0]?.id ?? '' }, sessions);
    const results = await applySteps(steps);
    expect(results[0]?.error).toMatch(/is administered by \d{12} already/);
    expect(idsIn(results, 'stopped')).toContain('guardduty-members@eu-central-1');
  });
});
