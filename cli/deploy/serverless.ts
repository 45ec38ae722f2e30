// `serverless deploy` of one stack, in a folder of its own, with the credentials of the account it is for.
// https://github.com/oss-serverless/serverless/blob/main/docs/providers/aws/cli-reference/deploy.md
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../local/processes.ts';
import { linkProject } from '../../local/workspace.ts';

export interface ServerlessDeployment {
  /** The project's folder, in which banks/ and serverless.yml are. */
  readonly root: string;
  readonly bank: string;
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  /** What the stack is to say of itself; see release.ts. */
  readonly release: string;
  /** Region and, where they are not those at hand, credentials. */
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws Error with the end of what it said, where it fails; all of it is in a file below .cache/logs. */
export async function serverlessDeploy(deployment: ServerlessDeployment): Promise<void> {
  const { root, bank, stack, account, region, release, environment } = deployment;
  const logs = join(root, '.cache', 'logs');
  mkdirSync(logs, { recursive: true });
  const cwd = linkProject(root, mkdtempSync(join(tmpdir(), 'strongroom-deploy-')));
  const parameters = { bank, stack, account, region, release };
  try {
    await runCommand({
      name: `serverless deploy of ${bank} ${region} ${stack}`,
      command: process.execPath,
      args: [
        join(root, 'node_modules', 'serverless', 'bin', 'serverless.js'),
        'deploy',
        ...Object.entries(parameters).flatMap(([name, value]) => ['--param', `${name}=${value}`]),
      ],
      cwd,
      env: {
        ...environment,
        // A profile would win over the credentials of the role.
        ...('AWS_ACCESS_KEY_ID' in environment ? { AWS_PROFILE: undefined } : {}),
        SLS_NOTIFICATIONS_MODE: 'off',
        SLS_TELEMETRY_DISABLED: '1',
      },
      log: join(logs, `deploy-${bank}-${stack}-${account}-${region}.log`),
    });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
