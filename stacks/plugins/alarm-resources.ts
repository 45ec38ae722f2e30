// Alarms as CloudFormation resources. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
import { pascalCase, type Resource } from './resources.ts';

export interface Alarm {
  /** Alarm name after `strongroom-<bank>-`. */
  readonly name: string;
  /** What it means and what to do, for who is woken by it. */
  readonly text: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: 'Sum' | 'Maximum';
  readonly above: number;
  /** Seconds of one period. */
  readonly period?: number;
  /** Periods in a row. */
  readonly periods?: number;
}

/** What looks for others must not fall silent itself. */
export interface Stopped {
  readonly name: string;
  /** Without a run. */
  readonly seconds: number;
  readonly text: string;
}

/** @param topic ARN, or what CloudFormation makes it of. */
export function resource(prefix: string, topic: string | object, alarm: Alarm): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${prefix}-${alarm.name}`,
      AlarmDescription: alarm.text,
      Namespace: alarm.namespace,
      MetricName: alarm.metric,
      Dimensions: dimensionList(alarm.dimensions),
      Statistic: alarm.statistic,
      Period: alarm.period ?? 300,
      EvaluationPeriods: alarm.periods ?? 1,
      Threshold: alarm.above,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [topic],
      OKActions: [topic],
    },
  };
}

export function stoppedResource(prefix: string, topic: string, { name, seconds, text }: Stopped): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${prefix}-${name}-stopped`,
      AlarmDescription: `${text} Its schedule may have been switched off.`,
      Namespace: 'AWS/Lambda',
      MetricName: 'Invocations',
      Dimensions: dimensionList({ FunctionName: `${prefix}-${name}` }),
      Statistic: 'Sum',
      Period: seconds,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
      AlarmActions: [topic],
      OKActions: [topic],
    },
  };
}

/** One that rings when there is too little. */
export interface LowAlarm extends Pick<Alarm, 'name' | 'text' | 'namespace' | 'metric' | 'dimensions'> {
  readonly statistic: 'Minimum' | 'Maximum';
  readonly below: number;
}

export function lowResource(prefix: string, topic: string, { statistic, below, ...alarm }: LowAlarm): Resource {
  const { Type, Properties } = resource(prefix, topic, { ...alarm, statistic: 'Maximum', above: below });
  return { Type, Properties: { ...Properties, Statistic: statistic, ComparisonOperator: 'LessThanThreshold' } };
}

/** How much of a quota of the account is used. */
export interface QuotaAlarm extends Pick<Alarm, 'name' | 'text' | 'above'> {
  /** As the metrics in AWS/Usage call it. */
  readonly service: string;
  readonly resource: string;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Quotas-Visualize-Alarms.html; `above` in per cent. */
export function quotaResource(prefix: string, topic: string, { name, text, service, resource: quota, above }: QuotaAlarm): Resource {
  const Dimensions = dimensionList({ Service: service, Type: 'API', Resource: quota, Class: 'None' });
  const usage = { Metric: { Namespace: 'AWS/Usage', MetricName: 'CallCount', Dimensions }, Period: 60, Stat: 'Sum' };
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${prefix}-${name}`,
      AlarmDescription: text,
      Metrics: [
        { Id: 'usage', MetricStat: usage, ReturnData: false },
        { Id: 'share', Expression: '100 * usage / SERVICE_QUOTA(usage)', Label: 'per cent of the quota', ReturnData: true },
      ],
      EvaluationPeriods: 5,
      Threshold: above,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [topic],
      OKActions: [topic],
    },
  };
}

interface Silence {
  readonly prefix: string;
  readonly topic: string;
  readonly bank: string;
  readonly source: string;
  readonly minutes: number;
}

export function silenceResource({ prefix, topic, bank, source, minutes }: Silence): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${prefix}-silence-${source}`,
      AlarmDescription: `No record of ${source} for ${minutes} minutes: logging may have been switched off.`,
      Namespace: 'Strongroom',
      MetricName: 'Records',
      Dimensions: dimensionList({ Bank: bank, Source: source }),
      Statistic: 'Sum',
      Period: minutes * 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      // The metric is written per record seen: no data is exactly the silence looked for.
      TreatMissingData: 'breaching',
      AlarmActions: [topic],
      OKActions: [topic],
    },
  };
}

function dimensionList(dimensions: Readonly<Record<string, string>>): readonly { Name: string; Value: string }[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}

/** Of CloudWatch; the rest of the alarm is said where it is made. */
export function metric(
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
): Pick<Alarm, 'namespace' | 'metric' | 'dimensions'> {
  return { namespace, metric: name, dimensions };
}

export function logicalId(name: string): string {
  return `${pascalCase(name)}Alarm`;
}
