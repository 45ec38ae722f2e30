// Whether IAM would allow a request: our own evaluation of the policies that AWS would look at, for what the emulator does not enforce.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import type { JsonObject } from '../../shared/model.ts';
import { isObject, text } from '../../shared/outcome.ts';
import { holds, like, statementsOf, textsOf, withVariables, type Context } from './conditions.ts';

/** Of a person or a program: a role or user. The root user of an account is `arn:aws:iam::<account>:root`. */
interface Identity {
  readonly arn: string;
  /** 12 digits. */
  readonly account: string;
  /** `o-…` of the account's organization. */
  readonly organization?: string;
}

/** A service of AWS, such as `cloudtrail.amazonaws.com`. */
interface Service {
  readonly service: string;
}

export interface Request {
  readonly principal: Identity | Service;
  /** `service:Action` */
  readonly action: string;
  readonly resource: string;
  /** 12 digits: whose the resource is. */
  readonly resourceAccount: string;
  /** Further keys, such as `aws:SourceArn`; those about the principal and the resource are known, aws:SecureTransport is true if not said. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

/** A policy is a document or the JSON of one, without functions of CloudFormation (template.ts resolves them). */
export interface Policies {
  /** Of the principal. */
  readonly identity?: readonly unknown[];
  readonly boundary?: unknown;
  /** Of the principal's account and the units above it, without FullAWSAccess. */
  readonly scps?: readonly unknown[];
  /** Of the resource's account and the units above it, without RCPFullAWSAccess. */
  readonly rcps?: readonly unknown[];
  /** Of the resource: bucket, key or trust policy and the like. */
  readonly resource?: readonly unknown[];
}

export interface Verdict {
  readonly allowed: boolean;
  /** Kind of policy and Sid of the statement that decided, or what was missing. */
  readonly because: string;
}

type Kind = keyof Policies;

/** A statement's match by its Principal: everybody or this principal itself, or its account as a whole, which then decides by IAM. */
type Grant = 'direct' | 'account';

/** Without a policy on the resource that lets them in nobody has access to these, whatever IAM says. */
const NEEDS_RESOURCE_POLICY = ['kms:*', 'sts:AssumeRole*'];

/** @throws Error where a policy holds what this evaluator does not know: no verdict is better than a wrong one. */
export function evaluate(policies: Policies, request: Request): Verdict {
  const context = contextOf(request);
  const applying = ofThose(policies, request);
  const denial = denialIn(applying, request, context);
  if (denial !== undefined) return { allowed: false, because: denial };
  const byResource = resourceGrant(applying.resource, request, context);
  if (isService(request.principal)) return byResource?.grant === 'direct' ? allowed(byResource.name) : missing('resource');
  const byIdentity = allowedBy('identity', applying.identity, request, context);
  const byBoundary = policies.boundary === undefined || allowedBy('boundary', applying.boundary, request, context) !== undefined;
  if (!byBoundary) return missing('boundary');
  const needsResource =
    request.principal.account !== request.resourceAccount || NEEDS_RESOURCE_POLICY.some((pattern) => actionLike(request.action, pattern));
  if (needsResource && byResource === undefined) return missing('resource');
  const isOwn = request.principal.account === request.resourceAccount;
  if (isOwn && byResource?.grant === 'direct') return allowed(byResource.name);
  return byIdentity === undefined ? missing('identity') : allowed(byIdentity);
}

function allowed(because: string): Verdict {
  return { allowed: true, because };
}

function missing(kind: Kind): Verdict {
  return { allowed: false, because: `no ${kind} policy allows it` };
}

function isService(principal: Request['principal']): principal is Service {
  return 'service' in principal;
}

type Statements = Readonly<Record<Kind, readonly JsonObject[]>>;

/** What binds this principal: services have no identity policies, and organizations bind neither them by SCP nor service-linked roles at all. */
function ofThose({ identity = [], boundary, scps = [], rcps = [], resource = [] }: Policies, { principal }: Request): Statements {
  const isLinked = !isService(principal) && principal.arn.includes(':role/aws-service-role/');
  const all = (policies: readonly unknown[], binds = true): readonly JsonObject[] => (binds ? policies.flatMap(statementsOf) : []);
  return {
    identity: all(identity, !isService(principal)),
    boundary: all(boundary === undefined ? [] : [boundary], !isService(principal)),
    scps: all(scps, !isService(principal) && !isLinked),
    rcps: all(rcps, !isLinked),
    resource: all(resource),
  };
}

function denialIn(statements: Statements, request: Request, context: Context): string | undefined {
  for (const kind of ['scps', 'rcps', 'resource', 'identity', 'boundary'] as const) {
    for (const statement of statements[kind]) {
      const isDenial = isDeny(statement);
      if (!isDenial && (kind === 'scps' || kind === 'rcps'))
        throw new Error(`${kind} are taken to deny only (found ${nameOf(kind, statement)})`);
      if (!isDenial || !matches(statement, request, context)) continue;
      if (principalMatch(kind, statement, request) !== undefined) return nameOf(kind, statement);
    }
  }
  return undefined;
}

function allowedBy(kind: Kind, statements: readonly JsonObject[], request: Request, context: Context): string | undefined {
  const found = statements.find((statement) => !isDeny(statement) && matches(statement, request, context));
  return found === undefined ? undefined : nameOf(kind, found);
}

/** A grant to the principal itself before one to its account. */
function resourceGrant(
  statements: readonly JsonObject[],
  request: Request,
  context: Context,
): { readonly grant: Grant; readonly name: string } | undefined {
  const grants = statements
    .filter((statement) => !isDeny(statement) && matches(statement, request, context))
    .flatMap((statement) => {
      const grant = principalMatch('resource', statement, request);
      return grant === undefined ? [] : [{ grant, name: nameOf('resource', statement) }];
    });
  return grants.find(({ grant }) => grant === 'direct') ?? grants[0];
}

function isDeny({ Effect: effect }: JsonObject): boolean {
  if (effect !== 'Allow' && effect !== 'Deny') throw new Error(`Effect must be Allow or Deny (found ${JSON.stringify(effect)})`);
  return effect === 'Deny';
}

function nameOf(kind: Kind, statement: JsonObject): string {
  return `${kind}: ${text(statement['Sid']) ?? JSON.stringify(statement)}`;
}

/** Whether action, resource and conditions are met. */
function matches(statement: JsonObject, { action, resource }: Request, context: Context): boolean {
  const { Action: actions, NotAction: notActions, Resource: resources, NotResource: notResources, Condition: condition } = statement;
  if ((actions === undefined) === (notActions === undefined)) throw new Error('a statement needs either Action or NotAction');
  const hasAction = textsOf(actions ?? notActions).some((pattern) => actionLike(action, pattern));
  if (hasAction === (actions === undefined)) return false;
  // Trust policies name no resource: it is the role.
  const patterns = resources ?? notResources;
  if (patterns !== undefined) {
    const hasResource = textsOf(patterns).some((pattern) => resourceLike(resource, pattern, context));
    if (hasResource === (resources === undefined)) return false;
  }
  return holds(condition, context);
}

function actionLike(action: string, pattern: string): boolean {
  return like(action.toLowerCase(), pattern.toLowerCase());
}

function resourceLike(resource: string, pattern: string, context: Context): boolean {
  const resolved = withVariables(pattern, context);
  return resolved !== undefined && like(resource, resolved);
}

/** Policies of identities and organizations are about whoever they are attached to. */
function principalMatch(kind: Kind, statement: JsonObject, { principal }: Request): Grant | undefined {
  if (statement['NotPrincipal'] !== undefined) throw new Error('NotPrincipal is not known to this evaluator');
  if (kind !== 'resource') return 'direct';
  const given = statement['Principal'];
  if (given === '*') return 'direct';
  if (!isObject(given)) throw new Error(`a resource policy needs a Principal (found ${JSON.stringify(statement)})`);
  const unknown = Object.keys(given).find((key) => key !== 'AWS' && key !== 'Service' && key !== 'Federated');
  if (unknown !== undefined) throw new Error(`the principal ${unknown} is not known to this evaluator`);
  if (isService(principal)) return textsOf(given['Service'] ?? []).includes(principal.service) ? 'direct' : undefined;
  const names = textsOf(given['AWS'] ?? []);
  if (names.some((name) => name === '*' || name === principal.arn)) return 'direct';
  return names.some((name) => name === principal.account || name === `arn:aws:iam::${principal.account}:root`) ? 'account' : undefined;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
function contextOf({ principal, resourceAccount, context = {} }: Request): Context {
  const known: Readonly<Record<string, string | readonly string[]>> = {
    'aws:SecureTransport': 'true',
    'aws:ResourceAccount': resourceAccount,
    'aws:PrincipalIsAWSService': String(isService(principal)),
    ...(isService(principal)
      ? { 'aws:PrincipalServiceName': principal.service }
      : {
          'aws:PrincipalArn': principal.arn,
          'aws:PrincipalAccount': principal.account,
          ...(principal.organization === undefined ? {} : { 'aws:PrincipalOrgID': principal.organization }),
        }),
    ...context,
  };
  return new Map(Object.entries(known).map(([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value]));
}
