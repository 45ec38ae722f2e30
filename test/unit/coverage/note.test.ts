import { coveredAccounts, coverageRole } from '../../../shared/coverage/accounts.ts';
import { lookAt } from '../../../shared/coverage/look.ts';
import { note, type Found } from '../../../shared/coverage/note.ts';
import type { CoverageState } from '../../../shared/coverage/state.ts';
import { inRegion } from '../../../shared/organization/config.ts';
import { BANK } from '../alert/findings.ts';

const ACCOUNT = '222222222222';
const WHERE = { account: ACCOUNT, region: 'eu-central-1' };
const BY = 'vpcs of it';
const VPC: Found = {
  ...WHERE,
  kind: 'vpc_unlogged',
  source: 'vpc-flow',
  resource: 'arn:aws:ec2:eu-central-1:222222222222:vpc/vpc-1',
  detail: 'vpc-1 has no flow log',
  by: BY,
  isOn: false,
};

let state: CoverageState;
beforeEach(() => {
  state = { v: 1, open: {}, pending: [] };
});

/** What a run tells: `!` calls people, `-` does not, `✓` closes. */
function run(now: number, found: readonly Found[], { able = [BY], all = [BY] } = {}): readonly string[] {
  note(state, { found, able: new Set(able), all: new Set(all) }, now);
  const told = state.pending.map(({ closed, quiet, time }) => `${closed === undefined ? (quiet === true ? '-' : '!') : '✓'}${time}`);
  state.pending = [];
  return told;
}

it('is told once, closed when it is over, and is another finding the next time', () => {
  expect(run(1, [VPC])).toEqual(['!1']);
  expect(run(2, [VPC])).toEqual([]);
  expect(run(3, [])).toEqual(['✓1']);
  expect(run(4, [])).toEqual([]);
  expect(run(5, [VPC])).toEqual(['!5']);
});

it('calls nobody where it was switched on, unless it is not on after all', () => {
  expect(run(1, [{ ...VPC, isOn: true }])).toEqual(['-1']);
  expect(run(2, [])).toEqual(['✓1']);

  expect(run(3, [{ ...VPC, isOn: true }])).toEqual(['-3']);
  expect(run(4, [{ ...VPC, isOn: true }])).toEqual(['!3']);
  expect(run(5, [{ ...VPC, isOn: true }])).toEqual([]);
});

it('stays open while nobody can look, and ends where nobody looks any more', () => {
  run(1, [VPC]);

  expect(run(2, [], { able: [] })).toEqual([]);
  expect(run(3, [], { able: [], all: [] })).toEqual(['✓1']);
});

it('keeps what a run before could not tell', () => {
  note(state, { found: [VPC], able: new Set([BY]), all: new Set([BY]) }, 1);

  expect(run(2, [])).toEqual(['!1', '✓1']);
});

describe('an account that cannot be entered', () => {
  const failing = (error: Error) => () => Promise.reject(error);
  const answer = (name: string, httpStatusCode: number): Error =>
    Object.assign(new Error('said so'), { name, $metadata: { httpStatusCode } });
  const options = { switchOn: true, isHome: false };

  it('is a finding where AWS refuses', async () => {
    const { found, able, failed } = await lookAt(WHERE, failing(answer('AccessDenied', 403)), options);

    expect(found).toMatchObject([{ kind: 'account_blind', account: ACCOUNT, detail: 'enter: AccessDenied: said so', isOn: false }]);
    expect([able, failed]).toEqual([[], []]);
  });

  it.each([new Error('socket hang up'), answer('InternalFailure', 500), answer('ThrottlingException', 400)])(
    'is tried again after %s',
    async (error) => {
      const { found, failed } = await lookAt(WHERE, failing(error), options);

      expect(found).toEqual([]);
      expect(failed).toHaveLength(1);
    },
  );
});

it('looks at the accounts that work in the region, and at the management account in the home region', () => {
  const bank = {
    ...BANK,
    regions: [{ region: 'eu-west-1', opensearch: {} }],
    organization: { id: 'o-example123', management_account: '999999999999', root_id: 'r-ab12', deployers: [] },
    accounts: [
      { id: '222222222222', name: 'payments', log_groups: ['/app'] },
      { id: '333333333333', name: 'trading', log_groups: ['/app'], regions: ['eu-central-1', 'eu-west-1'] },
      { id: '444444444444', name: 'cards', regions: ['eu-west-1'] },
    ],
  };
  const ids = (region: string): readonly string[] =>
    coveredAccounts(inRegion(bank, region)).map(({ id, isFirst }) => `${id}${isFirst ? ' first' : ''}`);

  expect(ids('eu-central-1')).toEqual(['222222222222 first', '333333333333 first', '999999999999']);
  expect(ids('eu-west-1')).toEqual(['333333333333', '444444444444 first']);
  expect(coverageRole(inRegion(bank, 'eu-west-1'), '333333333333')).toBe(
    'arn:aws:iam::333333333333:role/strongroom-demo-eu-west-1-coverage',
  );
  expect(coverageRole(bank, '333333333333')).toBe('arn:aws:iam::333333333333:role/strongroom-demo-coverage');
});
