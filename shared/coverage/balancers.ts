// Load balancers that do not log. Classic ones have an API of their own and are left to AWS Config's rules; gateway ones have no logs.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/enable-access-logs.html
import {
  DescribeLoadBalancerAttributesCommand,
  ModifyLoadBalancerAttributesCommand,
  paginateDescribeLoadBalancers,
  type LoadBalancer,
  type LoadBalancerAttribute,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Destinations, Gap, Place } from './gap.ts';

interface Kind {
  readonly source: string;
  /** Of which of its logs; health checks of targets are many, and say nothing of clients. */
  readonly logs: readonly string[];
  readonly bucket: (to: Destinations) => string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  // Application load balancers cannot write to a bucket with a customer's key.
  application: { source: 'alb', logs: ['access_logs', 'connection_logs'], bucket: ({ balancerBucket }) => balancerBucket },
  network: { source: 'nlb', logs: ['access_logs'], bucket: ({ landingBucket }) => landingBucket },
};

export async function balancers(place: Place): Promise<readonly Gap[]> {
  const { balancers: client } = place.clients;
  const gaps: Gap[] = [];
  for await (const { LoadBalancers = [] } of paginateDescribeLoadBalancers({ client }, {})) {
    for (const balancer of LoadBalancers) {
      if (KINDS[balancer.Type ?? ''] === undefined) continue;
      const { Attributes = [] } = await client.send(
        new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: balancer.LoadBalancerArn }),
      );
      gaps.push(...gapsOf(balancer, Attributes, place));
    }
  }
  return gaps;
}

export function gapsOf(
  { LoadBalancerArn: arn = '', LoadBalancerName: name = '', Type: type }: LoadBalancer,
  attributes: readonly LoadBalancerAttribute[],
  { clients, to }: Place,
): readonly Gap[] {
  const kind = KINDS[type ?? ''];
  if (kind === undefined) return [];
  const bucket = kind.bucket(to);
  const valueOf = (key: string): string => attributes.find(({ Key }) => Key === key)?.Value ?? '';
  const off = kind.logs.filter((log) => valueOf(`${log}.s3.enabled`) !== 'true');
  const elsewhere = kind.logs.filter((log) => !off.includes(log) && valueOf(`${log}.s3.bucket`) !== bucket);
  if (off.length + elsewhere.length === 0) return [];
  const said = [...off.map((log) => `${log} off`), ...elsewhere.map((log) => `${log} to bucket ${valueOf(`${log}.s3.bucket`)}`)];
  const Attributes = off.flatMap((log) => [
    { Key: `${log}.s3.enabled`, Value: 'true' },
    { Key: `${log}.s3.bucket`, Value: bucket },
    { Key: `${log}.s3.prefix`, Value: '' },
  ]);
  return [
    {
      kind: 'balancer_unlogged',
      source: kind.source,
      resource: arn,
      detail: `${name}: ${said.join(', ')}`,
      switchOn:
        off.length === 0
          ? undefined
          : () => clients.balancers.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: arn, Attributes })),
    },
  ];
}
