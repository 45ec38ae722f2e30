import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadBank } from '../../../cli/bank.ts';
import { blinded } from '../../../cli/bank-detections.ts';
import { formatErrors } from '../../../cli/yaml-file.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { createEngine } from '../../../shared/detect/engine.ts';
import { rulesOf } from '../../../shared/detect/tuning.ts';
import { apiEvent } from '../detect/events.ts';

const DEMO = readFileSync('banks/demo.yml', 'utf8').replace(/^objects:\n(?:[ #].*\n)+/m, '');
const COMMENTED = /^# detections:\n(?:#.*\n)+/m;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'strongroom-bank-test-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** @param rules files below banks/demo/rules. */
function load(detections: string, rules: Readonly<Record<string, string>> = {}): ReturnType<typeof loadBank> {
  for (const [name, yaml] of Object.entries(rules)) {
    const file = join(directory, 'demo/rules', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, yaml);
  }
  const file = join(directory, 'demo.yml');
  writeFileSync(file, `${DEMO}${detections}`);
  return loadBank(file);
}

function problems(detections: string, rules?: Readonly<Record<string, string>>): readonly string[] {
  return formatErrors('demo.yml', load(detections, rules).errors ?? [])
    .replaceAll(`${directory}/`, '')
    .split('\n')
    .filter((line) => line !== '');
}

function bankOf(detections: string, rules?: Readonly<Record<string, string>>): BankConfig {
  const { bank, errors } = load(detections, rules);
  if (bank === undefined) throw new Error(JSON.stringify(errors));
  // As it lies beside the code.
  return JSON.parse(JSON.stringify(bank)) as BankConfig;
}

it('the example in the demo’s file is right', () => {
  const example = COMMENTED.exec(DEMO)?.[0].replaceAll(/^# ?/gm, '');
  expect(example).toContain('suppress:');
  expect(problems(example ?? '')).toEqual([]);
});

it.each([
  [
    'disable: [{ rule: aws-identity/root-user-activty, reason: We need it no more }]',
    'detections.disable.0.rule: must be a rule: its file below rules/ without .yml, or its id (found "aws-identity/root-user-activty"; did you mean "aws-identity/root-user-activity"?)',
  ],
  ['disable: [{ rule: aws-identity/root-user-activity }]', 'detections.disable.0: lacks reason'],
  ['tune: [{ rule: nothing/like-it, level: low }]', 'detections.tune.0.rule: must be a rule'],
  ['tune: [{ rule: aws-identity/root-user-activity, level: highest }]', 'detections.tune.0.level: must be one of informational, low'],
  ['tune: [{ rule: aws-identity/root-user-activity, at_least: 5 }]', 'detections.tune.0.at_least: is of correlations'],
  ['tune: [{ rule: aws-identity/root-user-activity, minutes: 5 }]', 'detections.tune.0.minutes: is of correlations'],
  [
    'tune: [{ rule: aws-identity/root-user-activity, group_by: [actor.user.uid] }]',
    'detections.tune.0.group_by: must have cloud.account.uid',
  ],
  [
    'tune: [{ rule: aws-network/flow-listed-address, lists: { bad_adresses: [] } }]',
    'detections.tune.0.lists.bad_adresses: aws-network/flow-listed-address asks for no such list (found "bad_adresses"; did you mean "bad_addresses"?)',
  ],
  ['suppress: [{ until: "2027-01-31", reason: We test it now, owner: us }]', 'detections.suppress.0: must have rule, when or both'],
  ['suppress: [{ rule: x, until: "2027-01-31", reason: We test it now, owner: us }]', 'detections.suppress.0.rule: must be a rule'],
  [
    'suppress: [{ when: { a: b }, until: "2027-02-30", reason: We test it now, owner: us }]',
    'detections.suppress.0.until: there is no such day (found "2027-02-30")',
  ],
  ['suppress: [{ when: { a: b }, reason: We test it now, owner: us }]', 'detections.suppress.0: lacks until'],
  [
    'suppress: [{ when: { "src_endpoint.ip|cidr": x }, until: "2027-01-31", reason: We test it now, owner: us }]',
    'detections.suppress.0.when.src_endpoint.ip|cidr: ',
  ],
  [
    'lists: { trusted_network: [192.0.2.0/24] }',
    'detections.lists.trusted_network: must be a list that rules ask for (found "trusted_network"; did you mean "trusted_networks"?)',
  ],
  [
    'lists: { trusted_networks: [offices] }',
    'detections.lists.trusted_networks.0: must be an address or a network in CIDR notation (found "offices")',
  ],
  ['lists: { bad_addresses: [192.0.2.1] }', 'detections.lists.bad_addresses: must be a list that rules ask for'],
])('%s is told', (detections, problem) => {
  const [first = ''] = problems(`detections:\n  ${detections}\n`);
  expect(first).toMatch(/^demo\.yml:\d+: /);
  expect(first).toContain(problem);
});

it('tells which redactions take out what rules look at', () => {
  const bank = bankOf('');
  expect(blinded(bank).map((note) => note.split(' takes out')[0])).toContain('redaction of http_request.url.query_string');
  expect(blinded({ ...bank, redaction: [{ field: 'http_request.url', action: 'remove' }] })[0]).toContain('web/sql-injection-answered');
  expect(blinded({ ...bank, redaction: [{ field: 'actor.user.full_name', action: 'mask' }] })).toEqual([]);
});

const RULE = `
title: Ledger closed by hand
id: 10000000-0000-4000-8000-000000000001
level: high
logsource: { product: aws, service: cloudtrail }
detection:
  selection: { eventName: CloseLedger }
  filter: { userIdentity.arn|expand: '%closers%' }
  condition: selection and not filter
`;

describe('rules of the bank’s own', () => {
  it('are read, packed and used', () => {
    const { stream, lists } = rulesOf(
      bankOf('detections: { lists: { closers: [arn:aws:iam::222222222222:user/closer] } }\n', { 'ledger.yml': RULE }),
    );
    const engine = createEngine(stream, lists);
    const met = (user: string) => engine.match(apiEvent('CloseLedger', { user })).map(({ rule }) => rule.notes?.path);

    expect(met('arn:aws:iam::222222222222:user/a')).toEqual(['own/ledger']);
    expect(met('arn:aws:iam::222222222222:user/closer')).toEqual([]);
  });

  it('may be named in the bank’s file', () => {
    expect(problems('detections: { lists: { closers: [] }, tune: [{ rule: own/ledger, level: low }] }\n', { 'ledger.yml': RULE })).toEqual(
      [],
    );
  });

  it('may filter what ships', () => {
    const filter = `
title: Break-glass drill
logsource: { product: aws, service: cloudtrail }
filter:
  rules: 69101fe5-5f1c-4ad1-beab-5b677b971a09
  selection: { userIdentity.accountId: '333333333333' }
  condition: selection
`;
    const event = (account: string) => apiEvent('X', { actor: { user: { uid: 'arn:root', type: 'Root', account: { uid: account } } } });
    const met = (bank: BankConfig, account: string) => {
      const { stream, lists } = rulesOf(bank);
      return createEngine(stream, lists)
        .match(event(account))
        .map(({ rule }) => rule.notes?.path);
    };
    const filtered = bankOf('', { 'drill.yml': filter });

    expect(filtered.rules?.rules).toHaveLength(1);
    expect(met(filtered, '333333333333')).not.toContain('aws-identity/root-user-activity');
    expect(met(filtered, '222222222222')).toContain('aws-identity/root-user-activity');
  });

  it('may be correlated with what ships, which goes on alerting', () => {
    const correlation = `
title: Root again and again
correlation:
  type: event_count
  rules: [69101fe5-5f1c-4ad1-beab-5b677b971a09]
  group-by: [recipientAccountId]
  timespan: 1h
  condition: { gte: 3 }
`;
    const { stream, correlations } = rulesOf(bankOf('', { 'root.yml': correlation }));
    expect(stream.map(({ notes }) => notes?.path)).toContain('aws-identity/root-user-activity');
    expect(correlations.correlations.map(({ notes }) => notes?.path)).toContain('own/root');
    expect(correlations.rules.map(({ notes }) => notes?.path)).toContain('aws-identity/root-user-activity');
  });

  it.each([
    ['a list that nobody gives', RULE, 'demo.yml:', 'lacks closers, which rule own/ledger asks for'],
    ['broken YAML', 'title: [', 'demo/rules/ledger.yml:1: ', ''],
    ['an unknown modifier', RULE.replace('|expand', '|near'), 'demo/rules/ledger.yml:8: ', 'near'],
    [
      'a log source that is none of ours',
      RULE.replace('cloudtrail', 'waf').replace('|expand', '').replace('%closers%', 'x'),
      'demo/rules/ledger.yml:',
      'none of ours',
    ],
    [
      'the id of a rule that ships',
      RULE.replace('10000000-0000-4000-8000-000000000001', '69101fe5-5f1c-4ad1-beab-5b677b971a09'),
      'demo/rules/ledger.yml:',
      'has the id of',
    ],
  ])('are refused with %s', (_, yaml, place, reason) => {
    const [first = ''] = problems('', { 'ledger.yml': yaml });
    expect(first).toContain(place);
    expect(first).toContain(reason);
  });
});
