// What is wrong with a declared source is said with its line and what would be allowed.
import { DOOR, errorsOf, HEAD, planOf, wrong } from './yaml.ts';

/** Number of the last line that holds the text. */
function lineOf(yaml: string, text: string): number {
  return yaml.split('\n').findLastIndex((line) => line.includes(text)) + 1;
}

/** The door's file with a line more at its end, among the attributes. */
function attribute(line: string): string {
  return `${DOOR}  ${line}\n`;
}

test('a right file has a plan', () => {
  expect(wrong(DOOR)).toEqual([]);
  expect(planOf(DOOR).cases).toHaveLength(1);
});

describe('attributes', () => {
  it.each([
    [
      'one that the class does not have',
      'usr.name: who',
      'class authentication has no such attribute (found "usr"; did you mean "user"?); it has ',
    ],
    ['one that an object does not have', 'user.nam: who', 'user has no such attribute (found "nam"; did you mean "name"?); it has '],
    ['one inside of a value', 'message.text: who', 'message is no object and has no text'],
    ['an object', 'src_endpoint: who', 'is an object; name one of its attributes: '],
    ['a list of objects', 'auth_factors: who', 'is a list of objects; name one of its attributes: '],
    ['a deprecated one', 'actor.invoked_by: who', 'is deprecated since 1.2.0: Use app_name, app_uid attributes instead.'],
    ['one of a profile that is not named', 'action_id: who', 'belongs to profile security_control; name it under profiles'],
    ['one in an object of a profile that is not named', 'device.hostname: who', 'belongs to profile host; name it under profiles'],
    ['a caption', 'status: who', 'is set beside status_id, where that is Other; map status_id instead'],
    ['one that the platform sets', 'metadata.uid: who', 'is set by Strongroom itself; take it out'],
    ['all that is left', 'unmapped.more: who', 'is set by Strongroom itself; take it out'],
    ['one that has a key of its own', 'activity_id: who', 'is said already, as activity'],
  ])('%s', (_, line, message) => {
    const yaml = attribute(line);
    const [error, ...more] = errorsOf(yaml);

    expect(more).toEqual([]);
    expect(error?.message).toContain(message);
    expect(error).toMatchObject({ line: lineOf(yaml, line), path: `attributes.${line.split(':')[0] ?? ''}` });
  });

  test('the same one twice', () => {
    const yaml = attribute('user.name: again');
    expect(wrong(yaml)).toEqual([`${lineOf(yaml, 'again')}: : Map keys must be unique at line ${lineOf(yaml, 'again')}, column 3:`]);
  });

  test('objects that no record could make complete are told at their first attribute', () => {
    const yaml = attribute('src_endpoint.port: port').replace('user.name: who', 'user.email_addr: who');
    const messages = wrong(yaml);

    expect(messages).toHaveLength(2);
    expect(messages[0]).toBe(
      `${lineOf(yaml, 'email_addr')}: attributes.user.email_addr: lacks one of user.account, user.name, user.uid: OCSF asks it of user`,
    );
    expect(messages[1]).toContain(`${lineOf(yaml, 'port')}: attributes.src_endpoint.port: lacks one of src_endpoint.ip, src_endpoint.uid`);
  });

  test('what the class requires', () => {
    const yaml = DOOR.replace(/ {2}user\.name.*\n {2}service.*\n/, '  message: text\n');
    expect(wrong(yaml)).toEqual([
      `${lineOf(yaml, 'attributes:')}: attributes: lacks user: OCSF requires it of class authentication`,
      `${lineOf(yaml, 'attributes:')}: attributes: lacks one of service, dst_endpoint: OCSF asks it of class authentication`,
    ]);
  });

  test('one of two only, where OCSF takes one', () => {
    const yaml = `${HEAD}format: json
time: { from: at }
class: vulnerability_finding
activity: { value: Create }
attributes:
  finding_info.uid: id
  finding_info.title: title
  vulnerabilities.cve.uid: cve
  vulnerabilities.cwe.uid: cwe
`;
    expect(wrong(yaml)).toEqual([expect.stringContaining('has vulnerabilities.cve and vulnerabilities.cwe: OCSF takes one of them')]);
  });
});

