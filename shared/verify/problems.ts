// Everything that verification can find. Reports, exit codes, the tamper drill and findings use these codes and no others.

/** `failure`: the evidence does not prove what it should; `warning`: somebody should look; `note`: explained, said for completeness. */
export type Severity = 'failure' | 'warning' | 'note';

interface Meaning {
  readonly severity: Severity;
  readonly means: string;
}

const OBJECTS = {
  object_missing: { severity: 'failure', means: 'The log has a leaf for this version, and the vault does not have the version.' },
  object_altered: { severity: 'failure', means: 'The SHA-256 of the sealed bytes is not the one in the log.' },
  wrong_size: { severity: 'failure', means: 'The sealed object has another number of bytes than the log says.' },
  not_opened: {
    severity: 'failure',
    means: 'The sealed message does not open: altered, cut short, or under a key that is not of its period.',
  },
  wrong_context: {
    severity: 'failure',
    means: 'The message belongs to another bank, account, region, source, day or class than its key says.',
  },
  plaintext_differs: { severity: 'failure', means: 'The opened bytes do not have the salted hash or the size that the log has.' },
  metadata_differs: { severity: 'failure', means: 'What is written beside the object is not what the log says of it.' },
  version_replaced: { severity: 'failure', means: 'A newer version lies over the one in the log.' },
  delete_marker: { severity: 'failure', means: 'A delete marker hides the object; the version itself may still be there.' },
  not_locked: { severity: 'failure', means: 'The object has no Object Lock retention.' },
  lock_too_short: { severity: 'failure', means: 'Its lock ends before the time that the bank promises.' },
  lock_weaker: { severity: 'warning', means: 'It is locked in governance mode where the bank promises compliance mode.' },
  lock_ended: { severity: 'note', means: 'Its promised retention is over; it may be deleted.' },
  object_expired: { severity: 'note', means: 'The version is gone, and its promised retention is over.' },
  archived: { severity: 'warning', means: 'It lies in a storage class that it has to be restored from before it can be read.' },
  held: { severity: 'note', means: 'The object is under a legal hold.' },
  hold_missing: { severity: 'failure', means: 'A legal hold that nobody has lifted covers the object, and S3 does not hold it.' },
  erased: { severity: 'note', means: 'The key of its period was destroyed on record; the sealed bytes and their proof remain.' },
  key_missing_unexplained: { severity: 'failure', means: 'The key of its period is gone, and no erasure statement in the log says why.' },
  not_in_log: { severity: 'failure', means: 'The vault holds an object version that has no leaf in the log.' },
  not_yet_in_log: { severity: 'note', means: 'The object is younger than the time the log may take to get to it.' },
  duplicate_leaf: { severity: 'failure', means: 'The log has two leaves for one object version.' },
} as const satisfies Record<string, Meaning>;

const LOG = {
  no_checkpoint: { severity: 'failure', means: 'The log has no signed checkpoint.' },
  bad_signature: { severity: 'failure', means: 'A checkpoint has no valid signature by a trusted key.' },
  forged_checkpoint: { severity: 'failure', means: 'A checkpoint is signed, and its root is not that of the entries up to its size.' },
  bad_root: { severity: 'failure', means: 'The tree recomputed from the entries does not give the root of a checkpoint.' },
  bad_tile: { severity: 'failure', means: 'A tile is missing, or holds other hashes than the entries give.' },
  bad_entries: { severity: 'failure', means: 'A bundle of entries is missing or cannot be read.' },
  bad_leaf: { severity: 'failure', means: 'A leaf is not of the form that leaves have.' },
  inconsistent_checkpoints: { severity: 'failure', means: 'A later checkpoint does not contain the tree of an earlier one.' },
  log_rewound: { severity: 'failure', means: 'The latest checkpoint is smaller than one that was signed or co-signed before.' },
  wrong_origin: { severity: 'failure', means: 'A checkpoint is that of another log.' },
  witness_disagrees: { severity: 'failure', means: 'What a witness has co-signed is not what the log says now.' },
  keys_unpinned: { severity: 'note', means: 'The keys come from the vault itself: whoever could rewrite it could have replaced them.' },
  not_cosigned: { severity: 'note', means: 'No trusted witness has co-signed the latest checkpoint.' },
  not_witnessed: { severity: 'failure', means: 'Witnesses that the trust file demands have not signed a checkpoint for more than a day.' },
  log_behind: { severity: 'warning', means: 'Entries have waited longer for a checkpoint than the platform promises.' },
} as const satisfies Record<string, Meaning>;

