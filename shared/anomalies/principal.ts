// Who acted, as one name for one habit, and of which class. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
//  - A role's sessions are named by whoever assumes it, often anew each time: the role is the principal.
//  - The roles of IAM Identity Center are shared by people, and their sessions are named after them: the session is the principal.
import { wildcard } from '../declared/wildcard.ts';

export type PrincipalClass = 'person' | 'role' | 'root' | 'automation' | 'other';

export interface Principal {
  readonly name: string;
  readonly cls: PrincipalClass;
}

export interface PrincipalRules {
  /** ARNs with `*` for any run of characters: see AnomalySettings. */
  readonly automation: readonly string[];
  /** Of the platform's own roles, as `arn:aws:iam::111111111111:role/strongroom-demo-`: it has no habits that anybody asks for. */
  readonly own: string;
}

const SERVICE_ROLE = /:role\/aws-service-role\//;
const OF_IDENTITY_CENTER = /:role\/(?:aws-reserved\/sso\.amazonaws\.com\/.*)?AWSReservedSSO_/;

/**
 * @param issuer ARN of the role of a session, where there is one.
 * @param uid ARN of who acted.
 * @returns undefined for services of AWS and for the platform itself.
 */
export function createPrincipals({ automation, own }: PrincipalRules): (issuer: string | undefined, uid: string) => Principal | undefined {
  const patterns = automation.map(wildcard);
  return (issuer, uid) => {
    const name = issuer === undefined || OF_IDENTITY_CENTER.test(issuer) ? uid : issuer;
    if (SERVICE_ROLE.test(name) || name.startsWith(own)) return undefined;
    return { name, cls: patterns.some((matches) => matches(name)) ? 'automation' : classOf(issuer, name) };
  };
}

function classOf(issuer: string | undefined, name: string): PrincipalClass {
  if (issuer !== undefined) return name === issuer ? 'role' : 'person';
  if (name.endsWith(':root')) return 'root';
  return name.includes(':user/') ? 'person' : 'other';
}
