import fc from 'fast-check';
import { MAX_RECORD_BYTES } from '../../../shared/decode/frame-sink.ts';
import { createFramer } from '../../../shared/decode/framer.ts';

interface Framed {
  /** Each record behind the header it came with. */
  readonly records: (readonly [header: string, record: string])[];
  readonly broken: { readonly code: string; readonly text: string }[];
}

function frame(chunks: readonly Buffer[], elements: readonly string[] = ['Tx', 'Ntry']): Framed {
  const framed: Framed = { records: [], broken: [] };
  let header = 'none yet';
  const framer = createFramer(
    { kind: 'xml', elements },
    {
      record: (text) => framed.records.push([header, text]),
      header: (text) => (header = text),
      broken: ({ code }, text) => framed.broken.push({ code, text }),
    },
  );
  for (const chunk of chunks) framer.push(chunk);
  framer.end();
  return framed;
}

function whole(text: string): Framed {
  return frame([Buffer.from(text)]);
}

function recordsOf(text: string): string[] {
  return whole(text).records.map(([, record]) => record);
}

function found({ records, broken }: Framed): readonly [records: string[], broken: string[]] {
  return [records.map(([, record]) => record), broken.map(({ text }) => text)];
}

/** Cuts the bytes at the given places (fractions of the length). */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = places.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b);
  const edges = [0, ...at, bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

// Pieces of well-formed content, some of which look like records and are none.
const piece = fc.constantFrom(
  'text é \u{1F600} &lt;Tx&gt;',
  '<a/>',
  '<a x="1>2" y=\'</Tx>\'>b</a>'.replace('</Tx>', '/Tx>'),
  '<!-- <Tx> </Tx> </Ntry> -->',
  '<![CDATA[<Tx></Tx></Ntry> ]] > <!-- ]]>',
  '<TxDtls>1</TxDtls>',
  '<NtryRef/>',
  '<?pi <Tx> ?>',
  '\r\n\t ',
);
const content = fc.array(piece, { maxLength: 6 }).map((all) => all.join(''));
const prefix = fc.constantFrom('', 'p:', 'ns2:');
const record = fc
  .tuple(prefix, fc.constantFrom('Tx', 'Ntry'), content, fc.constantFrom('', ' a="1"', '\n'), fc.boolean())
  .map(([before, name, inner, attributes, empty]) =>
    empty ? `<${before}${name}${attributes}/>` : `<${before}${name}${attributes}>${inner}</${before}${name}>`,
  );
const space = fc.constantFrom('', '\n  ', ' ');

interface Part {
  readonly head: string;
  readonly records: readonly string[];
}
/** A document: parts in a root, each with its head and its records. */
const document = fc.record({
  prolog: fc.constantFrom('', '<?xml version="1.0" encoding="UTF-8"?>\n', '<?xml version="1.0"?><!-- <Tx/> -->'),
  head: content,
  parts: fc.array(fc.record({ head: content, records: fc.array(record, { maxLength: 4 }) }), { maxLength: 3 }),
  space,
});

function written(doc: { prolog: string; head: string; parts: readonly Part[]; space: string }): string {
  const parts = doc.parts.map(({ head, records }) => `<Stmt>${head}${doc.space}${records.join(doc.space)}${doc.space}</Stmt>`);
  return `${doc.prolog}<Doc xmlns="urn:x">${doc.space}<Hdr>${doc.head}</Hdr>${doc.space}${parts.join(doc.space)}</Doc>`;
}

test('finds every record of every document, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(document, { maxLength: 4 }), places, space, (documents, at, between) => {
      const texts = documents.map(written);
      const framed = frame(cut(Buffer.from(texts.join(between)), at));
      expect(framed.broken).toEqual([]);
      const expected = documents.flatMap(({ parts, ...rest }) => {
        const records = parts.flatMap((part) => part.records);
        return records.length === 0 ? [written({ parts, ...rest })] : records;
      });
      expect(framed.records.map(([, text]) => text)).toEqual(expected);
    }),
  );
});

test('the header of a record is its document without the records and without the parts that are over', () => {
  fc.assert(
    fc.property(document, places, (doc, at) => {
      const framed = frame(cut(Buffer.from(written(doc)), at));
      const bare = (text: string): string => text.replaceAll(/\s+/g, '');
      const expected: string[] = [];
      const empty: Part[] = [];
      for (const part of doc.parts) {
        const before = written({ ...doc, parts: [...empty, { head: part.head, records: [] }] });
        expected.push(...part.records.map(() => bare(before)));
        if (part.records.length === 0) empty.push(part);
      }
      if (expected.length > 0) expect(framed.records.map(([header]) => bare(header))).toEqual(expected);
      else expect(framed.records.map(([header]) => header)).toEqual(['']);
    }),
  );
});

