import { findingKey } from '../../../shared/alert/message.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { isArray } from '../../../shared/outcome.ts';
import { inspector } from '../../../shared/sources/inspector.ts';
import { claim } from '../../../shared/sources/registry.ts';
import { detail, golden, only, run, uid } from './aws.ts';

function finding(changes: JsonObject = {}): JsonObject {
  return { ...detail(inspector, 'full'), ...changes };
}

describe('inspector', () => {
  it.each([
    ['aws.inspector2', 'Inspector2 Finding', 'inspector'],
    ['aws.inspector2', 'Inspector2 Coverage', 'inspector'],
    ['inspector2.ami.ondemand', 'OnDemand AMI Scan Findings', 'inspector'],
    ['aws.inspector2', 'Inspector2 Something New', undefined],
  ])('claims %s, %s for %s', (source, detailType, name) => {
    expect(claim({ trigger: 'eventbridge', source, detailType })?.name).toBe(name);
  });

  it('names a version of a finding the same however its time is written', () => {
    const one = uid(inspector, golden(inspector, 'full'));
    for (const updatedAt of [
      '2026-01-01T10:00:36.951Z',
      '2026-01-01T11:00:36.951+01:00',
      '2026-01-01 11:00:36.951000+01:00',
      1767261636.951,
    ]) {
      expect(uid(inspector, finding({ updatedAt }))).toBe(one);
    }
    expect(uid(inspector, finding({ updatedAt: 'Thu Jan 01 10:00:36.952 UTC 2026' }))).not.toBe(one);
    expect(uid(inspector, finding({ status: 'SUPPRESSED' }))).not.toBe(one);
  });

  it('keeps one key for all versions, and closes', () => {
    const closed = only(inspector, finding({ status: 'CLOSED', updatedAt: '2026-02-01T00:00:00Z' }));
    expect(closed).toMatchObject({ activity_id: 3, status_id: 4, time: Date.UTC(2026, 1, 1) });
    expect(findingKey(closed, 'demo')).toBe(findingKey(only(inspector, finding()), 'demo'));
  });

  it('has one of CVE, CWE and advisory', () => {
    const kinds = ['full', 'code', 'network-reachability'].map((name) => {
      const { vulnerabilities } = only(inspector, golden(inspector, name));
      return isArray(vulnerabilities)
        ? Object.keys(vulnerabilities[0] ?? {}).find((key) => ['cve', 'cwe', 'advisory'].includes(key))
        : undefined;
    });
    expect(kinds).toEqual(['cve', 'cwe', 'advisory']);
  });

  it('leaves what belongs to one of several packages with all of them', () => {
    const several = [
      { name: 'a', version: '1', sourceLayerHash: 'sha256:0' },
      { name: 'b', version: '2' },
    ];
    const event = only(
      inspector,
      finding({ packageVulnerabilityDetails: { vulnerabilityId: 'CVE-2025-0001', vulnerablePackages: several } }),
    );
    expect(event.unmapped).toMatchObject({ packageVulnerabilityDetails: { vulnerablePackages: several } });
  });

  it('reads a report as many findings', () => {
    expect(run(inspector, golden(inspector, 'report')).events).toHaveLength(2);
    expect(run(inspector, { findings: [] }).events).toEqual([]);
  });
});
