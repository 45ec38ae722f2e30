// SNS as far as alerts need it: Publish, with the limits that a message must keep. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SNSClient } from '@aws-sdk/client-sns';

export interface Published {
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
  /** Name → type and value. */
  readonly attributes: Readonly<Record<string, readonly [string, string]>>;
}

export interface FakeSns {
  readonly client: SNSClient;
  readonly published: readonly Published[];
  /** The next calls fail with these codes, one each. */
  readonly failures: string[];
  close(): Promise<void>;
}

export async function startSns(): Promise<FakeSns> {
  const published: Published[] = [];
  const failures: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const failure = failures.shift();
      response.writeHead(failure === undefined ? 200 : 500, { 'content-type': 'text/xml' });
      if (failure === undefined) published.push(publishedOf(new URLSearchParams(body)));
      response.end(failure === undefined ? accepted(published.length) : refused(failure));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new SNSClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    client,
    published,
    failures,
    close() {
      client.destroy();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function publishedOf(form: URLSearchParams): Published {
  const attributes: Record<string, readonly [string, string]> = {};
  for (let at = 1; form.has(`MessageAttributes.entry.${at}.Name`); at++) {
    const entry = (part: string): string => form.get(`MessageAttributes.entry.${at}.${part}`) ?? '';
    attributes[entry('Name')] = [entry('Value.DataType'), entry('Value.StringValue')];
  }
  if (form.get('Action') !== 'Publish' || form.has('MessageStructure')) throw new Error(`not a plain Publish: ${form.get('Action') ?? ''}`);
  return { topicArn: form.get('TopicArn') ?? '', subject: form.get('Subject') ?? '', message: form.get('Message') ?? '', attributes };
}

function accepted(id: number): string {
  return `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${id}</MessageId></PublishResult></PublishResponse>`;
}

function refused(code: string): string {
  return `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Receiver</Type><Code>${code}</Code><Message>by the test</Message></Error></ErrorResponse>`;
}
