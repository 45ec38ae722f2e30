// Lucene queries that stand in more than one place. https://docs.opensearch.org/latest/query-dsl/full-text/query-string/

/** OCSF's category of findings, by class. */
export const FINDING_CLASSES = 'class_uid:(2002 OR 2003 OR 2004 OR 2005 OR 2006)';

/** Neither suppressed nor resolved nor archived nor deleted, and not the message that it was closed. */
export const OPEN = 'NOT status_id:(3 OR 4 OR 5 OR 6) AND NOT activity_id:3';

export const ROOT = 'actor.user.uid:arn\\:aws*\\:root';

export const REFUSED = '_exists_:api.response.error';

/** Payloads are words cut at punctuation: `0.0.0.0` and `0` beside each other. */
export const PUBLIC_CIDR = '(api.request.data:"0.0.0.0/0" OR api.response.data:"0.0.0.0/0")';

export const LOGGING_OFF =
  'api.operation:(StopLogging OR DeleteTrail OR UpdateTrail OR PutEventSelectors OR DeleteFlowLogs OR StopConfigurationRecorder OR ' +
  'DeleteConfigurationRecorder OR DeleteDetector OR UpdateDetector OR DisableSecurityHub OR DeleteLogGroup OR DeleteLogStream OR PutBucketLogging)';

export const EXPORTS =
  'api.operation:(ModifySnapshotAttribute OR ModifyDBSnapshotAttribute OR ModifyDBClusterSnapshotAttribute OR CopyDBSnapshot OR StartExportTask OR ' +
  'CreateInstanceExportTask OR ExportTableToPointInTime OR PutBucketPolicy OR PutBucketAcl OR DeletePublicAccessBlock OR DeleteBucketPublicAccessBlock OR ' +
  'PutBucketPublicAccessBlock OR PutBucketReplication)';

/** Everything of the platform is called strongroom-<bank>-…, and its keys are used with a context that says so. */
export const OWN_RESOURCES = '(resources.uid:*strongroom\\-* OR api.request.data:strongroom\\-*)';

/** Addresses of private networks, and those that never leave a host or a link. */
export const PRIVATE = (field: string): string =>
  `${field}:("10.0.0.0/8" OR "172.16.0.0/12" OR "192.168.0.0/16" OR "100.64.0.0/10" OR "169.254.0.0/16" OR "127.0.0.0/8" OR "fc00::/7" OR "fe80::/10")`;

/** Money and coins. */
export const PAYMENT_PRODUCTS =
  'metadata.product.name:(Stripe OR Adyen OR "ISO 20022" OR "Card system" OR Binance OR Bitcoin OR Coinbase OR Ethereum OR Kraken)';
