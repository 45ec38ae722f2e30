// What `strongroom replay` was asked for, checked. Times: https://www.rfc-editor.org/rfc/rfc3339
import type { BankConfig } from '../../shared/config.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import type { ReplayTarget } from '../../shared/model.ts';
import { inRange } from '../../shared/ocsf/event.ts';
import { DEFAULT_RATE } from '../../shared/replay/plan.ts';
import { ALL_SOURCES, NO_SOURCE, type Selection } from '../../shared/replay/select.ts';
import { replayTarget } from '../../shared/replay/target.ts';
import { sourcesOf } from '../../shared/sources/routes.ts';
import { UNREAD_LOGS } from '../../shared/units.ts';
import { found } from '../similar.ts';

export interface RequestOptions {
  readonly source?: string | undefined;
  readonly from?: string | undefined;
  /** Given up to twice: until when, and where to. */
  readonly to?: readonly string[] | undefined;
  readonly account?: readonly string[] | undefined;
  readonly rate?: string | undefined;
  readonly alerts?: boolean | undefined;
}

export interface ReplayRequest {
  readonly selection: Selection;
  readonly target: ReplayTarget;
  readonly alerts: boolean;
  /** Records per second. */
  readonly rate: number;
}

/** @throws MisconfiguredError saying which option is wrong and what is allowed. */
export function replayRequest(options: RequestOptions, bank: BankConfig): ReplayRequest {
  const { until, target } = readTo(options.to ?? []);
  const alerts = options.alerts === true;
  if (alerts && target.startsWith('index:')) throw new MisconfiguredError(`--alerts: nothing is detected in what goes to ${target}`);
  return { selection: readSelection(options, until, bank), target, alerts, rate: readRate(options.rate) };
}

/** Times begin with a digit. */
const TARGET = /^[a-z]/i;

function readTo(given: readonly string[]): { readonly until: string | undefined; readonly target: ReplayTarget } {
  const targets = given.filter((value) => TARGET.test(value));
  const times = given.filter((value) => !TARGET.test(value));
  if (targets.length > 1 || times.length > 1)
    throw new MisconfiguredError(`--to is given once with a time and once with a target at most (found ${given.join(', ')})`);
  return { until: times[0], target: replayTarget(targets[0] ?? 'hub') };
}

function readSelection({ source, from, account = [] }: RequestOptions, until: string | undefined, bank: BankConfig): Selection {
  const selection = {
    source: readSource(source, bank),
    from: readTime('--from', from),
    to: readTime('--to', until),
    accounts: account.map(readAccount),
  };
  if (selection.from >= selection.to) throw new MisconfiguredError(`--to must be after --from (found ${from ?? ''} and ${until ?? ''})`);
  return selection;
}

function readSource(name: string | undefined, bank: BankConfig): string {
  const known = [...sourcesOf(bank).map((source) => source.name), NO_SOURCE, UNREAD_LOGS];
  if (name === ALL_SOURCES || (name !== undefined && known.includes(name))) return name;
  throw new MisconfiguredError(`--source must be "${ALL_SOURCES}" or a source, see \`npx strongroom sources\` ${found(name ?? '', known)}`);
}

const TIME = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** A day means its beginning in UTC; a time of day is not guessed a zone. */
function readTime(option: string, given: string | undefined): number {
  const [, day] = TIME.exec(given ?? '') ?? [];
  const time = Date.parse(given ?? '');
  // JavaScript takes 30 February for 2 March.
  if (day !== undefined && !Number.isNaN(time) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day) && inRange(time)) return time;
  throw new MisconfiguredError(
    `${option} must be a time such as 2026-11-21T09:30:00Z, or a day such as 2026-11-21 (UTC), of the years 2000 to 2099 (found "${given ?? ''}")`,
  );
}

function readAccount(id: string): string {
  if (/^\d{12}$/.test(id) || id === 'unknown') return id;
  throw new MisconfiguredError(`--account must be an account id of 12 digits, or "unknown" (found "${id}")`);
}

export function readRate(given: string | undefined): number {
  if (given === undefined) return DEFAULT_RATE;
  const rate = Number(given);
  if (/^\d{1,7}$/.test(given) && rate > 0) return rate;
  throw new MisconfiguredError(`--rate must be records per second, a whole number from 1 to 9999999 (found "${given}")`);
}
