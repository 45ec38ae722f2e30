// What holds for every stack of every kind of bank: our own rules (test/template/invariants/), https://github.com/aws-cloudformation/cfn-lint and
// https://www.checkov.io (what is left out and why: .cfnlintrc.yml, .checkov.yml, the Metadata of single resources), and an entry in the runbook
// for every alarm. Each rule is broken once, to see that it notices.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pythonEnvironment } from '../../local/python.ts';
import { isObject, text } from '../../shared/outcome.ts';
import { entries, isNamed } from '../runbook.ts';
import { at, compile, discard, execute, list, ofType, type Compiled } from './compile.ts';
import { ENCRYPTION, SSE_S3 } from './invariants/encryption.ts';
import { KEEPING, NOT_BACKED_UP, PASSING } from './invariants/keeping.ts';
import { MANAGED, PUBLIC, RIGHTS, UNBOUND } from './invariants/rights.ts';
import { WATCHING } from './invariants/watching.ts';
import { VARIANTS } from './stacks.ts';

const INVARIANTS = [...ENCRYPTION, ...RIGHTS, ...KEEPING, ...WATCHING];

let stacks: readonly { readonly name: string; readonly compiled: Compiled }[] = [];

beforeAll(async () => {
  stacks = await Promise.all(VARIANTS.map(async (variant) => ({ name: variant.name, compiled: await compile(variant) })));
}, 600_000);
afterAll(() => {
  for (const { compiled } of stacks) discard(compiled);
});

describe.each(INVARIANTS)('$title', (invariant) => {
  it('in every stack', () => {
    const breaks = stacks.flatMap(({ name, compiled }) => invariant.check(compiled).map((found) => `${name}: ${found}`));

    expect(breaks).toEqual([]);
  });

  it('or it is noticed', () => {
    const broken = stacks.map(({ compiled }) => [compiled, invariant.break(compiled)] as const).filter(([whole, one]) => whole !== one);

    expect(broken.length).toBeGreaterThan(0);
    for (const [, one] of broken) expect(invariant.check(one)).not.toEqual([]);
  });
});

it('every exception is still needed', () => {
  const known = new Set(
    stacks.flatMap(({ compiled }) =>
      compiled.resources.flatMap(({ id, properties }) => [id, ...sidsIn(properties).flatMap((sid) => [sid, `${id}/${sid}`])]),
    ),
  );
  const exceptions = [SSE_S3, PUBLIC, UNBOUND, MANAGED, PASSING, NOT_BACKED_UP].flatMap(Object.keys);

  expect(exceptions.filter((name) => !known.has(name))).toEqual([]);
});

function sidsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(sidsIn);
  if (!isObject(value)) return [];
  const sid = text(value['Sid']);
  return [...(sid === undefined ? [] : [sid]), ...Object.values(value).flatMap(sidsIn)];
}

it('every resource carries the bank’s name as a tag: CloudFormation hands the tags of the stack on', () => {
  for (const { name, compiled } of stacks) {
    const state: unknown = JSON.parse(readFileSync(join(compiled.directory, '.serverless', 'serverless-state.json'), 'utf8'));
    const bank = at(state, 'service', 'custom', 'bank', 'bank');

    expect([name, at(state, 'service', 'provider', 'stackTags', 'strongroom')]).toEqual([name, bank]);
    expect(typeof bank).toBe('string');
  }
});

describe('docs/RUNBOOK.md', () => {
  it('has an entry for every alarm, and none for others', () => {
    const alarms = stacks.flatMap(({ compiled }) =>
      ofType(compiled, 'AWS::CloudWatch::Alarm').map(({ properties }) => nameOf(properties['AlarmName'])),
    );
    const known = entries().flatMap((entry) => entry.alarms);

    expect([...new Set(alarms)].filter((alarm) => !isNamed(alarm, known))).toEqual([]);
    expect(known.filter((name) => !alarms.some((alarm) => isNamed(alarm, [name])))).toEqual([]);
  });
});

/** @returns the alarm's name after `strongroom-<bank>-`. */
function nameOf(name: unknown): string {
  return (text(name) ?? JSON.stringify(name)).replace(/^strongroom-[a-z]+-/, '');
}

describe('linters', () => {
  let bin: string;
  beforeAll(async () => {
    bin = await pythonEnvironment('lint', () => undefined);
  }, 600_000);

  it('cfn-lint finds nothing', async () => {
    const files = stacks.map(({ compiled }) => compiled.file);
    const { printed, code } = await execute(join(bin, 'cfn-lint'), ['--regions', 'eu-central-1', '--template', ...files], resolve('.'));

    expect(printed).toBe('');
    expect(code).toBe(0);
  }, 600_000);

  it('checkov finds nothing', async () => {
    const files = stacks.flatMap(({ compiled }) => ['--file', compiled.file]);
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
  }, 600_000);
});
