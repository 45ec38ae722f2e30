// What a bank's neighbour could try: every request that some statement of the bank's policies might let through, made as favourable to him as he can make
// it, by whoever he can act as. https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
import type { JsonObject } from '../../shared/model.ts';
import { isObject, text } from '../../shared/outcome.ts';
import { statementsOf, textsOf } from '../policies/conditions.ts';
import { evaluate, type Policies, type Request } from '../policies/evaluate.ts';
import { arnOf, policiesOf, policiesOn, type StackPolicies } from '../policies/template.ts';
import { at, type Compiled } from './compile.ts';

export interface Bank {
  readonly name: string;
  readonly region: string;
  readonly organization?: string;
  readonly security: string;
  /** The security account and all others that are the bank's alone. */
  readonly accounts: readonly string[];
  /** With the account that each stack is in. */
  readonly stacks: readonly { readonly account: string; readonly compiled: Compiled }[];
}

/** A thing of the bank that others might reach. */
export interface Thing {
  readonly arn: string;
  readonly account: string;
  readonly type: string;
  readonly policies: readonly unknown[];
}

export interface Attempt {
  readonly by: string;
  readonly request: Request;
  readonly policies: Policies;
}

/** What there is to gain from each kind of resource; the part behind the bucket's or domain's ARN is an object or path in it. */
export const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::Bucket': ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:PutObjectRetention', 's3:ListBucket', 's3:PutBucketPolicy'],
  'AWS::KMS::Key': [
    'kms:Decrypt',
    'kms:GenerateDataKey',
    'kms:Sign',
    'kms:GenerateMac',
    'kms:CreateGrant',
    'kms:PutKeyPolicy',
    'kms:ScheduleKeyDeletion',
  ],
  'AWS::SQS::Queue': ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:SetQueueAttributes'],
  'AWS::SNS::Topic': ['sns:Publish', 'sns:Subscribe', 'sns:SetTopicAttributes'],
  'AWS::Kinesis::Stream': ['kinesis:PutRecords', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:SubscribeToShard'],
  'AWS::DynamoDB::Table': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:DeleteItem'],
  'AWS::Events::EventBus': ['events:PutEvents', 'events:PutRule', 'events:PutTargets'],
  'AWS::Lambda::Function': ['lambda:InvokeFunction', 'lambda:UpdateFunctionCode', 'lambda:AddPermission'],
  'AWS::Logs::Destination': ['logs:PutSubscriptionFilter', 'logs:PutDestinationPolicy'],
  'AWS::Logs::LogGroup': ['logs:FilterLogEvents', 'logs:PutSubscriptionFilter', 'logs:DeleteLogGroup'],
  'AWS::OpenSearchService::Domain': ['es:ESHttpGet', 'es:ESHttpPost', 'es:ESHttpPut', 'es:ESHttpDelete', 'es:UpdateDomainConfig'],
  'AWS::IAM::Role': ['sts:AssumeRole'],
};

const EVERYTHING = { Version: '2012-10-17', Statement: [{ Sid: 'Everything', Effect: 'Allow', Action: '*', Resource: '*' }] };

export function thingsOf(bank: Bank): readonly Thing[] {
  return bank.stacks.flatMap(({ account, compiled }) => {
    const place = { account, region: bank.region };
    const policies = policiesOf(compiled, place);
    return compiled.resources.flatMap((resource) => {
      const arn = resource.type in ACTIONS ? arnOf(resource, place) : undefined;
      return arn === undefined ? [] : [{ arn, account, type: resource.type, policies: policiesOn(policies, arn) }];
    });
  });
}

export function rolesOf(bank: Bank): readonly { readonly arn: string; readonly account: string; readonly identity: readonly unknown[] }[] {
  return bank.stacks.flatMap(({ account, compiled }) => {
    const { identity }: StackPolicies = policiesOf(compiled, { account, region: bank.region });
    return [...identity].map(([arn, policies]) => ({ arn, account, identity: policies }));
  });
}

/** Requests of every role of his, and of an administrator of each of his accounts, each of whom may do everything as far as his own account goes. */
export function attemptsByIdentities(bank: Bank, thing: Thing): readonly Attempt[] {
  const administrators = bank.accounts.map((account) => ({ arn: `arn:aws:iam::${account}:role/administrator`, account }));
  const who = [...rolesOf(bank), ...administrators];
  const tried = requestsOn(thing, (condition) => [favourable(condition, (value) => value)]);
  return who.flatMap(({ arn, account }) =>
    tried.map(({ context, ...request }) => ({
      by: arn,
      request: {
        ...request,
        principal: { arn, account, ...(bank.organization === undefined ? {} : { organization: bank.organization }) },
        context: without(context, /^aws:(?:principal|source)/i),
      },
      policies: { identity: [EVERYTHING], resource: thing.policies },
    })),
  );
}

/**
 * Requests of every service that the thing's policy speaks of, made for somebody's resource: of the bank itself, or of a neighbour who gives his resources
 * whatever names he likes, in accounts of his own.
 * @param owner of the thing.
 */
export function attemptsByServices(bank: Bank, thing: Thing, owner: Bank): readonly Attempt[] {
  const services = thing.policies.flatMap(statementsOf).flatMap((statement) => textsOf(at(statement, 'Principal', 'Service') ?? []));
  const tried = requestsOn(thing, (condition) => bank.accounts.flatMap((account) => servedContexts(condition, { bank, owner, account })));
  return [...new Set(services)].flatMap((service) =>
    tried.map((request) => ({ by: service, request: { ...request, principal: { service } }, policies: { resource: thing.policies } })),
  );
}

