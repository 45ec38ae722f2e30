// Keys of feeds, out of Secrets Manager. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { MisconfiguredError } from '../errors.ts';
import { text } from '../outcome.ts';

/** @returns the text of a secret. @param arn of the bank's file. */
export type ReadSecret = (arn: string) => Promise<string>;

/** @returns what reads secrets as they are now. It rejects with what AWS says, and with MisconfiguredError where the secret is no text. */
export function secretsOf(client: SecretsManagerClient): ReadSecret {
  return async (arn) => {
    const { SecretString: secret } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    const found = text(secret?.trim());
    if (found === undefined) throw new MisconfiguredError(`the secret ${arn} holds no text: store the key, or user:password, as a text`);
    return found;
  };
}