test('records that have the header in common get the same string', () => {
  const headers: string[] = [];
  let header = '';
  const sink = { record: () => void headers.push(header), header: (text: string) => (header = `${text}#`), broken: () => undefined };
  const framer = createFramer({ kind: 'xml', elements: ['Tx'] }, sink);
  framer.push(Buffer.from('<D><H>1</H>\n <Tx/>\n <!-- -->\n <Tx>1</Tx>\n<Tx/></D><D><H>2</H><Tx/></D>'));
  framer.end();
  expect(headers.map((text) => text.replaceAll(/\s/g, ''))).toEqual([
    '<D><H>1</H></D>#',
    '<D><H>1</H><!----></D>#',
    '<D><H>1</H><!----></D>#',
    '<D><H>2</H></D>#',
  ]);
});

describe('documents', () => {
  test.each([
    ['a byte order mark', '\uFEFF<D><Tx/></D>', ['<Tx/>']],
    ['a record as the document', '<Tx>1</Tx>', ['<Tx>1</Tx>']],
    ['records one after the other', '<Tx>1</Tx>\n<p:Tx>2</p:Tx>', ['<Tx>1</Tx>', '<p:Tx>2</p:Tx>']],
    ['an empty document', '<D/><D/>', ['<D/>', '<D/>']],
    ['a record that holds another kind', '<D><Tx><Ntry>1</Ntry></Tx></D>', ['<Tx><Ntry>1</Ntry></Tx>']],
    ['comments between documents', '<!-- a --><D/> <!-- <Tx/> --> <?pi?><D/>', ['<D/>', '<D/>']],
    [
      'a document type',
      '<!DOCTYPE D [<!ENTITY a "]>"><!-- don\'t > -->]><D>&a;</D>',
      ['<!DOCTYPE D [<!ENTITY a "]>"><!-- don\'t > -->]><D>&a;</D>'],
    ],
    ['an end tag with a space', '<D><Tx>1</Tx ></D >', ['<Tx>1</Tx >']],
    ['nothing', ' \n', []],
  ])('%s', (_, text, expected) => {
    for (const chunks of [[Buffer.from(text)], [...Buffer.from(text)].map((byte) => Buffer.from([byte]))])
      expect(found(frame(chunks))).toEqual([expected, []]);
  });

  test('a document type is in the header, so that the reader of a record sees it', () => {
    expect(whole('<!DOCTYPE D><D><Tx/></D>').records).toEqual([['<!DOCTYPE D><D></D>', '<Tx/>']]);
  });

  test('a header that is too large is left out, its elements stay', () => {
    const long = 'x'.repeat(300 * 1024);
    expect(whole(`<D><H>${long}</H><S><I>1</I><Tx/></S><S><I>2</I><Tx/></S></D>`).records).toEqual([
      ['<D><S><I>1</I></S></D>', '<Tx/>'],
      ['<D><S><I>2</I></S></D>', '<Tx/>'],
    ]);
  });
});

