// https://schema.ocsf.io/1.8.0/classes: the classes this product emits.
export const OCSF_VERSION = '1.8.0';

/** Vendor and name of the product in our own findings. */
export const OWN_PRODUCT = 'Strongroom';

export interface OcsfClass {
  readonly uid: number;
  readonly category: number;
  /** The class's name in OCSF; also the middle of its index names. */
  readonly name: string;
}

export const BASE_EVENT = { uid: 0, category: 0, name: 'base_event' } as const;
export const VULNERABILITY_FINDING = { uid: 2002, category: 2, name: 'vulnerability_finding' } as const;
export const COMPLIANCE_FINDING = { uid: 2003, category: 2, name: 'compliance_finding' } as const;
export const DETECTION_FINDING = { uid: 2004, category: 2, name: 'detection_finding' } as const;
export const DATA_SECURITY_FINDING = { uid: 2006, category: 2, name: 'data_security_finding' } as const;
export const ACCOUNT_CHANGE = { uid: 3001, category: 3, name: 'account_change' } as const;
export const AUTHENTICATION = { uid: 3002, category: 3, name: 'authentication' } as const;
export const ENTITY_MANAGEMENT = { uid: 3004, category: 3, name: 'entity_management' } as const;
export const USER_ACCESS = { uid: 3005, category: 3, name: 'user_access' } as const;
export const GROUP_MANAGEMENT = { uid: 3006, category: 3, name: 'group_management' } as const;
export const NETWORK_ACTIVITY = { uid: 4001, category: 4, name: 'network_activity' } as const;
export const HTTP_ACTIVITY = { uid: 4002, category: 4, name: 'http_activity' } as const;
export const DNS_ACTIVITY = { uid: 4003, category: 4, name: 'dns_activity' } as const;
export const CLOUD_RESOURCES_INVENTORY = { uid: 5023, category: 5, name: 'cloud_resources_inventory_info' } as const;
export const API_ACTIVITY = { uid: 6003, category: 6, name: 'api_activity' } as const;
export const DATASTORE_ACTIVITY = { uid: 6005, category: 6, name: 'datastore_activity' } as const;
export const FILE_HOSTING = { uid: 6006, category: 6, name: 'file_hosting' } as const;

export const OCSF_CLASSES: readonly OcsfClass[] = [
  BASE_EVENT,
  VULNERABILITY_FINDING,
  COMPLIANCE_FINDING,
  DETECTION_FINDING,
  DATA_SECURITY_FINDING,
  ACCOUNT_CHANGE,
  AUTHENTICATION,
  ENTITY_MANAGEMENT,
  USER_ACCESS,
  GROUP_MANAGEMENT,
  NETWORK_ACTIVITY,
  HTTP_ACTIVITY,
  DNS_ACTIVITY,
  CLOUD_RESOURCES_INVENTORY,
  API_ACTIVITY,
  DATASTORE_ACTIVITY,
  FILE_HOSTING,
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
