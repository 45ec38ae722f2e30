import { found } from '../../../cli/similar.ts';
import { warningsOf, type FieldTypes } from '../../../shared/search/fields.ts';
import { termsOf } from '../../../shared/search/lucene.ts';
import { rewritten, searchQuery, type QueryOptions } from '../../../shared/search/query.ts';

const TYPES: FieldTypes = new Map([
  ['actor.user.name', 'keyword'],
  ['actor.user.uid', 'keyword'],
  ['api.operation', 'keyword'],
  ['api.request.data', 'match_only_text'],
  ['message', 'match_only_text'],
  ['src_endpoint.ip', 'ip'],
  ['dst_endpoint.ip', 'ip'],
  ['dst_endpoint.port', 'long'],
  ['severity_id', 'keyword'],
  ['status_id', 'keyword'],
  ['time', 'date'],
  ['traffic.bytes', 'long'],
]);

const rewrite = (query: string, options?: QueryOptions): string => rewritten(query, termsOf(query), TYPES, options);
const warnings = (query: string): readonly string[] => warningsOf(termsOf(query), TYPES, found);

test.each([
  ['NOT (status_id:"2" OR severity_id:[4 TO 6])^2'],
  ['api.operation:/Console.*/'],
  ['dst_endpoint.port:>=1024'],
  ['_exists_:actor.user.uid'],
  ['message:backup~1'],
  ['time:[1763600000000 TO *]'],
  ['actor.user.name:*'],
])('%s stays as it is', (query) => {
  expect(rewrite(query)).toBe(query);
});

test.each([
  ['src_endpoint.ip:10.0.0.0/8', 'src_endpoint.ip:"10.0.0.0/8"'],
  ['src_endpoint.ip:2001:db8::/32', 'src_endpoint.ip:"2001:db8::/32"'],
  ['src_endpoint.ip:198.51.100.* AND a', 'src_endpoint.ip:"198.51.100.0/24" AND "a"'],
  ['src_endpoint.ip:10.*', 'src_endpoint.ip:"10.0.0.0/8"'],
  ['actor.user.uid:arn:aws:iam::222222222222:user/lee', 'actor.user.uid:"arn:aws:iam::222222222222:user/lee"'],
  ['actor.user.uid:arn:aws:iam::222222222222:user/l*', 'actor.user.uid:arn\\:aws\\:iam\\:\\:222222222222\\:user\\/l*'],
  ['actor.user.uid:arn\\:aws\\:x*', 'actor.user.uid:arn\\:aws\\:x*'],
  ['api.request.data:0.0.0.0/0^2', 'api.request.data:"0.0.0.0/0"^2'],
  ['a.*:x', 'a.\\*:"x"'],
  ['metadata.uid:a77ac000-0000-4000-a000-000000000004', '_id:"p3rAAAAAQACgAAAAAAAABA"'],
  ['metadata.uid:"it4iKTB6wAkDxUYa1ZJlqg" b', '_id:"it4iKTB6wAkDxUYa1ZJlqg" "b"'],
  ['-198.51.100.23', '-(src_endpoint.ip:"198.51.100.23" OR dst_endpoint.ip:"198.51.100.23" OR "198.51.100.23")'],
  ['it4iKTB6wAkDxUYa1ZJlqg', '("it4iKTB6wAkDxUYa1ZJlqg" OR _id:"it4iKTB6wAkDxUYa1ZJlqg")'],
  ['actor.user.name:root AND api.operation:Console*', 'actor.user.name:"root" AND api.operation:Console*'],
  ['api.operation:(ConsoleLogin StopLogging)', 'api.operation:("ConsoleLogin" "StopLogging")'],
  ['dst_endpoint.port:(403 404^2 >=1024 [1 TO 9])', 'dst_endpoint.port:("403" "404"^2 >=1024 [1 TO 9])'],
  ['Stop List* +a~1 -b~ /c.*/ NOT d && (e OR f)', '"Stop" List* +a~1 -b~ /c.*/ NOT "d" && ("e" OR "f")'],
  ['AND\\ x OR not', '"AND x" OR "not"'],
  ['a\\*b Überweisung', '"a*b" "Überweisung"'],
  ['_exists_:(time message)', '_exists_:(_exists_:time _exists_:message)'],
  ['say\\"hi', '"say\\"hi"'],
])('%s is asked as %s', (query, asked) => {
  expect(rewrite(query)).toBe(asked);
});

test.each([
  ['a OR api.operation:*Login', /begins with \* or \?[^]*position 20$/],
  ['?x', /--leading-wildcards/],
  ['src_endpoint.ip:abc', /holds addresses[^]*position 17$/],
  ['src_endpoint.ip:1*0.2', /holds addresses/],
  ['dst_endpoint.port:https', /holds numbers/],
  ['time:[2026-11-20 TO 2026-11-21]', /--last, --from and --to/],
])('%s is refused with its place', (query, message) => {
  expect(() => rewrite(query)).toThrow(message);
});

test('a leading wildcard that was asked for is taken', () => {
  expect(rewrite('api.operation:*Login', { leadingWildcards: true })).toBe('api.operation:*Login');
});

test.each([
  ['actor.user.nam:x', /did you mean "actor\.user\.name"/],
  ['user.name:x', /no event of that time is of a class that has user\.name/],
  ['operation:x', /did you mean api\.operation, evidences/],
  ['api:x', /no field but holds some: api\.operation, api\.request\.data/],
  ['severity:High', /severity_id:4 is High$/],
  ['status:failure', /status_id:2 is Failure$/],
  ['class_name:"API Activity"', /class_uid:6003 is API Activity$/],
  ['severity_id:High', /holds numbers, "High" finds nothing: severity_id:4 is High$/],
  ['severity:Terrible', /severity_id:1 is Informational, severity_id:2 is Low/],
  ['cloud.account.name:x', /stored and shown but not indexed.*jq 'select\(\.cloud\.account\.name == …\)'/],
  ['unmapped.readOnly:true', /stored and shown but not indexed/],
  ['_exists_:foo.bar', /foo\.bar is no field/],
  ['foo.*:x', /no field matches foo\.\*/],
  ['api.request.data:arn:aws*', /searched word by word/],
  ['api.operation=StopLogging', /written api\.operation:StopLogging/],
  ['a and b', /the operator is AND/],
])('%s is warned of', (query, message) => {
  expect(warnings(query)).toEqual([expect.stringMatching(message)]);
});

test.each([
  'actor.user.name:x',
  'a.b*:x OR *:y',
  '_id:x',
  'metadata.uid:x',
  'status_id:2',
  'severity_id:[1 TO 3]',
  'api.*:x',
  'plain words',
])('%s is not', (query) => {
  const [warning] = warnings(query);
  if (query.startsWith('a.b*')) expect(warning).toMatch(/no field matches/);
  else expect(warning).toBeUndefined();
});

test('each warning is given once', () => {
  expect(warnings('foo:1 OR foo:2 OR foo:3')).toHaveLength(1);
});

test('words are looked for in keywords and words, strictly, and in the time asked for', () => {
  const { bool } = searchQuery('x', { from: 1, to: 2 }, TYPES);
  const strings = ['actor.user.name', 'actor.user.uid', 'api.operation', 'api.request.data', 'message', 'severity_id', 'status_id'];
  expect(bool).toEqual({
    filter: [
      { query_string: { query: 'x', fields: strings, analyze_wildcard: true, allow_leading_wildcard: true } },
      { range: { time: { gte: 1, lt: 2 } } },
    ],
  });
});
