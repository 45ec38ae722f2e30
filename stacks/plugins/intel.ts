// What the intel function may read of Secrets Manager: the keys of the bank's feeds, one by one.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
import type { BankConfig } from '../../shared/config.ts';
import type { Resources } from './resources.ts';

export interface IntelStack {
  /** Empty where no feed has a key. */
  readonly policy: Resources;
}

export function intelOf({ intel }: BankConfig): IntelStack {
  const secrets = [...new Set((intel?.feeds ?? []).flatMap(({ secret_arn: arn }) => arn ?? []))];
  if (secrets.length === 0) return { policy: {} };
  const statement = { Sid: 'ReadKeysOfFeeds', Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secrets };
  return {
    policy: {
      IntelSecretsPolicy: {
        Type: 'AWS::IAM::RolePolicy',
        Properties: {
          RoleName: { Ref: 'IntelRole' },
          PolicyName: 'secrets',
          PolicyDocument: { Version: '2012-10-17', Statement: [statement] },
        },
      },
    },
  };
}