const COMPLETENESS = {
  gap: { severity: 'warning', means: 'Something that should have been delivered was not: numbers are left out, or a source was silent.' },
  silent_account: { severity: 'warning', means: "An account of the bank's file delivered nothing in the period." },
  clock_anomaly: { severity: 'warning', means: 'Times contradict each other: events after their delivery, or delivery after sealing.' },
  late_object: { severity: 'warning', means: 'It was sealed long after its delivery, or delivered long after its last event.' },
} as const satisfies Record<string, Meaning>;

/** Found by shared/cloudtrail-digest/. */
const CLOUDTRAIL = {
  digest_unreadable: { severity: 'failure', means: 'A CloudTrail digest cannot be read or lacks a field.' },
  digest_unsigned: { severity: 'failure', means: 'The signature of a CloudTrail digest was not kept and is in no later digest.' },
  digest_signature: { severity: 'failure', means: 'The signature of a CloudTrail digest does not fit it.' },
  key_unknown: { severity: 'failure', means: 'The public key that a CloudTrail digest names was not kept.' },
  digest_moved: { severity: 'failure', means: 'A CloudTrail digest was not delivered to the place it was signed for.' },
  digest_chain: { severity: 'failure', means: 'A CloudTrail digest does not name its predecessor as it is.' },
  digest_missing: { severity: 'failure', means: 'A CloudTrail digest names a predecessor that is not there: hours have no digest.' },
  digest_start: {
    severity: 'note',
    means: 'The first CloudTrail digest of an account and region: from here on hours and files are proven.',
  },
  digest_restart: {
    severity: 'warning',
    means: 'CloudTrail digests begin anew: validation had been off, or logging had stopped and was started again.',
  },
  digest_end: { severity: 'warning', means: 'No CloudTrail digest follows the last one: validation was switched off, or logging stopped.' },
  file_missing: { severity: 'failure', means: 'A CloudTrail digest names a log file that was not delivered.' },
  file_altered: { severity: 'failure', means: 'A CloudTrail log file has another hash than its digest says.' },
  file_extra: { severity: 'failure', means: 'A CloudTrail log file was delivered that no digest names.' },
  file_unchecked: {
    severity: 'failure',
    means: 'A CloudTrail log file could not be expanded to its end when it was sealed, so its hash is not known.',
  },
} as const satisfies Record<string, Meaning>;

const EXPORT = {
  export_unreadable: { severity: 'failure', means: 'A file of the export is not of the form that it should have.' },
  export_missing: { severity: 'failure', means: 'The manifest names a file that the export does not have.' },
  export_altered: { severity: 'failure', means: 'A file of the export is not the one that was written.' },
  export_extra: { severity: 'failure', means: 'The export has a file that its manifest does not name.' },
  bad_proof: { severity: 'failure', means: 'A proof does not lead from the leaf to the root of its checkpoint.' },
} as const satisfies Record<string, Meaning>;

export const PROBLEMS = { ...OBJECTS, ...LOG, ...COMPLETENESS, ...CLOUDTRAIL, ...EXPORT };

export type ProblemCode = keyof typeof PROBLEMS;

export interface Problem {
  readonly code: ProblemCode;
  readonly severity: Severity;
  /** Vault key, path in the log, account, file: what it is about. */
  readonly at: string;
  /** What differs, without the contents of evidence. */
  readonly detail: string;
}

export function problem(code: ProblemCode, at: string, detail: string): Problem {
  return { code, severity: PROBLEMS[code].severity, at, detail };
}
