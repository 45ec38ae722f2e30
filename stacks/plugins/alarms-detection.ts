// Alarms about what goes on without its part, less well: copies of alerts, feeds, correlations, enrichment.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
import { metric, type Alarm } from './alarm-resources.ts';

/** @param bank its name. */
export function detectionAlarms(bank: string): readonly Alarm[] {
  return [
    {
      name: 'alert-copies',
      text: 'Copies of alerts for an event bus, Security Hub or the provider fail; the alerts themselves are out. They are tried again for a day; the log group of alerts says why.',
      ...metric('Strongroom', 'AlertCopiesFailed', { Bank: bank }),
      statistic: 'Sum',
      above: 0,
      periods: 3,
    },
    {
      name: 'intel-feeds',
      text: 'A feed of threat intelligence could not be read six times in a row; its last good copy stays in use: `strongroom intel list` says why.',
      ...metric('Strongroom', 'FeedsFailing', { Bank: bank }),
      statistic: 'Maximum',
      above: 0,
      periods: 3,
    },
    {
      name: 'correlation-behind',
      text: 'Correlations are more than 100,000 events behind for an hour: broad ones cost most; `strongroom hunt` shows how much a rule matches, `detections.disable` ends it.',
      ...metric('Strongroom', 'CorrelateBehind', { Bank: bank }),
      statistic: 'Maximum',
      above: 100_000,
      periods: 12,
    },
    {
      name: 'correlation-refused',
      text: 'OpenSearch refused to be asked for groups of a correlation; they were passed over, all others were looked at. The log group of correlate names rule and group.',
      ...metric('Strongroom', 'CorrelateRefused', { Bank: bank }),
      statistic: 'Sum',
      above: 0,
    },
    {
      name: 'enrichment',
      text: 'Events went on without what they are enriched with: it could not be loaded. The log groups of ingest say why.',
      ...metric('Strongroom', 'EnrichmentFailures', { Bank: bank }),
      statistic: 'Sum',
      above: 0,
      periods: 3,
    },
  ];
}
