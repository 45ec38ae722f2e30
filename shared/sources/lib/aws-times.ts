// Times with the name of the day, as some AWS services write them: `Wed, 07 Jan 2026 06:02:51 GMT`
// (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7) and `Wed Jan 07 06:02:51.356 UTC 2026` (Inspector on EventBridge).
import { timeOfParts } from './times.ts';

// The day of the month may have one digit; the name of the day says nothing more.
const HTTP_DATE = /^[A-Za-z]{3}, (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) (?:GMT|UTC)$/;
const JAVA_DATE = /^[A-Za-z]{3} ([A-Z][a-z]{2}) (\d{1,2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) (?:GMT|UTC) (\d{4})$/;

/** @returns ms since the epoch, in the years 2000 to 2099; undefined where the text is anything else. */
export function httpDate(text: string): number | undefined {
  const [, day, month, year, time] = HTTP_DATE.exec(text) ?? [];
  return day === undefined || month === undefined || year === undefined || time === undefined
    ? undefined
    : timeOfParts({ year, month, day }, time);
}

/** @returns ms since the epoch, in the years 2000 to 2099; undefined where the text is anything else. */
export function javaDate(text: string): number | undefined {
  const [, month, day, time, year] = JAVA_DATE.exec(text) ?? [];
  return day === undefined || month === undefined || year === undefined || time === undefined
    ? undefined
    : timeOfParts({ year, month, day }, time);
}
