// What fails is kept, and somebody is told of it.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html, https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
import { text } from '../../../shared/outcome.ts';
import { at, list, ofType, target, type Compiled } from '../compile.ts';
import { broken, failing, less, without, type Invariant } from './invariant.ts';

/** Dimensions of alarms, and the property that has the same name. Aliases of functions are `<name>:<alias>`. */
const NAMES: Readonly<Record<string, string>> = {
  QueueName: 'QueueName',
  FunctionName: 'FunctionName',
  StreamName: 'Name',
  TopicName: 'TopicName',
  RuleName: 'Name',
  EventBusName: 'Name',
  DomainName: 'DomainName',
};

function alarmed(template: Compiled, metric: string, dimension: string): readonly unknown[] {
  return ofType(template, 'AWS::CloudWatch::Alarm').flatMap(({ properties }) =>
    // One with more dimensions watches a part of it only.
    properties['MetricName'] === metric && list(properties['Dimensions']).length === 1
      ? list(properties['Dimensions']).flatMap((each) => (at(each, 'Name') === dimension ? [at(each, 'Value')] : []))
      : [],
  );
}

/** @returns ids of the queues that take what failed. */
function deadLetterQueues(template: Compiled): readonly (string | undefined)[] {
  return [
    ...ofType(template, 'AWS::SQS::Queue').map(({ properties }) => target(at(properties, 'RedrivePolicy', 'deadLetterTargetArn'))),
    ...ofType(template, 'AWS::Events::Rule').flatMap(({ properties }) =>
      list(properties['Targets']).map((entry) => target(at(entry, 'DeadLetterConfig', 'Arn'))),
    ),
    ...ofType(template, 'AWS::Lambda::EventSourceMapping').map(({ properties }) =>
      target(at(properties, 'DestinationConfig', 'OnFailure', 'Destination')),
    ),
    ...ofType(template, 'AWS::Events::EventBus').map(({ properties }) => target(at(properties, 'DeadLetterConfig', 'Arn'))),
  ];
}

export const WATCHING: readonly Invariant[] = [
  {
    title: 'what a trigger cannot hand over is kept in a queue',
    check: (template) => [
      ...failing(template, 'AWS::Lambda::EventSourceMapping', ({ properties }) => {
        const queue = ofType(template, 'AWS::SQS::Queue').find(({ id }) => id === target(properties['EventSourceArn']));
        const kept =
          queue === undefined
            ? at(properties, 'DestinationConfig', 'OnFailure', 'Destination')
            : at(queue.properties, 'RedrivePolicy', 'deadLetterTargetArn');
        return target(kept) !== undefined;
      }),
      // Of a schedule nothing is lost: the next one asks for the same.
      ...failing(
        template,
        'AWS::Events::Rule',
        ({ properties }) =>
          properties['EventPattern'] === undefined ||
          list(properties['Targets']).every((entry) => at(entry, 'DeadLetterConfig', 'Arn') !== undefined),
      ),
    ],
    break: broken(
      'AWS::Events::Rule',
      (properties) => ({ ...properties, Targets: [{ Id: 'one', Arn: 'arn:aws:sqs:eu-central-1:111111111111:one' }] }),
      ({ properties }) => properties['EventPattern'] !== undefined,
    ),
  },
  {
    title: 'every queue of what failed has an alarm',
    check: (template) => {
      const watched = alarmed(template, 'ApproximateNumberOfMessagesVisible', 'QueueName');
      const queues = new Set(deadLetterQueues(template));
      return failing(template, 'AWS::SQS::Queue', ({ id, properties }) => !queues.has(id) || watched.includes(properties['QueueName']));
    },
    break: (template) => without(template, ({ properties }) => properties['MetricName'] === 'ApproximateNumberOfMessagesVisible'),
  },
  {
    title: 'every function has an alarm for its failures',
    check: (template) => {
      const watched = alarmed(template, 'Errors', 'FunctionName');
      return failing(template, 'AWS::Lambda::Function', ({ properties }) => watched.includes(properties['FunctionName']));
    },
    break: (template) =>
      without(template, ({ properties }) => properties['MetricName'] === 'Errors' && list(properties['Dimensions']).length === 1),
  },
  {
    title: 'every alarm tells somebody, when it is over too, and says what it means',
    check: (template) =>
      failing(
        template,
        'AWS::CloudWatch::Alarm',
        ({ properties }) =>
          list(properties['AlarmActions']).length > 0 &&
          list(properties['OKActions']).length > 0 &&
          (text(properties['AlarmDescription']) ?? '').length > 40 &&
          properties['TreatMissingData'] !== undefined,
      ),
    break: broken('AWS::CloudWatch::Alarm', less('AlarmActions')),
  },
  {
    title: 'every alarm watches something that is there',
    check: (template) =>
      failing(template, 'AWS::CloudWatch::Alarm', ({ properties }) =>
        list(properties['Dimensions']).every((dimension) => {
          const name = NAMES[text(at(dimension, 'Name')) ?? ''];
          return (
            name === undefined ||
            template.resources.some((resource) => JSON.stringify(resource.properties[name]) === JSON.stringify(at(dimension, 'Value')))
          );
        }),
      ),
    break: broken(
      'AWS::CloudWatch::Alarm',
      (properties) => ({ ...properties, Dimensions: [{ Name: 'QueueName', Value: 'gone' }] }),
      ({ properties }) => properties['Dimensions'] !== undefined,
    ),
  },
];
