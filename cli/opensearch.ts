// The OpenSearch of a bank, as a command reaches it: found by the stack's output, asked with the caller's own credentials.
// https://docs.opensearch.org/latest/clients/javascript/index/ (errors), https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html
import { errors } from '@opensearch-project/opensearch';
import type { BankConfig } from '../shared/config.ts';
import { MisconfiguredError } from '../shared/errors.ts';
import { openSearchClient, type OpenSearch } from '../shared/opensearch/client.ts';
import { isArray, isObject, text } from '../shared/outcome.ts';
import { bankNamed } from './bank.ts';
import { deployed, output } from './deployed.ts';

export interface BankSearch {
  readonly bank: BankConfig;
  readonly client: OpenSearch;
  readonly url: string;
  /** Who said that address, for errors: `--url`, `the stack's output OpenSearchUrl` … */
  readonly toldBy: string;
  close(): Promise<void>;
}

export interface SearchAddress {
  /** What `--url` gave: wins over what the stack and the bank's file say. */
  readonly url?: string | undefined;
}

/**
 * Finds the bank's OpenSearch; nothing is asked of it yet. The caller closes what it gets.
 * @throws MisconfiguredError if there is no such bank, or nobody says where its OpenSearch is.
 */
export async function bankSearch(name: string, { url: given }: SearchAddress = {}): Promise<BankSearch> {
  const bank = bankNamed(name);
  const { url, toldBy } = given === undefined ? await addressOf(bank) : { url: checkedUrl(given), toldBy: '--url' };
  const client = openSearchClient(url, bank.region);
  return { bank, client, url, toldBy, close: () => client.close() };
}

/**
 * As bankSearch(), for one piece of work: closed afterwards.
 * @throws MisconfiguredError where OpenSearch cannot be reached or refuses the caller; other errors of OpenSearch in words.
 */
export async function withBankSearch<T>(name: string, address: SearchAddress, use: (search: BankSearch) => Promise<T>): Promise<T> {
  const search = await bankSearch(name, address);
  try {
    return await use(search);
  } catch (error) {
    throw explained(error, search);
  } finally {
    await search.close();
  }
}

/** The deployed stack knows best: an address may have been given when it was deployed. */
async function addressOf(bank: BankConfig): Promise<{ readonly url: string; readonly toldBy: string }> {
  try {
    return { url: output(await deployed(bank.bank), 'OpenSearchUrl'), toldBy: "the stack's output OpenSearchUrl" };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const { endpoint } = bank.opensearch;
    if (endpoint !== undefined) return { url: endpoint, toldBy: `banks/${bank.bank}.yml, because the stack could not be asked: ${why}` };
    throw new MisconfiguredError(`where the OpenSearch of bank ${bank.bank} is could not be asked of its stack (${why}): give --url`, {
      cause: error,
    });
  }
}

function checkedUrl(url: string): string {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'https:' || protocol === 'http:') return url;
  throw new MisconfiguredError(
    `--url must be an address such as https://search.bank.example or http://127.0.0.1:9200 (found "${shown(url)}")`,
  );
}

/** Without user and password: it goes into logs. */
function shown(url: string): string {
  if (!URL.canParse(url)) return url.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1');
  const { username, password, protocol } = new URL(url);
  if (username !== '' || password !== '') return url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/is, '$1');
  // `admin:secret@host` is an address too, with a protocol called admin.
  return ['https:', 'http:'].includes(protocol) ? url : url.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1');
}

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

/** @returns an error that says what happened, where, and what to do; any other error as it is. */
export function explained(error: unknown, { bank, url, toldBy }: Omit<BankSearch, 'client' | 'close'>): unknown {
  const place = `OpenSearch of bank ${bank.bank} at ${shown(url)} (address from ${toldBy})`;
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError) {
    const todo = 'see that it is up and that this machine gets to it (a domain in a VPC is reached from inside it), or give --url';
    return new MisconfiguredError(`${place} does not answer: ${error.message}; ${todo}`, { cause: error });
  }
  if (error instanceof errors.TimeoutError)
    return new Error(`${place} did not answer in time: ask for less, or try again`, { cause: error });
  if (error instanceof Error && error.name === 'CredentialsProviderError') {
    const todo = "sign in (aws sso login) or set AWS_PROFILE, as somebody whom the bank's file maps to a role of OpenSearch";
    return new MisconfiguredError(`${place} cannot be asked without credentials of AWS: ${error.message}; ${todo}`, { cause: error });
  }
  if (!(error instanceof errors.ResponseError)) return error;
  const { statusCode } = error;
  if (statusCode === UNAUTHORIZED || statusCode === FORBIDDEN) {
    const todo = "use credentials of a role that the bank's file maps to one of OpenSearch";
    return new MisconfiguredError(`${place} refuses: ${reasonOf(error)}; ${todo}`, { cause: error });
  }
  return new Error(`${place} answered ${statusCode}: ${reasonOf(error)}`, { cause: error });
}

/** What OpenSearch says of its innermost cause: the outer ones are about shards and phases. */
export function reasonOf(error: InstanceType<typeof errors.ResponseError>): string {
  const body: unknown = error.body;
  const said = isObject(body) ? body['error'] : undefined;
  return causeOf(said) ?? text(said) ?? (isObject(body) ? text(body['message']) : undefined) ?? error.message;
}

function causeOf(node: unknown): string | undefined {
  if (!isObject(node)) return undefined;
  const shard = isArray(node['failed_shards']) ? node['failed_shards'][0] : undefined;
  const inner = causeOf(node['caused_by']) ?? (isObject(shard) ? causeOf(shard['reason']) : undefined);
  if (inner !== undefined) return inner;
  const [type, reason] = [text(node['type']), text(node['reason'])];
  return reason === undefined ? type : `${reason}${type === undefined ? '' : ` (${type})`}`;
}
