// What the schema cannot say of `anomalies`. https://www.iana.org/time-zones
import type { BankConfig } from '../shared/config.ts';
import type { Problem } from './yaml-file.ts';

export function* anomalies({ anomalies: said }: BankConfig): Generator<Problem> {
  const timezone = said?.timezone;
  if (timezone !== undefined && !isTimezone(timezone))
    yield { path: ['anomalies', 'timezone'], message: `must be a time zone such as Europe/Berlin (found "${timezone}")` };
  for (const [index, day] of (said?.holidays ?? []).entries())
    if (new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day)
      yield { path: ['anomalies', 'holidays', String(index)], message: `is no day of the calendar (found "${day}")` };
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
