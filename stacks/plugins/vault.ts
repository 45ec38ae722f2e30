// What the vault's policies and lifecycle take from the bank's file.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
import type { BankConfig } from '../../shared/config.ts';
import { roleNames } from '../../shared/organization/config.ts';
import { classesOf, longestLock } from '../../shared/retention/classes.ts';
import { coldSteps } from '../../shared/retention/cold.ts';
import { CLASS_TAG } from '../../shared/seal/vault.ts';

export interface VaultSettings {
  /** ARNs of the roles that write evidence. */
  readonly sealers: readonly string[];
  /** Of those that may decrypt with the evidence key: to seal under the period's key, to look up checksums, to open. */
  readonly openers: readonly string[];
  /** Of those that may say something in the vault. */
  readonly staters: readonly string[];
  /** Of those that put legal holds on objects, and write period keys: sealers and officers. */
  readonly holders: readonly string[];
  readonly officer: string;
  readonly reader: string;
  readonly notary: string;
  /** Days that an object may be locked for at the most: a longer lock could not be mended. */
  readonly longestLockDays: number;
  readonly lifecycle: readonly object[];
}

/** Functions beside those that seal. */
const NOTARY = 'notarize';
const OPENING = [NOTARY, 'replay', 'watch'];
/** Reads which legal holds are open, and nothing else. */
const READS_HOLDS = 'lifecycle';

export function vaultOf(bank: BankConfig, sealing: readonly string[]): VaultSettings {
  const role = (name: string): string => `arn:aws:iam::${bank.security_account}:role/${roleNames(bank)}-${name}`;
  const [reader, officer, notary] = [role('evidence-reader'), role('evidence-officer'), role(NOTARY)];
  const sealers = sealing.map(role);
  const opening = OPENING.map(role);
  const openers = [...sealers, ...opening, role(READS_HOLDS), reader, officer];
  return {
    ...{ reader, officer, notary, sealers, openers },
    staters: [...opening, reader, officer],
    holders: [...sealers, officer],
    // Locks end at midnight.
    longestLockDays: longestLock(bank.retention).days + 1,
    lifecycle: lifecycle(bank),
  };
}

/**
 * One rule per retention class, by tag: where rules overlap, S3 takes the shorter time, so none may speak for all objects. What is still locked,
 * or under a legal hold, stays; only the log and the statements have no end.
 */
function lifecycle({ retention }: BankConfig): readonly object[] {
  const classes = classesOf(retention).map(({ name, days }) => {
    const steps = coldSteps(days, retention.cold);
    const transitions = steps.map((step) => ({ StorageClass: step.storage_class, TransitionInDays: step.after_days }));
    return {
      Id: `evidence-${name}`,
      Status: 'Enabled',
      TagFilters: [{ Key: CLASS_TAG, Value: name }],
      ExpirationInDays: days,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      ...(transitions.length === 0 ? {} : { Transitions: transitions }),
    };
  });
  return [
    ...classes,
    // The one object that is written again and again.
    { Id: 'latest-checkpoint', Status: 'Enabled', Prefix: '_log/checkpoint', NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
    { Id: 'left-overs', Status: 'Enabled', ExpiredObjectDeleteMarker: true, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
  ];
}
