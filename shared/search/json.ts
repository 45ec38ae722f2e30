// JSON for terminals: the same value, without characters that they obey or that turn the order of others around.
// https://www.rfc-editor.org/rfc/rfc8259#section-7 and https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters

/** DEL, the controls of C1, and those of direction; JSON itself escapes only what is below U+0020. */
const OBEYED = /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** As JSON.stringify(), on one line. */
export function printedJson(value: object): string {
  return JSON.stringify(value).replaceAll(OBEYED, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
