import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadBank } from '../../../cli/bank.ts';

const PLAIN = readFileSync('banks/demo.yml', 'utf8').replace(/^(?:opensearch):\n(?:[ #].*\n)+/gm, '');
const ENTITY = 'https://login.demo-bank.example/saml';
const METADATA = `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${ENTITY}"/>`;
const DOMAIN = {
  instance_type: 'r7g.large.search',
  instance_count: 3,
  volume_gib: 100,
  subnet_ids: ['subnet-0aaa1111', 'subnet-0bbb2222', 'subnet-0ccc3333'],
  security_group_ids: ['sg-0ddd4444'],
};
const SAML = { entity_id: ENTITY, roles_key: 'groups' };
const ENDPOINTS = { vpc_id: 'vpc-0eee5555', route_table_ids: ['rtb-0fff6666'] };

const directory = mkdtempSync(join(tmpdir(), 'strongroom-bank-'));
const metadata = join(directory, 'demo', 'saml.xml');
beforeEach(() => {
  // Its own sources lie beside it.
  cpSync('banks/demo', join(directory, 'demo'), { recursive: true });
});
afterEach(() => rmSync(join(directory, 'demo'), { recursive: true }));
afterAll(() => rmSync(directory, { recursive: true }));

/** `path: message` of each error. */
function errorsOf(opensearch: object): readonly string[] {
  const file = join(directory, 'demo.yml');
  writeFileSync(file, PLAIN + stringify({ opensearch }));
  return (loadBank(file).errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}

function saveMetadata(content: string): void {
  mkdirSync(join(directory, 'demo'), { recursive: true });
  writeFileSync(metadata, content);
}

it('takes a domain with everything, and endpoints where functions lie in a VPC', () => {
  saveMetadata(METADATA);
  const domain = { ...DOMAIN, multi_az_with_standby: true, off_peak_start: '01:30', saml: SAML };

  expect(errorsOf({ domain, lifecycle: { replicas: 2 }, vpc_endpoints: ENDPOINTS })).toEqual([]);
  const endpoint = 'https://vpc-bank-logs-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com';
  const inVpc = { endpoint, subnet_ids: ['subnet-0aaa1111'], security_group_ids: ['sg-0ddd4444'] };
  expect(errorsOf({ ...inVpc, vpc_endpoints: { ...ENDPOINTS, services: ['s3'] } })).toEqual([]);
});

it('wants no endpoints where there is no VPC', () => {
  expect(errorsOf({ endpoint: 'https://logs.demo-bank.example', vpc_endpoints: ENDPOINTS })).toEqual([
    'opensearch.vpc_endpoints: is for functions in a VPC: OpenSearch is reached without one',
  ]);
});

it('wants three zones and a copy in each for a zone that stands by', () => {
  const domain = { ...DOMAIN, instance_count: 2, subnet_ids: DOMAIN.subnet_ids.slice(0, 2), multi_az_with_standby: true };

  expect(errorsOf({ domain })).toEqual([
    'opensearch.domain.multi_az_with_standby: needs three subnets, one of each zone (found 2)',
    'opensearch.domain.multi_az_with_standby: needs a copy in each zone: set opensearch.lifecycle.replicas to 2',
  ]);
});

describe('SAML', () => {
  it('needs the metadata of this identity provider', () => {
    expect(errorsOf({ domain: { ...DOMAIN, saml: SAML } })).toEqual([
      `opensearch.domain.saml: needs the identity provider's metadata: save it as ${metadata}`,
    ]);
    saveMetadata('<html/>');
    expect(errorsOf({ domain: { ...DOMAIN, saml: SAML } })).toEqual([
      `opensearch.domain.saml.entity_id: ${metadata} is no metadata of SAML 2.0: it has no EntityDescriptor with an entityID`,
    ]);
    saveMetadata(METADATA.replace(ENTITY, 'https://other.example'));
    expect(errorsOf({ domain: { ...DOMAIN, saml: SAML } })).toEqual([
      `opensearch.domain.saml.entity_id: must be the entityID of ${metadata}, https://other.example (found "${ENTITY}")`,
    ]);
  });

  it('is one way to log in, and Identity Center the other', () => {
    saveMetadata(METADATA);
    const center = { instance_arn: 'arn:aws:sso:::instance/ssoins-0a1b2c3d4e5f6a7b' };

    expect(errorsOf({ domain: { ...DOMAIN, identity_center: center } })).toEqual([]);
    expect(errorsOf({ domain: { ...DOMAIN, saml: SAML, identity_center: center } })).toEqual([
      'opensearch.domain.saml: cannot be used beside identity_center: Dashboards knows one way to log in',
    ]);
  });
});
