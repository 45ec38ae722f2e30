// Before a stack is updated: nothing that holds data may be replaced by it, or fall out of it. Told apart here, where the resource and the property
// can be named; the stack policy would stop the same update half-way.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
import {
  CloudFormationClient,
  CloudFormationServiceException,
  GetTemplateCommand,
  SetStackPolicyCommand,
  type CloudFormationClientConfig,
} from '@aws-sdk/client-cloudformation';
import { parseJson } from '../../shared/outcome.ts';
import { lossesBetween, stackPolicy, statefulOf, type Identities, type Loss } from './stateful.ts';

export interface Guarded {
  readonly stackName: string;
  /** As it is to be deployed. */
  readonly template: unknown;
  /** Logical ids that `--param replace=` gave. */
  readonly replaced: readonly string[];
}

/** @throws Error naming each resource and property, where something would be lost that was not named. */
export async function guardState(config: CloudFormationClientConfig, { stackName, template, replaced }: Guarded): Promise<void> {
  const client = new CloudFormationClient(config);
  try {
    const deployed = await deployedState(client, stackName);
    if (deployed === undefined) return;
    refuseLosses(lossesBetween(deployed, statefulOf(template)), replaced);
    // The policy that comes with the update takes its place after it, and the one that stands would refuse.
    if (replaced.length > 0) {
      const StackPolicyBody = JSON.stringify({ Statement: stackPolicy(replaced) });
      await client.send(new SetStackPolicyCommand({ StackName: stackName, StackPolicyBody }));
    }
  } finally {
    client.destroy();
  }
}

/** @throws Error */
export function refuseLosses(losses: readonly Loss[], replaced: readonly string[]): void {
  const refused = losses.filter(({ id }) => !replaced.includes(id));
  if (refused.length === 0) return;
  const ids = [...new Set(refused.map(({ id }) => id))].join(',');
  throw new Error(
    `This update would lose what these hold:\n${refused.map(({ why }) => `  ${why}`).join('\n')}\n` +
      `Put back what changed. If it is meant: save what they hold, then deploy once with --param replace=${ids}`,
  );
}

/** @returns undefined where there is no stack yet. */
async function deployedState(client: CloudFormationClient, StackName: string): Promise<Identities | undefined> {
  try {
    const { TemplateBody: body = '' } = await client.send(new GetTemplateCommand({ StackName }));
    return statefulOf(parseJson(body));
  } catch (error) {
    if (error instanceof CloudFormationServiceException && error.name === 'ValidationError' && error.message.includes('not exist'))
      return undefined;
    throw error;
  }
}
