// What the stacks take from the bank's file about the log of evidence and its witness.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
import type { BankConfig } from '../../shared/config.ts';
import { logSettings } from '../../shared/notary/settings.ts';
import { ALGORITHMS } from '../../shared/notary/signer.ts';
import { verifierOf } from '../../shared/notary/verifier.ts';
import { policy, type Resources } from './resources.ts';

export interface LogStack {
  /** Of the keys of log and witness, as KMS calls them. */
  readonly keySpec: string;
  readonly algorithm: string;
  /** Lets notarize ask the witness, where there is one. */
  readonly resources: Resources;
  /** Verifier keys of the log that the witness trusts, joined by commas. */
  readonly keys: string;
}

/** @param keys that `--param logKey=` gave. */
export function logOf(bank: BankConfig, keys: string): LogStack {
  const { kind, witness } = logSettings(bank);
  const call = { Sid: 'AskTheWitness', Effect: 'Allow' as const, Action: ['lambda:InvokeFunction'], Resource: witness?.functionArn ?? '' };
  const access = {
    Type: 'AWS::IAM::RolePolicy',
    Properties: { RoleName: { Ref: 'NotarizeRole' }, PolicyName: 'witness', PolicyDocument: policy([call]) },
  };
  return {
    keySpec: kind === 'ed25519' ? 'ECC_NIST_EDWARDS25519' : 'ECC_NIST_P256',
    algorithm: ALGORITHMS[kind],
    resources: witness === undefined ? {} : { WitnessAccessPolicy: access },
    keys,
  };
}

/** @throws Error if it is not what the witness of this bank can trust. */
export function checkLogKeys(bank: BankConfig, given: string): void {
  const { origin } = logSettings(bank);
  const help = 'the key that `strongroom evidence checkpoint` prints; several, of a log whose key was replaced, are joined by commas';
  if (given === '') throw new Error(`--param logKey=<key> must be given: ${help}`);
  for (const key of given.split(',')) {
    const { name } = verifierOf(key);
    if (name !== origin) throw new Error(`--param logKey= is a key of ${name}, the bank's log is ${origin}: give ${help}`);
  }
}
