// What a message tells of all its records, as far as it goes into the event of each: a header of 256 KiB in every event would make
// gigabytes of one message. A header of more than 16 KiB is whole in the first record's event only; the evidence has all of it.
import type { Context } from '../api.ts';
import { membersOf, type Message } from './iso20022-message.ts';
import type { XmlMembers, XmlValue } from './xml.ts';

const LONGEST = 16 * 1024;
/** So much of long headers goes into the events of one unit as a whole. */
const MOST_WHOLE = 4 * 1024 * 1024;

/** Of a unit: the last header that was told as a whole, and the length of all of them. */
interface Told {
  header: string;
  length: number;
}

const units = new WeakMap<Context, Told>();

/** @returns the message without its records, for the event of one of them. */
export function sharedOf(message: Message, context: Context): XmlMembers {
  const { header = '' } = context;
  const whole = wholeOf(message);
  if (header.length <= LONGEST) return whole;
  const told = units.get(context) ?? { header: '', length: 0 };
  units.set(context, told);
  if (told.header === header || told.length + header.length > MOST_WHOLE) return cutOf(message, whole);
  told.header = header;
  told.length += header.length;
  return whole;
}

function wholeOf({ business, parts }: Message): XmlMembers {
  // Statements before this one, all of them without a record.
  const statement = membersOf(parts['Stmt']);
  return { ...(business === undefined ? {} : { AppHdr: business }), ...parts, ...(statement === undefined ? {} : { Stmt: statement }) };
}

// Records of one document have the same header.
let lastCut: { readonly message: Message; readonly members: XmlMembers } | undefined;

function cutOf(message: Message, whole: XmlMembers): XmlMembers {
  if (lastCut?.message !== message) {
    const room = { left: LONGEST, out: 0 };
    const kept = membersWithin(whole, room);
    lastCut = {
      message,
      members: { ...kept, header_left_out: `${room.out} texts: the event of the first record has them, and the evidence` },
    };
  }
  return lastCut.members;
}

interface Room {
  left: number;
  /** Texts for which there was none. */
  out: number;
}

/** What fits, in its order. */
function membersWithin(members: XmlMembers, room: Room): XmlMembers {
  const kept: XmlMembers = {};
  for (const name of Object.keys(members)) {
    const member = members[name];
    room.left -= name.length + 6;
    const found = member === undefined ? undefined : within(member, room);
    if (found !== undefined) kept[name] = found;
  }
  return kept;
}

function within(node: XmlValue, room: Room): XmlValue | undefined {
  if (typeof node === 'string') {
    const isKept = node.length + 3 <= room.left;
    if (isKept) room.left -= node.length + 3;
    else room.out++;
    return isKept ? node : undefined;
  }
  if (!Array.isArray(node)) {
    const kept = membersWithin(node, room);
    return Object.keys(kept).length === 0 ? undefined : kept;
  }
  const kept = node.flatMap((one) => within(one, room) ?? []);
  return kept.length === 0 ? undefined : kept;
}
