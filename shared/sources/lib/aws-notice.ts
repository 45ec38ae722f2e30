// What a service says about its own work (a delivery, a scan, a re-evaluation): Base Event. https://schema.ocsf.io/1.8.0/classes/base_event
import { digest } from '../../ids.ts';
import type { JsonObject, OcsfEvent } from '../../model.ts';
import { BASE_EVENT, classify, OCSF_VERSION, SEVERITY } from '../../ocsf/classes.ts';
import { epochMs, inRange } from '../../ocsf/event.ts';
import { text } from '../../outcome.ts';
import type { Context } from '../api.ts';
import { ACTIVITY, cloudAt, unmappedWith, type Delivered, type Place } from './aws-finding.ts';

/** What came, and what its source makes of it. */
export interface Notice extends Delivered {
  readonly source: string;
  readonly product: string;
  /** ms since the epoch. */
  readonly time: number;
  readonly message: string;
  readonly place?: Place;
  readonly severity_id?: number;
  readonly status_id?: number | undefined;
  /** What is not said by the attributes: the body, unless given. */
  readonly rest?: JsonObject | undefined;
}

/** @returns ms since the epoch: when EventBridge took it. */
export function timeTaken(envelope: JsonObject | undefined): number | undefined {
  const time = epochMs(text(envelope?.['time']) ?? '');
  return time !== undefined && inRange(time) ? time : undefined;
}

/** @param index of the record, which names it where it came without EventBridge's id. */
export function noticeEvent(notice: Notice, index: number, context: Context): OcsfEvent {
  const { source, body, envelope, severity_id = SEVERITY.informational } = notice;
  const kind = text(envelope?.['detail-type']) ?? text(body['messageType']) ?? notice.product;
  const id = text(envelope?.['id']);
  return {
    ...classify(BASE_EVENT, ACTIVITY.unknown),
    severity_id,
    status_id: notice.status_id,
    time: notice.time,
    message: notice.message,
    metadata: {
      uid: id === undefined ? context.uid(index) : digest(15, source, 'event', JSON.stringify(id)),
      version: OCSF_VERSION,
      product: { name: notice.product, vendor_name: 'AWS' },
      profiles: ['cloud'],
      log_name: kind,
    },
    cloud: cloudAt(notice.place ?? {}, envelope, context.origin),
    unmapped: unmappedWith('rest' in notice ? notice.rest : body, envelope),
  };
}