interface Tried extends Omit<Request, 'principal'> {
  readonly context: Readonly<Record<string, string>>;
}

/** One request for each action that there is to gain, and for each that some statement allows, with the conditions of each statement met as far as can be. */
function requestsOn(
  { arn, account, type, policies }: Thing,
  contextsOf: (condition: JsonObject) => readonly Readonly<Record<string, string>>[],
): readonly Tried[] {
  const statements = policies.flatMap(statementsOf).filter((statement) => statement['Effect'] === 'Allow');
  const contexts = distinct([{}, ...statements.flatMap((statement) => contextsOf(conditionOf(statement)))]);
  const gains = (ACTIONS[type] ?? []).flatMap((action) => placesIn(type, arn, action).map((resource) => ({ action, resource })));
  const allowed = statements.flatMap((statement) =>
    textsOf(statement['Action'] ?? []).flatMap((action) =>
      textsOf(statement['Resource'] ?? arn).map((resource) => ({
        action: concrete(action),
        resource: resource === '*' ? arn : concrete(resource),
      })),
    ),
  );
  return distinct([...gains, ...allowed]).flatMap((what) => contexts.map((context) => ({ ...what, resourceAccount: account, context })));
}

function conditionOf(statement: JsonObject): JsonObject {
  return isObject(statement['Condition']) ? statement['Condition'] : {};
}

function placesIn(type: string, arn: string, action: string): readonly string[] {
  if (type === 'AWS::S3::Bucket' && /Object/.test(action)) return [`${arn}/any`];
  if (type === 'AWS::OpenSearchService::Domain' && action.startsWith('es:ESHttp')) return [`${arn}/any/_search`];
  return [arn];
}

/** Values that meet the conditions, one for each key. @param of what he can make of a value. */
function favourable(condition: JsonObject, of: (value: string, key: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(condition).flatMap(([operator, keys]) =>
      /Not|Null/.test(operator) || !isObject(keys)
        ? []
        : Object.entries(keys).flatMap(([key, values]) =>
            textsOf(values)
              .slice(0, 1)
              .map((value) => [key, concrete(of(value, key))]),
          ),
    ),
  );
}

/**
 * A service works for a resource of this account: its ARN in each form that the condition knows, its organization. What names an account of neither bank
 * (the management account of both) is nothing that he can be.
 */
function servedContexts(condition: JsonObject, { bank, owner, account }: Served): readonly Readonly<Record<string, string>>[] {
  const own = (value: string): string =>
    value
      .replaceAll(/\b\d{12}\b/g, (id) => (owner.accounts.includes(id) ? account : id))
      .replaceAll(`strongroom-${owner.name}`, `strongroom-${bank.name}`)
      .replaceAll(`aws-waf-logs-${owner.name}`, `aws-waf-logs-${bank.name}`);
  const organization = bank.organization ?? 'o-none';
  const met = favourable(condition, (value, key) =>
    /SourceOrg(?:ID|Paths)$/i.test(key) ? value.replace(/o-[a-z0-9]+/, organization) : own(value),
  );
  const base = { ...without(met, /^aws:Source(?:Arn|Account)$/i), 'aws:SourceAccount': account };
  const arns = sourceArns(condition).map(own);
  if (arns.length === 0) return [base];
  return distinct(arns.filter((arn) => !/\b\d{12}\b/.test(arn) || arn.includes(account))).map((arn) => ({
    ...base,
    'aws:SourceArn': concrete(arn),
  }));
}

function sourceArns(condition: JsonObject): readonly string[] {
  return Object.entries(condition)
    .filter(([operator]) => !/Not|Null/.test(operator))
    .flatMap(([, keys]) => Object.entries(isObject(keys) ? keys : {}))
    .flatMap(([key, values]) => (/^aws:SourceArn$/i.test(key) ? textsOf(values) : []));
}

interface Served {
  readonly bank: Bank;
  readonly owner: Bank;
  readonly account: string;
}

function without(context: Readonly<Record<string, string>>, pattern: RegExp): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(context).filter(([key]) => !pattern.test(key)));
}

/** @returns the pattern as something that it matches. */
function concrete(pattern: string): string {
  return pattern.replaceAll('*', 'x');
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** @returns what was let through, in words. */
export function successes(attempts: readonly Attempt[]): readonly string[] {
  const found = attempts.flatMap(({ by, request, policies }) => {
    const { allowed, because } = evaluate(policies, request);
    return allowed ? [`${by}: ${request.action} on ${request.resource} (${because})`] : [];
  });
  return [...new Set(found)];
}

/** Statements that let a service in, by the names that a verdict has for them: none of them may be dead. */
export function serviceStatements(things: readonly Thing[]): readonly { readonly thing: Thing; readonly name: string }[] {
  return things.flatMap((thing) =>
    thing.policies
      .flatMap(statementsOf)
      .filter((statement) => statement['Effect'] === 'Allow' && at(statement, 'Principal', 'Service') !== undefined)
      .filter(
        ({ Resource: on }) =>
          on === undefined || textsOf(on).some((one) => one === '*' || one === thing.arn || one.startsWith(`${thing.arn}/`)),
      )
      .map((statement) => ({ thing, name: `resource: ${text(statement['Sid']) ?? JSON.stringify(statement)}` })),
  );
}
