// Which documents a role may see: accounts, sources and days, as a query that OpenSearch adds to each search.
// https://docs.opensearch.org/latest/security/access-control/document-level-security/
import type { AccessRole, BankConfig } from '../config.ts';
import { shippedPlans } from '../declared/pack.ts';
import { OWN_PRODUCT, DETECTION_FINDING } from '../ocsf/classes.ts';
import { sourcesOf } from '../sources/routes.ts';

const DAY_MS = 86_400_000;

/**
 * Name of the product in the events of each source that is written in code; declared sources say theirs themselves. An event does not carry
 * the name of its source, so product and class tell it: two sources of one product and one class (alb-connection, alb-health-check) come
 * together. What another source's sender calls by the same product and class comes as well: ocsf, cef and leef take it from the record.
 */
const PRODUCTS: Readonly<Record<string, readonly string[]>> = {
  'access-analyzer': ['IAM Access Analyzer'],
  adyen: ['Adyen'],
  alb: ['Application Load Balancer'],
  'alb-connection': ['Application Load Balancer'],
  'alb-health-check': ['Application Load Balancer'],
  apache: ['HTTP Server'],
  'api-gateway': ['Amazon API Gateway'],
  auth0: ['Auth0'],
  binance: ['Binance'],
  bitcoin: ['Bitcoin'],
  clb: ['Classic Load Balancer'],
  cloudfront: ['CloudFront'],
  'cloudfront-realtime': ['CloudFront'],
  cloudtrail: ['CloudTrail'],
  coinbase: ['Coinbase'],
  config: ['Config'],
  'eks-audit': ['Amazon EKS'],
  'eks-control-plane': ['Amazon EKS'],
  'entra-id': ['Microsoft Entra ID'],
  ethereum: ['Ethereum'],
  github: ['GitHub'],
  'google-workspace': ['Google Workspace'],
  guardduty: ['GuardDuty'],
  health: ['Health'],
  inspector: ['Inspector'],
  iso20022: ['ISO 20022'],
  'linux-auth': ['Linux'],
  macie: ['Macie'],
  'microsoft-365': ['Microsoft 365'],
  'mysql-audit': ['MySQL'],
  'mysql-error': ['MySQL'],
  'mysql-general': ['MySQL'],
  'mysql-slow': ['MySQL'],
  'network-firewall': ['AWS Network Firewall'],
  nginx: ['nginx'],
  nlb: ['Network Load Balancer'],
  okta: ['Okta'],
  postgresql: ['PostgreSQL'],
  'route53-public': ['Amazon Route 53'],
  'route53-resolver': ['Amazon Route 53'],
  's3-access': ['Amazon S3'],
  'salesforce-event-log': ['Salesforce'],
  'security-hub': ['Security Hub'],
  slack: ['Slack'],
  'snowflake-login': ['Snowflake'],
  'snowflake-query': ['Snowflake'],
  stripe: ['Stripe'],
  'vpc-flow': ['AWS Transit Gateway', 'Amazon VPC'],
  waf: ['AWS WAF'],
};

/** Their product is what the sender, or the log group, calls itself: nothing in the event tells them from others. */
export const SELF_NAMED: readonly string[] = [
  'application-json',
  'cef',
  'lambda',
  'leef',
  'ocsf',
  'security-hub-ocsf',
  'strongroom-finding',
  'syslog',
];

/** Findings of Strongroom itself. No other event may bear its name: shared/normalise.ts. */
export const OWN_FINDINGS = 'strongroom';

type Asked = Pick<AccessRole, 'accounts' | 'sources' | 'from' | 'to'>;

/** @returns the names that `sources` of a role may hold. */
export function tellableSources(bank: Pick<BankConfig, 'declared'>): readonly string[] {
  return [OWN_FINDINGS, ...sourcesOf(bank).flatMap(({ name }) => (productsOf(name, bank) === undefined ? [] : [name]))];
}

/** @returns undefined where the role sees every document. @throws Error for a source that cannot be told; the bank's file is checked before. */
export function scopeQuery({ accounts, sources, from, to }: Asked, bank: Pick<BankConfig, 'declared'>): object | undefined {
  const filter = [
    ...(accounts === undefined ? [] : [{ terms: { 'cloud.account.uid': accounts } }]),
    ...(sources === undefined ? [] : [anyOf(sources.map((source) => ofSource(source, bank)))]),
    ...(from === undefined && to === undefined ? [] : [{ range: { time: daysOf(from, to) } }]),
  ];
  return filter.length === 0 ? undefined : { bool: { filter } };
}

function anyOf(queries: readonly object[]): object {
  const [only] = queries;
  return queries.length === 1 && only !== undefined ? only : { bool: { should: queries, minimum_should_match: 1 } };
}

function ofSource(name: string, bank: Pick<BankConfig, 'declared'>): object {
  const products = name === OWN_FINDINGS ? [OWN_PRODUCT] : productsOf(name, bank);
  const classes = name === OWN_FINDINGS ? [DETECTION_FINDING.uid] : sourcesOf(bank).find((source) => source.name === name)?.classes;
  // Without either it would be a role that sees more than was asked for.
  if (products === undefined || classes === undefined) throw new Error(`access: events of ${name} cannot be told from others`);
  return { bool: { filter: [{ terms: { 'metadata.product.name': products } }, { terms: { class_uid: classes.map(String) } }] } };
}

function productsOf(source: string, { declared = [] }: Pick<BankConfig, 'declared'>): readonly string[] | undefined {
  const plan = [...declared, ...shippedPlans()].find(({ name }) => name === source);
  const products = plan === undefined ? PRODUCTS[source] : [plan.product.name];
  // OpenSearch would put attributes of the user in its place.
  return products?.some((product) => product.includes('${')) === true ? undefined : products;
}

/** Both days are in it. */
function daysOf(from: string | undefined, to: string | undefined): object {
  return {
    ...(from === undefined ? {} : { gte: Date.parse(from) }),
    ...(to === undefined ? {} : { lt: Date.parse(to) + DAY_MS }),
    format: 'epoch_millis',
  };
}
