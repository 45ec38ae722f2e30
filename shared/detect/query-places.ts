// Raw fields of logs whose value, where it is a text, is surely in an indexed attribute: what a question to the index may rely on. The whole
// table, with what may be anywhere, is in log-sources.ts. A field that is not here is left open.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
import { API_ACTIVITY, AUTHENTICATION, BASE_EVENT, NETWORK_ACTIVITY } from '../ocsf/classes.ts';
import type { LogSourceName } from './sigma/rule.ts';

export interface SurePlace {
  /** One of them has it. */
  readonly paths: readonly string[];
  /** Where the record has no such field, none of them is there. */
  readonly tellsAbsence: boolean;
  /** Where none of them is there, the field may be where the index does not look. */
  readonly mayBeElsewhere?: boolean;
  /** The attribute's value by the log's word in lower case; other words are elsewhere. */
  readonly words?: Readonly<Record<string, string>>;
}

export type SurePlaces = Readonly<Record<string, SurePlace>>;

export interface SureLog {
  readonly service: string;
  /** `metadata.product.name` of its events. */
  readonly product: string;
  /** Classes that its events are of. */
  readonly classes: readonly number[];
  readonly places: SurePlaces;
}

function at(...paths: readonly string[]): SurePlace {
  return { paths, tellsAbsence: true };
}

/** Where the record says nothing, the attribute holds something all the same. */
function always(...paths: readonly string[]): SurePlace {
  return { paths, tellsAbsence: false };
}

function mostly(...paths: readonly string[]): SurePlace {
  return { paths, tellsAbsence: false, mayBeElsewhere: true };
}

const LOGS: readonly SureLog[] = [
  {
    service: 'cloudtrail',
    product: 'CloudTrail',
    classes: [API_ACTIVITY.uid, AUTHENTICATION.uid],
    // Sign-ins keep userAgent and resources in `unmapped`; calls keep accessKeyId there where nobody is named.
    places: {
      eventName: always('api.operation'),
      eventSource: at('api.service.name'),
      eventType: at('metadata.event_code'),
      errorCode: at('api.response.error'),
      errorMessage: at('api.response.error_message'),
      requestParameters: always('api.request.data'),
      responseElements: always('api.response.data'),
      sourceIPAddress: at('src_endpoint.ip', 'src_endpoint.domain'),
      awsRegion: always('cloud.region'),
      recipientAccountId: always('cloud.account.uid'),
      'userIdentity.arn': at('actor.user.uid'),
      'userIdentity.userName': at('actor.user.name'),
      'userIdentity.accountId': at('actor.user.account.uid'),
      'userIdentity.invokedBy': at('actor.app_name'),
      'userIdentity.sessionContext.sessionIssuer.arn': at('actor.session.issuer'),
    },
  },
  {
    service: 'vpcflow',
    product: 'Amazon VPC',
    // What belongs to an end that a line does not name is in `unmapped`, and so is all that a Base Event says of missing lines.
    classes: [NETWORK_ACTIVITY.uid, BASE_EVENT.uid],
    places: {
      pkt_srcaddr: at('src_endpoint.ip'),
      pkt_dstaddr: at('dst_endpoint.ip'),
      srcport: mostly('src_endpoint.port'),
      dstport: mostly('dst_endpoint.port'),
      protocol: mostly('connection_info.protocol_num'),
      bytes: mostly('traffic.bytes'),
      action: { ...mostly('action_id'), words: { accept: '1', reject: '2' } },
    },
  },
];

export function rawLogOf({ category, product, service }: LogSourceName): SureLog | undefined {
  return category === undefined && product === 'aws' ? LOGS.find((log) => log.service === service) : undefined;
}
