import { termsOf } from '../../../shared/search/lucene.ts';

const brief = (query: string): readonly string[] =>
  termsOf(query).map(({ field, kind, text, suffix }) => `${field ?? '-'} ${kind} ${text}${suffix === '' ? '' : ` ${suffix}`}`);

test.each([
  ['root', ['- word root']],
  ['actor.user.name:root AND api.operation:ConsoleLogin', ['actor.user.name word root', 'api.operation word ConsoleLogin']],
  ['a && !b || -c +d NOT e', ['- word a', '- word b', '- word c', '- word d', '- word e']],
  ['f:(a OR "b c") g', ['f word a', 'f phrase b c', '- word g']],
  ['(f:a OR (g:b))^2', ['f word a', 'g word b']],
  ['f:"say \\"hi\\" \\\\"', ['f phrase say "hi" \\']],
  ['f:"a b"~2^3', ['f phrase a b ~2^3']],
  ['f:roam~1 g:x^2.5', ['f word roam ~1', 'g word x ^2.5']],
  ['f:[1 TO 5} g:{* TO "a ] b"]', ['f range [1 TO 5}', 'g range {* TO "a ] b"]']],
  ['f:>=10 AND g:<3', ['f comparison 10', 'g comparison 3']],
  ['f:/ab+c/ g:x', ['f regexp ab+c', 'g word x']],
  ['http_request.url.path:/login/a', ['http_request.url.path word /login/a']],
  ['f:con*le g:te?t h:a\\*b', ['f wildcard con*le', 'g wildcard te?t', 'h word a*b']],
  ['uid:arn:aws:iam::222222222222:user/lee', ['uid word arn:aws:iam::222222222222:user/lee']],
  ['uid:(arn:aws:a OR arn:aws:b)', ['uid word arn:aws:a', 'uid word arn:aws:b']],
  ['ip:10.0.0.0/8', ['ip word 10.0.0.0/8']],
  ['2001:db8::1 10.0.0.0/8', ['- word 2001:db8::1', '- word 10.0.0.0/8']],
  ['f: value', ['f word value']],
  ['name:two\\ words', ['name word two words']],
  ['a.\\*:x b*:y', ['a.* word x', 'b* word y']],
  ['_exists_:a.b', ['_exists_ word a.b']],
  ['ANDY ORacle', ['- word ANDY', '- word ORacle']],
])('%s', (query, terms) => {
  expect(brief(query)).toEqual(terms);
});

test('places are those of the query', () => {
  const query = 'x OR  field:"a b"^2 y';
  const [, term] = termsOf(query);
  expect(term).toMatchObject({ fieldAt: 6, at: 12, end: 19 });
});

test.each([
  ['(a OR b', 'not closed', 1],
  ['a)', 'closes none', 2],
  ['f:"abc', 'quotation mark is not closed', 3],
  ['f:[1 TO 2', 'range is not closed', 3],
  ['f:', 'f has no value', 3],
  ['f: )', 'f has no value', 4],
  ['a AND', 'nothing stands behind', 3],
  ['a AND OR b', 'nothing stands behind', 3],
  ['OR a', 'nothing stands before OR', 1],
  ['(a AND) b', 'nothing stands behind', 4],
  ['a ()', 'nothing stands in these brackets', 4],
])('%s: %s, and where', (query, message, position) => {
  expect(() => termsOf(query)).toThrow(new RegExp(`the query is wrong: .*${message}[^]*\\n +\\^ position ${position}$`));
});

test.each(['', '   '])('%p is no query', (query) => {
  expect(() => termsOf(query)).toThrow(/'\*' finds every event/);
});

test('whatever is typed, it ends, and throws nothing but what is wrong with the query', () => {
  const signs = ['a', ':', '(', ')', '"', '[', ']', '/', '\\', ' ', 'AND', '*', '~', '^', '>', '-', '1.2.3.4', '::'];
  let seed = 7;
  const next = (): string => signs[(seed = (seed * 16_807) % 2_147_483_647) % signs.length] ?? '';
  for (let run = 0; run < 5000; run++) {
    const query = Array.from({ length: 1 + (run % 12) }, next).join('');
    try {
      for (const { at, end } of termsOf(query)) expect(end).toBeGreaterThan(at);
    } catch (error) {
      expect(error).toMatchObject({ name: 'QueryError' });
    }
  }
});
