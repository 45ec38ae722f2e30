// Loads and validates a bank's file. Every problem is reported with its line and what would be allowed.
// https://json-schema.org/draft-07 (schemas/config/bank.schema.json), https://eemeli.org/yaml/#documents
import { existsSync, readdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import schema from '../schemas/config/bank.schema.json' with { type: 'json' };
import type { BankConfig } from '../shared/config.ts';
import type { DeclaredPlan } from '../shared/declared/plan.ts';
import { MisconfiguredError } from '../shared/errors.ts';
import { inRegion, regionsOf } from '../shared/organization/config.ts';
import { isVital } from '../shared/redact/redact.ts';
import { sourceNamed } from '../shared/sources/registry.ts';
import { sourcesOf } from '../shared/sources/routes.ts';
import { loadSource } from './declared/compile.ts';
import { access } from './bank-access.ts';
import { anomalies } from './bank-anomalies.ts';
import { alerts } from './bank-alerts.ts';
import { detections } from './bank-detections.ts';
import { enrichment } from './bank-enrichment.ts';
import { intel } from './bank-intel.ts';
import { lifecycle } from './bank-lifecycle.ts';
import { log } from './bank-log.ts';
import { network } from './bank-network.ts';
import { provider } from './bank-provider.ts';
import { regions } from './bank-regions.ts';
import { loadPolicies, residency, type LoadedPolicies } from './bank-residency.ts';
import { cold, retention } from './bank-retention.ts';
import { loadOwnRules } from './bank-rules.ts';
import { kafka, streams } from './bank-streams.ts';
import { found } from './similar.ts';
import { formatErrors, readYaml, type FileError, type Problem } from './yaml-file.ts';

export type LoadedBank =
  { readonly bank: BankConfig; readonly errors?: undefined } | { readonly errors: readonly FileError[]; readonly bank?: undefined };

const BANKS = 'banks';

/** S3 bucket names have at most 63 characters; this purpose is the longest (stacks/resources/buckets.yml). */
const LONGEST_PURPOSE = 'landing-sse-s3';

/** @returns the bank, or every error found. Never throws for what the file holds. */
export function loadBank(file: string): LoadedBank {
  const name = basename(file).replace(/\.ya?ml$/, '');
  const declared = loadDeclared(join(dirname(file), name, 'sources'));
  const rules = loadOwnRules(join(dirname(file), name, 'rules'));
  const own = {
    ...(declared.plans.length === 0 ? {} : { declared: declared.plans }),
    ...(rules.pack === undefined ? {} : { rules: rules.pack }),
  };
  let residencyFiles: LoadedPolicies = { policies: undefined, errors: [] };
  const read = readYaml(file, validate, (content) => {
    if (!isBank(content)) return [];
    residencyFiles = loadPolicies(content, join(dirname(file), 'policies'));
    return contradictions(withPolicies({ ...content, ...own }, residencyFiles), name, dirname(file));
  });
  const errors = [...(read.errors ?? []), ...declared.errors, ...rules.errors, ...residencyFiles.errors];
  if (read.errors !== undefined || errors.length > 0 || !isBank(read.content)) return { errors };
  return { bank: withPolicies({ ...read.content, ...own }, residencyFiles) };
}

function withPolicies(bank: BankConfig, { policies }: LoadedPolicies): BankConfig {
  return policies === undefined ? bank : { ...bank, policies };
}

/** The sources that the bank has described itself. @param folder banks/<name>/sources; there may be none. */
function loadDeclared(folder: string): { readonly plans: readonly DeclaredPlan[]; readonly errors: readonly FileError[] } {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.ya?ml$/.test(name)) : [];
  const loaded = names.sort().map((name) => ({ file: join(folder, name), ...loadSource(join(folder, name)) }));
  const taken = loaded.filter(({ plan }) => plan !== undefined && sourceNamed(plan.name) !== undefined);
  return {
    plans: loaded.flatMap(({ plan }) => (plan === undefined ? [] : [plan])),
    errors: [
      ...loaded.flatMap(({ file, errors = [] }) => errors.map((error) => ({ ...error, file }))),
      ...taken.map(({ file }) => ({ file, line: 1, path: 'name', message: 'is the name of a source that Strongroom has; take another' })),
    ],
  };
}

let chosenRegion: string | undefined;

/** From now on bankNamed() gives banks as this region has them: `strongroom --region`. */
export function chooseRegion(region: string): void {
  chosenRegion = region;
}

