import fc from 'fast-check';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBank } from '../../../cli/bank.ts';
import { formatErrors, type FileError } from '../../../cli/yaml-file.ts';

const DEMO = readFileSync('banks/demo.yml', 'utf8');
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'strongroom-bank-'));
  // Its own sources lie beside it.
  cpSync('banks/demo', join(directory, 'demo'), { recursive: true });
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Writes the content as demo.yml and loads it. */
function load(content: string): ReturnType<typeof loadBank> {
  const file = join(directory, 'demo.yml');
  writeFileSync(file, content);
  return loadBank(file);
}

/** The demo's file with one text replaced; fails where the text is not there. */
function changed(from: string, to: string): string {
  expect(DEMO).toContain(from);
  return DEMO.replace(from, to);
}

function errorsOf(content: string): readonly FileError[] {
  return load(content).errors ?? [];
}

/** Number of the last line that holds the text. */
function lineOf(content: string, text: string): number {
  return content.split('\n').findLastIndex((line) => line.includes(text)) + 1;
}

it('loads the demo bank as the functions see it', () => {
  const { bank, errors } = loadBank('banks/demo.yml');

  expect(errors).toBeUndefined();
  expect(bank?.security_account).toBe('111111111111');
  expect(bank?.accounts.map(({ id }) => id)).toEqual(['222222222222', '333333333333']);
  expect(bank?.log_groups[0]?.format).toMatch(/^\$\{version\} .* \$\{flow-direction\}$/);
  expect(bank?.alerts.bad_addresses).toEqual(['198.51.100.66', '203.0.113.128/25']);
});

describe('errors of the schema name line, path and what is allowed', () => {
  it.each([
    [
      'a value outside its list',
      'min_severity: high',
      'min_severity: hihg',
      'alerts.min_severity',
      'one of informational, low, medium, high, critical (found "hihg")',
    ],
    ['a number outside its list', 'function_logs_days: 365', 'function_logs_days: 366', 'retention.function_logs_days', '365, 400, 545'],
    [
      'a key that does not exist',
      'landing_days: 30',
      'landing_day: 30',
      'retention.landing_day',
      'allowed are evidence_days, evidence_mode, classes, cold, landing_days',
    ],
    ['a number in text', 'landing_days: 30', 'landing_days: "30"', 'retention.landing_days', 'must be integer'],
    [
      'an account id without quotes',
      "id: '222222222222'",
      'id: 222222222222',
      'accounts.0.id',
      'must be string: an AWS account id: 12 digits in quotes',
    ],
    [
      'an account id that is too short',
      "id: '222222222222'",
      "id: '22222222222'",
      'accounts.0.id',
      'must be an AWS account id: 12 digits in quotes (found "22222222222")',
    ],
    ['a region that is none', 'region: eu-central-1', 'region: Frankfurt', 'region', 'must be an AWS region such as eu-central-1'],
    ['more than Object Lock takes', 'evidence_days: 365', 'evidence_days: 36501', 'retention.evidence_days', 'must be <= 36500'],
    ['an endpoint with a path', 'http://127.0.0.1:9200', 'https://search.bank.example/logs', 'opensearch.endpoint', 'URL without path'],
    ['a field that is no path', 'field: src_endpoint.ip', 'field: $.user_agent', 'exclusions.0.field', 'attribute path in the OCSF event'],
    ['a redaction that does not exist', 'action: mask', 'action: hash', 'redaction.0.action', 'one of remove, mask'],
  ])('%s', (...[, from, to, path, message]) => {
    const content = changed(from, to);

    const errors = errorsOf(content);

    const error = errors.find((candidate) => candidate.path === path);
    expect(error?.message).toContain(message);
    expect(error?.line).toBe(lineOf(content, to));
  });

  it('reports a missing property at the object that lacks it', () => {
    const content = changed('  evidence_mode: governance\n', '');

    expect(errorsOf(content)).toHaveLength(1);
    expect(errorsOf(content)[0]).toMatchObject({ line: lineOf(content, 'retention:'), path: 'retention' });
    expect(errorsOf(content)[0]?.message).toContain('lacks evidence_mode');
  });

  it('reports all errors, in the order of the file', () => {
    const content = DEMO.replace('region: eu-central-1', 'region: x')
      .replace('action: mask', 'action: y')
      .replace('protocol: email', 'protocol: fax');

    const errors = errorsOf(content);

    expect(errors.map(({ path }) => path)).toEqual(['region', 'redaction.0.action', 'alerts.subscriptions.0.protocol']);
  });
});

