// A regular expression that a bank writes cannot hang the pipeline, whatever the records are.
import fc from 'fast-check';
import { regexProblem } from '../../../cli/declared/regex.ts';

const SLOW = /^could take very long/;

test.each([
  '(?<a>[^ ]+) (?<b>[^ ]+) (?<c>.*)',
  '(?<ip>\\S+):(?<port>\\d+) (?<rest>.*)',
  '"(?<agent>(?:[^"\\\\]|\\\\.)*)"',
  '(?:user=(?<u>\\S+) )?(?:uid=(?<i>\\d+) )?(?<rest>.*)',
  '(?<a>\\d{4}-\\d\\d-\\d\\d)T(?<b>[\\d:]{8})(?:\\.\\d{1,9})?Z',
  '(?<a>[+-]?\\d+)(?:/(?<b>\\d+)){0,3}',
])('safe: %s', (pattern) => {
  expect(regexProblem(pattern)).toBeUndefined();
});

test.each([
  ['(a+)+b', SLOW],
  ['(?<a>a*)(?<b>a*)(?<c>a*)b', SLOW],
  ['(?<a>.*) (?<b>.*) x', SLOW],
  ['(?:a|a)+b', SLOW],
  ['(?:\\d+,?)+;', SLOW],
  ['(?:a?){30}a{30}', SLOW],
  ['(?:|){8}a', SLOW],
  ['(?:a*)*', /^repeats without end what may be empty/],
  ['(?:a|b*)+', /^repeats without end what may be empty/],
  ['.*a.{20}', /^(?:could take very long|is too intricate)/],
  ['(?:[a-z]{900}){900}', /^more than 1500 states/],
  ['(a)\\1', /^\\1 is not supported/],
  ['(?<!a)b', /^look-around/],
  ['a++', /^a repetition of a repetition/],
  ['[]a]', /^has \[\]/],
  ['\\p{L}', /^has \\p/],
  ['x'.repeat(2000), /^longer than 1024/],
  ['(', /^a parenthesis is not closed/],
  ['(?<a>x)(?<a>y)', /./],
])('refused: %s', (pattern, message) => {
  expect(regexProblem(pattern)).toMatch(message);
});

/** Patterns over few characters, with everything that goes wrong: nested and neighbouring repetitions, alternatives that overlap. */
const pattern: fc.Arbitrary<string> = fc.letrec<{ node: string; atom: string }>((tie) => ({
  atom: fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', ' ', 'ab'),
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'node' },
    tie('atom'),
    fc.tuple(tie('node'), tie('node')).map(([one, other]) => one + other),
    fc.tuple(tie('node'), tie('node')).map(([one, other]) => `(?:${one}|${other})`),
    fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2,5}', '{3}', '+?')).map(([node, times]) => `(?:${node})${times}`),
  ),
})).node;

test('what is let through takes a time in proportion to the text', () => {
  // What hangs, hangs at the end: nothing of it fits there.
  const texts = ['a', 'b', 'ab', 'aab', ' a', 'ba '].map((piece) => `${piece.repeat(20_000)}\n!`);
  let safe = 0;
  fc.assert(
    fc.property(pattern, (source) => {
      if (regexProblem(source) !== undefined) return;
      safe++;
      const expression = new RegExp(`^(?:${source})$`, 's');
      for (const text of texts) {
        const started = process.cpuUsage();
        expression.test(text);
        const { user } = process.cpuUsage(started);
        expect({ source, isQuick: user < 500_000 }).toEqual({ source, isQuick: true });
      }
    }),
    { numRuns: 400 },
  );
  expect(safe).toBeGreaterThan(50);
});