describe('damage', () => {
  test.each([
    ['a record without an end', '<D><Tx>1<Tx>2</Tx><Tx>3</Tx></D>', ['<Tx>2</Tx>', '<Tx>3</Tx>'], ['<Tx>1']],
    ['a comment without an end in a record', '<D><Tx>1<!-- </Tx><Tx>2</Tx></D>', ['<Tx>2</Tx>'], ['<Tx>1<!-- </Tx>']],
    ['a section without an end in a record', '<D><Tx>1<![CDATA[ </Tx><Tx>2</Tx></D>', ['<Tx>2</Tx>'], ['<Tx>1<![CDATA[ </Tx>']],
    ['a record torn off', '<D><Tx>1</Tx><Tx>2</T', ['<Tx>1</Tx>'], ['<Tx>2</T', '']],
    ['a document torn off', '<D><H>1</H><I', [], ['<D><H>1</H><I']],
    ['a document torn off, another behind it', '<D><H>1<?xml version="1.0"?><D><Tx/></D>', ['<Tx/>'], ['<D><H>1']],
    ['a record torn off, another document behind it', '<D><Tx>1<?xml version="1.0"?><D><Tx/></D>', ['<Tx/>'], ['<Tx>1', '']],
    ['text between documents', 'a < b <D><Tx/></D> and > more', ['<Tx/>'], ['a < b', 'and > more']],
    ['an end too many', '<D><Tx/></x></D></D><D><Tx/></D>', ['<Tx/>', '<Tx/>'], ['</D>']],
    ['a tag in a tag', '<D><H <I>1</I><Tx/></D>', ['<Tx/>'], []],
    ['no XML at all', '{"a":1}', [], ['{"a":1}']],
    ['a declaration and nothing else', '<?xml version="1.0"?>', [], ['<?xml version="1.0"?>']],
  ])('%s', (_, text, records, broken) => {
    for (const chunks of [[Buffer.from(text)], [...Buffer.from(text)].map((byte) => Buffer.from([byte]))]) {
      expect(found(frame(chunks))).toEqual([records, broken]);
    }
  });

  test('one damaged record among good ones: the others are found', () => {
    const good = Array.from({ length: 500 }, (_, index) => `<Tx><Id>${index}</Id></Tx>`);
    for (const damage of ['<Tx><Id>', '</Tx>', '<Tx', '<Tx><Id>250</Id></Txx>', '<!--', '<Tx a="', '<![CDATA[', '<Tx><!-- </Tx>']) {
      const texts = recordsOf(`<D>${good.with(250, damage).join('\n')}</D>`);
      const expected = good.filter((_, index) => index !== 250);
      // A comment that begins between records may take all that follow with it, up to the end of the document.
      expect([damage, expected.filter((text) => !texts.includes(text)).length]).toEqual([damage, 0]);
    }
  });

  test('whatever comes, nothing is thrown and the text of what is found stands in the input', () => {
    const bit = fc.constantFrom('<Tx>', '</Tx>', '<Ntry a="', '<D>', '</D>', '<!--', '-->', '<![CDATA[', ']]>', '<?xml ?>', '<?', '?>', '<!DOCTYPE', '[', '>', '<', '"', 'x', ' ', '/'); // prettier-ignore
    const texts = fc.array(bit, { maxLength: 60 }).map((bits) => bits.join(''));
    fc.assert(
      fc.property(texts, places, (text, at) => {
        const framed = frame(cut(Buffer.from(text), at));
        for (const one of found(framed).flat()) expect(text).toContain(one);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('size', () => {
  const large = 'x'.repeat(MAX_RECORD_BYTES);

  test('a record beyond the limit is broken, its neighbours are found', () => {
    const framed = frame(cut(Buffer.from(`<D><Tx>1</Tx><Tx>${large}</Tx><Tx>2</Tx></D>`), [0.1, 0.5, 0.9]));
    expect(framed.records.map(([, record]) => record)).toEqual(['<Tx>1</Tx>', '<Tx>2</Tx>']);
    expect(framed.broken.map(({ code, text }) => [code, text.length])).toEqual([['record_too_large', MAX_RECORD_BYTES]]);
  });

  test('so is a document, but for its records', () => {
    expect(frame(cut(Buffer.from(`<D>${large}</D><D/>`), [0.5])).records).toEqual([['', '<D/>']]);
    expect(frame(cut(Buffer.from(`<D>${large}</D><D/>`), [0.5, 0.9999999])).broken.map(({ code, text }) => [code, text.length])).toEqual([
      ['record_too_large', MAX_RECORD_BYTES],
    ]);
    const framed = frame(cut(Buffer.from(`<D><H>${large}</H><Tx/></D><D/>`), [0.3, 0.7, 0.9999999]));
    expect(framed.records).toEqual([
      ['<D></D>', '<Tx/>'],
      ['', '<D/>'],
    ]);
    expect(framed.broken).toEqual([]);
  });

  test.each([
    ['a record', `<D><Tx><!-- <Tx> ${large}</Tx><Tx>1<!-- --></Tx>${large}</Tx><Tx>2</Tx></D>`],
    ['a comment', `<D><!-- <Tx>1</Tx> ${large} --><Tx>2</Tx></D><!-- ${large} --><Tx/>`],
    ['text', `<D/>${large} <x ${large}<D/>`],
    ['what has no end', `<D><Tx>${large}<Tx>${large}`],
  ])('%s beyond the limit: the same is found however the bytes are cut', (_, text) => {
    const bytes = Buffer.from(text);
    const expected = frame([bytes]);
    expect(expected.broken.length).toBeGreaterThan(0);
    for (const at of [[0.1], [0.45, 0.55], [0.2, 0.4, 0.6, 0.8], [0.0000005, 0.49, 0.9999999]]) {
      const framed = frame(cut(bytes, at));
      expect(framed.records.map(([, record]) => record)).toEqual(expected.records.map(([, record]) => record));
      expect(framed.broken.map((one) => [one.code, one.text.length])).toEqual(expected.broken.map((one) => [one.code, one.text.length]));
    }
  });

  test.each([
    ['records that begin and never end', `<Tx>${'x'.repeat(28)}`],
    ['comments that begin and never end', `<Tx><!--${'x'.repeat(24)}`],
    ['elements that begin and never end', '<a>'],
    ['sections that begin and never end', '<D><![CDATA['],
    ['quotes that never end', '<a b="'],
    ['tags that never end', '<a b '],
    ['ends of nothing', '</a>'],
    ['documents that never end', '<?xml ?><D>'],
    ['records of many prefixes', undefined],
    ['text', 'x'],
    ['nothing but <', '<'],
  ])(
    '%s take no more than their share of time',
    (_, bit) => {
      const times = 5 * 1024 * 1024;
      const text =
        bit === undefined
          ? Array.from({ length: 200_000 }, (_unused, at) => `<p${at}:Tx>1</p${at}:Tx>`).join('')
          : bit.repeat(times / bit.length);
      const bytes = Buffer.from(text);
      const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_unused, at) =>
        bytes.subarray(at * 65_536, (at + 1) * 65_536),
      );
      const start = performance.now();
      frame(chunks);
      expect(performance.now() - start).toBeLessThan(20_000);
    },
    60_000,
  );
});
