// Who reaches OpenSearch: provision, which gives the roles in it, and the people of the bank's file.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html
import type { BankConfig } from '../../shared/config.ts';
import type { Resources } from './resources.ts';

export interface SearchAccess {
  /** ARNs of the parts of the security API that provision uses: lists to read, and what is ours by its name to write. */
  readonly security: readonly string[];
  /** Lets provision use them, where access is ours to give; empty elsewhere. */
  readonly policy: Resources;
  /** ARNs whom a domain of our own lets in beside the functions. What they see there its roles say. */
  readonly people: readonly string[];
}

const LISTS = ['roles', 'rolesmapping', 'tenants', 'audit'];
const WRITTEN = ['roles/strongroom-*', 'rolesmapping/strongroom-*', 'tenants/strongroom-*', 'audit/config'];

/** @param isOurs whether access is ours to give. */
export function searchAccessOf(bank: BankConfig, { arn, isOurs }: { readonly arn: string; readonly isOurs: boolean }): SearchAccess {
  const security = [...LISTS, ...WRITTEN].map((path) => `${arn}/_plugins/_security/api/${path}`);
  return { security, policy: isOurs ? policyOf(security) : {}, people: peopleOf(bank) };
}

function policyOf(security: readonly string[]): Resources {
  const statement = {
    Sid: 'GiveAccess',
    Effect: 'Allow',
    Action: ['es:ESHttpGet', 'es:ESHttpPut', 'es:ESHttpDelete'],
    Resource: security,
  };
  return {
    SearchAccessPolicy: {
      Type: 'AWS::IAM::RolePolicy',
      Properties: {
        RoleName: { Ref: 'ProvisionRole' },
        PolicyName: 'access',
        PolicyDocument: { Version: '2012-10-17', Statement: [statement] },
      },
    },
  };
}

/** Members that IAM knows. Where there are none, IAM of the account decides, as it does without being named. */
function peopleOf({ access, security_account: security }: BankConfig): readonly string[] {
  const arns = (access?.roles ?? []).flatMap(({ members }) => members.filter((member) => member.startsWith('arn:')));
  return arns.length === 0 ? [`arn:aws:iam::${security}:root`] : [...new Set(arns)];
}
