// Passwords in statements that databases log: they must be in no event; the sealed evidence has them. Text in quotes behind IDENTIFIED, or
// behind a name with `password` in it (`PASSWORD 'x'`, `SET PASSWORD FOR a@b = 'x'`, `MASTER_PASSWORD='x'`, `password = 'x'`), becomes `*****`,
// and so does `password=x` within quoted text (connection strings). Rather too much is taken out than too little.
// https://dev.mysql.com/doc/refman/8.4/en/password-logging.html, https://www.postgresql.org/docs/current/sql-createrole.html

const MASK = '*****';
const SUSPECT = /passw(?:or)?d|identified|\bpwd\b/i;
const SECRET_NAME = /passw(?:or)?d|^pwd$/;
const CONNECTION = /\b(passw(?:or)?d|pwd)(\s*=\s*)(?:'[^']*'|[^\s'"&;,)]+)/gi;
const NESTED = /\b(?:identified|passw(?:or)?d)\b/i;

/** Words that may stand between the name and the text. */
const BETWEEN: ReadonlySet<string> = new Set(['as', 'by', 'encrypted', 'is', 'like', 'to', 'using', 'with']);
/** Words with which something else begins. */
const BEHIND: ReadonlySet<string> = new Set(['account', 'attribute', 'comment', 'default', 'require']);

export interface Dialect {
  /** Whether a backslash hides a quote in every quoted text. In PostgreSQL it does so behind E only. */
  readonly backslash: boolean;
}
export const MYSQL: Dialect = { backslash: true };
export const POSTGRESQL: Dialect = { backslash: false };

type Mode = 'none' | 'password' | 'user' | 'identified' | 'plugin' | 'done';

/** @returns the statement without the passwords in it. */
export function withoutSecrets(sql: string, dialect: Dialect): string {
  if (!SUSPECT.test(sql)) return sql;
  const kept: string[] = [];
  let mode: Mode = 'none';
  for (let at = 0; at < sql.length;) {
    const token = tokenAt(sql, at, dialect);
    const text = sql.slice(at, token.end);
    at = token.end;
    if (token.kind === 'quoted') {
      const isSecret = mode === 'password' || mode === 'identified';
      kept.push(isSecret ? masked(text) : withoutNested(text));
      mode = afterQuoted(mode, text);
    } else {
      kept.push(text);
      if (token.kind !== 'space') mode = token.kind === 'word' ? afterWord(mode, text.toLowerCase()) : afterSymbol(mode, text);
    }
  }
  return kept.join('');
}

function afterWord(mode: Mode, word: string): Mode {
  const identified = mode === 'identified' || mode === 'plugin';
  if (word === 'identified') return 'identified';
  if (SECRET_NAME.test(word)) return identified ? 'identified' : 'password';
  if (identified) return word === 'with' || word === 'via' ? 'plugin' : BEHIND.has(word) ? 'none' : 'identified';
  if (mode === 'done') return word === 'replace' ? 'password' : 'none';
  return mode === 'password' ? behindName(word) : mode;
}

function behindName(word: string): Mode {
  // One letter, or a character set, belongs to the quoted text behind it.
  const isGlue = BETWEEN.has(word) || word.length === 1 || word.startsWith('_');
  return word === 'for' ? 'user' : isGlue ? 'password' : 'none';
}

function afterSymbol(mode: Mode, symbol: string): Mode {
  if (mode === 'identified' || mode === 'plugin') return symbol === ',' || symbol === ';' ? 'none' : mode;
  if (mode === 'user') return symbol === '=' ? 'password' : symbol === '@' || symbol === '.' ? 'user' : 'none';
  return mode === 'password' && (symbol === '=' || symbol === '(' || symbol === ':' || symbol === '>') ? 'password' : 'none';
}

/** A name may stand in quotes too. */
function afterQuoted(mode: Mode, text: string): Mode {
  if (mode === 'plugin' || mode === 'identified') return 'identified';
  if (mode === 'user') return 'user';
  if (mode === 'password') return 'done';
  return text.length < 70 && SECRET_NAME.test(text.slice(1, -1).toLowerCase()) ? 'password' : 'none';
}

function masked(text: string): string {
  const quote = text.charAt(0);
  if (quote === '$') return `'${MASK}'`;
  return text.length > 1 && text.endsWith(quote) ? quote + MASK + quote : quote + MASK;
}

/** Of a statement within quoted text all that follows the word is taken out, if there are quotes in it. */
function withoutNested(text: string): string {
  if (!SUSPECT.test(text)) return text;
  const inner = text.slice(1, -1);
  const nested = NESTED.exec(inner);
  const last = Math.max(inner.lastIndexOf("'"), inner.lastIndexOf('"'));
  if (nested === null || last < nested.index) return text.replace(CONNECTION, `$1$2${MASK}`);
  return `${text.slice(0, 1 + nested.index + nested[0].length)} ${MASK}${text.slice(-1)}`;
}

// ── Tokens ──

interface Token {
  readonly kind: 'space' | 'word' | 'quoted' | 'symbol';
  readonly end: number;
}

const SPACE = /\s+/y;
const WORD = /[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*/y;
const DOLLAR = /\$(?:[A-Za-z_]\w{0,62})?\$/y;

function tokenAt(sql: string, at: number, dialect: Dialect): Token {
  const first = sql.charAt(at);
  if (first === "'" || first === '"' || first === '`') return { kind: 'quoted', end: endOfQuoted(sql, at, hidesQuotes(sql, at, dialect)) };
  const space = endOf(SPACE, sql, at);
  if (space !== undefined) return { kind: 'space', end: space };
  const word = endOf(WORD, sql, at);
  if (word !== undefined) return { kind: 'word', end: word };
  return commentAt(sql, at) ?? dollarsAt(sql, at) ?? { kind: 'symbol', end: at + 1 };
}

function hidesQuotes(sql: string, at: number, { backslash }: Dialect): boolean {
  const quote = sql.charAt(at);
  if (backslash) return quote !== '`';
  return quote === "'" && /[eE]/.test(sql.charAt(at - 1)) && !/\w/.test(sql.charAt(at - 2));
}

function commentAt(sql: string, at: number): Token | undefined {
  if (sql.startsWith('--', at)) return { kind: 'space', end: behind(sql, '\n', at) };
  // What stands in /*! … */ is executed.
  return sql.startsWith('/*', at) && sql.charAt(at + 2) !== '!' ? { kind: 'space', end: behind(sql, '*/', at + 2) } : undefined;
}

function dollarsAt(sql: string, at: number): Token | undefined {
  const tag = endOf(DOLLAR, sql, at);
  return tag === undefined ? undefined : { kind: 'quoted', end: behind(sql, sql.slice(at, tag), tag) };
}

function endOf(pattern: RegExp, sql: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex : undefined;
}

function behind(sql: string, mark: string, from: number): number {
  const found = sql.indexOf(mark, from);
  return found < 0 ? sql.length : found + mark.length;
}

/** A quote within is written twice. Text that was cut off ends with the statement. */
function endOfQuoted(sql: string, at: number, escapes: boolean): number {
  const quote = sql.charAt(at);
  for (let end = at + 1; end < sql.length; end++) {
    const character = sql.charAt(end);
    if (escapes && character === '\\') end++;
    else if (character === quote) {
      if (sql.charAt(end + 1) !== quote) return end + 1;
      end++;
    }
  }
  return sql.length;
}