describe('values', () => {
  it.each([
    [
      'a caption that is none',
      'severity: { from: level, map: { bad: Hihg } }',
      'severity.map.bad',
      'must be Unknown, Informational, Low, Medium, High, Critical, Fatal, Other (found "Hihg"; did you mean "High"?)',
    ],
    ['an activity of another class', 'activity: { value: Create }', 'activity.value', 'must be Unknown, Logon, Logoff, '],
    [
      'Other without a word',
      'status: { value: Other }',
      'status',
      'is Other, and nothing says what else; take it from a field, which status then keeps',
    ],
    ['an id that is none', 'status: { value: 7 }', 'status.value', 'must be Unknown, Success, Failure, Other (found "7")'],
    ['otherwise', 'status: { from: ok, otherwise: Fine }', 'status.otherwise', 'must be Unknown, Success, Failure, Other (found "Fine")'],
  ])('%s', (_, line, path, message) => {
    const yaml = `${line.startsWith('activity') ? DOOR.replace(/activity.*\n/, '') : DOOR}${line}\n`;
    const [error, ...more] = errorsOf(yaml);

    expect(more).toEqual([]);
    expect(error?.message).toContain(message);
    expect(error).toMatchObject({ line: lineOf(yaml, line), path });
  });

  it.each([
    ['a port that is none', 'src_endpoint.port: { value: 70000 }', 'must be a value of type integer from 0 to 65535 (found 70000)'],
    ['a number in text', 'src_endpoint.port: { value: "443" }', 'must be a value of type integer from 0 to 65535 (found "443")'],
    ['an address that is none', 'src_endpoint.ip: { value: localhost }', 'must be a value of type ip (found "localhost")'],
    ['text that is no word of OCSF', 'http_request.http_method: { value: FETCH }', 'must be CONNECT, '],
    ['neither a field nor a value', 'message: { otherwise: x }', 'must have one of from, value and fallback'],
    ['both', 'message: { from: a, value: b }', 'must have one of from, value and fallback'],
    ['a map of what is fixed', 'message: { value: a, map: { b: c } }', 'does not go with value'],
    ['a format of what is no time', 'message: { from: a, format: iso }', 'is for times, and the attribute is none'],
    ['a map of a time', 'start_time: { from: a, map: { b: c } }', 'is of no use: the attribute is a time'],
    ['one field to be joined', "message: { from: a, join: ' ' }", 'joins several fields; name them under from'],
    ['attributes of nothing', 'message: { from: a, attributes: { b: c } }', 'goes with each, which is not there'],
    ['a field without a name', 'message: a..b', 'names a field without a name (found "a..b")'],
  ])('%s', (_, line, message) => {
    const ip = line.startsWith('src_endpoint.port') ? '  src_endpoint.ip: ip\n' : '';
    const method = line.startsWith('http_request') ? '  http_request.user_agent: agent\n' : '';
    const yaml = `${DOOR}${ip}${method}  ${line}\n`;
    const [error] = errorsOf(yaml);

    expect(error?.message).toContain(message);
    expect(error?.line).toBe(lineOf(yaml, line));
  });
});

