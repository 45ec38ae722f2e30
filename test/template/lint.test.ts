// https://github.com/aws-cloudformation/cfn-lint and https://www.checkov.io on every stack; what is left out and why: .cfnlintrc.yml,
// .checkov.yml and the Metadata of single resources.
import { join, resolve } from 'node:path';
import { pythonEnvironment } from '../../local/python.ts';
import { isObject } from '../../shared/outcome.ts';
import { testSigner } from '../fakes/log.ts';
import { bankWithDomain, bankWithEndpointInVpc, bankWithKafka, bankWithWitness } from './banks.ts';
import { at, compile, discard, execute, list, type Compiled, type CompileOptions } from './compile.ts';

const STACKS: readonly CompileOptions[] = [
  { parameters: { bank: 'demo' } },
  { parameters: { bank: 'vpc' }, banks: { vpc: bankWithDomain() } },
  { parameters: { bank: 'existing' }, banks: { existing: bankWithEndpointInVpc() } },
  { parameters: { bank: 'topics' }, banks: { topics: bankWithKafka() } },
  { parameters: { bank: 'demo', stack: 'workload', account: '222222222222' } },
  { parameters: { bank: 'watched' }, banks: { watched: bankWithWitness() } },
  {
    parameters: { bank: 'watched', stack: 'witness', logKey: testSigner('strongroom/watched/eu-central-1', 'ed25519').vkey },
    banks: { watched: bankWithWitness() },
  },
];

let bin: string;
let stacks: readonly Compiled[] = [];

beforeAll(async () => {
  bin = await pythonEnvironment('lint', () => undefined);
  stacks = await Promise.all(STACKS.map(compile));
}, 600_000);
afterAll(() => {
  stacks.forEach(discard);
});

it('all stacks are clean for cfn-lint', async () => {
  const { printed, code } = await execute(
    join(bin, 'cfn-lint'),
    ['--regions', 'eu-central-1', '--template', ...stacks.map(({ file }) => file)],
    resolve('.'),
  );

  expect(printed).toBe('');
  expect(code).toBe(0);
}, 120_000);

it('all stacks are clean for checkov', async () => {
  const files = stacks.flatMap(({ file }) => ['--file', file]);
  const { stdout, code } = await execute(
    join(bin, 'checkov'),
    ['--config-file', '.checkov.yml', '--output', 'json', ...files],
    resolve('.'),
  );

  const report: unknown = JSON.parse(stdout);
  const failed = list(at(report, 'results', 'failed_checks')).filter(isObject);
  expect(failed.map((check) => [check['file_path'], check['check_id'], check['resource']])).toEqual([]);
  expect(Number(at(report, 'summary', 'resource_count'))).toBeGreaterThan(150);
  expect(code).toBe(0);
}, 120_000);
