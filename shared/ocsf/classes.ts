// https://schema.ocsf.io/1.8.0/classes: the classes this product emits.
export const OCSF_VERSION = '1.8.0';

export interface OcsfClass {
  readonly uid: number;
  readonly category: number;
  /** The class's name in OCSF; also the middle of its index names. */
  readonly name: string;
}

export const BASE_EVENT = { uid: 0, category: 0, name: 'base_event' } as const;
export const DETECTION_FINDING = { uid: 2004, category: 2, name: 'detection_finding' } as const;
export const AUTHENTICATION = { uid: 3002, category: 3, name: 'authentication' } as const;
export const NETWORK_ACTIVITY = { uid: 4001, category: 4, name: 'network_activity' } as const;
export const HTTP_ACTIVITY = { uid: 4002, category: 4, name: 'http_activity' } as const;
export const API_ACTIVITY = { uid: 6003, category: 6, name: 'api_activity' } as const;

export const OCSF_CLASSES: readonly OcsfClass[] = [
  BASE_EVENT,
  DETECTION_FINDING,
  AUTHENTICATION,
  NETWORK_ACTIVITY,
  HTTP_ACTIVITY,
  API_ACTIVITY,
];

/** The classification attributes that class and activity decide. type_uid = class_uid * 100 + activity_id. */
export function classify(
  cls: OcsfClass,
  activityId: number,
): { activity_id: number; category_uid: number; class_uid: number; type_uid: number } {
  return { activity_id: activityId, category_uid: cls.category, class_uid: cls.uid, type_uid: cls.uid * 100 + activityId };
}

/** Severity ids. https://schema.ocsf.io/1.8.0/classes/base_event (severity_id) */
export const SEVERITY = { unknown: 0, informational: 1, low: 2, medium: 3, high: 4, critical: 5, fatal: 6, other: 99 } as const;

/** Status ids. https://schema.ocsf.io/1.8.0/classes/base_event (status_id) */
export const STATUS = { unknown: 0, success: 1, failure: 2, other: 99 } as const;
