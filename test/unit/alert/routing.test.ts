import { filterPolicy, policyProblem } from '../../../shared/alert/routing.ts';

it('has one list for each kind of condition', () => {
  expect(
    filterPolicy({ min_severity: 'high', accounts: ['222222222222'], rules: ['r'], tags: ['T1078'], sources: ['cloudtrail'] }),
  ).toEqual({
    severity: ['high', 'critical'],
    account: ['222222222222'],
    rule_id: ['r'],
    tags: ['T1078'],
    source: ['cloudtrail'],
  });
  expect(filterPolicy({ actions: ['digest'] })).toEqual({ action: ['digest'] });
  expect(filterPolicy(undefined)).toBeUndefined();
});

it('says what SNS would refuse', () => {
  const many = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));
  const problem = (when: Parameters<typeof filterPolicy>[0]): string | undefined => policyProblem(filterPolicy(when) ?? {});
  const five = { min_severity: 'critical', accounts: ['1'], rules: ['r'], tags: ['t'], sources: ['s'] } as const;
  expect(problem(five)).toBeUndefined();
  expect(problem({ ...five, actions: ['create'] })).toContain('6 kinds of conditions, SNS takes 5');
  expect(problem({ accounts: many(50), tags: many(3) })).toBeUndefined();
  expect(problem({ accounts: many(51), tags: many(3) })).toContain('153 combinations');
});
