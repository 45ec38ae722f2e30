// Who gets alerts: subscriptions with their filter policies, and the rights to make copies where the bank's file asks for some; and what the
// provider gets beside them.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html
import { filterPolicy, type FilterPolicy } from '../../shared/alert/routing.ts';
import type { BankConfig, Subscription } from '../../shared/config.ts';
import { digest } from '../../shared/ids.ts';
import { findingsBus } from '../../shared/provider/provider.ts';
import { providerResources } from './provider.ts';
import { policy, type Resource, type Resources, type Statement } from './resources.ts';

export interface SubscriptionResource {
  readonly Protocol: string;
  readonly Endpoint: string;
}

export interface Alerts {
  readonly resources: Resources;
}

export function subscription({ protocol, endpoint }: Subscription): SubscriptionResource {
  return { Protocol: protocol, Endpoint: endpoint };
}

export function alertsOf(bank: BankConfig): Alerts {
  const { subscriptions } = bank.alerts;
  const resources = subscriptions.map((one) => [logicalId(one), subscriptionResource(one, filterPolicy(one.when))] as const);
  return { resources: { ...Object.fromEntries(resources), ...copyPolicy(bank), ...providerResources(bank) } };
}

/** Another order in the file must not replace anything: who was asked to confirm would be asked again. */
function logicalId({ protocol, endpoint }: Subscription): string {
  return `AlertSubscription${Buffer.from(digest(9, protocol, endpoint), 'base64url').toString('hex')}`;
}

function subscriptionResource(one: Subscription, filter: FilterPolicy | undefined): Resource {
  return {
    Type: 'AWS::SNS::Subscription',
    Properties: {
      TopicArn: { Ref: 'AlertTopic' },
      ...subscription(one),
      ...(filter === undefined ? {} : { FilterPolicyScope: 'MessageAttributes', FilterPolicy: filter }),
    },
  };
}

/** What alerts may do beside alerting; nothing where the bank's file asks for no copies. */
function copyPolicy(bank: BankConfig): Resources {
  const { region, security_account: security } = bank;
  const { event_bus: bus, security_hub: hub } = bank.alerts;
  const provider = findingsBus(bank);
  const buses = [...(bus === undefined ? [] : [busArn(bus, region, security)]), ...(provider === undefined ? [] : [provider.arn])];
  const events: Statement = { Sid: 'CopyToBuses', Effect: 'Allow', Action: ['events:PutEvents'], Resource: buses };
  const findings: Statement = {
    Sid: 'CopyToSecurityHub',
    Effect: 'Allow',
    Action: ['securityhub:BatchImportFindings', 'securityhub:BatchUpdateFindings'],
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecurityhub.html
    Resource: [
      `arn:aws:securityhub:${region}:${security}:product/${security}/default`,
      `arn:aws:securityhub:${region}:${security}:hub/default`,
    ],
  };
  const statements = [...(buses.length === 0 ? [] : [events]), ...(hub === true ? [findings] : [])];
  if (statements.length === 0) return {};
  const Properties = { RoleName: { Ref: 'AlertsRole' }, PolicyName: 'copies', PolicyDocument: policy(statements) };
  return { AlertCopiesPolicy: { Type: 'AWS::IAM::RolePolicy', Properties } };
}

function busArn(bus: string, region: string, account: string): string {
  return bus.startsWith('arn:') ? bus : `arn:aws:events:${region}:${account}:event-bus/${bus}`;
}
