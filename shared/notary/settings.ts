// What the bank's file says of its log, with what it leaves out.
import type { BankConfig } from '../config.ts';
import { originOf } from './checkpoint.ts';
import { logKind, witnessKind } from './signer.ts';
import type { SignatureKind } from './verifier.ts';

/** Seconds between two checkpoints. */
const CHECKPOINT_SECONDS = 300;

export interface LogSettings {
  /** Name of the log and of its key. */
  readonly origin: string;
  readonly kind: SignatureKind;
  /** Between two checkpoints, ms. */
  readonly interval: number;
  readonly witness: WitnessSettings | undefined;
}

export interface WitnessSettings {
  /** Of its key. */
  readonly name: string;
  readonly kind: SignatureKind;
  readonly region: string;
  readonly functionArn: string;
  /** Verifier key. */
  readonly key: string | undefined;
}

export function logSettings(bank: Pick<BankConfig, 'bank' | 'region' | 'log'>): LogSettings {
  const { signature = 'p256', checkpoint_seconds: seconds = CHECKPOINT_SECONDS } = bank.log ?? {};
  return { origin: originOf(bank.bank, bank.region), kind: logKind(signature), interval: seconds * 1000, witness: witnessSettings(bank) };
}

export function witnessSettings({ bank, region: own, log }: Pick<BankConfig, 'bank' | 'region' | 'log'>): WitnessSettings | undefined {
  if (log?.witness === undefined) return undefined;
  const { account, region = own, key } = log.witness;
  return {
    name: `strongroom/${bank}/witness/${account}`,
    kind: witnessKind(log.signature ?? 'p256'),
    region,
    functionArn: `arn:aws:lambda:${region}:${account}:function:strongroom-${bank}-witness:live`,
    key,
  };
}
