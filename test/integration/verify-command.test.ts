// `strongroom verify` and `strongroom evidence export` as an operator of the bank uses them: against a deployed platform, with what its functions
// have sealed and logged.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { output } from '../../cli/deployed.ts';
import { putObject } from '../../local/demo/deliver.ts';
import { createRandom } from '../../local/demo/random.ts';
import { DEFAULT_SCENE, flowLine, FLOW_DEFAULT_HEADER } from '../../local/demo/records.ts';
import { startDeployment, type Deployment } from '../../local/deployment.ts';
import { pythonEnvironment } from '../../local/python.ts';
import { object, parseJson, text } from '../../shared/outcome.ts';
import { strongroom } from './deployed.ts';

jest.setTimeout(240_000);

const OBJECTS = 5;
let deployment: Deployment;
let folder: string;
const today = new Date().toISOString().slice(0, 10);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-verify-command-'));
  deployment = await startDeployment(() => undefined, { workloads: false });
  const random = createRandom(7);
  for (let at = 0; at < OBJECTS; at++) {
    const lines = Array.from({ length: 200 }, (_, index) => flowLine(random, index, { ...DEFAULT_SCENE, start: Date.now() - 600_000 }));
    const bytes = gzipSync(`${FLOW_DEFAULT_HEADER}\n${lines.join('\n')}\n`);
    const key = `AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/11/20/222222222222_vpcflowlogs_eu-central-1_fl-00000000000000000_20261120T0800Z_${random.hex(16)}.log.gz`;
    await putObject({ landing: 'kms', key, bytes, source: 'vpc-flow', records: 200 }, deployment.security, deployment.outputs);
  }
  await deployment.host.quiesce();
  expect((await strongroom(deployment, 'evidence', 'checkpoint')).code).toBe(0);
});

afterAll(async () => {
  await deployment.stop();
  rmSync(folder, { recursive: true, force: true });
});

function json(stdout: Buffer): Readonly<Record<string, unknown>> {
  return object(parseJson(stdout.toString())) ?? {};
}

it('verifies the vault, and records that it was done', async () => {
  const { code, stdout, stderr } = await strongroom(
    deployment,
    'verify',
    '--reason',
    'a test',
    '--json',
    '--resume',
    join(folder, 'position'),
  );

  expect(stderr).not.toContain('strongroom:');
  const report = json(stdout);
  expect(report).toMatchObject({ ok: true, found: { keys_unpinned: { found: 1 } } });
  expect(code).toBe(0);
  await deployment.host.quiesce();
  await strongroom(deployment, 'evidence', 'checkpoint');
  const again = json((await strongroom(deployment, 'verify', '--reason', 'a test', '--json')).stdout);
  expect(again).toMatchObject({ ok: true, counts: { statements: 1 } });
  const flows = json(
    (await strongroom(deployment, 'verify', '--reason', 'a test', '--json', '--source', 'vpc-flow', '--from', today)).stdout,
  );
  expect(flows).toMatchObject({ ok: true, counts: { objects: OBJECTS, statements: 0 } });
});

it('wants a reason, and makes nothing of nonsense', async () => {
  const silent = await strongroom(deployment, 'verify');
  const vague = await strongroom(deployment, 'verify', '--reason', 'a test', '--from', 'x');
  const whole = await strongroom(deployment, 'evidence', 'export', '--reason', 'a test', '--out', join(folder, 'all'));

  expect([silent.code, vague.code, whole.code]).toEqual([2, 2, 2]);
  expect(silent.stderr).toContain('--reason must say why');
  expect(vague.stderr).toContain('--from must be a day or a time');
  expect(whole.stderr).toContain('must say what is exported');
});

it('exports what verifies without AWS, with our code and with none of it', async () => {
  const directory = join(folder, 'export');
  const trust = join(folder, 'trust.txt');
  const { code, stdout } = await strongroom(
    deployment,
    'evidence',
    'export',
    '--from',
    today,
    '--source',
    'vpc-flow',
    '--out',
    directory,
    '--reason',
    'a test',
  );

  expect(code).toBe(0);
  expect(stdout.toString()).toContain(`exported    ${OBJECTS} objects`);
  writeFileSync(trust, readFileSync(join(directory, 'keys/trust.txt')));
  // Nothing of the environment but where programs are.
  const env = { PATH: process.env['PATH'] };
  const offline = execFileSync(process.execPath, ['cli/main.ts', 'verify', '--offline', directory, '--trust', trust], {
    env,
    encoding: 'utf8',
  });
  expect(offline).toContain('verified: the evidence is what was sealed');
  const python = join(await pythonEnvironment('verify', () => undefined), 'python');
  const foreign = spawnSync(python, ['docs/verify_evidence.py', directory, '--trust', trust], { env, encoding: 'utf8' });
  expect(foreign).toMatchObject({ status: 0, stdout: 'OK \n' });
});

it('tells of an object that a delete marker hides', async () => {
  const { security, outputs } = deployment;
  const report = json((await strongroom(deployment, 'verify', '--reason', 'a test', '--json')).stdout);
  const keys = (
    await strongroom(deployment, 'evidence', 'export', '--from', today, '--out', join(folder, 'keys'), '--reason', 'a test', '--json')
  ).stdout;
  expect(report['ok']).toBe(true);
  expect(keys.toString()).toContain('"ok":true');
  const line = readFileSync(join(folder, 'keys/objects.ndjson'), 'utf8')
    .split('\n')
    .find((one) => one.includes('"objects/'));
  const Key = text(object(parseJson(line ?? ''))?.['key']) ?? '';
  await security.s3.send(new DeleteObjectCommand({ Bucket: output(outputs, 'VaultBucket'), Key }));

  const { code, stdout } = await strongroom(deployment, 'verify', '--reason', 'a test', '--key', Key);

  expect(code).toBe(1);
  expect(stdout.toString()).toContain(
    `FAILURE delete_marker (1): A delete marker hides the object; the version itself may still be there.\n  ${Key}: `,
  );
});
