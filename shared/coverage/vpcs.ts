// VPCs without a flow log. https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3.html
import { CreateFlowLogsCommand, paginateDescribeFlowLogs, paginateDescribeVpcs, type FlowLog, type Vpc } from '@aws-sdk/client-ec2';
import type { Gap, Place } from './gap.ts';

/** All columns up to version 5. https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html */
const FORMAT = (
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id ' +
  'tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path'
)
  .split(' ')
  .map((column) => `\${${column}}`)
  .join(' ');

const SOURCE = 'vpc-flow';

export async function vpcs(place: Place): Promise<readonly Gap[]> {
  const { ec2 } = place.clients;
  const [all, logs]: [Vpc[], FlowLog[]] = [[], []];
  for await (const { Vpcs = [] } of paginateDescribeVpcs({ client: ec2 }, {})) all.push(...Vpcs);
  for await (const { FlowLogs = [] } of paginateDescribeFlowLogs({ client: ec2 }, {})) logs.push(...FlowLogs);
  return all.flatMap((vpc) => gapsOf(vpc, logs, place));
}

/** @param logs of the account and region. */
export function gapsOf({ VpcId: id = '', OwnerId: owner }: Vpc, logs: readonly FlowLog[], place: Place): readonly Gap[] {
  const { account, region } = place;
  // One that another account shares is logged there.
  if (owner !== undefined && owner !== account) return [];
  const ours = logs.filter((log) => log.ResourceId === id && log.TrafficType === 'ALL' && isOurs(log, place));
  if (ours.some(({ DeliverLogsStatus: status }) => status !== 'FAILED')) return [];
  const [failing] = ours;
  const resource = `arn:aws:ec2:${region}:${account}:vpc/${id}`;
  if (failing !== undefined) {
    const why = failing.DeliverLogsErrorMessage ?? 'no reason given';
    return [{ kind: 'flow_log_failing', source: SOURCE, resource, detail: `flow log ${failing.FlowLogId ?? ''} of ${id}: ${why}` }];
  }
  return [{ kind: 'vpc_unlogged', source: SOURCE, resource, detail: `${id} has no flow log`, switchOn: () => create(id, place) }];
}

/** To the landing bucket, or by a log group that is subscribed to the intake. */
function isOurs({ LogDestination: to = '', LogGroupName: group }: FlowLog, { to: { landingBucket }, logGroups }: Place): boolean {
  const bucket = `arn:aws:s3:::${landingBucket}`;
  const groupName = group ?? /:log-group:([^:]+)/.exec(to)?.[1];
  return to === bucket || to.startsWith(`${bucket}/`) || (groupName !== undefined && logGroups.includes(groupName));
}

async function create(id: string, { bank, clients: { ec2 }, to }: Place): Promise<void> {
  const { Unsuccessful: [failed] = [] } = await ec2.send(
    new CreateFlowLogsCommand({
      ResourceType: 'VPC',
      ResourceIds: [id],
      TrafficType: 'ALL',
      LogDestinationType: 's3',
      LogDestination: `arn:aws:s3:::${to.landingBucket}`,
      LogFormat: FORMAT,
      MaxAggregationInterval: 60,
      // All three or none.
      DestinationOptions: { FileFormat: 'plain-text', HiveCompatiblePartitions: false, PerHourPartition: false },
      TagSpecifications: [{ ResourceType: 'vpc-flow-log', Tags: [{ Key: 'strongroom', Value: bank }] }],
    }),
  );
  if (failed !== undefined) throw new Error(`${failed.Error?.Code ?? 'refused'}: ${failed.Error?.Message ?? ''}`);
}
