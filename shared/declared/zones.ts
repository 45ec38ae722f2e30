// Local times: how far a zone is from UTC, by the clock on the wall. https://www.iana.org/time-zones
/** @param wall ms since the epoch, had the clock shown UTC. @returns ms that the zone is ahead of UTC then. */
export type Offset = (wall: number) => number;

const FIXED = /^([+-])(\d{2}):(\d{2})$/;
const DAY = 86_400_000;
/** Zones change their offset at quarters of an hour only. */
const QUARTER = 900_000;
const MOST_REMEMBERED = 4096;

/** @param zone `Z`, `+01:00`, or a name such as Europe/Berlin. @throws Error where there is no such zone. */
export function zoneOffset(zone: string): Offset {
  if (zone === 'Z') return () => 0;
  const [, sign, hours, minutes] = FIXED.exec(zone) ?? [];
  if (sign !== undefined) {
    const offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
    if (Number(hours) > 14 || Number(minutes) > 59) throw new Error(`no zone is ${zone} from UTC`);
    return () => offset;
  }
  return remembering(localOffset(zone));
}

function localOffset(zone: string): Offset {
  const offsetAt = offsetIn(zone);
  return (wall) => {
    const before = offsetAt(wall - DAY);
    const after = offsetAt(wall + DAY);
    if (before === after) return before;
    // The clocks are changed about now. An hour that comes twice is taken for the first of the two.
    return offsetAt(wall - before) === before ? before : after;
  };
}

/** @returns the offset at a moment, ms since the epoch. */
function offsetIn(zone: string): Offset {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    throw new Error(`there is no zone ${zone}; say Z (UTC), an offset such as '+01:00', or a name such as Europe/Berlin`);
  }
  return (moment) => {
    const name = format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    // `GMT+01:00`, or `GMT` alone.
    const [, sign, hours, minutes] = FIXED.exec(name.slice(3)) ?? [];
    return sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  };
}

function remembering(find: Offset): Offset {
  const known = new Map<number, number>();
  return (wall) => {
    const quarter = Math.floor(wall / QUARTER);
    const found = known.get(quarter);
    if (found !== undefined) return found;
    const fresh = find(quarter * QUARTER);
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(quarter, fresh);
    return fresh;
  };
}
