// Every source there is. Adding one: its file in this folder, its line here, its golden cases in test/golden/<name>/.
import { declaredSource } from '../declared/source.ts';
import { shippedPlans } from '../declared/pack.ts';
import { adyen } from './adyen.ts';
import { alb } from './alb.ts';
import { apache } from './apache.ts';
import { albConnection } from './alb-connection.ts';
import { albHealthCheck } from './alb-health-check.ts';
import { accessAnalyzer } from './access-analyzer.ts';
import type { Delivery, EventPattern, Source } from './api.ts';
import { applicationJson } from './application-json.ts';
import { auth0 } from './auth0.ts';
import { binance } from './binance.ts';
import { bitcoin } from './bitcoin.ts';
import { cef } from './cef.ts';
import { clb } from './clb.ts';
import { cloudfront } from './cloudfront.ts';
import { cloudfrontRealtime } from './cloudfront-realtime.ts';
import { cloudtrail } from './cloudtrail.ts';
import { entraId } from './entra-id.ts';
import { coinbase } from './coinbase.ts';
import { config } from './config.ts';
import { github } from './github.ts';
import { googleWorkspace } from './google-workspace.ts';
import { ethereum } from './ethereum.ts';
import { guardduty } from './guardduty.ts';
import { health } from './health.ts';
import { inspector } from './inspector.ts';
import { iso20022 } from './iso20022.ts';
import { leef } from './leef.ts';
import { linuxAuth } from './linux-auth.ts';
import { macie } from './macie.ts';
import { microsoft365 } from './microsoft-365.ts';
import { mysqlAudit } from './mysql-audit.ts';
import { mysqlError } from './mysql-error.ts';
import { mysqlGeneral } from './mysql-general.ts';
import { mysqlSlow } from './mysql-slow.ts';
import { nginx } from './nginx.ts';
import { nlb } from './nlb.ts';
import { ocsf } from './ocsf.ts';
import { okta } from './okta.ts';
import { postgresql } from './postgresql.ts';
import { s3Access } from './s3-access.ts';
import { salesforceEventLog } from './salesforce-event-log.ts';
import { securityHub } from './security-hub.ts';
import { securityHubOcsf } from './security-hub-ocsf.ts';
import { slack } from './slack.ts';
import { snowflakeLogin } from './snowflake-login.ts';
import { snowflakeQuery } from './snowflake-query.ts';
import { stripe } from './stripe.ts';
import { strongroomFinding } from './strongroom-finding.ts';
import { syslog } from './syslog.ts';
import { vpcFlow } from './vpc-flow.ts';
import { waf } from './waf.ts';
import { route53Resolver } from './route53-resolver.ts';
import { route53Public } from './route53-public.ts';
import { networkFirewall } from './network-firewall.ts';
import { eksAudit } from './eks-audit.ts';
import { eksControlPlane } from './eks-control-plane.ts';
import { apiGateway } from './api-gateway.ts';
import { lambda } from './lambda.ts';

/** In the order in which local files are recognised: what could be mistaken for another comes later. */
export const SOURCES: readonly Source[] = [
  strongroomFinding,
  securityHubOcsf,
  ocsf,
  cloudtrail,
  securityHub,
  inspector,
  macie,
  accessAnalyzer,
  config,
  health,
  guardduty,
  vpcFlow,
  alb,
  albConnection,
  albHealthCheck,
  nlb,
  clb,
  s3Access,
  cloudfront,
  cloudfrontRealtime,
  okta,
  iso20022,
  stripe,
  adyen,
  coinbase,
  binance,
  ethereum,
  bitcoin,
  // Described without code: shared/sources/declared/.
  ...shippedPlans().map(declaredSource),
  waf,
  route53Resolver,
  route53Public,
  networkFirewall,
  microsoft365,
  entraId,
  googleWorkspace,
  github,
  slack,
  auth0,
  eksAudit,
  eksControlPlane,
  apiGateway,
  lambda,
  salesforceEventLog,
  snowflakeLogin,
  snowflakeQuery,
  mysqlAudit,
  mysqlSlow,
  mysqlError,
  mysqlGeneral,
  postgresql,
  cef,
  leef,
  linuxAuth,
  nginx,
  apache,
  syslog,
  applicationJson,
];

/** @returns the source that claims the delivered unit, or undefined. */
export function claim(delivery: Delivery, sources: readonly Source[] = SOURCES): Source | undefined {
  if (delivery.trigger !== 'eventbridge') return sources.find((source) => source.claims(delivery));
  return sources.find(({ events }) => events?.some((pattern) => matches(pattern, delivery)));
}

function matches(pattern: EventPattern, { source, detailType }: Extract<Delivery, { trigger: 'eventbridge' }>): boolean {
  const isSource = pattern.source.endsWith('*') ? source.startsWith(pattern.source.slice(0, -1)) : source === pattern.source;
  return isSource && pattern.detailTypes?.includes(detailType) !== false;
}

export function sourceNamed(name: string): Source | undefined {
  return SOURCES.find((source) => source.name === name);
}

/** Recognises a local file by its first decompressed bytes (text, at most 64 KiB). */
export function recognise(head: string, sources: readonly Source[] = SOURCES): Source | undefined {
  return sources.find((source) => source.recognises(head));
}
