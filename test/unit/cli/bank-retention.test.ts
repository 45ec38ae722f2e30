import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBank } from '../../../cli/bank.ts';

const DEMO = readFileSync('banks/demo.yml', 'utf8').replace(/^objects:\n(?:[ #].*\n)+/m, '');
const CLASSES = /^ {2}classes:\n(?: {4}.*\n)+/m;
const COLD = /^ {2}cold:\n(?: {4}.*\n)+/m;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'strongroom-bank-test-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function problems(content: string): readonly string[] {
  const file = join(directory, 'demo.yml');
  writeFileSync(file, content);
  return (loadBank(file).errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}

function withClasses(...classes: readonly string[]): string {
  return DEMO.replace(CLASSES, `  classes:\n${classes.map((one) => `    - ${one}\n`).join('')}`);
}

function withCold(...steps: readonly string[]): string {
  return DEMO.replace(COLD, `  cold:\n${steps.map((one) => `    - ${one}\n`).join('')}`);
}

describe('retention classes of the bank’s file', () => {
  it('may be left out, and name what is sealed without a source', () => {
    expect(problems(DEMO)).toEqual([]);
    expect(problems(DEMO.replace(CLASSES, '').replace(COLD, ''))).toEqual([]);
    expect(problems(withClasses('{ name: former, sources: [], evidence_days: 1827, evidence_mode: governance }'))).toEqual([]);
    expect(
      problems(withClasses('{ name: rest, sources: [unknown, cloudwatch-logs], evidence_days: 100, evidence_mode: compliance }')),
    ).toEqual([]);
  });

  it.each([
    ['{ name: trail, sources: [cloudtrial], evidence_days: 400, evidence_mode: governance }', 'sources.0: must be a source'],
    ['{ name: standard, sources: [alb], evidence_days: 400, evidence_mode: governance }', 'must not be standard'],
    ['{ name: pseudonyms, sources: [alb], evidence_days: 400, evidence_mode: governance }', 'must not be pseudonyms'],
    ['{ name: Trail, sources: [alb], evidence_days: 400, evidence_mode: governance }', 'name: '],
    ['{ name: short, sources: [alb], evidence_days: 60, evidence_mode: governance }', 'must not be below parked_days (90)'],
    ['{ name: zero, sources: [alb], evidence_days: 0, evidence_mode: governance }', 'evidence_days: '],
  ])('are refused as %s', (one, expected) => {
    expect(problems(withClasses(one)).join('\n')).toContain(expected);
  });

  it('have one name each, and a source has one class', () => {
    const found = problems(
      withClasses(
        '{ name: a, sources: [alb], evidence_days: 400, evidence_mode: governance }',
        '{ name: b, sources: [nlb, alb], evidence_days: 400, evidence_mode: governance }',
        '{ name: a, sources: [clb], evidence_days: 400, evidence_mode: governance }',
      ),
    );

    expect(found).toEqual([
      'retention.classes.1.sources.1: alb is in class a already; evidence has one class',
      'retention.classes.2.name: a is used twice',
    ]);
  });
});

describe('colder storage of the bank’s file', () => {
  it('may go down by several steps', () => {
    expect(
      problems(
        withCold(
          '{ after_days: 30, storage_class: STANDARD_IA }',
          '{ after_days: 60, storage_class: GLACIER_IR }',
          '{ after_days: 150, storage_class: GLACIER }',
          '{ after_days: 240, storage_class: DEEP_ARCHIVE }',
        ),
      ),
    ).toEqual([]);
  });

  it.each([
    [['{ after_days: 29, storage_class: STANDARD_IA }'], 'must be at least 30: S3 moves nothing to STANDARD_IA before'],
    [
      ['{ after_days: 90, storage_class: GLACIER }', '{ after_days: 200, storage_class: GLACIER_IR }'],
      'must be colder than GLACIER before it',
    ],
    [
      ['{ after_days: 90, storage_class: GLACIER_IR }', '{ after_days: 100, storage_class: DEEP_ARCHIVE }'],
      'must be at least 180: GLACIER_IR is billed for 90 days',
    ],
    [
      ['{ after_days: 1800, storage_class: GLACIER_IR }'],
      'is never worth it: GLACIER_IR is billed for 90 days, and no evidence is kept for 1890 days (the longest: 1827)',
    ],
    [['{ after_days: 90, storage_class: ONEZONE_IA }'], 'storage_class'],
  ])('is refused as %j', (steps, expected) => {
    expect(problems(withCold(...steps)).join('\n')).toContain(expected);
  });
});
