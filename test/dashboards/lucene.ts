// As much of Lucene's query language as the dashboards use, read against a document by other means than the server's.
// https://docs.opensearch.org/latest/query-dsl/full-text/query-string/
import { BlockList, isIP } from 'node:net';
import { canonicalIp, valuesOf, words, wordsOf, type Indexed } from './indexed.ts';

export type Query =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Query[] }
  | { readonly kind: 'not'; readonly part: Query }
  | { readonly kind: 'exists'; readonly field: string }
  | { readonly kind: 'term' | 'phrase'; readonly field: string; readonly value: string }
  | { readonly kind: 'range'; readonly field: string; readonly from: number; readonly to: number };

const TOKEN = /\s*(\(|\)|\[[^\]]*\]|"(?:[^"\\]|\\.)*"|(?:[^\s()"[\]:\\]|\\.)+:?|:)/y;

/** @throws Error for what is not understood here. */
export function parseQuery(text: string): Query {
  if (text.trim() === '' || text.trim() === '*') return { kind: 'all' };
  const tokens = tokensOf(text);
  let next = 0;
  const peek = (): string | undefined => tokens[next];
  const take = (): string => {
    const token = tokens[next++];
    if (token === undefined) throw new Error(`query ends too early: ${text}`);
    return token;
  };
  const list = (kind: 'and' | 'or', word: string, part: (field?: string) => Query, field?: string): Query => {
    const parts = [part(field)];
    while (peek() === word) {
      take();
      parts.push(part(field));
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind, parts };
  };
  const or = (field?: string): Query => list('or', 'OR', and, field);
  const and = (field?: string): Query => list('and', 'AND', not, field);
  const not = (field?: string): Query => {
    if (peek() !== 'NOT') return primary(field);
    take();
    return { kind: 'not', part: not(field) };
  };
  const primary = (field?: string): Query => {
    const token = take();
    if (token === '(') {
      const inner = or(field);
      if (take() !== ')') throw new Error(`no ) in ${text}`);
      return inner;
    }
    if (token.endsWith(':') && !token.endsWith('\\:')) return primary(token.slice(0, -1));
    if (token === '*' && field === undefined) return { kind: 'all' };
    if (field === undefined) throw new Error(`no field for ${token} in ${text}`);
    if (field === '_exists_') return { kind: 'exists', field: token };
    if (token === '*') return { kind: 'exists', field };
    if (token.startsWith('"')) return { kind: 'phrase', field, value: token.slice(1, -1).replaceAll(/\\(.)/g, '$1') };
    const range = /^\[(\S+) TO (\S+)\]$/.exec(token);
    if (range !== null) return { kind: 'range', field, from: Number(range[1]), to: Number(range[2]) };
    return { kind: 'term', field, value: token };
  };
  const whole = or();
  if (next !== tokens.length) throw new Error(`not understood from ${tokens[next] ?? ''} on: ${text}`);
  return whole;
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const found = TOKEN.exec(text);
    if (found?.[1] === undefined) throw new Error(`not understood: ${text}`);
    tokens.push(found[1]);
  }
  return tokens;
}

/** @returns the fields that a query asks. */
export function fieldsIn(query: Query): readonly string[] {
  switch (query.kind) {
    case 'all':
      return [];
    case 'and':
    case 'or':
      return query.parts.flatMap(fieldsIn);
    case 'not':
      return fieldsIn(query.part);
    case 'exists':
    case 'range':
    case 'term':
    case 'phrase':
      return [query.field];
  }
}

export function matches(query: Query, document: Indexed): boolean {
  switch (query.kind) {
    case 'all':
      return true;
    case 'and':
      return query.parts.every((part) => matches(part, document));
    case 'or':
      return query.parts.some((part) => matches(part, document));
    case 'not':
      return !matches(query.part, document);
    case 'exists':
      return valuesOf(document, query.field).length > 0;
    case 'range':
      return valuesOf(document, query.field).some((value) => Number(value) >= query.from && Number(value) <= query.to);
    case 'term':
    case 'phrase':
      return matchesValue(query, document);
  }
}

function matchesValue({ kind, field, value }: { kind: 'term' | 'phrase'; field: string; value: string }, document: Indexed): boolean {
  const search = document.fields[field];
  if (search === undefined) return false;
  if (search === 'payload' || search === 'words') {
    if (isPattern(kind, value))
      return wordsOf(document, field).some((list) => list.some((word) => word !== undefined && like(value.toLowerCase(), word)));
    const wanted = words(value.replaceAll(/\\(.)/g, '$1'), search);
    return wordsOf(document, field).some((list) => list.some((_, start) => wanted.every((word, at) => list[start + at] === word)));
  }
  const values = valuesOf(document, field);
  if (search === 'ip' && value.includes('/')) return values.some((ip) => inNetwork(String(ip), value));
  if (search === 'ip') return values.includes(canonicalIp(value));
  if (search === 'number' || search === 'measure') return values.includes(Number(value));
  if (isPattern(kind, value)) return values.some((one) => like(value, String(one)));
  return values.includes(kind === 'phrase' ? value : value.replaceAll(/\\(.)/g, '$1'));
}

function isPattern(kind: 'term' | 'phrase', value: string): boolean {
  return kind === 'term' && /(?:^|[^\\])[*?]/.test(value);
}

function like(pattern: string, value: string): boolean {
  const source = pattern.replaceAll(/\\(.)|(\*)|([^\\*])/g, (_, escaped?: string, star?: string, plain?: string) =>
    star === undefined ? (escaped ?? plain ?? '').replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&') : '[^]*',
  );
  return new RegExp(`^${source}$`).test(value);
}

function inNetwork(ip: string, network: string): boolean {
  const [base = '', prefix = ''] = network.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(prefix), isIP(base) === 6 ? 'ipv6' : 'ipv4');
  return isIP(ip) === isIP(base) && list.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
}
