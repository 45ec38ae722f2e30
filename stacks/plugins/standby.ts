// Where another region takes the intake over while this one is out: what the Logs destination here may write to then.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CrossAccountSubscriptions.html (the stream may be in another region)
import type { BankConfig } from '../../shared/config.ts';
import { intakeOf, sendersIn } from '../../shared/failover/failover.ts';
import { standbyOf } from '../../shared/organization/config.ts';
import { mayMove } from '../../shared/residency/rules.ts';
import { policy, type Resources } from './resources.ts';

/** @param bank as the stack's region has it. @returns nothing where no region takes over, or logs may not go there. */
export function standbyAccess(bank: BankConfig): Resources {
  const { region, security_account: security } = bank;
  const standby = standbyOf(bank, region);
  if (standby === undefined || !sendersIn(bank, region).every((account) => mayMove(bank, account, 'logs', region, standby))) return {};
  const { stream } = intakeOf(bank, standby);
  const Properties = {
    RoleName: { Ref: 'IntakeDestinationRole' },
    PolicyName: 'write-standby',
    PolicyDocument: policy([
      { Sid: 'WriteStandby', Effect: 'Allow', Action: ['kinesis:PutRecord', 'kinesis:PutRecords'], Resource: stream },
      {
        Sid: 'EncryptStandby',
        Effect: 'Allow',
        Action: ['kms:GenerateDataKey'],
        // One key: it is made by the other stack, which knows its id.
        Resource: `arn:aws:kms:${standby}:${security}:key/*`,
        Condition: {
          StringEquals: { 'kms:EncryptionContext:aws:kinesis:arn': stream },
          'ForAnyValue:StringEquals': { 'kms:ResourceAliases': `alias/strongroom-${bank.bank}-streams` },
        },
      },
    ]),
  };
  return { IntakeStandbyPolicy: { Type: 'AWS::IAM::RolePolicy', Properties } };
}

/**
 * @param bank as any of its regions has it. @returns ARNs of the buses of regions that take others over, to which the forward rules of the accounts
 * then send; the same in all regions, for there is one workload template.
 */
export function standbyBuses(bank: BankConfig): readonly string[] {
  return (bank.regions ?? []).flatMap(({ region, takes_over: taken }) => (taken === undefined ? [] : [intakeOf(bank, region).bus]));
}
