// functions/release-hook with the real clients against CodeDeploy and Lambda as far as it needs them.
// https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_PutLifecycleEventHookExecutionStatus.html
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { checkRelease, type HookDeps } from '../../../functions/release-hook/check.ts';
import { isObject } from '../../../shared/outcome.ts';
import { startHttpServer, type Answer, type HttpServer } from '../../fakes/http-server.ts';

const EVENT = { DeploymentId: 'd-1', LifecycleEventHookExecutionId: 'h-1' };

/** As CloudFormation writes it. */
const SPEC = {
  version: 0,
  Resources: [
    {
      'strongroom-demo-index': {
        Type: 'AWS::Lambda::Function',
        Properties: { Name: 'strongroom-demo-index', Alias: 'live', CurrentVersion: '1', TargetVersion: '2' },
      },
    },
  ],
};

interface World {
  readonly revision?: object;
  readonly probe?: object | string;
  readonly failure?: boolean;
}

let server: HttpServer;
let world: World = {};
const logged: unknown[] = [];

beforeAll(async () => {
  server = await startHttpServer(({ url, headers }): Answer => {
    if (url.startsWith('/2015-03-31/functions/')) return { status: 200, body: world.probe };
    const revision = world.revision ?? { revisionType: 'String', string: { content: JSON.stringify(SPEC) } };
    switch (String(headers['x-amz-target']).split('.')[1] ?? '') {
      case 'GetDeployment':
        return {
          status: 200,
          body: { deploymentInfo: { applicationName: 'strongroom-demo', revision: { revisionType: 'String', string: { sha256: 'x' } } } },
        };
      case 'GetApplicationRevision':
        return { status: 200, body: { applicationName: 'strongroom-demo', revision } };
      case 'PutLifecycleEventHookExecutionStatus':
        return world.failure === true ? { status: 400, body: { __type: 'ThrottlingException' } } : { status: 200, body: {} };
      default:
        return { status: 400, body: { __type: 'UnknownOperationException' } };
    }
  }, 'application/x-amz-json-1.1');
});
afterAll(() => server.close());
beforeEach(() => {
  world = {};
  logged.length = 0;
});

function deps(): HookDeps {
  const config = { region: 'eu-central-1', endpoint: server.url, credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, maxAttempts: 1 };
  const log = {
    info: (...line: readonly unknown[]) => void logged.push(line),
    error: (...line: readonly unknown[]) => void logged.push(line),
  };
  return { codeDeploy: new CodeDeployClient(config), lambda: new LambdaClient(config), log };
}

/** @returns the status that CodeDeploy was told of last. */
function told(): unknown {
  const [last] = server.asked
    .filter(({ headers }) => String(headers['x-amz-target']).endsWith('PutLifecycleEventHookExecutionStatus'))
    .slice(-1);
  const body: unknown = JSON.parse(last?.body ?? '{}');
  expect(body).toMatchObject({ deploymentId: 'd-1', lifecycleEventHookExecutionId: 'h-1' });
  return isObject(body) ? body['status'] : undefined;
}

it('asks the very version that is to be released, and lets it pass where it answers', async () => {
  world = { probe: { probe: 'ok', version: '2' } };

  await expect(checkRelease(EVENT, deps())).resolves.toEqual({ status: 'Succeeded' });

  const call = server.asked.find(({ url }) => url.startsWith('/2015-03-31/functions/'));
  expect(call?.url).toBe('/2015-03-31/functions/strongroom-demo-index/invocations?Qualifier=2');
  expect(JSON.parse(call?.body ?? '')).toEqual({ strongroom: 'probe' });
  expect(told()).toBe('Succeeded');
});

it.each<[string, World]>([
  ['that fails', { probe: { errorType: 'MisconfiguredError', errorMessage: 'environment: hubStream is not set' } }],
  ['that answers something else', { probe: { batchItemFailures: [] } }],
  ['that nobody names', { revision: { revisionType: 'String', string: { content: '{"version":0,"Resources":[]}' } } }],
  ['whose deployment cannot be read', { revision: { revisionType: 'String', string: { content: 'version: 0' } } }],
])('refuses a version %s, and says why', async (_, given) => {
  world = given;

  await expect(checkRelease(EVENT, deps())).resolves.toEqual({ status: 'Failed' });

  expect(told()).toBe('Failed');
  expect(logged).toEqual([['release refused', expect.objectContaining({ deployment: 'd-1' })]]);
});

it('reads what came as AppSpec content too', async () => {
  world = { probe: { probe: 'ok' }, revision: { revisionType: 'AppSpecContent', appSpecContent: { content: JSON.stringify(SPEC) } } };

  await expect(checkRelease(EVENT, deps())).resolves.toEqual({ status: 'Succeeded' });
});

it('fails where CodeDeploy cannot be told: it asks again, and then rolls back', async () => {
  world = { probe: { probe: 'ok' }, failure: true };

  await expect(checkRelease(EVENT, deps())).rejects.toThrow();
});
