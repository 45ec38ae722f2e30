// A subscriber of the alerts topic, as a bank's ticket system would be: an SQS queue subscribed through the SNS API.
// https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
import { SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageBatchCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { isObject, parseJson, text } from '../../shared/outcome.ts';
import type { Account } from '../accounts.ts';
import { shown } from './search.ts';

export interface ReceivedAlert {
  readonly subject: string;
  /** As published to the queue's protocol. */
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Inbox {
  /** Takes what has arrived since the last call. */
  receive(): Promise<readonly ReceivedAlert[]>;
}

/** @param filterPolicy message attributes that must match, as SNS takes them. */
export async function subscribe(account: Account, topicArn: string, name: string, filterPolicy?: object): Promise<Inbox> {
  const { sqs, sns } = account;
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const filter = filterPolicy === undefined ? {} : { Attributes: { FilterPolicy: JSON.stringify(filterPolicy) } };
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn, ...filter }));
  return {
    async receive() {
      const alerts: ReceivedAlert[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        if (Messages.length === 0) return alerts;
        alerts.push(...Messages.map(({ Body }) => readAlert(Body ?? '')));
        const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      }
    },
  };
}

function readAlert(body: string): ReceivedAlert {
  const envelope = parseJson(body);
  const message = isObject(envelope) ? envelope : {};
  const attributes = isObject(message['MessageAttributes']) ? message['MessageAttributes'] : {};
  return {
    subject: text(message['Subject']) ?? '',
    message: text(message['Message']) ?? '',
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, attribute]) => [name, isObject(attribute) ? shown(attribute['Value']) : '']),
    ),
  };
}
