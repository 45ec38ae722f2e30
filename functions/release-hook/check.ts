// What the hook does: finds the versions that a deployment is about, asks each, and tells CodeDeploy. Whatever goes wrong is an answer of no: without
// one CodeDeploy would wait for an hour.
// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#reference-appspec-file-structure-hooks-section-structure-lambda-sample-function
import {
  GetApplicationRevisionCommand,
  GetDeploymentCommand,
  PutLifecycleEventHookExecutionStatusCommand,
  type CodeDeployClient,
} from '@aws-sdk/client-codedeploy';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { MisconfiguredError, RetryableError } from '../../shared/errors.ts';
import { errorFields, type Log } from '../../shared/observe/log.ts';
import { isArray, object, parseJson, text } from '../../shared/outcome.ts';
import { PROBE } from '../../shared/probe.ts';

/** What CodeDeploy sends. */
export interface HookEvent {
  readonly DeploymentId: string;
  readonly LifecycleEventHookExecutionId: string;
}

export interface HookDeps {
  readonly codeDeploy: CodeDeployClient;
  readonly lambda: LambdaClient;
  readonly log: Pick<Log, 'info' | 'error'>;
}

export interface Checked {
  readonly status: 'Succeeded' | 'Failed';
}

interface Version {
  readonly name: string;
  readonly number: string;
}

/** @throws where CodeDeploy cannot be told. */
export async function checkRelease(
  { DeploymentId: deploymentId, LifecycleEventHookExecutionId: id }: HookEvent,
  deps: HookDeps,
): Promise<Checked> {
  const status = await check(deploymentId, deps).then(
    () => 'Succeeded' as const,
    (error: unknown) => {
      deps.log.error('release refused', { deployment: deploymentId, ...errorFields(error) });
      return 'Failed' as const;
    },
  );
  await deps.codeDeploy.send(new PutLifecycleEventHookExecutionStatusCommand({ deploymentId, lifecycleEventHookExecutionId: id, status }));
  return { status };
}

async function check(deploymentId: string, deps: HookDeps): Promise<void> {
  for (const version of await versionsOf(deploymentId, deps)) {
    await ask(version, deps);
    deps.log.info('new version answers', { deployment: deploymentId, function: version.name, version: version.number });
  }
}

/** The deployment names its revision, which holds an AppSpec file that CloudFormation has written. */
async function versionsOf(deploymentId: string, { codeDeploy }: HookDeps): Promise<readonly Version[]> {
  const { deploymentInfo: info } = await codeDeploy.send(new GetDeploymentCommand({ deploymentId }));
  const { revision } = await codeDeploy.send(
    new GetApplicationRevisionCommand({ applicationName: info?.applicationName, revision: info?.revision }),
  );
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is how CloudFormation writes it
  const spec = revision?.appSpecContent?.content ?? revision?.string?.content ?? '';
  const resources = object(parseJson(spec))?.['Resources'];
  const versions = (isArray(resources) ? resources : []).flatMap((entry) =>
    Object.values(object(entry) ?? {}).flatMap((resource) => {
      const properties = object(object(resource)?.['Properties']);
      const name = text(properties?.['Name']);
      const number = text(properties?.['TargetVersion']);
      return name === undefined || number === undefined ? [] : [{ name, number }];
    }),
  );
  if (versions.length === 0) throw new MisconfiguredError(`deployment ${deploymentId} names no version of a function`);
  return versions;
}

async function ask({ name, number }: Version, { lambda }: HookDeps): Promise<void> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: name, Qualifier: number, Payload: JSON.stringify(PROBE) }),
  );
  const answer = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined || object(parseJson(answer))?.['probe'] !== 'ok')
    throw new RetryableError(`${name}, version ${number}: ${answer.slice(0, 500)}`);
}
