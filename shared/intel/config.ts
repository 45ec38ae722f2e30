// `intel` of the bank's file (schemas/config/bank.schema.json): whose indicators are matched.
import type { SeverityName } from '../config.ts';

/** See shared/intel/update.ts. */
export interface IntelConfig {
  readonly feeds: readonly IntelFeed[];
  /** Addresses, networks and domains that are never matched, whoever lists them. */
  readonly allow?: readonly string[];
  /** How far back new indicators are looked for in the index; left out: 30, 0: not at all. */
  readonly retro_days?: number;
}

export interface IntelFeed {
  /** Of our own choice: events and findings carry it. */
  readonly name: string;
  readonly format: 'stix' | 'taxii' | 'misp' | 'feodo' | 'urlhaus' | 'threatfox' | 'kev' | 'ofac' | 'list';
  /** Of the file, the TAXII collection, the folder of MISP; `{secret}` stands for the secret. Left out: filled by `strongroom intel import`. */
  readonly url?: string;
  /** In Secrets Manager: the key alone, or `user:password` for basic. */
  readonly secret_arn?: string;
  /** How the secret is sent: bearer, basic, or the name of a header; left out where the address has it. */
  readonly auth?: string;
  readonly every_hours?: number;
  /** Where the feed does not say: 0 to 100, left out: 50. */
  readonly confidence?: number;
  /** Where the feed does not say; left out: AMBER for stix, taxii and misp, CLEAR for the others. */
  readonly tlp?: 'CLEAR' | 'GREEN' | 'AMBER' | 'AMBER STRICT' | 'RED';
  /** What the entries are, where the feed does not say: `Tor exit`. */
  readonly label?: string;
  /** Of findings; left out: medium. */
  readonly severity?: SeverityName;
  /** From this confidence on an event becomes a finding; left out: 70. With false, events are only marked. */
  readonly alert_confidence?: number | false;
  /** For which an indicator without an end counts after it was last seen; left out: by type, see shared/intel/life.ts. */
  readonly ttl_days?: number;
  /** Takes a copy that has less than half of the indicators of the one before. */
  readonly may_shrink?: boolean;
  /** Size of the largest file taken; left out: 64. */
  readonly max_mib?: number;
}
