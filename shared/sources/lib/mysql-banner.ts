// What MySQL writes when it opens a query log: that the server has started, with which version, on which port, and the names of the columns.
// It is an event like any other, not left out: a line of somebody's statement may look like it. https://dev.mysql.com/doc/refman/8.4/en/query-log.html
import type { OcsfEvent, RawRecord } from '../../model.ts';
import { BASE_EVENT, classify, SEVERITY } from '../../ocsf/classes.ts';
import type { Context } from '../api.ts';
import { databaseMetadata, MYSQL_PRODUCT } from './database.ts';
import { deliveredAt, deliveredCloud } from './delivery.ts';
import { MYSQL, withoutSecrets } from './sql.ts';

export interface Banner {
  readonly kind: 'banner';
  readonly message: string;
}

const BANNER = /^[^\n]{1,300}, Version: [^\n]{1,300} started with:\s*(?:\n|$)/;

/** @param text of a line, or of the record that begins with it. */
export function isBanner(text: string): boolean {
  return text.includes(' started with:') && BANNER.test(text);
}

/** It has no time: the delivery's. */
export function bannerEvent({ message }: Banner, record: RawRecord, context: Context): OcsfEvent {
  const time = deliveredAt(record, context);
  return {
    ...classify(BASE_EVENT, 0),
    severity_id: SEVERITY.informational,
    time,
    message: withoutSecrets(message, MYSQL),
    metadata: databaseMetadata({ time, original: undefined, product: MYSQL_PRODUCT }, record, context),
    cloud: deliveredCloud(context),
  };
}
