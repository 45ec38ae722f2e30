// A finding as an event, for ticketing and whatever else listens on a bus.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html (an entry has 256 KB at most, with all that it consists of)
import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { isArray, object } from '../../outcome.ts';
import { DETAIL_TYPE, EVENT_SOURCE } from './names.ts';

/** 256 KB, less the entry's other parts. */
const MAX_DETAIL_BYTES = 240_000;
const MAX_LISTED = 5;

export interface FindingEvent {
  /** The same however often it is sent. */
  readonly alert: string;
  readonly action: string;
  readonly bank: string;
  readonly evidence?: string;
  readonly finding: Readonly<Record<string, unknown>>;
}

/** @throws Error where the bus does not take it. */
export async function putEvent(events: EventBridgeClient, bus: string, event: FindingEvent): Promise<void> {
  await putDetail(events, bus, { detail: detailOf(event), time: timeOf(event.finding) });
}

export async function putDetail(
  events: EventBridgeClient,
  bus: string,
  { detail, time, source = EVENT_SOURCE }: { readonly detail: string; readonly time: number; readonly source?: string | undefined },
): Promise<void> {
  const entry = { EventBusName: bus, Source: source, DetailType: DETAIL_TYPE, Detail: detail, Time: new Date(time) };
  const { FailedEntryCount = 0, Entries = [] } = await events.send(new PutEventsCommand({ Entries: [entry] }));
  // It answers 200 for what it does not take, too.
  if (FailedEntryCount > 0)
    throw new Error(`the event bus refuses it: ${Entries[0]?.ErrorCode ?? 'no code'} ${Entries[0]?.ErrorMessage ?? ''}`);
}

/** @returns the event as JSON that fits; what is cut is said. */
export function detailOf(event: FindingEvent): string {
  const whole = JSON.stringify(event);
  if (fits(whole)) return whole;
  const { finding } = event;
  const info = object(finding['finding_info']) ?? {};
  const short = {
    ...{ ...finding, unmapped: undefined, evidences: head(finding['evidences']), resources: head(finding['resources']) },
    finding_info: { ...info, related_events: head(info['related_events']) },
  };
  const cut = JSON.stringify({ ...event, truncated: true, finding: short });
  if (fits(cut)) return cut;
  const { class_uid, severity_id, time } = finding;
  const [metadata, cloud] = [object(finding['metadata']), object(finding['cloud'])];
  const least = {
    ...{ class_uid, severity_id, time, metadata: { uid: metadata?.['uid'], product: metadata?.['product'] } },
    ...{ cloud: { account: cloud?.['account'] }, finding_info: { uid: info['uid'], title: info['title'] } },
  };
  const named = JSON.stringify({ ...event, truncated: true, finding: least });
  return fits(named) ? named : JSON.stringify({ alert: event.alert, action: event.action, bank: event.bank, truncated: true });
}

export function timeOf({ time }: Readonly<Record<string, unknown>>): number {
  return typeof time === 'number' ? time : 0;
}

function fits(json: string): boolean {
  return Buffer.byteLength(json) <= MAX_DETAIL_BYTES;
}

function head(list: unknown): unknown {
  return isArray(list) ? list.slice(0, MAX_LISTED) : undefined;
}
