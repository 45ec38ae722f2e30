import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { member, string } from '../../dashboards/json.ts';

// docker-compose.yml and the demo's server are told their versions in two places.
test('Dashboards has the version of the OpenSearch that the demo starts, and listens on this machine alone', () => {
  const version = /org\.opensearch\.distribution[^]*?<version>([\d.]+)<\/version>/.exec(
    readFileSync('local/opensearch/pom.xml', 'utf8'),
  )?.[1];
  const services = member(parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as unknown, 'services');
  for (const name of ['dashboards', 'dashboards-desktop']) {
    expect(string(member(services, name), 'image')).toBe(`opensearchproject/opensearch-dashboards:${version ?? ''}`);
  }
  expect(string(member(member(services, 'dashboards'), 'environment'), 'SERVER_HOST')).toBe('127.0.0.1');
  expect(member(member(services, 'dashboards-desktop'), 'ports')).toEqual(['127.0.0.1:5601:5601']);
});
