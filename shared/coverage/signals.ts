// What is found about resources that log nothing. PCI DSS 10.2.1 wants audit logs enabled and active for all system components.
import type { SignalMeaning } from '../complete/signals.ts';

export const COVERAGE_SIGNALS = {
  vpc_unlogged: {
    title: 'VPC has no flow log',
    level: 'medium',
    means: 'No flow log of the VPC that takes all its traffic comes to the platform.',
    response:
      "Find out who deleted it (DeleteFlowLogs in CloudTrail) or why it was never made. The function coverage makes one where the bank's file lets it " +
      '(coverage.switch_on) and the VPC has room: two flow logs to the same kind of place are the most.',
  },
  flow_log_failing: {
    title: 'Flow log cannot deliver',
    level: 'medium',
    means: 'A flow log is there, and EC2 says that it cannot write to where it goes.',
    response:
      "Compare policy and key of the destination with stacks/resources/landing.yml and keys.yml; the account must be in the bank's file.",
  },
  balancer_unlogged: {
    title: 'Load balancer does not log',
    level: 'medium',
    means: "Logs of the load balancer are off, or go to a bucket that is not the platform's.",
    response:
      "Where they are off, coverage switches them on if the bank's file lets it. A balancer has one bucket: where another gets them, forward its objects or " +
      'point the balancer here (ModifyLoadBalancerAttributes).',
  },
  web_acl_unlogged: {
    title: 'Web ACL does not log',
    level: 'medium',
    means: 'No request that the web ACL looks at is logged, or the log goes elsewhere.',
    response:
      "A web ACL has one destination, and coverage never replaces one: forward from there, or point it to the platform's aws-waf-logs bucket (PutLoggingConfiguration). " +
      'For one of CloudFront do so in us-east-1.',
  },
  database_unlogged: {
    title: 'Database does not export its logs',
    level: 'medium',
    means: 'RDS keeps logs of the database on its own disk for some days at most; nobody else sees them.',
    response:
      'Switch on what the finding names with modify-db-instance or modify-db-cluster (--cloudwatch-logs-export-configuration), after the parameter or option group ' +
      "writes it, and add the log group to the account in the bank's file. The platform has no right to change databases.",
  },
  distribution_unlogged: {
    title: 'CloudFront distribution does not log',
    level: 'medium',
    means: 'The distribution has neither standard logging (v2 or legacy) nor a real-time log.',
    response:
      'Make a delivery source of the distribution and a delivery to the landing bucket in us-east-1 (standard logging v2: PutDeliverySource, CreateDelivery).',
  },
  log_group_unsubscribed: {
    title: 'Log group is not subscribed',
    level: 'medium',
    means: "A log group that the bank's file lists does not go to the intake, or is not there.",
    response:
      "A group that was deleted and made anew has lost its subscription; coverage gives it another where the bank's file lets it. Where others hold both of its two " +
      "subscriptions, one of them has to go. A group that is not needed any more is taken out of the bank's file.",
  },
  recorder_stopped: {
    title: 'AWS Config does not record',
    level: 'high',
    means:
      'The account has no configuration recorder in the region, or it is stopped or fails: nobody can say later what was configured how.',
    response:
      'Look for StopConfigurationRecorder and DeleteConfigurationRecorder in CloudTrail; deploy the workload stack again, or start the recorder.',
  },
  detector_missing: {
    title: 'GuardDuty is off',
    level: 'high',
    means: 'The account has no GuardDuty detector in the region that is enabled.',
    response:
      'Look for DeleteDetector and UpdateDetector in CloudTrail; the administrator of the organization enables all members (auto-enable ALL), see `npx strongroom onboard account`.',
  },
  account_blind: {
    title: 'Account cannot be looked at',
    level: 'high',
    means: 'Whether resources of the account log could not be found out: the role that lets coverage look is missing, or refuses.',
    response:
      'Deploy the workload stack into the account and region (it makes the role strongroom-<bank>-coverage), and look for a policy of the organization that denies it.',
  },
  account_unknown: {
    title: "Account of the organization is not in the bank's file",
    level: 'high',
    means: "An active account belongs to the organization, and its logs are not accepted: the bank's file does not name it.",
    response: "Find out whose it is. If it is the bank's, `npx strongroom onboard account` brings it in.",
  },
} as const satisfies Readonly<Record<string, SignalMeaning>>;
