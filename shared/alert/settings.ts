// How alerts are merged and capped, where the bank's file does not say (`alerts` in schemas/config/bank.schema.json).
import type { BankConfig } from '../config.ts';
import type { Weekday } from './config.ts';
import { SEVERITY } from '../ocsf/classes.ts';
import { findingsBus } from '../provider/provider.ts';
import { homeBus } from './copies/home.ts';

const MINUTE_MS = 60_000;
const WINDOW_MINUTES = 60;
/** Messages in an hour. Whoever gets more reads none of them. */
const RULE_PER_HOUR = 20;
const BANK_PER_HOUR = 100;
const CRITICAL_PER_HOUR = 200;
const DIGEST_WEEKDAY: Weekday = 'monday';
const DIGEST_HOUR = 7;

export interface AlertSettings {
  readonly windowMs: number;
  /** Messages in an hour: of one rule, of the bank, and of findings that are critical, which the first two do not hold back. */
  readonly caps: Caps;
  /** undefined: none is sent. */
  readonly digest: { readonly weekday: Weekday; /** UTC */ readonly hour: number } | undefined;
}

export interface Caps {
  readonly rule: number;
  readonly bank: number;
  readonly critical: number;
}

export function alertSettings({ alerts }: Pick<BankConfig, 'alerts'>): AlertSettings {
  const { window_minutes: minutes = WINDOW_MINUTES, storm = {}, digest = {} } = alerts;
  return {
    windowMs: minutes * MINUTE_MS,
    caps: {
      rule: storm.rule_per_hour ?? RULE_PER_HOUR,
      bank: storm.bank_per_hour ?? BANK_PER_HOUR,
      critical: storm.critical_per_hour ?? CRITICAL_PER_HOUR,
    },
    digest: digest.send === false ? undefined : { weekday: digest.weekday ?? DIGEST_WEEKDAY, hour: digest.hour ?? DIGEST_HOUR },
  };
}

export type Copy = 'event_bus' | 'security_hub' | 'forward' | 'home';

/** @returns who else gets a finding of this severity, beside the topic. @param isOwn whether it is a finding of ours. */
export function copiesOf(bank: BankConfig, severity: number, isOwn: boolean): readonly Copy[] {
  const { event_bus: bus, security_hub: hub } = bank.alerts;
  const provider = findingsBus(bank);
  return [
    ...(bus === undefined ? [] : (['event_bus'] as const)),
    // The findings of other products come from there, or are there without us.
    ...(hub === true && isOwn ? (['security_hub'] as const) : []),
    ...(provider !== undefined && severity >= SEVERITY[provider.from] ? (['forward'] as const) : []),
    ...(homeBus(bank) === undefined ? [] : (['home'] as const)),
  ];
}
