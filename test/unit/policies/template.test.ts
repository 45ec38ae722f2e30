import type { JsonObject } from '../../../shared/model.ts';
import type { Compiled } from '../../template/compile.ts';
import { policiesOf, policiesOn } from '../../policies/template.ts';

const PLACE = { account: '111111111111', region: 'eu-central-1' };
const HERE = `${PLACE.region}:${PLACE.account}`;

function stack(
  resources: Readonly<Record<string, readonly [type: string, properties: Compiled['resources'][number]['properties']]>>,
): Compiled {
  const all = Object.entries(resources).map(([id, [type, properties]]) => ({
    id,
    type,
    properties,
    deletionPolicy: undefined,
    replacePolicy: undefined,
  }));
  return { directory: '', file: '', printed: '', resources: all };
}

function about(resource: string): JsonObject {
  return { Statement: [{ Effect: 'Allow', Resource: resource }] };
}

it("resolves CloudFormation's functions to ARNs", () => {
  const found = policiesOf(
    stack({
      Role: [
        'AWS::IAM::Role',
        {
          RoleName: 'worker',
          Policies: [
            {
              PolicyDocument: {
                Statement: [
                  { 'Fn::GetAtt': ['Key', 'Arn'] },
                  { Ref: 'Topic' },
                  { 'Fn::Join': ['', ['arn:aws:s3:::drops/$', '{aws:PrincipalAccount}/', { Ref: 'AWS::Region' }]] },
                  { 'Fn::Sub': 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:x ${Key.Arn} ${!aws:username}' },
                  { Ref: 'Nothing' },
                ],
              },
            },
          ],
        },
      ],
      Key: ['AWS::KMS::Key', {}],
      Topic: ['AWS::SNS::Topic', { TopicName: 'alerts' }],
    }),
    PLACE,
  );

  expect(found.identity.get('arn:aws:iam::111111111111:role/worker')).toEqual([
    {
      Statement: [
        `arn:aws:kms:${HERE}:key/Key`,
        `arn:aws:sns:${HERE}:alerts`,
        'arn:aws:s3:::drops/${aws:PrincipalAccount}/eu-central-1',
        `arn:aws:sqs:${HERE}:x arn:aws:kms:${HERE}:key/Key \${aws:username}`,
        'resource Nothing',
      ],
    },
  ]);
});

it('finds policies by what they are attached to', () => {
  const found = policiesOf(
    stack({
      Role: ['AWS::IAM::Role', { RoleName: 'worker', AssumeRolePolicyDocument: about('trust') }],
      More: ['AWS::IAM::RolePolicy', { RoleName: { Ref: 'Role' }, PolicyDocument: about('more') }],
      Managed: ['AWS::IAM::ManagedPolicy', { Roles: [{ Ref: 'Role' }], PolicyDocument: about('managed') }],
      Bucket: ['AWS::S3::Bucket', { BucketName: 'landing' }],
      BucketPolicy: ['AWS::S3::BucketPolicy', { Bucket: { Ref: 'Bucket' }, PolicyDocument: about('bucket') }],
      Bus: ['AWS::Events::EventBus', { Name: 'events' }],
      BusPolicy: ['AWS::Events::EventBusPolicy', { EventBusName: 'events', Statement: { Effect: 'Allow' } }],
      Destination: ['AWS::Logs::Destination', { DestinationName: 'intake', DestinationPolicy: JSON.stringify(about('destination')) }],
      Call: [
        'AWS::Lambda::Permission',
        {
          FunctionName: { 'Fn::GetAtt': ['Witness', 'Arn'] },
          Principal: 'events.amazonaws.com',
          Action: 'lambda:InvokeFunction',
          SourceArn: 'arn',
        },
      ],
      Witness: ['AWS::Lambda::Function', { FunctionName: 'witness' }],
    }),
    PLACE,
  );

  expect(found.identity).toEqual(new Map([['arn:aws:iam::111111111111:role/worker', [about('more'), about('managed')]]]));
  expect(policiesOn(found, 'arn:aws:iam::111111111111:role/worker')).toEqual([about('trust')]);
  expect(policiesOn(found, 'arn:aws:s3:::landing')).toEqual([about('bucket')]);
  expect(policiesOn(found, 'arn:aws:s3:::landing/AWSLogs/x')).toEqual([about('bucket')]);
  expect(policiesOn(found, `arn:aws:events:${HERE}:event-bus/events`)).toEqual([{ Statement: { Effect: 'Allow' } }]);
  expect(policiesOn(found, `arn:aws:logs:${HERE}:destination:intake`)).toEqual([JSON.stringify(about('destination'))]);
  expect(policiesOn(found, `arn:aws:lambda:${HERE}:function:witness`)).toMatchObject([
    { Statement: [{ Principal: { Service: 'events.amazonaws.com' }, Condition: { ArnLike: { 'aws:SourceArn': 'arn' } } }] },
  ]);
  expect(policiesOn(found, 'arn:aws:s3:::other/x')).toEqual([]);
});
