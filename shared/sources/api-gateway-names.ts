// What the fields of an API Gateway access log are: whoever sets the log up chooses their names, and most choose the variables' own.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html (the formats that the console offers)
import type { JsonObject } from '../model.ts';
import { isObject, parseJson } from '../outcome.ts';
import { type Fields, fieldsOf, inside, markTaken } from './lib/fields.ts';

/** $context variables that have a place in the event, and by which names, in small letters and without punctuation, they are known. */
const NAMES = [
  ['requestId', 'requestid'],
  ['extendedRequestId', 'extendedrequestid'],
  ['requestTime', 'requesttime timestamp time'],
  ['requestTimeEpoch', 'requesttimeepoch'],
  ['httpMethod', 'httpmethod method requestmethod'],
  ['path', 'path requestpath'],
  ['resourcePath', 'resourcepath'],
  ['routeKey', 'routekey route'],
  ['protocol', 'protocol'],
  ['status', 'status statuscode responsestatus'],
  ['responseLength', 'responselength'],
  ['responseLatency', 'responselatency'],
  ['eventType', 'eventtype'],
  ['identity.sourceIp', 'identitysourceip sourceip clientip ip'],
  ['identity.userAgent', 'identityuseragent useragent'],
  ['identity.userArn', 'identityuserarn userarn'],
  ['identity.caller', 'identitycaller caller'],
  ['identity.user', 'identityuser user'],
  ['authorizer.principalId', 'authorizerprincipalid principalid'],
  ['accountId', 'accountid'],
  ['apiId', 'apiid'],
  ['domainName', 'domainname domain'],
  ['error.message', 'errormessage'],
  ['xrayTraceId', 'xraytraceid traceid'],
] as const;

export type Variable = (typeof NAMES)[number][0];

const VARIABLES: ReadonlyMap<string, Variable> = new Map(
  NAMES.flatMap(([variable, names]) => names.split(' ').map((name) => [name, variable] as const)),
);
const OWN_NAMES: ReadonlyMap<string, Variable> = new Map(NAMES.map(([variable]) => [variable, variable]));

/** Where a variable's value stands in the record. */
export interface Said {
  readonly fields: Fields;
  readonly name: string;
  readonly text: string;
}

export type Values = ReadonlyMap<Variable, Said>;

const DEEPEST = 4;

/** @returns the values that have a place. A dash is absence, and leaves the record. */
export function valuesOf(fields: Fields, format?: Format): Values {
  const values = new Map<Variable, Said>();
  collect(fields, { prefix: '', depth: 0, format, values });
  return values;
}

interface Walk {
  readonly prefix: string;
  readonly depth: number;
  readonly format: Format | undefined;
  readonly values: Map<Variable, Said>;
}

function collect(fields: Fields, { prefix, depth, format, values }: Walk): void {
  for (const name of Object.keys(fields.members)) {
    const member = fields.members[name];
    const path = prefix + name;
    if (isObject(member)) {
      if (depth < DEEPEST) collect(inside(fields, name), { prefix: `${path}.`, depth: depth + 1, format, values });
    } else if (member === '-' || member === '') markTaken(fields, name);
    else if (typeof member === 'string' || typeof member === 'number') {
      const variable = format?.names.get(path) ?? variableOf(path);
      if (variable !== undefined && !values.has(variable)) values.set(variable, { fields, name, text: String(member) });
    }
  }
}

// A log has the same few names in every record.
const MAX_KNOWN = 2048;
const known = new Map<string, Variable | undefined>();

function variableOf(path: string): Variable | undefined {
  if (known.has(path)) return known.get(path);
  const plain = path.toLowerCase().replaceAll(/[^a-z]/g, '');
  const found = VARIABLES.get(plain) ?? VARIABLES.get(plain.replace(/^context/, ''));
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(path, found);
  return found;
}

// ── Formats ──

/** A log format, as the stage has it, compiled. */
export interface Format {
  /** Of a JSON format: path of a field → its variable. */
  readonly names: ReadonlyMap<string, Variable>;
  /** Of a text format. */
  readonly line: { readonly expression: RegExp; readonly variables: readonly string[] } | undefined;
}

const MAX_FORMATS = 64;
const formats = new Map<string, Format>();

export function formatOf(format: string): Format {
  const compiled = formats.get(format) ?? compile(format);
  if (formats.size >= MAX_FORMATS) formats.clear();
  formats.set(format, compiled);
  return compiled;
}

const VARIABLE_NAME = /\$context\.[A-Za-z0-9_.-]*[A-Za-z0-9_]/;
const VARIABLE = /\$context\.([A-Za-z0-9_.-]*[A-Za-z0-9_])/g;

