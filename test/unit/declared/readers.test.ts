// Records are read as the file says, and nothing of them is lost on the way.
import { eventOf, HEAD, run } from './yaml.ts';

/** The fields as they were read: none becomes an attribute but `at` and `who`. */
function unmappedOf(format: string, input: string, more = ''): unknown {
  const { events, parked } = run(file(format, more), input);
  return [
    ...events.map(({ unmapped, user }) => ({ ...unmapped, who: (user as { name: string }).name })),
    ...parked.map(({ detail }) => detail),
  ];
}

function file(format: string, more: string): string {
  return `${HEAD}format: ${format}
${more}
time: { from: at, format: [iso, epoch_s] }
class: authentication
activity: { value: Logon }
attributes:
  user.name: who
  service.name: { value: Doors }
`;
}

const AT = '2026-02-03T09:15:30Z';

describe('CSV', () => {
  test('a header line names the columns, in any order; more columns and cells than are used', () => {
    const input = `\uFEFFwho,at,more,more,,__proto__\nmira,${AT},1,2,3,4,5\n"a ""b"", c",${AT},,,,,\nat,who\n${AT},jan\n`;
    expect(unmappedOf('csv', input)).toEqual([
      { who: 'mira', more: '1', column_4: '2', column_5: '3', ['__proto__']: '4', column_7: '5' },
      { who: 'a "b", c' },
      { who: 'jan' },
    ]);
  });

  test.each([true, false])('cells without end are one text behind a thousand of them (quotes: %s)', (quotes) => {
    const started = performance.now();
    const [found] = unmappedOf(`{ csv: { quotes: ${quotes} } }`, `who,at\nmira,${AT},${'a,'.repeat(1_900_000)}b\n`) as [object];
    expect(Object.keys(found)).toHaveLength(1002);
    expect(found).toMatchObject({ column_1002: 'a', columns_from_1003: `${'a,'.repeat(1_899_000)}b` });
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test('what is no row is parked', () => {
    expect(unmappedOf('csv', `mira,${AT}\n`)).toEqual(['no line above names the columns']);
    expect(unmappedOf('csv', `who,at\nmira\n"mira,${AT}\n"mira"x,${AT}\n`)).toEqual([
      '1 cells for 2 columns',
      'the quotes do not pair up',
      'the quotes do not pair up',
    ]);
  });

  test('columns that the file names, some of which came later', () => {
    const csv = "{ csv: { separator: '|', quotes: false, trim: true, columns: [who, at, 'one?', 'two?'] } }";
    expect(unmappedOf(csv, `"mira |${AT}\njan  |${AT}| 1 \neva|${AT}|1||3\nmira\n`)).toEqual([
      { who: '"mira' },
      { who: 'jan', one: '1' },
      { who: 'eva', one: '1', column_5: '3' },
      '1 cells for 2 columns',
    ]);
  });

  test('records of several lines: what a cell holds does not pass for a row', () => {
    const input = `"at","who","text"\n"${AT}","mira","line\n""${AT}"",""root"",""forged""\nend"\n"${AT}","jan",""\n`;
    expect(unmappedOf('csv', input, `begins: '"[^"]'`)).toEqual([
      { who: 'mira', text: `line\n"${AT}","root","forged"\nend` },
      { who: 'jan' },
    ]);
  });

  test('a header with a column less than the file uses is told by what it is said to have', () => {
    expect(unmappedOf('{ csv: { header: [at] } }', `at;x,who\n${AT},mira\n`)).toEqual([
      'no line above names the columns',
      'no line above names the columns',
    ]);
    expect(unmappedOf('{ csv: { header: [at] } }', `at,who2\n${AT},mira\n`)).toEqual(['nothing valid for user']);
  });
});

describe('key=value', () => {
  test.each([
    ['pairs, quotes, and escapes', `at=${AT} who="mira \\"m\\" \\\\x" a="" b=`, { who: 'mira "m" \\x' }],
    ['words that are no pair are kept', `<13>feb at=${AT} who=mira said hello`, { who: 'mira', text: '<13>feb said hello' }],
    ['a pair of that name does not hide them', `at=${AT} who=mira text=own hello`, { who: 'mira', text: 'own', text_: 'hello' }],
    ['the first of two counts, the other is kept', `at=${AT} who=mira who=root`, { who: 'mira', text: 'who=root' }],
    ['a quote that does not end a value', `at=${AT} who="mira"x y="z`, { who: '"mira"x', y: '"z' }],
    ['several separators, and none', `  at=${AT}   who=mira=x  =y z=`, { who: 'mira=x', text: '=y' }],
    [
      'names of members that objects have',
      `at=${AT} who=mira __proto__=1 constructor=2`,
      { who: 'mira', ['__proto__']: '1', constructor: '2' },
    ],
  ])('%s', (_, line, expected) => {
    expect(unmappedOf('key_value', `${line}\n`)).toEqual([expected]);
  });

  test('other separators', () => {
    expect(unmappedOf("{ key_value: { separator: ', ', assign: ': ' } }", `at: ${AT}, who: mira, note: a b\n`)).toEqual([
      { who: 'mira', note: 'a b' },
    ]);
    expect(unmappedOf('key_value', 'no pairs here\n')).toEqual(['no = anywhere']);
  });
});

describe('regular expressions', () => {
  const REGEX = "{ regex: ['(?<at>[^ ]+) (?<who>[^ ]+)', '(?: (?<more>[^ ]*))?(?: (?<__proto__>.*))?'] }";

  test('named groups of the whole line are the fields', () => {
    expect(unmappedOf(REGEX, `${AT} mira\n${AT} mira x y z\n x${AT} mira\n`)).toEqual([
      { who: 'mira' },
      { who: 'mira', more: 'x', ['__proto__']: 'y z' },
      'the line does not match the pattern',
    ]);
    expect(unmappedOf("{ regex: '(?<at>[^ ]+) (?<who>[a-z]+)' }", `${AT} mira 1\n`)).toEqual(['the line does not match the pattern']);
  });

  test('records of several lines', () => {
    const regex = "{ regex: '(?<at>[^ ]+) (?<who>[^ ]+) (?<text>.*)' }";
    expect(unmappedOf(regex, `${AT} mira a\n  b\n\nc\n${AT} jan d\n`, "begins: '\\d{4}-'")).toEqual([
      { who: 'mira', text: 'a\n  b\nc' },
      { who: 'jan', text: 'd' },
    ]);
  });
});

describe('several formats', () => {
  const BOTH = "[json, csv, { regex: '(?<at>[^ ]+) (?<who>[a-z]+)' }]";

  test('the first that reads a line counts', () => {
    const input = `{"at":"${AT}","who":"json"}\nat,who\n${AT},csv\n${AT} regex\n{"at":\n`;
    expect(unmappedOf(BOTH, input)).toEqual([{ who: 'json' }, { who: 'csv' }, { who: 'regex' }, 'the line does not match the pattern']);
  });
});

describe('JSON', () => {
  test('an array of a file, and records in a wrapper with what stands around them', () => {
    expect(
      unmappedOf(
        '{ json: { array: items } }',
        JSON.stringify({
          items: [
            { at: AT, who: 'mira' },
            { at: AT, who: 'jan' },
          ],
          next: 1,
        }),
      ),
    ).toEqual([{ who: 'mira' }, { who: 'jan' }]);
    const wrapped = JSON.stringify({ id: 'e1', page: { n: 1, list: [{ at: AT, who: 'mira' }, { at: AT, who: 'jan', around: 'own' }, 7] } });
    expect(unmappedOf('json', wrapped, 'records: { field: page.list, wrapper: around }')).toEqual([
      { who: 'mira', around: { id: 'e1', page: { n: 1 } } },
      { who: 'jan', around: 'own' },
      'the record is not an object',
    ]);
    expect(unmappedOf('json', JSON.stringify({ at: AT, who: 'mira', page: {} }), 'records: page.list')).toEqual([
      { who: 'mira', page: {} },
    ]);
    expect(unmappedOf('json', JSON.stringify({ page: { list: [] } }), 'records: page.list')).toEqual([]);
  });

  test('dots in names, and elements of lists', () => {
    const yaml = file('json', '').replace('user.name: who', 'user.name: a\\.b.1.c\n  user.uid: a.b');
    expect(eventOf(yaml, { at: AT, 'a.b': [0, { c: 'mira', d: 1 }], a: { b: 'uid', c: 2 } })).toMatchObject({
      user: { name: 'mira', uid: 'uid' },
      unmapped: { 'a.b': [0, { d: 1 }], a: { c: 2 } },
    });
  });
});

test('texts that say that nothing is there are not kept, in no format', () => {
  const absent = "absent: ['-', N/A]";
  expect(unmappedOf('key_value', `at=${AT} who=mira x=- y=N/A z=n/a\n`, absent)).toEqual([{ who: 'mira', z: 'n/a' }]);
  expect(unmappedOf('csv', `at,who,x,y\n${AT},mira,-,N/A\n`, absent)).toEqual([{ who: 'mira' }]);
  expect(unmappedOf('json', JSON.stringify({ at: AT, who: 'mira', x: '-', y: null, z: '' }), absent)).toEqual([{ who: 'mira', z: '' }]);
  expect(unmappedOf('json', JSON.stringify({ at: AT, who: '-' }), absent)).toEqual(['nothing valid for user']);
});

test('hostile lines of a megabyte take no time', () => {
  const lines = ['a="', 'a="\\', '=', '= ', '"', 'a=b ', '\\"', ' ', ',"', '|'].map((piece) => piece.repeat(1_000_000 / piece.length));
  const started = process.cpuUsage();
  for (const format of ['key_value', 'csv', "{ regex: '(?<at>[^ ]+) (?<who>[^ ]*)( .*)?' }", '[json, csv, key_value]']) {
    run(file(format, ''), `at,who\n${lines.join('\n')}\n`);
  }
  expect(process.cpuUsage(started).user).toBeLessThan(6_000_000);
});
