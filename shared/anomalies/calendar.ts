// Which moments are alike: a week has 168 hours, a holiday is a Sunday. https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Intl/DateTimeFormat
// Time is cut into slots: hours, or days of UTC, numbered from the epoch.

export type Grain = 'hour' | 'day';

export const HOUR_MS = 3_600_000;
export const SLOT_MS: Readonly<Record<Grain, number>> = { hour: HOUR_MS, day: 24 * HOUR_MS };
/** Slots that a baseline looks back. */
export const WEEKS = 8;
const SLOTS_A_WEEK: Readonly<Record<Grain, number>> = { hour: 168, day: 7 };
export const MEMORY: Readonly<Record<Grain, number>> = { hour: WEEKS * SLOTS_A_WEEK.hour, day: WEEKS * SLOTS_A_WEEK.day };

export interface Calendar {
  /** @returns slots of the last eight weeks before this one, with the same hour of the week (or day of the week), latest first. */
  alike(slot: number, grain: Grain): readonly number[];
  /** @returns as alike(), with the same hour of a workday, or of a free day: more of them, less alike. */
  kindred(slot: number, grain: Grain): readonly number[];
}

const SUNDAY = 6;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

interface Local {
  /** 0 for Monday; Sunday for a holiday. */
  readonly day: number;
  readonly hour: number;
}

/** Slots whose answers are kept; a run asks for few at a time, in order. */
const MOST_KEPT = 400;

export function createCalendar({ timezone, holidays }: { readonly timezone: string; readonly holidays: ReadonlySet<string> }): Calendar {
  const local = createClock(timezone, holidays);
  const cellOf = (slot: number, grain: Grain): number => {
    const { day, hour } = local(slot * SLOT_MS[grain], grain);
    return grain === 'day' ? day : day * 24 + hour;
  };
  const kindOf = (slot: number, grain: Grain): number => {
    const { day, hour } = local(slot * SLOT_MS[grain], grain);
    return (day >= SUNDAY - 1 ? 24 : 0) + (grain === 'day' ? 0 : hour);
  };
  return { alike: remembered(cellOf), kindred: remembered(kindOf) };
}

function remembered(nameOf: (slot: number, grain: Grain) => number): Calendar['alike'] {
  const kept = new Map<string, readonly number[]>();
  return (slot, grain) => {
    const id = `${grain}${slot}`;
    const known = kept.get(id);
    if (known !== undefined) return known;
    const wanted = nameOf(slot, grain);
    const found: number[] = [];
    for (let back = 1; back <= MEMORY[grain]; back++) if (nameOf(slot - back, grain) === wanted) found.push(slot - back);
    if (kept.size > MOST_KEPT) kept.clear();
    kept.set(id, found);
    return found;
  };
}

/** A day of UTC is its noon's. */
function createClock(timezone: string, holidays: ReadonlySet<string>): (ms: number, grain: Grain) => Local {
  const parts = { weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', hourCycle: 'h23' } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, ...parts });
  const known = new Map<number, Local>();
  return (ms, grain) => {
    const at = grain === 'day' ? ms + SLOT_MS.day / 2 : ms;
    const found = known.get(at) ?? readLocal(format, at, holidays);
    known.set(at, found);
    return found;
  };
}

function readLocal(format: Intl.DateTimeFormat, ms: number, holidays: ReadonlySet<string>): Local {
  const said = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const date = `${said.get('year') ?? ''}-${said.get('month') ?? ''}-${said.get('day') ?? ''}`;
  const day = holidays.has(date) ? SUNDAY : DAYS.indexOf(said.get('weekday') ?? '');
  return { day, hour: Number(said.get('hour')) };
}
