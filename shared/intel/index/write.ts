// The bytes of an index file: see layout.ts.
import { BYTES, MAGIC, padded, SECTIONS, VERSION, type IndexHead, type SectionName } from './layout.ts';

export type Sections = Readonly<Record<SectionName, Uint32Array | Uint16Array | Uint8Array>>;

const NAMES = Object.keys(SECTIONS) as SectionName[];

export function writeIndex(about: Omit<IndexHead, 'v' | 'sections'>, sections: Sections): Buffer {
  // The head says where the sections are, which depends on how long the head is: it is given room.
  const room = padded(MAGIC.length + 4 + JSON.stringify(headOf(about, sections, Number.MAX_SAFE_INTEGER)).length + 64);
  const head = Buffer.from(JSON.stringify(headOf(about, sections, room)));
  const size = NAMES.reduce((sum, name) => sum + padded(sections[name].byteLength), room);
  const file = Buffer.alloc(size);
  file.fill(0x20, 0, room);
  file.write(MAGIC, 0, 'latin1');
  file.writeUInt32LE(room - MAGIC.length - 4, MAGIC.length);
  head.copy(file, MAGIC.length + 4);
  let at = room;
  for (const name of NAMES) {
    const { buffer, byteOffset, byteLength } = sections[name];
    Buffer.from(buffer, byteOffset, byteLength).copy(file, at);
    at += padded(byteLength);
  }
  return file;
}

function headOf(about: Omit<IndexHead, 'v' | 'sections'>, sections: Sections, start: number): IndexHead {
  let at = start;
  const places: Partial<Record<SectionName, readonly [number, number]>> = {};
  for (const name of NAMES) {
    const section = sections[name];
    places[name] = [at, section.byteLength / BYTES[SECTIONS[name]]];
    at += padded(section.byteLength);
  }
  return { v: VERSION, ...about, sections: places as IndexHead['sections'] };
}
