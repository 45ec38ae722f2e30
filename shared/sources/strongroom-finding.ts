// Findings of the bank's other regions, as shared/alert/copies/home.ts sends them: https://schema.ocsf.io/1.8.0/classes/detection_finding
// What was found, how bad, where and since when; what was logged stayed in its region. cloud.region says which that is.
//  - It was alerted there: here it is no alert a second time.
//  - Each version of a finding is one event, the same however often it is sent.
//  - Whatever class it had, what is left of it are the attributes of a detection finding.
import { DETAIL_TYPE, HOME_SOURCE } from '../alert/copies/names.ts';
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { DETECTION_FINDING } from '../ocsf/classes.ts';
import { lift } from '../ocsf/lift.ts';
import { object, reject, text } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { unwrapped } from './lib/aws-finding.ts';

const NAME = 'strongroom-finding';

export const strongroomFinding: Source<OcsfEvent> = {
  name: NAME,
  title: "Strongroom's findings of the bank's other regions",
  documentation: 'https://schema.ocsf.io/1.8.0/classes/detection_finding',
  classes: [DETECTION_FINDING.uid],
  framing: { kind: 'json' },
  delivered: [`EventBridge: ${HOME_SOURCE}, ${DETAIL_TYPE}`],
  ours: true,
  events: [{ source: HOME_SOURCE, detailTypes: [DETAIL_TYPE] }],
  claims: () => false,
  recognises: (head) => EVENT.test(head),
  parse,
  map: (event) => ({ ...event, is_alert: false }),
};

const EVENT = /"source"\s*:\s*"strongroom\.region"/;

function parse(record: RawRecord, { origin }: Context): Outcome<OcsfEvent> {
  const delivered = unwrapped(record);
  if (delivered.kind !== 'value') return delivered;
  const { body } = delivered.value;
  const [alert, bank, finding] = [text(body['alert']), text(body['bank']), object(body['finding'])];
  if (alert === undefined) return reject('missing_field', 'detail.alert');
  if (finding === undefined) return reject('missing_field', 'detail.finding');
  if (bank !== origin.bank) return reject('bad_value', 'detail.bank is not this bank');
  return lift(asDetection(finding), { uid: () => alert, ownUid: digest(15, NAME, alert) });
}

function asDetection(finding: JsonObject): JsonObject {
  const { class_uid: given, activity_id: activity, ...rest } = finding;
  if (given === DETECTION_FINDING.uid) return finding;
  const type = DETECTION_FINDING.uid * 100 + (typeof activity === 'number' ? activity : 0);
  return { ...rest, activity_id: activity ?? null, class_uid: DETECTION_FINDING.uid, type_uid: type };
}