/** The names of all banks, from banks/*.yml. */
export function bankNames(): readonly string[] {
  return readdirSync(BANKS).flatMap((entry) => (entry.endsWith('.yml') ? [entry.slice(0, -4)] : []));
}

/**
 * The bank whose file is banks/<name>.yml.
 * @param region as which of its regions has it; left out: the one chosen, or its home.
 * @throws MisconfiguredError naming the banks there are, every error of the file, or the bank's regions.
 */
export function bankNamed(name: string, region = chosenRegion): BankConfig {
  const file = join(BANKS, `${name}.yml`);
  if (name === '' || !existsSync(file)) {
    throw new MisconfiguredError(`must name one of ${bankNames().join(', ')} (found "${name}")`);
  }
  const { bank, errors } = loadBank(file);
  if (bank === undefined) throw new MisconfiguredError(`the bank's file is wrong\n${formatErrors(file, errors)}`);
  return region === undefined ? bank : inRegion(bank, region);
}

/** @returns the bank as the chosen region has it. @throws MisconfiguredError naming the regions there are. */
export function asChosen(bank: BankConfig): BankConfig {
  return chosenRegion === undefined ? bank : inRegion(bank, chosenRegion);
}

const validate = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(schema);

function isBank(content: unknown): content is BankConfig {
  return validate(content);
}

/** What the schema cannot say: values that contradict each other or do not exist. */
function contradictions(bank: BankConfig, fileName: string, folder: string): readonly Problem[] {
  return [
    ...names(bank, fileName),
    ...accounts(bank),
    ...regions(bank),
    ...residency(bank),
    ...retention(bank, sourcesOf(bank)),
    ...cold(bank),
    ...log(bank),
    ...opensearch(bank),
    ...network(bank, folder),
    ...lifecycle(bank),
    ...sources(bank),
    ...kafka(bank),
    ...streams(bank),
    ...writers(bank),
    ...exclusions(bank),
    ...redaction(bank),
    ...addresses(bank),
    ...subscriptions(bank),
    ...intel(bank),
    ...alerts(bank),
    ...provider(bank),
    ...detections(bank),
    ...enrichment(bank),
    ...access(bank),
    ...anomalies(bank),
  ];
}

function* names(bank: BankConfig, fileName: string): Generator<Problem> {
  if (bank.bank !== fileName) yield { path: ['bank'], message: `must be the file's name, ${fileName} (found "${bank.bank}")` };
  const longest = regionsOf(bank).reduce((a, b) => (b.length > a.length ? b : a));
  const bucket = `strongroom-${bank.bank}-${bank.security_account}-${longest}-${LONGEST_PURPOSE}`;
  const excess = bucket.length - 63;
  if (excess > 0) yield { path: ['bank'], message: `is ${excess} characters too long: S3 bucket names such as ${bucket} end at 63` };
}

function* accounts(bank: BankConfig): Generator<Problem> {
  const seen = new Map<string, string>();
  for (const [index, account] of bank.accounts.entries()) {
    const path = ['accounts', String(index), 'id'];
    const other = seen.get(account.id);
    if (other !== undefined) yield { path, message: `${account.id} is listed twice, as ${other} and ${account.name}` };
    if (account.id === bank.security_account) yield { path, message: 'is the security account, which is no workload account' };
    seen.set(account.id, account.name);
  }
}

/** AWS names domains inside a VPC so; nothing outside reaches them. */
const VPC_ENDPOINT = /^https:\/\/vpc-[^.]+\.[^/]+\.amazonaws\.com(:\d+)?$/;

function* opensearch({ opensearch }: BankConfig): Generator<Problem> {
  const { domain, endpoint } = opensearch;
  if ((domain === undefined) === (endpoint === undefined)) yield { path: ['opensearch'], message: 'must have either domain or endpoint' };
  if (endpoint?.startsWith('http:') === true && !/^http:\/\/(127\.|localhost\b|\[::1\])/.test(endpoint)) {
    yield { path: ['opensearch', 'endpoint'], message: `must be https, except on this machine (found "${endpoint}")` };
  }
  const network = (['subnet_ids', 'security_group_ids'] as const).filter((name) => opensearch[name] !== undefined);
  if (domain !== undefined) {
    for (const name of network) yield { path: ['opensearch', name], message: 'belongs to an endpoint inside a VPC; a domain has its own' };
  } else if (network.length === 1) {
    yield { path: ['opensearch'], message: `must have subnet_ids and security_group_ids or neither (found ${network.join()} alone)` };
  } else if (network.length === 0 && endpoint !== undefined && VPC_ENDPOINT.test(endpoint)) {
    yield {
      path: ['opensearch', 'endpoint'],
      message: 'is inside a VPC: subnet_ids and security_group_ids must say where the functions that talk to it are placed',
    };
  }
  if (domain !== undefined && domain.instance_count % domain.subnet_ids.length !== 0) {
    yield {
      path: ['opensearch', 'domain', 'instance_count'],
      message: `must be a multiple of the number of subnets, ${domain.subnet_ids.length} (found ${domain.instance_count})`,
    };
  }
}

