// ISO 20022, Stripe, Adyen: what golden cases do not show.
import { createNormaliser } from '../../../shared/normalise.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { adyen } from '../../../shared/sources/adyen.ts';
import { iso20022 } from '../../../shared/sources/iso20022.ts';
import { claim, recognise } from '../../../shared/sources/registry.ts';
import { stripe } from '../../../shared/sources/stripe.ts';
import { event, run, testSample } from './line-source.ts';

const SPACE = 'urn:iso:std:iso:20022:tech:xsd';

function transfer(ids: string, rest = '<IntrBkSttlmAmt Ccy="EUR">1.10</IntrBkSttlmAmt>'): string {
  return `<CdtTrfTxInf><PmtId>${ids}</PmtId>${rest}</CdtTrfTxInf>`;
}

function message(records: string, head = '<MsgId>M-1</MsgId><CreDtTm>2026-01-01T10:00:00Z</CreDtTm>'): string {
  return `<Document xmlns="${SPACE}:pacs.008.001.08"><FIToFICstmrCdtTrf><GrpHdr>${head}</GrpHdr>${records}</FIToFICstmrCdtTrf></Document>`;
}

function uids(input: string, uri?: string): readonly string[] {
  return run(iso20022, input, uri === undefined ? {} : { uri }).events.map(({ metadata }) => metadata.uid);
}

