// How new code goes to work: every function gets a version for each change and the alias `live`, which all that calls it calls; CodeDeploy moves the
// alias, with a tenth of the calls first where there are calls to watch, and back where the new version fails. A pure transformation of the
// compiled template, so that the functions' own files know nothing of it.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html and
// https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html
// What a version was made of is in its logical id: a version cannot be updated. An event source mapping changes over to the alias in place, its place
// in the stream is kept. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
import { createHash } from 'node:crypto';
import { isArray, isObject, object, text } from '../../shared/outcome.ts';
import { releaseGroup, releaseResources, type Pace } from './release-groups.ts';

/** The alias that is called. shared/notary/settings.ts and the roles name it too. */
export const LIVE = 'live';
/** Looks at new versions before they are called; CodeDeploy calls it by its name. */
export const HOOK = 'ReleaseDashhookLambdaFunction';

type Values = Readonly<Record<string, unknown>>;

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Values;
  readonly [section: string]: unknown;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Values;
  readonly [attribute: string]: unknown;
}

export interface ReleaseOptions {
  /** SHA-256 of each zip file, by its file name. */
  readonly codes: ReadonlyMap<string, string>;
  readonly prefix: string;
  /** Beginning of the names of roles. */
  readonly roles: string;
  readonly account: string;
  readonly region: string;
  /** ARN of the topic that is told of a release that was rolled back. */
  readonly topic: string;
  readonly traffic: Traffic;
}

/** `now`: all calls go to the new versions at once, whatever alarms say. */
export type Traffic = 'canary' | 'now';

/** @param given by `--param traffic=`. @throws Error where it is neither. */
export function trafficOf(given: string): Traffic {
  if (given === '' || given === 'canary') return 'canary';
  if (given === 'now') return given;
  throw new Error(`--param traffic= must be canary or now (found "${given}")`);
}

/** @returns the template with versions and aliases; where it has the hook, with CodeDeploy. @throws Error where a function's code is not known. */
export function withReleases(template: Template, options: ReleaseOptions): Template {
  const functions = Object.keys(template.Resources).filter((id) => template.Resources[id]?.Type === 'AWS::Lambda::Function' && id !== HOOK);
  if (functions.length === 0) return template;
  const names = new Set(functions);
  const resources = Object.fromEntries(Object.entries(template.Resources).map(([id, resource]) => [id, called(resource, names)] as const));
  const watched = HOOK in template.Resources;
  const added = functions.flatMap((id) => {
    const resource = resources[id];
    if (resource === undefined) return [];
    const version = versionId(id, resource, options.codes);
    const group = watched
      ? releaseGroup({ id, name: nameOf(resource), version, pace: paceOf(id, resources, options) }, options)
      : undefined;
    return [
      [version, versionResource(id)] as const,
      [aliasId(id), aliasResource(id, version, group?.updatePolicy)] as const,
      ...(group?.resources ?? []),
    ];
  });
  return {
    ...template,
    Resources: { ...resources, ...Object.fromEntries(added), ...(watched ? releaseResources(options) : {}) },
    ...(template.Outputs === undefined ? {} : { Outputs: allPointed(template.Outputs, names) }),
  };
}

/** What calls a function calls its alias. */
function called(resource: TemplateResource, functions: ReadonlySet<string>): TemplateResource {
  const { Properties: properties } = resource;
  if (properties === undefined) return resource;
  const configured =
    resource.Type === 'AWS::Lambda::EventInvokeConfig' ? functionOf(object(properties['FunctionName']) ?? {}, functions) : undefined;
  // It names function and alias apart, which CloudFormation does not know to belong together.
  if (configured !== undefined) {
    const dependencies = [resource['DependsOn'] ?? []].flat();
    return { ...resource, DependsOn: [...dependencies, aliasId(configured)], Properties: { ...properties, Qualifier: LIVE } };
  }
  return { ...resource, Properties: allPointed(properties, functions) };
}

/** @returns the value with references to aliases instead of functions. */
function pointed(value: unknown, functions: ReadonlySet<string>): unknown {
  if (isArray(value)) return value.map((item) => pointed(item, functions));
  if (!isObject(value)) return value;
  const id = functionOf(value, functions);
  return id === undefined ? allPointed(value, functions) : { Ref: aliasId(id) };
}

function allPointed(values: Values, functions: ReadonlySet<string>): Values {
  return Object.fromEntries(Object.entries(values).map(([key, item]) => [key, pointed(item, functions)]));
}

/** @returns the function that `{Ref: id}` or `{Fn::GetAtt: [id, Arn]}` is about. */
function functionOf(value: Values, functions: ReadonlySet<string>): string | undefined {
  const path = value['Fn::GetAtt'];
  const id = text(value['Ref']) ?? (isArray(path) && path[1] === 'Arn' ? text(path[0]) : undefined);
  return id !== undefined && functions.has(id) ? id : undefined;
}

function baseOf(id: string): string {
  return id.replace(/LambdaFunction$/, '');
}

export function aliasId(id: string): string {
  return `${baseOf(id)}LiveAlias`;
}

function nameOf({ Properties: properties }: TemplateResource): string {
  return text(properties?.['FunctionName']) ?? '';
}

/** Where the code was uploaded to, and what belongs to the function as a whole. */
const OF_NO_VERSION = ['Code', 'ReservedConcurrentExecutions', 'Tags'];

/** Everything that a version keeps: code and settings. */
function versionId(id: string, { Properties: properties = {} }: TemplateResource, codes: ReadonlyMap<string, string>): string {
  const settings = Object.entries(properties).filter(([name]) => !OF_NO_VERSION.includes(name));
  const file = text(object(properties['Code'])?.['S3Key'])?.split('/').at(-1) ?? '';
  const content = codes.get(file);
  if (content === undefined) throw new Error(`releases: the code of ${id}, ${file}, was not bundled`);
  const hash = createHash('sha256').update(content).update(JSON.stringify(settings)).digest('hex');
  return `${baseOf(id)}Version${hash.slice(0, 16)}`;
}

/** Former versions stay: calls under way end in them, and the alias can be put back by hand at once. One that fails to be made goes, or the next try would find it. */
function versionResource(id: string): TemplateResource {
  return {
    Type: 'AWS::Lambda::Version',
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
    Properties: { FunctionName: { Ref: id } },
  };
}

function aliasResource(id: string, version: string, updatePolicy: object | undefined): TemplateResource {
  return {
    Type: 'AWS::Lambda::Alias',
    ...(updatePolicy === undefined ? {} : { UpdatePolicy: updatePolicy }),
    Properties: { FunctionName: { Ref: id }, FunctionVersion: { 'Fn::GetAtt': [version, 'Version'] }, Name: LIVE },
  };
}

/** A tenth of the calls tells something only where calls come all the time: from a mapping, or every few minutes. */
function paceOf(id: string, resources: Readonly<Record<string, TemplateResource>>, { traffic }: ReleaseOptions): Pace {
  if (traffic === 'now') return 'now';
  const alias = aliasId(id);
  const isBusy = Object.values(resources).some(({ Type: type, Properties: properties = {} }) => {
    if (type === 'AWS::Lambda::EventSourceMapping') return object(properties['FunctionName'])?.['Ref'] === alias;
    if (type !== 'AWS::Events::Rule' || !/^rate\((1 minute|[2-5] minutes)\)$/.test(text(properties['ScheduleExpression']) ?? ''))
      return false;
    const targets = properties['Targets'];
    return isArray(targets) && targets.some((target) => object(object(target)?.['Arn'])?.['Ref'] === alias);
  });
  return isBusy ? 'canary' : 'at-once';
}
