import { parseCloudWatchBatch, readCloudWatchBatch, type CloudWatchBatch } from '../../../shared/decode/cloudwatch-batch.ts';
import { positions, run } from '../normalise/toy.ts';

// As https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html shows it.
const BATCH = {
  messageType: 'DATA_MESSAGE',
  owner: '222222222222',
  logGroup: '/app/payments',
  logStream: 'i-0abc',
  subscriptionFilters: ['strongroom'],
  logEvents: [
    { id: '31953106606966983378809025079804211143289615424298221568', timestamp: 1768478400000, message: 'good one' },
    { id: '31953106606966983378809025079804211143289615424298221569', timestamp: 1768478400001, message: 'bad' },
    { id: '31953106606966983378809025079804211143289615424298221570', timestamp: 1768478400002, message: 'skip' },
  ],
};

function parsed(payload: unknown): CloudWatchBatch {
  const batch = parseCloudWatchBatch(JSON.stringify(payload));
  if (batch.kind !== 'value') throw new Error('no batch');
  return batch.value;
}

describe('a subscription batch', () => {
  it('tells whose it is, and its events', () => {
    expect(parsed(BATCH)).toEqual({
      owner: '222222222222',
      logGroup: '/app/payments',
      logStream: 'i-0abc',
      control: false,
      events: BATCH.logEvents,
    });
  });

  it('every event becomes a record with its own id and time', () => {
    const seen = run((normaliser) => readCloudWatchBatch(parsed(BATCH), normaliser));

    expect(seen.summary.counts).toEqual({ records: 3, events: 1, excluded: 1, parked: 1 });
    expect(positions(seen)).toEqual([0, 1, 2]);
    expect(seen.events[0]?.event.metadata.uid).toBe(BATCH.logEvents[0]?.id);
  });

  it('a control message is excluded under its name', () => {
    const control = {
      ...BATCH,
      messageType: 'CONTROL_MESSAGE',
      owner: 'CloudwatchLogs',
      logEvents: [{ id: '', timestamp: 1768478400000, message: 'CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.' }],
    };
    const seen = run((normaliser) => readCloudWatchBatch(parsed(control), normaliser));

    expect(seen.summary.excludedBy).toEqual({ cloudwatch_control_message: 1 });
    expect(seen.summary.counts).toEqual({ records: 1, events: 0, excluded: 1, parked: 0 });
  });

  it('events that are odd are records all the same', () => {
    const odd = { ...BATCH, logEvents: [null, 7, {}, { message: 7 }, { id: 7, timestamp: 'x', message: 'good' }] };
    const seen = run((normaliser) => readCloudWatchBatch(parsed(odd), normaliser));

    expect(seen.summary.counts.records).toBe(5);
    expect(positions(seen)).toEqual([0, 1, 2, 3, 4]);
    expect(parsed(odd).events.at(-1)).toEqual({ id: undefined, timestamp: undefined, message: 'good' });
  });

  it('without events is a batch of none', () => {
    expect(run((normaliser) => readCloudWatchBatch(parsed({ ...BATCH, logEvents: [] }), normaliser)).summary.counts.records).toBe(0);
  });

  it.each([
    ['no JSON', '{', 'malformed_json'],
    ['no object', '[]', 'malformed_record'],
    ['no events', '{"messageType":"DATA_MESSAGE"}', 'malformed_record'],
    ['events that are no list', '{"logEvents":{}}', 'malformed_record'],
  ])('%s is rejected', (_, payload, code) => {
    expect(parseCloudWatchBatch(payload)).toMatchObject({ kind: 'reject', reject: { code } });
  });
});
