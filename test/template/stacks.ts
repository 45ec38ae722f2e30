// Every stack as it comes out of every kind of bank's file: what holds for all templates is looked at in each of these.
import { testSigner } from '../fakes/log.ts';
import {
  bankWithDomain,
  bankWithEndpointInVpc,
  bankWithGuardedDomain,
  bankWithKafka,
  bankWithOrganization,
  bankWithWitness,
  SAML_METADATA,
} from './banks.ts';
import type { CompileOptions } from './compile.ts';

export interface Variant extends CompileOptions {
  readonly name: string;
}

const KEY = testSigner('strongroom/watched/eu-central-1', 'ed25519').vkey;
const WATCHED = { watched: bankWithWitness() };
const WHOLE = { whole: bankWithOrganization() };

export const VARIANTS: readonly Variant[] = [
  { name: 'security', parameters: { bank: 'demo' } },
  { name: 'security with a domain', parameters: { bank: 'vpc' }, banks: { vpc: bankWithDomain() } },
  {
    name: 'security with everything a domain can have',
    parameters: { bank: 'guarded' },
    banks: { guarded: bankWithGuardedDomain() },
    files: { 'guarded/saml.xml': SAML_METADATA },
  },
  { name: 'security with an endpoint in a VPC', parameters: { bank: 'existing' }, banks: { existing: bankWithEndpointInVpc() } },
  { name: 'security with Kafka', parameters: { bank: 'topics' }, banks: { topics: bankWithKafka() } },
  { name: 'security with a witness', parameters: { bank: 'watched' }, banks: WATCHED },
  { name: 'security of an organization', parameters: { bank: 'whole' }, banks: WHOLE },
  { name: 'organization', parameters: { bank: 'whole', stack: 'organization' }, banks: WHOLE },
  { name: 'security of another region', parameters: { bank: 'whole', region: 'eu-west-1' }, banks: WHOLE },
  { name: 'workload', parameters: { bank: 'demo', stack: 'workload', account: '222222222222' } },
  { name: 'witness', parameters: { bank: 'watched', stack: 'witness', logKey: KEY }, banks: WATCHED },
];
