// https://github.com/oss-serverless/serverless/blob/main/docs/guides/plugins (osls plugins: a constructor with hooks)
// What `serverless package` and `serverless deploy` do beyond the framework: bundle the functions, give them versions and aliases, check that the
// credentials are those of the account meant and that nothing is lost, and provision OpenSearch once the stack stands.
import { basename, join, relative } from 'node:path';
import type { CloudFormationClientConfig } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient, waitUntilFunctionActiveV2, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { buildFunctions, writeSizes } from '../../tools/build.ts';
import { isObject, text } from '../../shared/outcome.ts';
import { guardState } from './guard.ts';
import { LIVE, withReleases, type Template } from './release.ts';
import type { Custom } from './variables.ts';

interface FunctionConfig {
  name: string;
  package?: { artifact?: string };
}

/** The part of osls that is used here. */
interface Serverless {
  readonly serviceDir: string;
  readonly service: {
    readonly provider: { readonly stackName: string; compiledCloudFormationTemplate: Template };
    readonly functions: Readonly<Record<string, FunctionConfig>>;
    readonly custom: Pick<Custom, 'stack' | 'account' | 'region' | 'bank' | 'prefix' | 'roles' | 'traffic' | 'replace'>;
  };
  /** Its own error: osls prints the message of it without a stack. */
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  getProvider(name: 'aws'): {
    getAccountId(): Promise<string>;
    getAwsSdkV3Config(): Promise<LambdaClientConfig & CloudFormationClientConfig>;
  };
}

interface Utils {
  readonly log: { notice(message: string): void };
}

/** The function that applies OpenSearch templates; only the security stack has it. */
const PROVISION = 'provision';
/** Seconds until a new function must be able to run; network interfaces in a VPC take longest. */
const ACTIVE_SECONDS = 300;

function StrongroomPlugin(
  serverless: Serverless,
  _options: unknown,
  { log }: Utils,
): { readonly hooks: Readonly<Record<string, () => Promise<void>>> } {
  let codes: ReadonlyMap<string, string> = new Map();
  return {
    hooks: {
      'before:package:createDeploymentArtifacts': async () => {
        codes = await bundle(serverless, log);
      },
      // The template is complete, and not yet written.
      'before:aws:package:finalize:saveServiceState': async () => {
        release(serverless, codes);
        return Promise.resolve();
      },
      'before:deploy:deploy': async () => {
        await checkAccount(serverless);
        await guard(serverless);
      },
      'after:deploy:deploy': () => provision(serverless, log),
    },
  };
}

/** @returns the SHA-256 of each zip file, by its name. */
async function bundle({ classes, service, serviceDir }: Serverless, log: Utils['log']): Promise<ReadonlyMap<string, string>> {
  const directory = join(serviceDir, '.build', service.custom.bank.bank);
  const names = Object.keys(service.functions);
  if (names.length === 0) return new Map();
  const request = { root: serviceDir, output: join(directory, service.custom.stack), bank: service.custom.bank, functions: names };
  const built = await buildFunctions(request).catch((error: unknown) => {
    throw new classes.Error(error instanceof Error ? error.message : String(error), 'STRONGROOM_BUNDLE');
  });
  for (const { name, zip } of built) {
    const config = service.functions[name];
    // Relative: osls uploads its state, and this machine's folders are nobody's business.
    if (config !== undefined) config.package = { artifact: relative(serviceDir, zip) };
  }
  await writeSizes(directory, built);
  log.notice(`Bundled ${built.map(({ name, zipBytes }) => `${name} ${Math.ceil(zipBytes / 1024)} KiB`).join(', ')}`);
  return new Map(built.map(({ zip, sha256 }) => [basename(zip), sha256]));
}

function release({ service }: Serverless, codes: ReadonlyMap<string, string>): void {
  const { provider, custom } = service;
  const { prefix, roles, account, region, traffic } = custom;
  provider.compiledCloudFormationTemplate = withReleases(provider.compiledCloudFormationTemplate, {
    ...{ codes, prefix, roles, account, region, traffic },
    topic: `arn:aws:sns:${region}:${account}:${prefix}-operations`,
  });
}

async function guard(serverless: Serverless): Promise<void> {
  const { provider, custom } = serverless.service;
  const config = await serverless.getProvider('aws').getAwsSdkV3Config();
  const guarded = { stackName: provider.stackName, template: provider.compiledCloudFormationTemplate, replaced: custom.replace };
  await guardState(config, guarded).catch((error: unknown) => {
    throw new serverless.classes.Error(error instanceof Error ? error.message : String(error), 'STRONGROOM_STATE');
  });
}

/** Stacks of several banks look alike: deploying one into the account of another must fail before anything is touched. */
async function checkAccount(serverless: Serverless): Promise<void> {
  const actual = await serverless.getProvider('aws').getAccountId();
  const { account, stack } = serverless.service.custom;
  if (actual !== account) {
    throw new serverless.classes.Error(
      `The credentials are of account ${actual}, but the ${stack} stack belongs into ${account}`,
      'STRONGROOM_ACCOUNT',
    );
  }
}

async function provision(serverless: Serverless, log: Utils['log']): Promise<void> {
  const name = serverless.service.functions[PROVISION]?.name;
  if (name === undefined) return;
  const client = new LambdaClient(await serverless.getProvider('aws').getAwsSdkV3Config());
  try {
    await waitUntilFunctionActiveV2({ client, maxWaitTime: ACTIVE_SECONDS }, { FunctionName: name, Qualifier: LIVE });
    const result = await client.send(new InvokeCommand({ FunctionName: name, Qualifier: LIVE, Payload: '{}' }));
    const answer = Buffer.from(result.Payload ?? []).toString('utf8');
    if (result.FunctionError !== undefined) {
      const message = `The stack is deployed, but ${name} could not set up OpenSearch: ${reason(answer)}. Deploy again when the cause is gone`;
      throw new serverless.classes.Error(message, 'STRONGROOM_PROVISION');
    }
    log.notice(`Provisioned OpenSearch: ${answer}`);
  } finally {
    client.destroy();
  }
}

/** The message in a failed function's answer, or the answer as it is. */
function reason(answer: string): string {
  try {
    const parsed: unknown = JSON.parse(answer);
    return (isObject(parsed) ? text(parsed['errorMessage']) : undefined) ?? answer;
  } catch {
    return answer;
  }
}

// osls takes a plugin from the module's default.
export { StrongroomPlugin as default };
