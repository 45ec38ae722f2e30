// The first page. https://docs.opensearch.org/latest/dashboards/dashboard/index/
import { ALL, type Dashboard } from '../model.ts';
import {
  controls,
  count,
  distinct,
  filters,
  heatmap,
  last,
  longestSilent,
  note,
  numbers,
  over,
  pie,
  row,
  sized,
  table,
  terms,
} from '../panels.ts';
import { guide, toSearch } from './notes.ts';
import { FINDING_CLASSES, OPEN } from './queries.ts';
import { OPEN_FINDINGS } from './searches.ts';

export const OVERVIEW: Dashboard = {
  name: 'overview',
  title: 'Overview of the bank',
  description: 'Accounts and sources, when each was last heard of, how much there is, and what was found.',
  since: 'now-24h',
  rows: [
    sized(
      9,
      [
        30,
        note(
          'Start here',
          guide(
            'overview',
            `1. Is something on fire? ${toSearch(OPEN_FINDINGS.name, 'Open findings, high and critical')}, then *Findings*.`,
            '2. Is somebody silent? *Last heard of*, the longest silent first: a source that has stopped in an account is a finding under *Platform*.',
            '3. Is one source much louder than yesterday? *Volume by source*.',
          ),
        ),
      ],
      [18, controls('Narrow down', ALL, { 'cloud.account.uid': 'Account', 'metadata.product.name': 'Source', 'cloud.region': 'Region' })],
    ),
    sized(
      8,
      [
        24,
        numbers('What there is', { from: ALL }, [
          count(),
          distinct('cloud.account.uid', 'Accounts'),
          distinct('metadata.product.name', 'Sources'),
        ]),
      ],
      [
        24,
        numbers(
          'What was found',
          { from: ALL, where: FINDING_CLASSES },
          [count('Findings')],
          filters({ 'Critical, open': `severity_id:(5 OR 6) AND ${OPEN}`, 'High, open': `severity_id:4 AND ${OPEN}`, 'All reports': '*' }),
        ),
      ],
    ),
    row(over('area', 'Volume by source', { from: ALL }, terms('metadata.product.name', 'Source', 12))),
    row(
      heatmap('Accounts and sources', { from: ALL }, [
        terms('metadata.product.name', 'Source', 25),
        terms('cloud.account.uid', 'Account', 25),
      ]),
      table(
        'Last heard of',
        { from: ALL },
        [longestSilent('cloud.account.uid', 'Account'), longestSilent('metadata.product.name', 'Source')],
        [last(), count()],
      ),
    ),
    row(
      pie('Kinds of events', { from: ALL }, terms('class_uid', 'Class', 20)),
      over('bar', 'Findings by severity', { from: ALL, where: FINDING_CLASSES }, terms('severity_id', 'Severity', 8)),
      table('Accounts by findings', { from: ALL, where: FINDING_CLASSES }, [
        terms('cloud.account.uid', 'Account'),
        terms('severity_id', 'Severity', 8),
      ]),
    ),
    row(
      table(
        'Sources without an account',
        { from: ALL, where: 'NOT _exists_:cloud.account.uid' },
        [terms('metadata.product.name', 'Source', 25)],
        [count(), last()],
      ),
      table('Volume by region', { from: ALL }, [terms('cloud.region', 'Region')], [count(), distinct('cloud.account.uid', 'Accounts')]),
    ),
  ],
};