describe('times', () => {
  it.each([
    ["from: at, format: 'yyyy-MM-dd'", 'time.format', 'names no zone: put Z (an offset) or z (a name) into the pattern'],
    ["from: at, format: 'HH:mm', zone: Z", 'time.format', 'names no month (found "HH:mm")'],
    ["from: at, format: 'MM/yyyy Z'", 'time.format', 'names no day'],
    ["from: at, format: 'dd.MM.yyyy hh:mm Z'", 'time.format', 'names an hour up to 12 without a (am or pm); H is an hour up to 23'],
    ["from: at, format: 'dd.MM.yyyy dd Z'", 'time.format', 'says the day twice'],
    ["from: at, format: 'MMM d HH:mm:ss Z'", 'time.format', 'names a zone and no year'],
    ['from: at, format: unix', 'time.format', 'holds "u"; must be iso, epoch_s, epoch_ms, epoch_us, epoch_ns, or made of yyyy, '],
    ['from: at, format: [iso, "dd\'th"], zone: Z', 'time.format.1', "has a ' without an end"],
    ["from: at, zone: '+1:00'", 'time.zone', 'must be Z (UTC), an offset such as +01:00 or a zone such as Europe/Berlin'],
    ['from: at, zone: Europe/Frankfurt', 'time.zone', 'there is no zone Europe/Frankfurt'],
    ["from: at, zone: '+25:00'", 'time.zone', 'no zone is +25:00 from UTC'],
  ])('%s', (time, path, message) => {
    const yaml = DOOR.replace('{ from: at }', `{ ${time} }`);
    const [error, ...more] = errorsOf(yaml);

    expect(more).toEqual([]);
    expect(error?.message).toContain(message);
    expect(error).toMatchObject({ line: lineOf(yaml, 'time:'), path });
  });
});

describe('formats', () => {
  const LINES = DOOR.replace('format: json', 'FORMAT');

  it.each([
    ["{ regex: '(?<at>.*) (?<who>.*)x' }", 'format.regex', 'could take very long: parts of it may match the same characters in many ways'],
    ["{ regex: '(?<at>[^ ]+' }", 'format.regex', 'a parenthesis is not closed'],
    ["{ regex: '(?<at>[^ ]+) (?=x)(?<who>.+)' }", 'format.regex', 'look-around, atomic groups and flags inside are not supported'],
    ["{ regex: '[^ ]+ .*' }", 'format.regex', 'has no named group'],
    ["{ regex: '(?P<at>[^ ]+)' }", 'format.regex', 'has (?P, which means something else in JavaScript or nothing'],
    ['{ csv: { columns: [at, who, at] } }', 'format.csv.columns.2', 'at is named twice'],
    ["{ csv: { columns: [at, 'who?', more] } }", 'format.csv.columns.2', 'stands behind a column that may be missing'],
    ['{ csv: { columns: [at, who], header: [at] } }', 'format.csv.header', 'does not go with columns'],
    [
      '{ csv: { columns: [at, whom] } }',
      'attributes.user.name.from',
      'must be one of the fields at, whom (found "who"; did you mean "whom"?)',
    ],
    ["{ regex: '(?<at>[^ ]+) (?<user>.+)' }", 'attributes.user.name.from', 'must be one of the fields at, user (found "who"'],
    ['xml', 'format', 'must be how a record is read: json, csv or key_value'],
    ['{ jsn: {} }', 'format.jsn', 'is not known here; allowed are json, csv, key_value, regex'],
  ])('%s', (format, path, message) => {
    const errors = errorsOf(LINES.replace('FORMAT', `format: ${format}`));

    expect(errors.find((error) => error.path === path)?.message).toContain(message);
  });

  test('a regular expression in a list is one, and its line is told', () => {
    const yaml = LINES.replace('FORMAT', "format:\n  regex:\n    - '(?<at>[^ ]+) '\n    - '(?<who>a+)+b'");
    expect(wrong(yaml)).toEqual([expect.stringContaining(`${lineOf(yaml, 'regex:')}: format.regex: could take very long`)]);
  });

  test('where records begin is for lines', () => {
    expect(wrong(`${DOOR}begins: x\n`)).toEqual([expect.stringContaining('begins: is for formats of lines')]);
    expect(wrong(`${LINES.replace('FORMAT', 'format: csv')}begins: '(a+)+'\n`)).toEqual([
      expect.stringContaining('begins: could take very long'),
    ]);
  });
});

