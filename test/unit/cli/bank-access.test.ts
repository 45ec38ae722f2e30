import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBank } from '../../../cli/bank.ts';

const DEMO = readFileSync('banks/demo.yml', 'utf8').replace(/^objects:\n(?:[ #].*\n)+/m, '');
const ACCESS = /^access:\n(?:[ #].*\n?)+/m;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'strongroom-bank-test-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** @returns the errors, each with the text of its line. */
function problems(...roles: readonly string[]): readonly string[] {
  const content = DEMO.replace(ACCESS, `access:\n  roles:\n${roles.map((role) => `    - ${role}\n`).join('')}`);
  const file = join(directory, 'demo.yml');
  writeFileSync(file, content);
  const lines = content.split('\n');
  return (loadBank(file).errors ?? []).map(
    ({ line, path, message }) => `${lines[line - 1]?.trim().slice(0, 12) ?? ''}| ${path}: ${message}`,
  );
}

it('access of the demo’s file is right, and may be left out', () => {
  const file = join(directory, 'demo.yml');
  for (const content of [DEMO, DEMO.replace(ACCESS, '')]) {
    writeFileSync(file, content);
    expect(loadBank(file).errors).toBeUndefined();
  }
});

it('an error is told with the line of the role', () => {
  const found = problems(
    '{ name: a, role: analyst, members: [a] }',
    '{ name: b, role: analyst, members: [b], accounts: ["999999999999"] }',
  );
  expect(found).toEqual([
    '- { name: b,| access.roles.1.accounts.0: must be one of the bank\'s accounts, 111111111111, 222222222222, 333333333333 (found "999999999999")',
  ]);
});

it.each([
  ['{ name: a, role: admin, members: [a] }', 'role: must be one of analyst, responder, auditor, regulator, platform, upgrade'],
  ['{ name: A b, role: analyst, members: [a] }', 'name: must be lower-case words'],
  ['{ name: a, role: analyst, members: ["*"] }', 'members.0: must be the ARN of an IAM role or user'],
  ['{ name: a, role: analyst, members: ["arn:aws:iam::111111111111:role/*"] }', 'members.0: must be the ARN of an IAM role or user'],
  ['{ name: a, role: analyst, members: ["/.*/"] }', 'members.0: must be the ARN of an IAM role or user'],
  ['{ name: a, role: analyst, members: ["arn:aws:iam::111111111111:group/x"] }', 'members.0: must be the ARN of an IAM role or user'],
  ['{ name: a, role: analyst, members: ["arn:aws:iam::111111111111:role/strongroom-demo-index"] }', 'is the role of a function'],
  [
    '{ name: a, role: analyst, members: [a], sources: [cloudtrial] }',
    'sources.0: must be a source, see `npx strongroom sources`, or strongroom (found "cloudtrial"; did you mean "cloudtrail"?)',
  ],
  ['{ name: a, role: analyst, members: [a], sources: [syslog] }', 'must not be syslog: its events name their product themselves'],
  ['{ name: a, role: analyst, members: [a], accounts: [] }', 'must NOT have fewer than 1 items'],
  ['{ name: a, role: analyst, members: [a], from: 2026-02-30 }', 'from: must be a day of the calendar (found "2026-02-30")'],
  [
    '{ name: a, role: analyst, members: [a], from: 2026-03-02, to: 2026-03-01 }',
    'to: must not be before from, 2026-03-02 (found "2026-03-01")',
  ],
  ['{ name: a, role: analyst, members: [a], from: yesterday }', 'from: must be '],
  ['{ name: a, role: regulator, members: [a] }', 'must have accounts or sources'],
  [
    '{ name: a, role: regulator, members: [a], sources: [cloudtrail], personal_data: clear }',
    'must be one of masked, hidden for a regulator',
  ],
  ['{ name: a, role: platform, members: [a], sources: [cloudtrail] }', 'sources: is nothing for platform, which is shown no event'],
  [
    '{ name: a, role: upgrade, members: [a], personal_data: masked }',
    'personal_data: is nothing for upgrade, which copies every event as it is',
  ],
])('%s is refused', (role, expected) => {
  expect(problems(role).join('\n')).toContain(expected);
});

it('names are used once, and nobody reads by two roles', () => {
  const found = problems(
    '{ name: a, role: auditor, members: [x] }',
    '{ name: a, role: analyst, members: [x] }',
    '{ name: b, role: platform, members: [x] }',
  );
  expect(found.map((one) => one.replace(/^[^|]*\| /, ''))).toEqual([
    'access.roles.1.name: a is used twice',
    'access.roles.1.members.0: x is in role a already; one role says what somebody sees',
  ]);
});

it.each(['auditor, members: [x]', 'regulator, members: [x], sources: [cloudtrail]'])('who upgrades sees all, so he is not %s', (reader) => {
  const found = problems(`{ name: a, role: ${reader} }`, '{ name: u, role: upgrade, members: [y, x] }');
  expect(found.map((one) => one.replace(/^[^|]*\| /, ''))).toEqual([
    'access.roles.1.members.1: x is in role a already; one role says what somebody sees',
  ]);
});

it('a role of people that the stack has may be named', () => {
  expect(problems('{ name: a, role: auditor, members: ["arn:aws:iam::111111111111:role/strongroom-demo-evidence-reader"] }')).toEqual([]);
});
