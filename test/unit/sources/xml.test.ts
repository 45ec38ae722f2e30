import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { readXml } from '../../../shared/sources/lib/xml.ts';

function read(text: string): unknown {
  const outcome = readXml(text);
  return outcome.kind === 'value' ? Object.fromEntries([[outcome.value.name, outcome.value.value]]) : outcome;
}

// ── What @rgrove/parse-xml makes of it: in a process of its own, because Jest cannot load it ──

const LIBRARY = `
  import { parseXml } from '@rgrove/parse-xml';
  import { readFileSync } from 'node:fs';
  const local = (name) => name.slice(name.indexOf(':') + 1);
  function put(members, name, member) {
    const before = Object.hasOwn(members, name) ? members[name] : undefined;
    const next = before === undefined ? member : Array.isArray(before) ? [...before, member] : [before, member];
    Object.defineProperty(members, name, { value: next, enumerable: true, configurable: true, writable: true });
  }
  function valueOf(element) {
    const members = {};
    for (const [name, text] of Object.entries(element.attributes))
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) put(members, '@' + local(name), text);
    let own = '';
    for (const child of element.children) {
      if (child.type === 'text' || child.type === 'cdata') own += child.text;
      else if (child.type === 'element') put(members, local(child.name), valueOf(child));
    }
    if (Object.keys(members).length === 0) return own.trim();
    if (own.trim() !== '') put(members, '#text', own.trim());
    return members;
  }
  const read = (text) => {
    try {
      const { root } = parseXml(text);
      return Object.fromEntries([[local(root.name), valueOf(root)]]);
    } catch {
      return 'refused';
    }
  };
  process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(read)));
`;

function byLibrary(texts: readonly string[]): readonly unknown[] {
  const options = { input: JSON.stringify(texts), encoding: 'utf8', maxBuffer: 1024 ** 3 } as const;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', LIBRARY], options)) as unknown[];
}

const bit = fc.constantFrom('<a>', '</a>', '<b x="1"', ' y=\'2\'', ' x="3"', '>', '/>', '</b>', '<p:c>', '</p:c>', '<!-- c -->', '<!--', '--', '-->', '<![CDATA[', ']]>', '<?pi x?>', '&amp;', '&lt;', '&#65;', '&#x1F600;', '&#0;', '&#xD800;', '&x;', '&', 't', ' ', '\r\n', '"', '=', '<', '\u0000', 'é', '<__proto__>', '</__proto__>', '<constructor/>', '<!DOCTYPE a>', ' xmlns="urn:x"', ' x="&lt;&#10;"'); // prettier-ignore
const soup = fc.array(bit, { maxLength: 14 }).map((bits) => `<a>${bits.join('')}</a>`);
const tree: fc.Memo<string> = fc.memo((depth) => {
  const text = fc.constantFrom('', 't', ' &amp; ', '<![CDATA[<a>]]>', '<!-- <a> -->', '\n ');
  const inner =
    depth <= 1
      ? text
      : fc.oneof(
          text,
          fc.tuple(text, tree(), text, tree()).map((all) => all.join('')),
        );
  return fc
    .tuple(fc.constantFrom('a', 'p:b', 'c-d', '_e.f'), fc.constantFrom('', ' x="1"', " y = '&quot;'"), inner)
    .map(([name, attributes, children]) => `<${name}${attributes}>${children}</${name}>`);
});

test('what it reads, the library reads alike; and it reads whatever is well-formed', () => {
  const trees = fc.sample(tree(6), 1000);
  const texts = [...trees, ...fc.sample(soup, 5000)];
  const expected = byLibrary(texts);
  const differing = texts.filter((text, at) => {
    const outcome = readXml(text);
    const mayRefuse = at >= trees.length && outcome.kind !== 'value';
    return !mayRefuse && JSON.stringify(read(text)) !== JSON.stringify(expected[at]);
  });
  expect(differing).toEqual([]);
}, 30_000);

test('elements, attributes, text and lists', () => {
  expect(
    read(
      '<?xml version="1.0"?><!-- c --><r xmlns="urn:x" xmlns:p="urn:y"> <p:a Ccy="EUR"> 1.10 </p:a><b/><b>2</b><c> <![CDATA[<x>]]>&amp;</c><d>1<e/>2</d></r>',
    ),
  ).toEqual({
    r: { a: { '@Ccy': 'EUR', '#text': '1.10' }, b: ['', '2'], c: '<x>&', d: { e: '', '#text': '12' } },
  });
});

test('namespaces are told apart from attributes', () => {
  const outcome = readXml('<r xmlns="urn:x"><a xmlns:p="urn:y"/></r>');
  expect(outcome.kind === 'value' && outcome.value.namespaces).toEqual(['urn:x', 'urn:y']);
});

test('what a secret element holds is not read into the value', () => {
  const outcome = readXml('<r><ds:Signature><v>s3cret</v></ds:Signature><Signature>s3cret</Signature></r>', new Set(['Signature']));
  expect(outcome).toMatchObject({ value: { value: { Signature: ['***', '***'] } } });
});

test.each([
  ['', 'no element'],
  ['text', 'no element'],
  ['<a>', 'no end'],
  ['<a></b>', 'pair up'],
  ['<a><b></a></b>', 'pair up'],
  ['<a/><b/>', 'text behind'],
  ['<a b=1/>', 'attribute'],
  ['<a b="1" b="2"/>', 'attribute'],
  ['<a b="<"/>', 'attribute'],
  ['<a b="1"c="2"/>', 'name'],
  ['<1/>', 'name'],
  ['<a>&x;</a>', 'reference'],
  ['<a>&#0;</a>', 'reference'],
  ['<a>]]></a>', 'section'],
  ['<a><!-- -- --></a>', 'comment'],
  ['<a>\u0001</a>', 'character'],
  ['<a>\uD800</a>', 'character'],
  ['<!DOCTYPE a><a/>', 'document type'],
  ['<a><!ENTITY b "c"></a>', 'declaration'],
])('%j is refused: %s', (text, detail) => {
  expect(readXml(text)).toMatchObject({
    kind: 'reject',
    reject: { code: 'malformed_record', detail: expect.stringContaining(detail) as unknown },
  });
});

test('what is nested without end is refused', () => {
  expect(read(`${'<a>'.repeat(200)}${'</a>'.repeat(200)}`)).toMatchObject({ reject: { detail: 'XML: nested too deeply' } });
});

test('many children, attributes and references take no more than their share of time', () => {
  const start = performance.now();
  readXml(`<a>${'<b/>'.repeat(500_000)}</a>`);
  readXml(`<a>${'&amp;'.repeat(500_000)}</a>`);
  readXml(`<a>${'x<![CDATA[]]>'.repeat(200_000)}</a>`);
  readXml(`<a${Array.from({ length: 100_000 }, (_, at) => ` b${at}=""`).join('')}/>`);
  readXml(`<a>${'<!---->'.repeat(500_000)}</a>`);
  expect(performance.now() - start).toBeLessThan(5000);
}, 20_000);
