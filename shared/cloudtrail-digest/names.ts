// Names that CloudTrail gives what it delivers. The file's own name tells region, trail and time; the folder tells the account, below the
// organization's id for its trails and below whatever prefix the trail has.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html and
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html

export interface S3Place {
  readonly bucket: string;
  readonly key: string;
}

export interface DigestName {
  readonly account: string;
  /** Delivered from there, and signed with a key of there. */
  readonly region: string;
  readonly trail: string;
  /** The end of the hour, ms since the epoch. */
  readonly end: number;
  /** Names log files that came too late for their hour's digest; stands in no chain. */
  readonly backfill: boolean;
  /** What comes after one another: the digests of one trail, account and region. A trail may change its bucket and prefix. */
  readonly chain: string;
  /** Where the trail's log files lie: log files with the same folder are of this account and region, of one trail or several. */
  readonly folder: string;
}

const S3_URI = /^s3:\/\/([^/]+)\/(.+)#[^#]*$/s;
const DIGEST =
  /^((?:.*\/)?AWSLogs\/(?:o-[a-z0-9]+\/)?)(\d{12})\/CloudTrail-Digest\/([a-z0-9-]+)\/\d{4}\/\d\d\/\d\d\/\2_CloudTrail-Digest_\3_(.+)_([a-z0-9-]+)_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(_backfill)?\.json\.gz$/s;
const LOG_FILE = /^((?:.*\/)?AWSLogs\/(?:o-[a-z0-9]+\/)?\d{12}\/CloudTrail\/[a-z0-9-]+\/)\d{4}\/\d\d\/\d\d\/[^/]+\.json\.gz$/s;
const OWN_COPY = /^(?:imports|drops)\//;

/** @returns bucket and key of an object by which a unit was delivered, from its origin's uri. */
export function s3Place(uri: string): S3Place | undefined {
  const [, bucket, key] = S3_URI.exec(uri) ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
}

/** True for a digest where CloudTrail delivered it; a copy that somebody imported is none: it lies where it was not signed for. */
export function isDigestKey(key: string): boolean {
  return digestName(key) !== undefined;
}

export function digestName(key: string): DigestName | undefined {
  const [, prefix, account, region, trail, home, year, month, day, hour, minute, second, backfill] = DIGEST.exec(key) ?? [];
  if (prefix === undefined || account === undefined || region === undefined || trail === undefined || OWN_COPY.test(key)) return undefined;
  const organization = /\/(o-[a-z0-9]+)\/$/.exec(prefix)?.[1] ?? '';
  return {
    account,
    region,
    trail,
    end: Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)),
    backfill: backfill !== undefined,
    chain: `${account}/${region}/${organization}/${trail}/${home ?? ''}`,
    folder: `${prefix}${account}/CloudTrail/${region}/`,
  };
}

/**
 * The folder of a trail's log file, up to the date. Only management and data events: whether digests name files of Insights and of network
 * activity is not documented.
 */
export function logFileFolder(key: string): string | undefined {
  return OWN_COPY.test(key) ? undefined : LOG_FILE.exec(key)?.[1];
}

/** Where a log file lies, as its trail's digests say it: bucket and folder. */
export function folderPlace({ bucket, key }: S3Place): string {
  return `${bucket}/${logFileFolder(key) ?? ''}`;
}
