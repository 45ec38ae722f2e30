// RDS instances and clusters that do not export what says who did what. Reported only: the right to change that is the right to change the database.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
import { paginateDescribeDBClusters, paginateDescribeDBInstances, type DBCluster, type DBInstance } from '@aws-sdk/client-rds';
import type { Gap, Place } from './gap.ts';

/** By the beginning of the engine's name: kinds of logs wanted of it, the source that reads them. Statements and slow queries are for its owners. */
const WANTED: readonly (readonly [engine: string, logs: readonly string[], source: string])[] = [
  ['aurora-mysql', ['audit', 'error'], 'mysql-audit'],
  ['aurora-postgresql', ['postgresql'], 'postgresql'],
  ['docdb', ['audit'], 'rds'],
  ['mariadb', ['audit', 'error'], 'mysql-audit'],
  ['mysql', ['audit', 'error'], 'mysql-audit'],
  ['neptune', ['audit'], 'rds'],
  ['oracle', ['alert', 'audit', 'listener'], 'rds'],
  ['postgres', ['postgresql'], 'postgresql'],
  ['sqlserver', ['agent', 'error'], 'rds'],
  ['db2', ['diag.log'], 'rds'],
];

export async function databases({ clients: { rds } }: Place): Promise<readonly Gap[]> {
  const gaps: Gap[] = [];
  for await (const { DBInstances = [] } of paginateDescribeDBInstances({ client: rds }, {}))
    gaps.push(...DBInstances.flatMap(gapsOfInstance));
  for await (const { DBClusters = [] } of paginateDescribeDBClusters({ client: rds }, {})) gaps.push(...DBClusters.flatMap(gapsOfCluster));
  return gaps;
}

/** An instance of a cluster exports with it. */
export function gapsOfInstance(instance: DBInstance): readonly Gap[] {
  const { DBInstanceArn: arn = '', DBInstanceIdentifier: name = '', DBClusterIdentifier: cluster } = instance;
  return cluster === undefined || cluster === '' ? missing(arn, name, instance) : [];
}

export function gapsOfCluster(cluster: DBCluster): readonly Gap[] {
  return missing(cluster.DBClusterArn ?? '', cluster.DBClusterIdentifier ?? '', cluster);
}

interface Exporting {
  readonly Engine?: string | undefined;
  readonly EnabledCloudwatchLogsExports?: readonly string[] | undefined;
}

function missing(
  resource: string,
  name: string,
  { Engine: engine = '', EnabledCloudwatchLogsExports: exported = [] }: Exporting,
): readonly Gap[] {
  const [, wanted, source] = WANTED.find(([beginning]) => engine.startsWith(beginning)) ?? ['', [], 'rds'];
  const absent = wanted.filter((log) => !exported.includes(log));
  if (absent.length === 0) return [];
  return [{ kind: 'database_unlogged', source, resource, detail: `${name} (${engine}) does not export ${absent.join(', ')}` }];
}
