// https://www.rfc-editor.org/rfc/rfc4648#section-4

/** @returns the bytes, or undefined where the text is not what encoding them again gives: Buffer reads over anything. */
export function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
