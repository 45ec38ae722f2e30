// A residency policy as the functions have it: where data of each class may live, and where it may go. Its file is banks/policies/<name>.yml
// (schemas/config/policy.schema.json). Names of regions: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html

/**
 * `logs`: landing buckets, hub, index. `evidence`: the vault. `findings`: of ours and of others. `health`: numbers, alarms, hashes and
 * checkpoints, nothing of a log. `keys`: key material of multi-Region keys.
 */
export const RESIDENCY_CLASSES = ['logs', 'evidence', 'findings', 'health', 'keys'] as const;

export type ResidencyClass = (typeof RESIDENCY_CLASSES)[number];

export interface ClassRule {
  /** Regions in which data of the class may be made and kept. */
  readonly live: readonly string[];
  /** Regions to which it may be copied or sent from there; `any` of health only. */
  readonly move: readonly string[] | 'any';
}

export interface ResidencyPolicy {
  readonly title: string;
  readonly jurisdiction: string;
  /** Whether events of services without a region, which AWS records in one region for the whole world, may be taken: see global.ts. */
  readonly global_events: boolean;
  readonly classes: Readonly<Record<ResidencyClass, ClassRule>>;
}