function compile(format: string): Format {
  const json = parseJson(format);
  if (isObject(json)) return { names: namesIn(json, ''), line: undefined };
  const variables = [...format.matchAll(VARIABLE)].map(([, name = '']) => name);
  return { names: new Map(), line: variables.length === 0 ? undefined : { expression: expressionOf(format, variables), variables } };
}

function namesIn(json: JsonObject, prefix: string): Map<string, Variable> {
  const names = new Map<string, Variable>();
  for (const [name, member] of Object.entries(json)) {
    if (isObject(member)) for (const [path, variable] of namesIn(member, `${prefix}${name}.`)) names.set(path, variable);
    const variable = typeof member === 'string' ? OWN_NAMES.get(member.replace(/^\$context\./, '')) : undefined;
    if (variable !== undefined) names.set(prefix + name, variable);
  }
  return names;
}

/** Variables that may hold any character. */
const FREE = /userAgent$|message|error|path$/i;

/**
 * A value ends where what stands behind its variable begins, and holds none of that character; the last one, none of what stands before it:
 * so a line can be read in one way only, and one that a client's text has made longer is not read at all.
 */
function expressionOf(format: string, variables: readonly string[]): RegExp {
  const literals = format.split(VARIABLE_NAME);
  const parts = literals.map((literal, at) => {
    const next = literals[at + 1];
    if (next === undefined) return RegExp.escape(literal);
    const end = next === '' && !FREE.test(variables[at] ?? '') ? literal.charAt(0) : next.charAt(0);
    return `${RegExp.escape(literal)}(${end === '' ? '.*' : `[^${RegExp.escape(end)}]*`})`;
  });
  return new RegExp(`^${parts.join('')}$`, 's');
}

const STATUS = /^(?:\d{3}|-)$/;

/** @returns the line's values under the names of their variables; undefined where it is not of the format. */
export function lineFields(line: string, { line: compiled }: Format): JsonObject | undefined {
  const found = compiled?.expression.exec(line);
  if (compiled === undefined || found === undefined || found === null) return undefined;
  const fields: JsonObject = Object.fromEntries(compiled.variables.map((name, at) => [name, found[at + 1]]));
  const status = fields['status'];
  return typeof status === 'string' && !STATUS.test(status) ? undefined : fields;
}

// Common Log Format as the console offers it for each kind of API. Anchored at its end: whatever a client put into the path.
const CLF = /^(\S+) (\S+) (\S+) \[([^\]]{1,40})\] ?"(.*)" (\d{3}|-)((?: \S+){1,3})$/s;
const EVENTS: ReadonlySet<string> = new Set(['CONNECT', 'MESSAGE', 'DISCONNECT']);

export function clfFields(line: string): JsonObject | undefined {
  const found = CLF.exec(line);
  if (found === null) return undefined;
  const [, ip, caller, user, time, asked = '', status, tail = ''] = found;
  const ids = tail.trimStart().split(' ');
  const length = ids.length > 1 && /^(?:\d+|-)$/.test(ids[0] ?? '') ? ids.shift() : undefined;
  return {
    'identity.sourceIp': ip,
    'identity.caller': caller,
    'identity.user': user,
    requestTime: time,
    ...askedFields(asked),
    status,
    responseLength: length,
    requestId: ids[0],
    extendedRequestId: ids[1],
  };
}

/** Method, resource or route, protocol; of a WebSocket API event, route, connection. A route has a method of its own: `GET GET /pets HTTP/1.1`. */
function askedFields(asked: string): JsonObject {
  const first = asked.indexOf(' ');
  const last = asked.lastIndexOf(' ');
  if (first <= 0 || last <= first) return { request: asked };
  const verb = asked.slice(0, first);
  const middle = asked.slice(first + 1, last);
  const end = asked.slice(last + 1);
  const isEvent = EVENTS.has(verb) && !end.startsWith('HTTP/');
  if (isEvent) return { eventType: verb, routeKey: middle, connectionId: end };
  return { httpMethod: verb, [middle.startsWith('/') ? 'resourcePath' : 'routeKey']: middle, protocol: end };
}

/** @returns the record of an access log in any form that is known, by the stage's format where the bank's file gives it. */
export function fieldsIn(text: string, format: Format | undefined): Fields | undefined {
  const json = text.startsWith('{') ? parseJson(text) : undefined;
  if (isObject(json)) return fieldsOf(json);
  const found = (format === undefined ? undefined : lineFields(text, format)) ?? clfFields(text);
  return found === undefined ? undefined : fieldsOf(found);
}
