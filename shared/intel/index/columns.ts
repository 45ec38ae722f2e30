// Columns that grow: what the index is collected in. A million records as objects would be ten times as large.

export interface NumberColumn {
  readonly push: (number: number) => void;
  readonly at: (index: number) => number;
  readonly length: () => number;
}

export function numberColumn(): NumberColumn {
  let numbers = new Float64Array(1024);
  let length = 0;
  return {
    push(number) {
      if (length === numbers.length) {
        const larger = new Float64Array(length * 2);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[length++] = number;
    },
    at: (index) => numbers[index] ?? 0,
    length: () => length,
  };
}

export interface TextColumn {
  /** @returns where the text begins. */
  readonly push: (text: string) => number;
  /** Copies what lies from `start` to `end` to another buffer. @returns where it ends there. */
  readonly copy: (start: number, end: number, target: Buffer, at: number) => number;
  readonly length: () => number;
  /** All of it, not copied. */
  readonly bytes: () => Uint8Array;
}

export function textColumn(): TextColumn {
  let bytes = Buffer.allocUnsafe(64 * 1024);
  let length = 0;
  return {
    push(text) {
      const start = length;
      const size = Buffer.byteLength(text);
      if (length + size > bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, length + size));
        bytes.copy(larger, 0, 0, length);
        bytes = larger;
      }
      length += bytes.write(text, length);
      return start;
    },
    copy: (start, end, target, at) => at + bytes.copy(target, at, start, end),
    length: () => length,
    bytes: () => bytes.subarray(0, length),
  };
}
