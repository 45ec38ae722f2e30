// Which deliveries are of a declared source, and whose they are, by the names that services give what they deliver.
import type { Source } from '../sources/api.ts';
import type { Claim } from './plan.ts';
import { wildcard } from './wildcard.ts';

const ACCOUNT = '{account}';
const REGION = '{region}';
const AWS_LOGS = 'AWSLogs/';

export function claimsOf(claim: Claim): Source['claims'] {
  const keys = claim.keys.map(keyPattern);
  const groups = claim.log_groups.map(wildcard);
  return (delivery) => {
    if (delivery.trigger === 's3') return keys.some(({ locate }) => locate(delivery.key) !== undefined);
    return delivery.trigger === 'logs' && groups.some((isGroup) => isGroup(delivery.logGroup));
  };
}

export function locateOf(claim: Claim): NonNullable<Source['locate']> {
  const keys = claim.keys.map(keyPattern);
  return (delivery) => {
    if (delivery.trigger !== 's3') return {};
    for (const { locate } of keys) {
      const found = locate(delivery.key);
      if (found !== undefined) return found;
    }
    return {};
  };
}

type Located = ReturnType<NonNullable<Source['locate']>>;

interface KeyPattern {
  /** @returns undefined where the key is another one. */
  readonly locate: (key: string) => Located | undefined;
}

const PLACES = /(\{account\}|\{region\})/;

function pieceOf(text: string): string {
  if (text === ACCOUNT) return '(?<account>\\d{12})';
  return text === REGION ? '(?<region>[a-z0-9-]+)' : RegExp.escape(text);
}

/** Placeholders stand before the first star: cli/declared/compile.ts has checked it. */
function keyPattern(pattern: string): KeyPattern {
  const star = pattern.indexOf('*');
  const head = star < 0 ? pattern : pattern.slice(0, star);
  const expression = new RegExp(`^${head.split(PLACES).map(pieceOf).join('')}`);
  const isHead = head.includes(ACCOUNT) || head.includes(REGION);
  const isRest = wildcard(isHead ? pattern.slice(head.length) : pattern);
  return {
    locate(key) {
      const own = pattern.startsWith(AWS_LOGS) ? ownPart(key) : key;
      if (!isHead) return isRest(own) ? {} : undefined;
      const match = expression.exec(own);
      if (match === null || !isRest(own.slice(match[0].length))) return undefined;
      return { account: match.groups?.['account'], region: match.groups?.['region'] };
    },
  };
}

/** What a service writes begins with AWSLogs/, whatever prefix was chosen for it. */
function ownPart(key: string): string {
  if (key.startsWith(AWS_LOGS)) return key;
  const at = key.indexOf(`/${AWS_LOGS}`);
  return at < 0 ? key : key.slice(at + 1);
}

/** @returns what is wrong with a pattern of S3 keys. */
export function keyProblem(pattern: string): string | undefined {
  const star = pattern.indexOf('*');
  for (const place of [ACCOUNT, REGION]) {
    const at = pattern.indexOf(place);
    if (at >= 0 && star >= 0 && at > star) return `has ${place} behind the first *`;
    if (at !== pattern.lastIndexOf(place)) return `has ${place} twice`;
  }
  return undefined;
}
