// Times as web servers write them (Common Log Format): 06/Feb/2026:00:00:38 +0000. https://httpd.apache.org/docs/current/logs.html#common
import { epochMs } from '../../ocsf/event.ts';

const MONTHS: ReadonlyMap<string, string> = new Map(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((name, index) => [
    name,
    String(index + 1).padStart(2, '0'),
  ]),
);
const LENGTH = 26;

/** @param text without the brackets. @returns ms since the epoch; undefined where the text is anything else. */
export function clfTimeMs(text: string): number | undefined {
  const month = MONTHS.get(text.slice(3, 6));
  if (month === undefined || text.length !== LENGTH || text.charAt(2) !== '/' || text.charAt(6) !== '/' || text.charAt(11) !== ':') {
    return undefined;
  }
  return epochMs(`${text.slice(7, 11)}-${month}-${text.slice(0, 2)}T${text.slice(12, 20)}${text.slice(21)}`);
}