describe('iso20022', () => {
  test('a long header is in the first event of its message as a whole, in the others up to 16 KiB', () => {
    const lines = Array.from({ length: 1200 }, (_, at) => `<AdrLine>line ${at} ${'x'.repeat(60)}</AdrLine>`).join('');
    const head = `<MsgId>M-1</MsgId><CreDtTm>2026-01-01T10:00:00Z</CreDtTm><InitgPty><PstlAdr>${lines}</PstlAdr></InitgPty>`;
    const records = Array.from({ length: 500 }, (_, at) => transfer(`<TxId>T-${at}</TxId>`)).join('');
    const { events, parked } = run(iso20022, message(records, head));
    const sizes = events.map((each) => JSON.stringify(each).length);
    expect([events.length, parked]).toEqual([500, []]);
    expect(JSON.stringify(events[0])).toContain('line 1199 ');
    expect(Math.max(...sizes.slice(1))).toBeLessThan(18_000);
    expect(JSON.stringify(events[1]?.unmapped)).toMatch(
      /"GrpHdr":\{"MsgId":"M-1",.*"line 0 x.*"header_left_out":"\d+ texts: .*"TxId":"T-1"/,
    );
    expect(JSON.stringify(run(iso20022, message(records, head)).events)).toBe(JSON.stringify(events));
  });

  test('however its long header changes from record to record, little of one unit is whole headers', () => {
    const pad = `<Pad>${'x'.repeat(200_000)}</Pad>`;
    const statements = Array.from({ length: 60 }, (_, at) => `<Stmt><Id>S-${at}</Id><Ntry><NtryRef>${at}</NtryRef></Ntry></Stmt>`).join('');
    const input = `<Document xmlns="${SPACE}:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId><CreDtTm>2026-01-01T10:00:00Z</CreDtTm></GrpHdr>${pad}${statements}</BkToCstmrStmt></Document>`;
    const { events } = run(iso20022, input);
    expect(events.map(({ unmapped }) => unmapped?.['Stmt'])).toEqual(Array.from({ length: 60 }, (_, at) => ({ Id: `S-${at}` })));
    expect(JSON.stringify(events).length).toBeLessThan(6_000_000);
  });

  const tx = transfer('<TxId>T-1</TxId><EndToEndId>E-1</EndToEndId>');

  test('a payment is the same however it was delivered, alone, in a batch, under another prefix', () => {
    const alone = uids(message(tx));
    expect(uids(message(tx), 'kafka://cluster/topic/0/1-1')).toEqual(alone);
    expect(uids(message(`${transfer('<TxId>T-0</TxId>')}${tx}`))[1]).toBe(alone[0]);
    expect(
      uids(
        message(tx)
          .replaceAll(/<(\/?)(?=[A-Z])/g, '<$1x:')
          .replace('xmlns=', 'xmlns:x='),
      ),
    ).toEqual(alone);
  });

  test('another message, payment or sender is another event', () => {
    const agent = '<InstgAgt><FinInstnId><BICFI>EXAMDEFFXXX</BICFI></FinInstnId></InstgAgt>';
    const all = [
      message(tx),
      message(tx, '<MsgId>M-2</MsgId><CreDtTm>2026-01-01T10:00:00Z</CreDtTm>'),
      message(tx, `<MsgId>M-1</MsgId><CreDtTm>2026-01-01T10:00:00Z</CreDtTm>${agent}`),
      message(transfer('<TxId>T-2</TxId><EndToEndId>E-1</EndToEndId>')),
      message(transfer('<InstrId>T-1</InstrId><EndToEndId>E-1</EndToEndId>')),
    ].flatMap((input) => uids(input));
    expect(new Set(all).size).toBe(all.length);
  });

  test('payments without an id of their own are told apart', () => {
    const nameless = transfer('<EndToEndId>NOTPROVIDED</EndToEndId>');
    expect(new Set(uids(message(nameless + nameless))).size).toBe(2);
  });

  test.each([
    ['the group header’s, with a zone', '<CreDtTm>2026-01-01T10:00:00+02:00</CreDtTm>', '', '2026-01-01T08:00:00.000Z'],
    [
      'the business header’s, where the other has no zone',
      '<CreDtTm>2026-01-01T10:00:00</CreDtTm>',
      '2026-01-01T09:00:00Z',
      '2026-01-01T09:00:00.000Z',
    ],
    ['UTC, where neither has one', '<CreDtTm>2026-01-01T10:00:00</CreDtTm>', '', '2026-01-01T10:00:00.000Z'],
  ])('the time is %s', (_, group, business, expected) => {
    const header = business === '' ? '' : `<AppHdr><CreDt>${business}</CreDt></AppHdr>`;
    const [found] = run(iso20022, `<M>${header}${message(tx, `<MsgId>M-1</MsgId>${group}`)}</M>`).events;
    expect(new Date(found?.time ?? 0).toISOString()).toBe(expected);
  });

  test('amounts are the text that was written', () => {
    const amount = '<IntrBkSttlmAmt Ccy="EUR">00012345678901234567890.10</IntrBkSttlmAmt>';
    expect(event(iso20022, message(transfer('<TxId>T-1</TxId>', amount)))).toMatchObject({
      unmapped: { CdtTrfTxInf: { IntrBkSttlmAmt: { '@Ccy': 'EUR', '#text': '00012345678901234567890.10' } } },
    });
  });

  test('a message does not get the header of the message before it', () => {
    const events: OcsfEvent[] = [];
    const parked: string[] = [];
    const normaliser = createNormaliser({
      origin: {
        bank: 'demo',
        account: 'unknown',
        region: 'eu-central-1',
        source: 'iso20022',
        trigger: 'kafka',
        uri: 'kafka://c/t/0/1-2',
        time: 0,
      },
      source: iso20022,
      transforms: [],
      onEvent: (found) => events.push(found),
      onParked: ({ detail }) => parked.push(detail),
    });
    const at = Date.UTC(2026, 0, 2);
    normaliser.message(Buffer.from(message(tx)), { uri: 'kafka://c/t/0/1', time: at });
    normaliser.message(Buffer.from(message('').replace('FIToFICstmrCdtTrf', 'FICdtTrf').replace('</FIToFICstmrCdtTrf', '</FICdtTrf')), {
      uri: 'kafka://c/t/0/2',
      time: at,
    });
    normaliser.message(Buffer.from(tx), { uri: 'kafka://c/t/0/3', time: at });
    normaliser.end();
    expect(events.map(({ resources }) => resources)).toEqual([expect.anything(), [{ uid: 'M-1', type: 'message' }]]);
    expect(parked).toEqual(['Document']);
  });

  test('neither signatures nor what a document type could bring in are in any event', () => {
    const entity = '<!DOCTYPE Document [<!ENTITY e SYSTEM "file:///etc/passwd">]>';
    const { events, parked } = run(iso20022, entity + message(transfer('<TxId>&e;</TxId>')));
    expect([events, parked.length]).toEqual([[], 1]);
    const signed = message(tx, '<MsgId>M-1</MsgId><CreDtTm>2026-01-01T10:00:00Z</CreDtTm><ds:Signature>s3cret</ds:Signature>');
    expect(JSON.stringify(run(iso20022, signed).events)).not.toContain('s3cret');
  });

  test('every account that a record names is an observable', () => {
    const account = (name: string, id: string): string => `<${name}><Id>${id}</Id></${name}>`;
    const rest = account('DbtrAcct', '<IBAN>DE00123456780000000001</IBAN>') + account('CdtrAcct', '<Othr><Id>4711</Id></Othr>');
    const owner = '<Dbtr><Id><PrvtId><Othr><Id>TAX-1</Id></Othr></PrvtId></Id></Dbtr>';
    const { observables } = event(iso20022, message(transfer('<TxId>T-1</TxId>', rest + owner)));
    expect(observables).toEqual([
      { name: 'unmapped.CdtTrfTxInf.DbtrAcct.Id.IBAN', type_id: 99, type: 'Account', value: 'DE00123456780000000001' },
      { name: 'unmapped.CdtTrfTxInf.CdtrAcct.Id.Othr.Id', type_id: 99, type: 'Account', value: '4711' },
    ]);
  });

  testSample(iso20022, 'payments/iso20022/pacs.008.001.07.xml', 1);
  testSample(iso20022, 'payments/iso20022/pacs.009.001.07.xml', 1);
  testSample(iso20022, 'payments/iso20022/pacs.002-CDATA.xml', 1);
  // Two balances.
  testSample(iso20022, 'payments/iso20022/camt.053.001.07.xml', 2);
});

describe('stripe', () => {
  const EVENT = {
    id: 'evt_1',
    object: 'event',
    type: 'charge.failed',
    created: 1767225600,
    data: { object: { id: 'ch_1', object: 'charge' } },
  };
  const ENVELOPE = { version: '0', 'detail-type': 'charge.failed', source: 'aws.partner/stripe.com/ed_x', detail: EVENT };

  test('an event is the same as a webhook, in a list and over EventBridge', () => {
    const all = [EVENT, ENVELOPE, { object: 'list', data: [EVENT] }].map(
      (delivered) => run(stripe, JSON.stringify(delivered)).events[0]?.metadata.uid,
    );
    expect(new Set(all).size).toBe(1);
    expect(event(stripe, JSON.stringify({ ...EVENT, id: 'evt_2' }))['metadata']).not.toMatchObject({ uid: all[0] });
  });

  test('its partner bus is claimed', () => {
    expect(claim({ trigger: 'eventbridge', source: 'aws.partner/stripe.com/ed_x', detailType: 'charge.failed' })?.name).toBe('stripe');
    expect(claim({ trigger: 'eventbridge', source: 'aws.partner/stripe.company/x', detailType: 'charge.failed' })?.name).toBeUndefined();
  });

  test.each(['client_secret', 'secret'])('%s is in no event, however deep and however it is written', (name) => {
    const held = { a: [{ [name]: 's3cret' }] };
    const text = JSON.stringify({ ...EVENT, data: { object: held, previous_attributes: { [name]: 's3cret' } } });
    for (const input of [text, text.replaceAll('secret', 's\\u0065cret')])
      expect(JSON.stringify(run(stripe, input).events)).not.toContain('s3cret');
  });
});

describe('adyen', () => {
  const ITEM = { eventCode: 'CAPTURE', eventDate: '2026-01-01T00:00:00Z', pspReference: 'P-1', success: 'true', merchantAccountCode: 'M' };

  function uid(item: object, live = 'true'): unknown {
    return run(adyen, JSON.stringify({ live, notificationItems: [{ NotificationRequestItem: item }] })).events[0]?.metadata.uid;
  }

  test('an item is the same whenever it is sent, and another where any part of its identity is', () => {
    const same = uid({ ...ITEM, additionalData: { hmacSignature: 'other' } });
    const others = [
      { eventCode: 'REFUND' },
      { eventDate: '2026-01-01T00:00:01Z' },
      { pspReference: 'P-2' },
      { success: 'false' },
      { merchantAccountCode: 'N' },
    ];
    expect(same).toBe(uid(ITEM));
    expect(new Set([same, uid(ITEM, 'false'), ...others.map((change) => uid({ ...ITEM, ...change }))]).size).toBe(7);
  });

  test('signatures are in no event', () => {
    const { events } = run(
      adyen,
      JSON.stringify({
        live: 'true',
        notificationItems: [{ NotificationRequestItem: { ...ITEM, additionalData: { hmacSignature: 's3cret' } } }],
      }),
    );
    expect(JSON.stringify(events)).not.toContain('s3cret');
  });

  testSample(adyen, 'payments/adyen-accountHolderCreated.json', 1);
  testSample(adyen, 'payments/adyen-authorisationTrue.json', 1);
  testSample(adyen, 'payments/adyen-captureFalse.json', 1);
  testSample(adyen, 'payments/adyen-captureTrue.json', 1);
  testSample(adyen, 'payments/adyen-encrypted-event-notification.json', 1);
  testSample(adyen, 'payments/adyen-refundFalse.json', 1);
  testSample(adyen, 'payments/adyen-refundTrue.json', 1);
});

test.each(['<html><body>pacs.008</body></html>', '{"id":"evt_1"}', '{"object":"event"}', '{"type":"balancePlatform"}', ''])(
  '%j is not recognised',
  (head) => {
    expect(recognise(head)?.name).toBeUndefined();
  },
);
