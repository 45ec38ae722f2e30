// What a deployed security stack says of itself: the outputs of `strongroom-<bank>-security`.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
import { existsSync } from 'node:fs';
import { DescribeStacksCommand, type CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { readEnvironment, type Environment } from '../shared/config.ts';
import { cloudFormationClient } from '../shared/deps.ts';
import { MisconfiguredError } from '../shared/errors.ts';
import { asChosen, loadBank } from './bank.ts';

/** Outputs by name, for example VaultBucket, ParkedBucket, EvidenceKeyArn, HubStream. */
export type Outputs = Readonly<Record<string, string>>;

/** @throws MisconfiguredError if the stack is not there. */
export async function deployed(bank: string, environment: Environment = bankEnvironment(bank)): Promise<Outputs> {
  const client = cloudFormationClient(environment);
  try {
    return await stackOutputs(client, bank);
  } finally {
    client.destroy();
  }
}

/** As `deployed`, with a client of the bank's security account. */
export async function stackOutputs(client: CloudFormationClient, bank: string): Promise<Outputs> {
  const StackName = `strongroom-${bank}-security`;
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    const outputs = Stacks?.[0]?.Outputs ?? [];
    return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']));
  } catch (error) {
    if (error instanceof Error && error.name === 'CredentialsProviderError')
      throw new MisconfiguredError(
        `no AWS credentials for stack ${StackName}: sign in to the bank's security account (aws sso login, AWS_PROFILE)`,
        { cause: error },
      );
    if (!(error instanceof Error) || error.name !== 'ValidationError') throw error;
    throw new MisconfiguredError(
      `stack ${StackName} is not in this account and region: deploy it, or set the credentials of the bank's security account`,
    );
  }
}

/** @throws MisconfiguredError naming the output that the stack lacks. */
export function output(outputs: Outputs, name: string): string {
  const found = outputs[name];
  if (found === undefined) throw new MisconfiguredError(`the security stack has no output ${name}: deploy this version of it`);
  return found;
}

/** The environment in which a bank's stack is reached: the region is the one chosen, or the home region of its file where that is at hand. */
export function bankEnvironment(bank: string): Environment {
  const file = bankFile(bank);
  const loaded = existsSync(file) ? loadBank(file) : undefined;
  const environment = readEnvironment();
  return loaded?.bank === undefined ? environment : { ...environment, region: asChosen(loaded.bank).region };
}

/** Path of the bank's file, from the project's root. */
function bankFile(bank: string): string {
  return `banks/${bank}.yml`;
}
