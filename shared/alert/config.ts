// Who is told what, of `alerts` in the bank's file (schemas/config/bank.schema.json).
import type { SeverityName, Subscription } from '../config.ts';

export type Weekday = 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday';

/** What a message on the alerts topic is: see shared/alert/message.ts. */
export type AlertAction = 'create' | 'update' | 'close' | 'summary' | 'digest';

export interface AlertSubscription extends Subscription {
  /** All of them must hold; left out: every message. See shared/alert/routing.ts. */
  readonly when?: AlertConditions;
}

export interface AlertConditions {
  readonly min_severity?: SeverityName;
  readonly accounts?: readonly string[];
  /** Ids of rules; of other products, their types of findings. */
  readonly rules?: readonly string[];
  /** ATT&CK tactics and techniques, kinds of detection: `T1078.004`, `TA0001`, `correlation`. */
  readonly tags?: readonly string[];
  /** Sources that the finding is about, as `strongroom sources` lists them; `strongroom`: the platform's own. */
  readonly sources?: readonly string[];
  readonly actions?: readonly AlertAction[];
}