describe('the rest of the file', () => {
  it.each([
    ['name: door', 'name: window', 'name: must be the file\'s name, door (found "window")'],
    ['class: authentication', 'class: authentification', 'class: must be one of base_event, '],
    ['class: authentication', '', ': lacks class'],
    ['vendor_name: Example', 'vendor_name: Strongroom', 'product.vendor_name: must not be Strongroom'],
    ['class: authentication', 'class: authentication\nprofiles: [clowd]', 'profiles.0: must be one of cloud, '],
    ['format: json', 'format: json\nclaim: { keys: ["a/*/{account}"] }', 'claim.keys.0: has {account} behind the first *'],
    ['format: json', 'format: json\nabsent: ["-"]\nexclud: []', 'exclud: is not known here; allowed are name, '],
    [
      'format: json',
      'format: json\nexclude: [{ rule: No-Thing, when: { a: b } }]',
      'exclude.0.rule: must be lower-case words with underscores',
    ],
  ])('%s → %s', (from, to, message) => {
    const errors = wrong(DOOR.replace(from, to));

    expect(errors.some((error) => error.includes(message))).toBe(true);
  });

  test('YAML that is none', () => {
    expect(wrong('name: [door\n')[0]).toMatch(/^2: : Flow sequence in block collection must be/);
    expect(wrong('')).toEqual([expect.stringContaining('must be object')]);
  });
});

describe('cases', () => {
  const CASES = `${HEAD}format: json
time: { from: at }
activity: { value: Other kind }
attributes:
  service.name: { value: Doors }
cases:
  - when: { kind: in }
    class: authentication
    attributes:
      user.name: who
  - class: entity_management
    attributes:
      entity.name: what
`;

  test('each is told at its own line, what they share once', () => {
    const messages = wrong(CASES);
    const line = (text: string): number => lineOf(CASES, text);

    expect(messages).toEqual([
      expect.stringContaining(`${line('Other kind')}: activity.value: must be Unknown, Logon, `),
      expect.stringContaining(`${line('Other kind')}: activity.value: must be Unknown, Create, `),
      expect.stringContaining(
        `${line('service.name')}: attributes.service.name: class entity_management has no such attribute (found "service"`,
      ),
    ]);
  });

  test('the last one is for all other records, and the others are not', () => {
    const yaml = DOOR.replace('class: authentication\n', '').concat(
      'cases:\n  - class: authentication\n  - { when: { a: b }, class: authentication }\n',
    );
    expect(wrong(yaml)).toEqual([
      `${lineOf(yaml, '  - class')}: cases.0: lacks when: only the last case is for all other records`,
      `${lineOf(yaml, 'when:')}: cases.1.when: is not for the last case, which is for all records that no other is for`,
    ]);
  });
});

describe('lists', () => {
  const LIST = `${HEAD}format: json
time: { from: at }
class: api_activity
activity: { value: Create }
attributes:
  api.operation: what
  actor.app_name: { value: x }
  src_endpoint.svc_name: { value: x }
`;

  it.each([
    [
      'resources: { each: things, attributes: { uid: id, nam: name } }',
      'attributes.resources.attributes.nam',
      'an object of resources has no such attribute (found "nam"; did you mean "name"?)',
    ],
    ['resources: { each: things }', 'attributes.resources', 'lacks attributes: what each element becomes'],
    ['resources: { each: things, from: x, attributes: { uid: id } }', 'attributes.resources.from', 'does not go with each'],
    ['message: { each: things, attributes: { uid: id } }', 'attributes.message', 'is no list of objects and cannot have each'],
    [
      'actor.user.groups: { each: groups, attributes: { desc: text } }',
      'attributes.actor.user.groups.attributes',
      'lacks one of name, uid',
    ],
    ['resources.1.nam: id', 'attributes.resources.1.nam', 'resources.1 has no such attribute'],
  ])('%s', (line, path, message) => {
    const errors = errorsOf(`${LIST}  ${line}\n`);

    expect(errors.find((error) => error.path === path)?.message).toContain(message);
  });
});
