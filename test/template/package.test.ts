import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBank } from '../../cli/bank.ts';
import { at, compile, discard, ofType, type Compiled } from './compile.ts';

// Each of the refused ones is a run of `serverless`.
jest.setTimeout(60_000);

let compiled: Compiled;

beforeAll(async () => {
  // With all functions, that of Kafka too.
  compiled = await compile({ parameters: { bank: 'demo', kafkaServers: '127.0.0.1:9096' }, realFunctions: true });
}, 120_000);
afterAll(() => discard(compiled));

/** Everything any function asks for while it is loaded; nothing is called. */
const VARIABLES = {
  AWS_REGION: 'eu-central-1',
  VAULT_BUCKET: 'vault',
  PARKED_BUCKET: 'parked',
  REFERENCE_BUCKET: 'reference',
  PERIOD_KEYS_BUCKET: 'period-keys',
  EVIDENCE_ROLES: 'arn:aws:iam::111111111111:role/strongroom-demo-evidence-reader',
  EVIDENCE_KEY_ARN: 'arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-4000-8000-000000000000',
  HUB_STREAM: 'hub',
  OPENSEARCH_URL: 'http://127.0.0.1:9',
  ALERT_TOPIC_ARN: 'arn:aws:sns:eu-central-1:111111111111:alerts',
  ALERT_TABLE: 'alerts',
  LOG_TABLE: 'log',
};

/** Of the security stack: the witness's is tested with its own. */
const FUNCTIONS = readdirSync('functions').filter((name) => name !== 'witness');

it('makes one artefact per function, and the template names it', () => {
  const keys = ofType(compiled, 'AWS::Lambda::Function').map(
    ({ properties }) =>
      String(at(properties, 'Code', 'S3Key'))
        .split('/')
        .at(-1) ?? '',
  );

  expect(keys.sort()).toEqual(FUNCTIONS.map((name) => `${name}.zip`).sort());
  for (const key of keys) expect(existsSync(join(compiled.directory, '.build', 'demo', 'security', key))).toBe(true);
});

it.each(FUNCTIONS)('%s loads from its bundle, with the bank beside it', (name) => {
  const directory = join(compiled.directory, '.build', 'demo', 'security', name);
  const script = `console.log(typeof require(${JSON.stringify(join(directory, 'handler.js'))}).handler); process.exit(0)`;

  const run = spawnSync(process.execPath, ['--eval', script], {
    encoding: 'utf8',
    cwd: directory,
    env: { ...VARIABLES, LAMBDA_TASK_ROOT: directory },
  });

  expect(run.stderr).toBe('');
  expect(run.stdout).toBe('function\n');
  expect(JSON.parse(readFileSync(join(directory, 'bank.json'), 'utf8'))).toEqual(loadBank('banks/demo.yml').bank);
});

it('prints and writes the sizes', () => {
  const sizes: unknown = JSON.parse(readFileSync(join(compiled.directory, '.build', 'demo', 'sizes.json'), 'utf8'));

  for (const name of FUNCTIONS) expect(Number(at(sizes, name, 'bundleBytes'))).toBeGreaterThan(1000);
  expect(compiled.printed).toMatch(/Bundled ingest-objects \d+ KiB/);
});

it('tells nobody where it was made', () => {
  const state = readFileSync(join(compiled.directory, '.serverless', 'serverless-state.json'), 'utf8');

  expect(state).not.toContain(compiled.directory);
  expect(state).not.toContain(process.cwd());
});

describe('fails before anything is made', () => {
  it.each<[Readonly<Record<string, string>>, string]>([
    [{}, '--param bank=<name>: must name one of demo (found "")'],
    [{ bank: 'demo', stack: 'other' }, '--param stack= must be organization, security, workload or witness (found "other")'],
    [
      { bank: 'demo', stack: 'workload' },
      "--param account=<id> must name one of the bank's accounts in eu-central-1: 222222222222 (payments-prod)",
    ],
  ])('%j', async (parameters, message) => {
    await expect(compile({ parameters })).rejects.toThrow(message);
  });

  it('a wrong bank’s file: with file, line and what is allowed', async () => {
    const wrong = readFileSync('banks/demo.yml', 'utf8')
      .replace('bank: demo', 'bank: wrong')
      .replace('min_severity: high', 'min_severity: urgent');

    await expect(compile({ parameters: { bank: 'wrong' }, banks: { wrong } })).rejects.toThrow(
      /banks\/wrong\.yml:\d+: alerts\.min_severity: must be one of informational, low, medium, high, critical \(found "urgent"\)/,
    );
  });
});
