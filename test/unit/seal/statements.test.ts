import { GetObjectCommand } from '@aws-sdk/client-s3';
import { EvidenceError, MisconfiguredError } from '../../../shared/errors.ts';
import { checkedReason, recordAccess } from '../../../shared/seal/access.ts';
import { withEvidence } from '../../../shared/seal/evidence.ts';
import { parseStatement, putStatement, readStatement, readStatements } from '../../../shared/seal/statements.ts';
import { s3Error } from '../../fakes/s3.ts';
import { createFakeVault, originOn, type FakeVault } from '../../fakes/vault.ts';

const NOW = Date.UTC(2026, 10, 21, 9, 30);

let fake: FakeVault;

beforeEach(() => {
  fake = createFakeVault();
});

describe('a statement', () => {
  it('lies under its kind and day, locked as long and as strictly as any evidence, and is read back', async () => {
    const made = await putStatement(fake.vault, 'hold', { reason: 'x' }, { now: NOW });

    expect(made.key).toMatch(/^_statements\/hold\/2026\/11\/21\/20261121T093000Z-[0-9a-f]{8}\.json$/);
    expect(fake.s3.versions('vault', made.key)[0]?.input).toMatchObject({
      IfNoneMatch: '*',
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(Date.UTC(2026, 10, 22) + 3650 * 86_400_000),
    });
    expect(await readStatement(fake.vault, made.key)).toEqual(made);
    expect(made.body).toEqual({ format: 1, kind: 'hold', id: made.id, at: '2026-11-21T09:30:00.000Z', reason: 'x' });
  });

  it('of one id is said once: the first stays', async () => {
    await putStatement(fake.vault, 'cloudtrail-key', { value: 'first' }, { now: NOW, id: 'abc' });

    const again = await putStatement(fake.vault, 'cloudtrail-key', { value: 'second' }, { now: NOW, id: 'abc' });

    expect(again.body['value']).toBe('first');
  });

  it('is found by kind, and all of them without', async () => {
    await putStatement(fake.vault, 'hold', {}, { now: NOW, id: 'a' });
    await putStatement(fake.vault, 'access', {}, { now: NOW, id: 'b' });
    const ids = async (kind?: 'hold') => {
      const found: string[] = [];
      for await (const { id } of readStatements(fake.vault, kind)) found.push(id);
      return found;
    };

    expect(await ids('hold')).toEqual(['a']);
    expect(await ids()).toEqual(['b', 'a']);
  });

  it.each([
    ['_statements/hold/2026/11/21/a.json', '{"format":1,"kind":"release","id":"a","at":"2026-11-21T00:00:00Z"}'],
    ['_statements/hold/2026/11/21/a.json', '{"format":1,"kind":"hold","id":"b","at":"2026-11-21T00:00:00Z"}'],
    ['_statements/hold/2026/11/21/a.json', '{"format":1,"kind":"hold","id":"a","at":"soon"}'],
    ['_statements/gossip/2026/11/21/a.json', '{"format":1,"kind":"gossip","id":"a","at":"2026-11-21T00:00:00Z"}'],
    ['demo/hold/a.json', '{}'],
    ['_statements/hold/2026/11/21/a.json', 'x'],
  ])('is none where %s holds %s', (key, content) => {
    expect(() => parseStatement(key, content)).toThrow(EvidenceError);
  });
});

describe('an access', () => {
  it('is in the vault before anything is opened', async () => {
    const key = await fake.seal(originOn('2026-11-21'));
    const vault = await fake.open();
    fake.s3.calls.length = 0;

    await withEvidence(vault, { key }, () => Promise.resolve());

    const statement = await readStatement(fake.vault, vault.access.statement);
    expect(statement.body).toMatchObject({ who: 'the test', purpose: 'verify', reason: 'a test', scope: { bank: 'demo' } });
    expect(fake.s3.calls[0]).toBe(`GetObject ${key}`);
  });

  it.each([undefined, '', '  ', 'x', 'x'.repeat(1001)])('is refused for the reason %j, and nothing is recorded', async (reason) => {
    expect(() => checkedReason(reason)).toThrow(MisconfiguredError);
    const asked = { vault: fake.vault, reason: reason ?? '', purpose: 'show', scope: {}, by: 'me' } as const;
    await expect(recordAccess(asked)).rejects.toThrow('--reason must say why');
    expect(fake.s3.keys('vault')).toEqual([]);
  });

  it('is not given where it could not be recorded', async () => {
    fake.s3.fail = (command) => (command === 'PutObjectCommand' ? s3Error('AccessDenied', 403) : undefined);

    await expect(fake.open()).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('withEvidence', () => {
  it('ends the connection of a message that it does not read', async () => {
    const key = await fake.seal(originOn('2026-11-21'));
    const vault = await fake.open();
    const { Body } = await fake.vault.s3.send(new GetObjectCommand({ Bucket: 'vault', Key: key }));
    expect(Body).toBeDefined();
    fake.kms.fail = () => new Error('unreachable');

    await expect(withEvidence(vault, { key }, () => Promise.resolve())).rejects.toThrow('KMS failed');
  });
});
