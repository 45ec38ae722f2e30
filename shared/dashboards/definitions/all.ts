// The dashboards, in the order in which they are offered. https://docs.opensearch.org/latest/dashboards/dashboard/index/
import type { Dashboard } from '../model.ts';
import { API } from './api.ts';
import { COMPLIANCE } from './compliance.ts';
import { EVIDENCE } from './evidence.ts';
import { EXFILTRATION } from './exfiltration.ts';
import { FINDINGS_TRIAGE } from './findings.ts';
import { IDENTITIES } from './identities.ts';
import { NETWORK } from './network.ts';
import { OVERVIEW } from './overview.ts';
import { PAYMENTS_AND_CHAINS } from './payments.ts';
import { PLATFORM } from './platform.ts';
import { WEB_TRAFFIC } from './web.ts';

export const DASHBOARDS: readonly Dashboard[] = [
  OVERVIEW,
  IDENTITIES,
  API,
  NETWORK,
  WEB_TRAFFIC,
  FINDINGS_TRIAGE,
  COMPLIANCE,
  PAYMENTS_AND_CHAINS,
  EXFILTRATION,
  PLATFORM,
  EVIDENCE,
];
