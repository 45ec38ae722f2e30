// What is kept, for how long, and that nothing of it goes with a stack or a slip.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
import { at, list, ofType, target, type Compiled } from '../compile.ts';
import { broken, failing, less, replaced, type Exceptions, type Invariant } from './invariant.ts';

const STATEFUL = [
  'AWS::S3::Bucket',
  'AWS::KMS::Key',
  'AWS::Kinesis::Stream',
  'AWS::DynamoDB::Table',
  'AWS::OpenSearchService::Domain',
  'AWS::Backup::BackupVault',
];

export const PASSING: Exceptions = { ServerlessDeploymentBucket: 'holds packaged code, which is made again' };
export const NOT_BACKED_UP: Exceptions = {
  WitnessTable: 'one item, of which every version is a locked object beside it; point-in-time recovery and deletion protection are enough',
};

/** Fourteen days, the most that SQS keeps. */
const QUEUE_SECONDS = 1_209_600;

export const KEEPING: readonly Invariant[] = [
  {
    title: 'log groups forget, after the time that the bank’s file says',
    check: (template) => failing(template, 'AWS::Logs::LogGroup', ({ properties }) => Number(properties['RetentionInDays']) >= 30),
    break: broken('AWS::Logs::LogGroup', less('RetentionInDays')),
  },
  {
    title: 'buckets have a life cycle, which ends interrupted uploads',
    check: (template) =>
      failing(template, 'AWS::S3::Bucket', ({ properties }) =>
        list(at(properties, 'LifecycleConfiguration', 'Rules')).some((rule) => at(rule, 'AbortIncompleteMultipartUpload') !== undefined),
      ),
    break: broken('AWS::S3::Bucket', less('LifecycleConfiguration')),
  },
  {
    title: 'what holds data outlives its stack, and its own replacement',
    check: (template) =>
      template.resources.flatMap(({ id, type, deletionPolicy, replacePolicy }) =>
        !STATEFUL.includes(type) || PASSING[id] !== undefined || (deletionPolicy === 'RetainExceptOnCreate' && replacePolicy === 'Retain')
          ? []
          : [id],
      ),
    break: (template) =>
      replaced(
        template,
        ({ type, id }) => type === 'AWS::KMS::Key' && PASSING[id] === undefined,
        (resource) => ({ ...resource, replacePolicy: undefined }),
      ),
  },
  {
    title: 'tables can be taken back to any second of the last weeks, and are not deleted by a slip',
    check: (template) =>
      failing(
        template,
        'AWS::DynamoDB::Table',
        ({ properties }) =>
          at(properties, 'PointInTimeRecoverySpecification', 'PointInTimeRecoveryEnabled') === true &&
          properties['DeletionProtectionEnabled'] === true,
      ),
    break: broken('AWS::DynamoDB::Table', less('DeletionProtectionEnabled')),
  },
  {
    title: 'tables are copied to a locked vault',
    check: (template) => {
      const copied = ofType(template, 'AWS::Backup::BackupSelection').flatMap(({ properties }) =>
        list(at(properties, 'BackupSelection', 'Resources')).map(target),
      );
      return failing(template, 'AWS::DynamoDB::Table', ({ id }) => NOT_BACKED_UP[id] !== undefined || copied.includes(id));
    },
    break: broken('AWS::Backup::BackupSelection', (properties) => ({ ...properties, BackupSelection: {} })),
  },
  {
    title: 'a vault of copies is locked, and keeps them in its account and region',
    check: (template) =>
      failing(
        template,
        'AWS::Backup::BackupVault',
        ({ properties }) =>
          Number(at(properties, 'LockConfiguration', 'MinRetentionDays')) >= 7 &&
          list(at(properties, 'AccessPolicy', 'Statement')).some(
            (statement) => at(statement, 'Effect') === 'Deny' && list(at(statement, 'Action')).includes('backup:CopyFromBackupVault'),
          ),
      ),
    break: broken('AWS::Backup::BackupVault', less('LockConfiguration')),
  },
  {
    title: 'queues keep what nobody takes for two weeks, streams for one',
    check: (template: Compiled) => [
      ...failing(template, 'AWS::SQS::Queue', ({ properties }) => properties['MessageRetentionPeriod'] === QUEUE_SECONDS),
      ...failing(template, 'AWS::Kinesis::Stream', ({ properties }) => Number(properties['RetentionPeriodHours']) >= 168),
    ],
    break: broken('AWS::SQS::Queue', less('MessageRetentionPeriod')),
  },
];
