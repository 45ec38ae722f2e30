// CodeDeploy → here, before a new version of a function is called: a probe (shared/probe.ts), and an answer to CodeDeploy.
// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
import { readEnvironment } from '../../shared/config.ts';
import { codeDeployClient, lambdaClient } from '../../shared/deps.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { checkRelease, type Checked, type HookDeps, type HookEvent } from './check.ts';

/** A version that was never called may wait for its network interfaces. */
const ANSWER_SECONDS = 240;

const environment = readEnvironment();
const log = createLog();
const deps: HookDeps = { codeDeploy: codeDeployClient(environment), lambda: lambdaClient(environment, ANSWER_SECONDS), log };

export const handler = observed<HookEvent, Checked>(log, (event) => checkRelease(event, deps));
