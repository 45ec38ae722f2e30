// The stacks whose stateful resources are frozen in test/template/frozen/, one file each: what the last release has deployed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { statefulOf, type Identities } from '../../stacks/plugins/stateful.ts';
import { testSigner } from '../fakes/log.ts';
import { bankWithDomain, bankWithKafka, bankWithOrganization, bankWithWitness } from './banks.ts';
import { compile, discard, type Compiled, type CompileOptions } from './compile.ts';

export const FROZEN_STACKS: Readonly<Record<string, CompileOptions>> = {
  security: { parameters: { bank: 'demo' } },
  'security-with-domain': { parameters: { bank: 'vpc' }, banks: { vpc: bankWithDomain() } },
  'security-with-kafka': { parameters: { bank: 'topics' }, banks: { topics: bankWithKafka() } },
  workload: { parameters: { bank: 'demo', stack: 'workload', account: '222222222222' } },
  organization: { parameters: { bank: 'whole', stack: 'organization' }, banks: { whole: bankWithOrganization() } },
  witness: {
    parameters: { bank: 'watched', stack: 'witness', logKey: testSigner('strongroom/watched/eu-central-1', 'ed25519').vkey },
    banks: { watched: bankWithWitness() },
  },
};

export function frozenFile(stack: string): string {
  return join('test', 'template', 'frozen', `${stack}.json`);
}

export interface CompiledState {
  readonly state: Identities;
  readonly resources: Compiled['resources'];
}

/** @returns what the sources as they are make of each stack. */
export async function compiledStates(): Promise<ReadonlyMap<string, CompiledState>> {
  const states = await Promise.all(
    Object.entries(FROZEN_STACKS).map(async ([stack, options]) => {
      const compiled = await compile(options);
      try {
        return [stack, { state: statefulOf(JSON.parse(readFileSync(compiled.file, 'utf8'))), resources: compiled.resources }] as const;
      } finally {
        discard(compiled);
      }
    }),
  );
  return new Map(states);
}