describe('errors of meaning', () => {
  it.each([
    [
      'the same account twice',
      "id: '333333333333'",
      "id: '222222222222'",
      'accounts.1.id',
      '222222222222 is listed twice, as payments-prod and trading-prod',
    ],
    [
      'the security account among the workload accounts',
      "id: '333333333333'",
      "id: '111111111111'",
      'accounts.1.id',
      'is the security account',
    ],
    ['a source that does not exist', 'source: vpc-flow', 'source: vpcflow', 'log_groups.0.source', 'must be a source'],
    ['an excluded source that does not exist', 'source: alb', 'source: nlb2', 'exclusions.0.source', 'did you mean "nlb"?'],
    [
      'silence of a source that does not exist',
      '- source: cloudtrail',
      '- source: trail',
      'operations.silence.0.source',
      'must be a source',
    ],
    [
      'evidence that goes before what refers to it',
      'evidence_days: 365',
      'evidence_days: 60',
      'retention.evidence_days',
      'must not be below parked_days (90)',
    ],
    [
      'an address that is none',
      '- 198.51.100.66',
      '- 198.51.100.266',
      'alerts.bad_addresses.0',
      'must be an IPv4 or IPv6 address or network',
    ],
    [
      'a network that is none',
      '- 203.0.113.128/25',
      '- 203.0.113.128/33',
      'alerts.bad_addresses.1',
      'must be an IPv4 or IPv6 address or network',
    ],
    ['logs in clear over the network', 'http://127.0.0.1:9200', 'http://search.bank.example', 'opensearch.endpoint', 'must be https'],
    [
      'a mail address that is none',
      'security-operations@demo-bank.example',
      'security-operations',
      'alerts.subscriptions.0.endpoint',
      'must be a mail address',
    ],
    ['a name that is not the file’s', 'bank: demo', 'bank: other', 'bank', "must be the file's name, demo"],
  ])('%s', (...[, from, to, path, message]) => {
    const content = changed(from, to);

    const errors = errorsOf(content);

    expect(errors).toHaveLength(1);
    expect(errors[0]?.path).toBe(path);
    expect(errors[0]?.message).toContain(message);
    expect(errors[0]?.line).toBe(lineOf(content, to));
  });

  it('an exclusion needs exactly one condition', () => {
    const line = '    equals: 10.20.1.9\n';

    expect(errorsOf(changed(line, ''))[0]?.message).toBe('must have either equals or starts_with');
    expect(errorsOf(changed(line, `${line}    starts_with: x\n`))[0]?.message).toBe('must have either equals or starts_with');
    expect(load(changed(line, '    starts_with: x\n')).errors).toBeUndefined();
  });

  it('OpenSearch is either there or described, with as many nodes as the subnets share evenly', () => {
    const domain = (nodes: number): string => `  domain:
    instance_type: r7g.large.search
    instance_count: ${nodes}
    volume_gib: 500
    subnet_ids: [subnet-0aaa1111, subnet-0bbb2222]
    security_group_ids: [sg-0ddd4444]
`;
    const endpoint = '  endpoint: http://127.0.0.1:9200\n';

    expect(errorsOf(changed(endpoint, endpoint + domain(2)))[0]?.message).toBe('must have either domain or endpoint');
    expect(errorsOf(changed(`opensearch:\n`, 'opensearch: {}\nx_').replace(endpoint, ''))[0]).toBeDefined();
    expect(errorsOf(changed(endpoint, domain(3)))[0]?.message).toContain('must be a multiple of the number of subnets, 2 (found 3)');
    expect(load(changed(endpoint, domain(4))).errors).toBeUndefined();
  });

  it('an endpoint inside a VPC comes with subnets and security groups, another may', () => {
    const endpoint = '  endpoint: http://127.0.0.1:9200\n';
    const inVpc = '  endpoint: https://vpc-logs-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com\n';
    const subnets = '  subnet_ids: [subnet-0aaa1111]\n';
    const groups = '  security_group_ids: [sg-0ddd4444]\n';
    const error = (opensearch: string): string | undefined => errorsOf(changed(endpoint, opensearch))[0]?.message;

    expect(error(inVpc + subnets)).toBe('must have subnet_ids and security_group_ids or neither (found subnet_ids alone)');
    expect(error(endpoint + groups)).toBe('must have subnet_ids and security_group_ids or neither (found security_group_ids alone)');
    expect(error(inVpc)).toMatch(/^is inside a VPC: subnet_ids and security_group_ids must say where/);
    expect(error(inVpc + subnets + groups)).toBeUndefined();
    expect(error(`  endpoint: https://logs.bank.example\n${subnets}${groups}`)).toBeUndefined();
    expect(error('  endpoint: https://search-logs-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com\n')).toBeUndefined();
    expect(error(inVpc + subnets.replace('0aaa', 'xyz') + groups)).toContain('must be a subnet id (found "subnet-xyz1111")');
  });

  it('a domain has its subnets and security groups inside', () => {
    const domain = `  domain:
    instance_type: r7g.large.search
    instance_count: 1
    volume_gib: 500
    subnet_ids: [subnet-0aaa1111]
    security_group_ids: [sg-0ddd4444]
  subnet_ids: [subnet-0aaa1111]
`;
    const content = changed('  endpoint: http://127.0.0.1:9200\n', domain);

    expect(errorsOf(content)).toEqual([
      {
        line: lineOf(content, '  subnet_ids: [subnet-0aaa1111]'),
        path: 'opensearch.subnet_ids',
        message: 'belongs to an endpoint inside a VPC; a domain has its own',
      },
    ]);
  });

  it('a name must leave room in bucket names', () => {
    const name = 'a-bank-with-a-long-name';
    const file = join(directory, `${name}.yml`);
    writeFileSync(file, changed('bank: demo', `bank: ${name}`));

    expect(loadBank(file).errors?.[0]?.message).toMatch(/^is 12 characters too long: S3 bucket names such as strongroom-a-bank-/);
  });
});

describe('whatever the file holds', () => {
  it('names the line of broken YAML', () => {
    expect(errorsOf('bank: demo\nregion: [eu\naccounts: 1\n')[0]?.line).toBeGreaterThan(1);
    expect(errorsOf('bank: demo\nbank: demo\n')[0]?.line).toBe(2);
    expect(errorsOf('bank: demo\nbank: demo\n')[0]?.message).toContain('unique');
  });

  it('an empty file lacks everything', () => {
    expect(errorsOf('')[0]).toMatchObject({ line: 1, path: '' });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (junk, position) => {
        const at = position % DEMO.length;
        const { errors, bank } = load(DEMO.slice(0, at) + junk + DEMO.slice(at));
        expect(errors === undefined).toBe(bank !== undefined);
      }),
      { numRuns: 50 },
    );
  });
});

it('prints errors as compilers do', () => {
  const errors = [
    { line: 12, path: 'alerts.min_severity', message: 'must be …' },
    { line: 1, path: '', message: 'bad' },
  ];

  expect(formatErrors('banks/x.yml', errors)).toBe('banks/x.yml:12: alerts.min_severity: must be …\nbanks/x.yml:1: bad');
});
