// Secrets Manager of the emulator: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
// Asked by hand, since only the local platform needs it: the emulator goes by the access key and checks no signature.
import { isObject, parseJson, text } from '../shared/outcome.ts';
import type { JsonObject } from '../shared/model.ts';

export interface SecretsAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string };
}

/** @param arn complete. The emulator gives other random characters at its end than the bank's file has, so it is asked by name. */
export async function putSecret(access: SecretsAccess, arn: string, content: JsonObject): Promise<void> {
  await call(access, 'CreateSecret', { Name: nameOf(arn), SecretString: JSON.stringify(content) });
}

/** @returns what the secret holds. @throws Error where there is none, or it is no JSON object. */
export async function getSecret(access: SecretsAccess, arn: string): Promise<JsonObject> {
  const { SecretString: string } = await call(access, 'GetSecretValue', { SecretId: nameOf(arn) });
  const content = parseJson(text(string) ?? '');
  if (!isObject(content)) throw new Error(`secret ${arn}: holds no JSON object`);
  return content;
}

function nameOf(arn: string): string {
  return arn
    .split(':')
    .slice(6)
    .join(':')
    .replace(/-[A-Za-z0-9]{6}$/, '');
}

async function call({ endpoint, region, credentials }: SecretsAccess, operation: string, request: JsonObject): Promise<JsonObject> {
  const scope = `${credentials.accessKeyId}/20260101/${region}/secretsmanager/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `secretsmanager.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
    },
    body: JSON.stringify(request),
  });
  const answer = await response.text();
  const content = parseJson(answer);
  if (!response.ok || !isObject(content)) throw new Error(`secrets manager: ${operation} answered ${response.status}: ${answer}`);
  return content;
}
