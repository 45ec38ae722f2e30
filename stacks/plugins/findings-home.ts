// Findings of the bank's further regions on their way home: there a rule that takes them from the bus, in the other regions the right to send them.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
import { homeBus, takesFindings } from '../../shared/alert/copies/home.ts';
import { HOME_SOURCE } from '../../shared/alert/copies/names.ts';
import type { BankConfig } from '../../shared/config.ts';
import { policy, type Resources } from './resources.ts';

/** @returns the rule's ARN, which may send to the events queue; none where there is no rule. */
export function findingsSenders(bank: BankConfig): readonly string[] {
  const { region, security_account: security } = bank;
  return takesFindings(bank) ? [`arn:aws:events:${region}:${security}:rule/strongroom-${bank.bank}/${ruleName(bank)}`] : [];
}

/** @param bank as the stack's region has it. */
export function findingsHome(bank: BankConfig): Resources {
  const home = homeBus(bank);
  if (home !== undefined) {
    const put = { Sid: 'SendFindingsHome', Effect: 'Allow' as const, Action: ['events:PutEvents'], Resource: home.arn };
    const Properties = { RoleName: { Ref: 'AlertsRole' }, PolicyName: 'findings-home', PolicyDocument: policy([put]) };
    return { FindingsHomePolicy: { Type: 'AWS::IAM::RolePolicy', Properties } };
  }
  return takesFindings(bank) ? { FindingsHomeRule: rule(bank) } : {};
}

function ruleName({ bank }: BankConfig): string {
  return `strongroom-${bank}-findings`;
}

/** Nobody but the security account: the bank's other accounts may write to the bus, and would invent findings. */
function rule(bank: BankConfig): Resources[string] {
  return {
    Type: 'AWS::Events::Rule',
    DependsOn: 'Bus',
    Properties: {
      Name: ruleName(bank),
      Description: `Findings of the other regions of bank ${bank.bank}`,
      EventBusName: `strongroom-${bank.bank}`,
      EventPattern: { account: [bank.security_account], source: [HOME_SOURCE] },
      Targets: [
        {
          Id: 'events-queue',
          Arn: { 'Fn::GetAtt': ['EventsQueue', 'Arn'] },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['EventsDeadLetters', 'Arn'] } },
        },
      ],
    },
  };
}
