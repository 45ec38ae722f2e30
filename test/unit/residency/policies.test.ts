import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPolicy } from '../../../cli/bank-residency.ts';
import { RESIDENCY_CLASSES } from '../../../shared/residency/policy.ts';
import { REGIONS } from '../../../shared/residency/regions.ts';
import { banksFolder, loadWith, POLICIES } from './banks.ts';

/** Countries of each jurisdiction, by ISO 3166-1. */
const COUNTRIES: Readonly<Record<string, readonly string[]>> = {
  EU: ['DE', 'ES', 'FR', 'IE', 'IT', 'SE'],
  US: ['US'],
  UK: ['GB'],
  CH: ['CH'],
  MX: ['MX'],
  BR: ['BR'],
  SG: ['SG'],
};

const folder = banksFolder();
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('ships seven policies', () => {
  expect(readdirSync('banks/policies').sort()).toEqual(POLICIES.map((name) => `${name}.yml`));
});

describe.each(POLICIES)('policy %s', (name) => {
  const { policy, errors } = loadPolicy(`banks/policies/${name}.yml`);

  it('is right, names the law behind it, and says what lawyers have to confirm', () => {
    expect(errors).toBeUndefined();
    expect(policy?.sources.every(({ url }) => url.startsWith('http'))).toBe(true);
    expect(policy?.confirm.length).toBeGreaterThan(0);
  });

  it('keeps everything but health in all regions of its jurisdiction, and in no other', () => {
    const countries = COUNTRIES[policy?.jurisdiction ?? ''] ?? [];
    const own = Object.keys(REGIONS).filter((region) => countries.includes(REGIONS[region] ?? ''));
    expect(own.length).toBeGreaterThan(0);
    for (const className of RESIDENCY_CLASSES) {
      const rule = policy?.classes[className];
      expect([className, rule?.live.toSorted()]).toEqual([className, own]);
      if (className !== 'health') expect([className, rule?.move]).toEqual([className, own.length === 1 ? [] : rule?.live]);
    }
  });
});

describe('a policy of the bank’s own', () => {
  function errorsOf(change: (text: string) => string): readonly string[] {
    const file = join(folder, 'policies', 'own.yml');
    const text = `title: Own
jurisdiction: DE
text: Frankfurt alone.
sources: [{ name: Our contract, url: 'https://bank.example/contract' }]
confirm: [All of it.]
global_events: false
classes:
  logs: { live: [eu-central-1], move: [] }
  evidence: { live: [eu-central-1], move: [] }
  findings: { live: [eu-central-1], move: [] }
  health: { live: [eu-central-1], move: any }
  keys: { live: [eu-central-1], move: [] }
`;
    writeFileSync(file, change(text));
    return (loadPolicy(file).errors ?? []).map(({ line, path, message }) => `${line} ${path}: ${message}`);
  }

  it('may name any region', () => {
    expect(errorsOf((text) => text)).toEqual([]);
  });

  it.each<[string, (text: string) => string, string]>([
    [
      'a region that AWS does not have',
      (text) => text.replace('logs: { live: [eu-central-1]', 'logs: { live: [eu-central-9]'),
      '8 classes.logs.live.0: must be a region of AWS (found "eu-central-9"; did you mean "eu-central-1"?)',
    ],
    [
      'logs that may go anywhere',
      (text) => text.replace('logs: { live: [eu-central-1], move: []', 'logs: { live: [eu-central-1], move: any'),
      '8 classes.logs.move: must be array: a list of regions; none: [] (found "any")',
    ],
    ['a class too few', (text) => text.replace(/^ {2}keys.*\n/m, ''), '7 classes: lacks keys'],
    ['a class too many', (text) => `${text}  dreams: { live: [], move: [] }\n`, '13 classes.dreams: is not known here; allowed are logs'],
    ['nothing to confirm', (text) => text.replace(/^confirm.*\n/m, ''), '1 : lacks confirm'],
  ])('with %s is wrong', (_, change, error) => {
    expect(errorsOf(change)).toEqual([expect.stringContaining(error)]);
  });

  it('that is wrong makes every file wrong that names it', () => {
    errorsOf((text) => text.replace('global_events: false', 'global_events: maybe'));
    const { errors = [] } = loadWith(folder, { residency: [{ policy: 'own' }] });
    expect(errors.map(({ file = 'the bank', path, message }) => `${file.split('/').at(-1) ?? ''} ${path}: ${message}`)).toEqual([
      expect.stringContaining('the bank residency.0.policy: must be a right file of banks/policies/'),
      expect.stringContaining('own.yml global_events: must be boolean'),
    ]);
  });
});
