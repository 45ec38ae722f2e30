// A signal as an OCSF Detection Finding. https://schema.ocsf.io/1.8.0/classes/detection_finding
import { digest } from '../ids.ts';
import type { OcsfEvent } from '../model.ts';
import { DETECTION_FINDING, OCSF_VERSION, OWN_PRODUCT, SEVERITY, classify } from '../ocsf/classes.ts';
import { cloudOf } from '../ocsf/event.ts';
import { SIGNALS, type Signal } from './signals.ts';

const CREATE = 1;
const CLOSE = 3;
const STATUS_NEW = 1;
const STATUS_RESOLVED = 4;
const ANALYTIC_RULE = 1;
const ANALYTIC_ACTIVE = 1;
const MAX_MESSAGE_CHARACTERS = 500;
const ACCOUNT = /^\d{12}$/;

/** Id of the finding, the same when it is opened and closed. */
export function signalUid({ kind, about }: Pick<Signal, 'kind' | 'about'>, bank: string): string {
  return digest(16, 'finding', bank, 'complete', kind, JSON.stringify(about));
}

export function findingOf(signal: Signal, bank: string): OcsfEvent {
  const { kind, detail, time, until = time, closed, account, region, resource, evidence } = signal;
  const { title, level, means, response } = SIGNALS[kind];
  const uid = signalUid(signal, bank);
  const cloud = account === undefined || !ACCOUNT.test(account) ? undefined : cloudOf(account, region);
  return {
    ...classify(DETECTION_FINDING, closed === undefined ? CREATE : CLOSE),
    severity_id: SEVERITY[level],
    time: closed ?? time,
    message: `${title}: ${detail}`.replaceAll(/\s+/g, ' ').slice(0, MAX_MESSAGE_CHARACTERS),
    metadata: {
      uid: closed === undefined ? uid : digest(16, 'closed', uid),
      version: OCSF_VERSION,
      product: { name: OWN_PRODUCT, vendor_name: OWN_PRODUCT },
      profiles: cloud === undefined ? undefined : ['cloud'],
      tenant_uid: bank,
    },
    cloud,
    finding_info: {
      uid,
      title,
      desc: means,
      types: ['logging-failure'],
      analytic: { uid: `strongroom-${kind}`, name: title, type_id: ANALYTIC_RULE, state_id: ANALYTIC_ACTIVE },
      data_sources: [signal.source],
      created_time: time,
      first_seen_time: time,
      last_seen_time: until,
    },
    remediation: { desc: response },
    evidences: [{ data: detail }],
    resources: resource === undefined ? undefined : [{ uid: resource }],
    status_id: closed === undefined ? STATUS_NEW : STATUS_RESOLVED,
    is_alert: signal.quiet !== true && closed === undefined,
    unmapped: { evidence },
  };
}
