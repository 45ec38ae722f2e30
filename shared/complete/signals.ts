// What is found about completeness, before it becomes an OCSF finding: PCI DSS 10.7 asks for alerts when logging fails, DORA's RTS 2024/1774
// article 23(2) for alerts on the completeness and integrity of sources and of log collection.
import type { SeverityName } from '../config.ts';
import { COVERAGE_SIGNALS } from '../coverage/signals.ts';

export interface Signal {
  readonly kind: SignalKind;
  /** With the kind, what tells this finding from others: the same for the same thing, however often it is found. */
  readonly about: readonly string[];
  /** What and where, on one line. */
  readonly detail: string;
  /** Since when, ms since the epoch; the same for the same thing. */
  readonly time: number;
  readonly until?: number | undefined;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  /** Name of the source whose logging it is about. */
  readonly source: string;
  /** What it is about: `s3://bucket/key`, a partition, a vault key. */
  readonly resource?: string | undefined;
  /** Vault key that shows it. */
  readonly evidence?: string | undefined;
  /** It is found, and nobody is alerted: others of the same event are. */
  readonly quiet?: boolean | undefined;
  /** When it was over; then it closes the finding. */
  readonly closed?: number | undefined;
}

export interface SignalMeaning {
  readonly title: string;
  readonly level: SeverityName;
  readonly means: string;
  /** What to do. */
  readonly response: string;
}

const ASK_THE_TRAIL =
  "Look for StopLogging, UpdateTrail and DeleteTrail in the organization's trail and in the account's event history (90 days, in the console), and " +
  'put the trail back as it is declared.';
const TAMPERED =
  'Keep the landing bucket as it is, find out from its access logs and data events who wrote or deleted below AWSLogs/, and verify the period with ' +
  '`npx strongroom verify`. Until it is explained, take the logs of that account and time for altered.';

export const SIGNALS = {
  source_late: {
    title: 'Log source is late',
    level: 'medium',
    means: "A source has delivered nothing for longer than the bank's file allows (operations.silence).",
    response:
      'Find out whether the account is just idle, or delivery is delayed or was switched off. A source that stays silent is reported again.',
  },
  source_silent: {
    title: 'Log source is silent',
    level: 'high',
    means:
      "A source has delivered nothing for three times as long as the bank's file allows (operations.silence): its logging has failed or was switched off.",
    response:
      'Look for calls that switch the source off (rules in aws-logging) and for failed deliveries, restore logging, and note from when to when nothing was logged.',
  },
  digest_missing: {
    title: 'CloudTrail digest is missing',
    level: 'high',
    means:
      'CloudTrail writes a signed digest for every hour, also for an hour in which nothing happened. For this hour there is none, so nothing proves what was delivered.',
    response: ASK_THE_TRAIL,
  },
  digest_restart: {
    title: 'CloudTrail digests begin anew',
    level: 'high',
    means:
      'A digest names no predecessor: validation had been off, or logging had been stopped and was started again. Nothing proves what was delivered in between.',
    response: ASK_THE_TRAIL,
  },
  digest_end: {
    title: 'CloudTrail digests have ended',
    level: 'high',
    means:
      'For two days no digest has followed the last one: validation was switched off, logging stopped, or the trail is gone. It is not looked for any more.',
    response: ASK_THE_TRAIL,
  },
  digest_unreadable: {
    title: 'CloudTrail digest cannot be read',
    level: 'critical',
    means: 'A digest is damaged or was not written by CloudTrail.',
    response: TAMPERED,
  },
  digest_unsigned: {
    title: 'CloudTrail digest is not signed',
    level: 'critical',
    means: 'A digest came without a signature: it was copied, or not written by CloudTrail.',
    response: TAMPERED,
  },
  digest_signature: {
    title: 'CloudTrail digest has a false signature',
    level: 'critical',
    means: 'A digest was altered, or not written by CloudTrail.',
    response: TAMPERED,
  },
  digest_moved: {
    title: 'CloudTrail digest was moved',
    level: 'critical',
    means: 'A digest was signed for another place than the one to which it was delivered.',
    response: TAMPERED,
  },
  digest_chain: {
    title: 'CloudTrail digest was replaced',
    level: 'critical',
    means: 'A digest does not name its predecessor as it was delivered: one of the two was replaced.',
    response: TAMPERED,
  },
  key_unknown: {
    title: 'CloudTrail digest is signed with an unknown key',
    level: 'high',
    means: 'CloudTrail does not list the public key that a digest names, or could not be asked in that region.',
    response:
      'Ask CloudTrail in that region (`aws cloudtrail list-public-keys --region …`). If it does not know the key either, the digest is forged; if the region is not enabled ' +
      'in the security account, enable it.',
  },
  file_missing: {
    title: 'CloudTrail log file is missing',
    level: 'high',
    means: 'A digest names a log file that was not delivered.',
    response: TAMPERED,
  },
  file_altered: {
    title: 'CloudTrail log file was altered',
    level: 'critical',
    means: 'A log file has another hash than its digest says.',
    response: TAMPERED,
  },
  file_extra: {
    title: 'CloudTrail log file that no digest names',
    level: 'high',
    means: 'A log file was delivered that CloudTrail did not write, or by a trail without validation.',
    response: TAMPERED,
  },
  file_unchecked: {
    title: 'CloudTrail log file is damaged',
    level: 'critical',
    means: 'A log file could not be expanded to its end, so it is not the one whose hash its digest names.',
    response: TAMPERED,
  },
  offset_gap: {
    title: 'Records of a Kafka topic were skipped',
    level: 'medium',
    means:
      'Offsets of a partition were never delivered. Records may have expired before they were read. In a compacted topic, and where producers use transactions, offsets ' +
      'are left out as a matter of course.',
    response:
      "Compare the topic's retention with the lag of ingest-kafka (alarm ingest-kafka-lag), and ask who runs the topic whether it is compacted or transactional.",
  },
  clock_future: {
    title: 'Events are dated after their delivery',
    level: 'low',
    means: 'A delivery holds events that are dated more than a day after it: a clock is wrong, or somebody chooses the times.',
    response: 'Find the system whose clock is wrong; searches by time miss its events.',
  },
  clock_past: {
    title: 'Events are dated long before their delivery',
    level: 'low',
    means:
      'A delivery holds events that are dated more than 35 days before it: they were held back, a clock is wrong, or somebody chooses the times.',
    response: 'Find out what delayed the delivery, or the system whose clock is wrong; searches by time may have missed these events.',
  },
  residency_refused: {
    title: 'Records of a region where data may not live',
    level: 'high',
    means:
      "Records came of an account and region whose data may not be here by the bank's residency rules. They were not indexed and not searched for attacks; only the " +
      'evidence, as delivered, has their text.',
    response:
      'Find out who works in that region: an account that was taken over often works where nobody looks. Then close the region to the account (policies of the organization), ' +
      'or end what delivers its records here, or change the rules (docs/RESIDENCY.md), after which `npx strongroom parked redrive` takes them.',
  },
  log_rewound: {
    title: 'Transparency log was rewritten',
    level: 'critical',
    means: "The log of the evidence does not contain what it contained before. Nobody but the log's writer can do that, and it never does.",
    response:
      "Compare with the witness' copy, keep every version below _log/ in the vault, and take the notarize role's and the signing key's permissions away.",
  },
  ...COVERAGE_SIGNALS,
} as const satisfies Readonly<Record<string, SignalMeaning>>;

export type SignalKind = keyof typeof SIGNALS;
