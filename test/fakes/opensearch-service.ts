// The control plane of Amazon OpenSearch Service, as far as an upgrade of a domain asks it. https://docs.aws.amazon.com/opensearch-service/latest/APIReference/
import { OpenSearchClient } from '@aws-sdk/client-opensearch';
import { startHttpServer, type Answer, type Asked } from './http-server.ts';

export interface FakeService {
  readonly client: OpenSearchClient;
  /** Names of what was asked, in order: `UpgradeDomain check`, `UpgradeDomain`, `CancelDomainConfigChange dry` … */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

export interface ServiceRules {
  /** Of the domain, beside its name and version. */
  readonly domain?: object;
  readonly targets?: readonly string[];
  /** Steps of an upgrade that was taken on, by how often it was asked for before. */
  readonly upgrade?: (asked: number, isCheck: boolean) => object;
  readonly cancellable?: readonly string[];
}

const VERSION = 'OpenSearch_2.19';
export const DOMAIN = 'strongroom-demo';
export const DONE = { UpgradeStatus: 'SUCCEEDED', StepsList: [] };

export async function startService({
  domain = {},
  targets = ['OpenSearch_3.3'],
  upgrade = () => DONE,
  cancellable = [],
}: ServiceRules): Promise<FakeService> {
  const calls: string[] = [];
  const histories: { at: number; isCheck: boolean; asked: number }[] = [];
  const call = (name: string, body: object): Answer => {
    calls.push(name);
    return { status: 200, body };
  };
  const answer = ({ method, url, body }: Asked): Answer => {
    const path = url.replace('/2021-01-01/opensearch', '').split('?')[0] ?? '';
    const given = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>;
    if (path === '/compatibleVersions')
      return call('GetCompatibleVersions', { CompatibleVersions: [{ SourceVersion: VERSION, TargetVersions: targets }] });
    if (path === '/upgradeDomain') {
      const isCheck = given['PerformCheckOnly'] === true;
      histories.unshift({ at: 1_795_000_000 + histories.length * 100, isCheck, asked: 0 });
      return call(isCheck ? 'UpgradeDomain check' : 'UpgradeDomain', {
        DomainName: given['DomainName'],
        TargetVersion: given['TargetVersion'],
      });
    }
    if (path === `/upgradeDomain/${DOMAIN}/history`) {
      const UpgradeHistories = histories.map((one, at) => ({
        StartTimestamp: one.at,
        ...(at === 0 ? upgrade(one.asked++, one.isCheck) : DONE),
      }));
      return call('GetUpgradeHistory', { UpgradeHistories });
    }
    if (path === `/domain/${DOMAIN}/progress`)
      return call('DescribeDomainChangeProgress', {
        ChangeProgressStatus: { ChangeProgressStages: [{ Name: 'Copying shards to new nodes', Status: 'IN_PROGRESS' }] },
      });
    if (path === `/domain/${DOMAIN}/config/cancel`)
      return call(given['DryRun'] === true ? 'CancelDomainConfigChange dry' : 'CancelDomainConfigChange', {
        CancelledChangeIds: cancellable,
      });
    if (method === 'GET' && path === `/domain/${DOMAIN}`)
      return call('DescribeDomain', {
        DomainStatus: { DomainName: DOMAIN, EngineVersion: VERSION, DomainProcessingStatus: 'Active', ...domain },
      });
    calls.push(`${method} ${url}`);
    return { status: 409, body: { __type: 'ResourceNotFoundException', message: 'Domain not found' } };
  };
  const server = await startHttpServer(answer);
  const client = new OpenSearchClient({
    region: 'eu-central-1',
    endpoint: server.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    client,
    calls,
    async close() {
      client.destroy();
      await server.close();
    },
  };
}