function* sources(bank: BankConfig): Generator<Problem> {
  const known = sourcesOf(bank).map((source) => source.name);
  const named = [
    ...bank.log_groups.map((entry, index) => ({ path: ['log_groups', String(index), 'source'], name: entry.source })),
    ...(bank.objects ?? []).map((entry, index) => ({ path: ['objects', String(index), 'source'], name: entry.source })),
    ...(bank.partner_events ?? []).map((entry, index) => ({ path: ['partner_events', String(index), 'source'], name: entry.source })),
    ...(bank.kafka ?? []).flatMap(({ topics }, cluster) =>
      topics.map(({ source }, index) => ({ path: ['kafka', String(cluster), 'topics', String(index), 'source'], name: source })),
    ),
    ...(bank.streams ?? []).map(({ source }, index) => ({ path: ['streams', String(index), 'source'], name: source })),
    ...bank.exclusions.map((entry, index) => ({ path: ['exclusions', String(index), 'source'], name: entry.source })),
    ...(bank.operations?.silence ?? []).map((entry, index) => ({
      path: ['operations', 'silence', String(index), 'source'],
      name: entry.source,
    })),
  ];
  for (const { path, name } of named) {
    if (!known.includes(name)) yield { path, message: `must be a source, see \`npx strongroom sources\` ${found(name, known)}` };
  }
}

/** Sources whose event ids the writer of a log group would choose: with another account's id he could stand in the way of its event. */
function* writers(bank: BankConfig): Generator<Problem> {
  for (const [index, { source, account }] of bank.log_groups.entries()) {
    if (source === 'cloudtrail' && account === undefined) {
      yield {
        path: ['log_groups', String(index)],
        message: 'must have account, the one whose trail writes to the group: its records bring their own ids',
      };
    }
  }
}

function* exclusions(bank: BankConfig): Generator<Problem> {
  const seen = new Set<string>();
  for (const [index, exclusion] of bank.exclusions.entries()) {
    const path = ['exclusions', String(index)];
    for (const [at, condition] of [exclusion, ...(exclusion.and ?? [])].entries()) {
      if ((condition.equals === undefined) !== (condition.starts_with === undefined)) continue;
      yield { path: at === 0 ? path : [...path, 'and', String(at - 1)], message: 'must have either equals or starts_with' };
    }
    if (seen.has(exclusion.name)) yield { path: [...path, 'name'], message: `${exclusion.name} is used twice; events are counted by name` };
    seen.add(exclusion.name);
  }
}

function* redaction(bank: BankConfig): Generator<Problem> {
  for (const [index, { field }] of bank.redaction.entries()) {
    if (isVital(field)) yield { path: ['redaction', String(index), 'field'], message: `must not be ${field}: no event can do without it` };
  }
}

function* addresses(bank: BankConfig): Generator<Problem> {
  for (const [index, address] of bank.alerts.bad_addresses.entries()) {
    if (!isNetwork(address)) {
      yield {
        path: ['alerts', 'bad_addresses', String(index)],
        message: `must be an IPv4 or IPv6 address or network such as 203.0.113.0/24 (found "${address}")`,
      };
    }
  }
}

function isNetwork(candidate: string): boolean {
  const [address = '', bits, ...rest] = candidate.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const ENDPOINTS = { email: /^[^@\s]+@[^@\s]+$/, https: /^https:\/\/\S+$/, sqs: /^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:\S+$/ } as const;

function* subscriptions(bank: BankConfig): Generator<Problem> {
  for (const place of ['alerts', 'operations'] as const) {
    for (const [index, { protocol, endpoint }] of (bank[place]?.subscriptions ?? []).entries()) {
      if (!ENDPOINTS[protocol].test(endpoint)) {
        yield {
          path: [place, 'subscriptions', String(index), 'endpoint'],
          message: `must be ${{ email: 'a mail address', https: 'an https URL', sqs: 'the ARN of a queue' }[protocol]} (found "${endpoint}")`,
        };
      }
    }
  }
}
