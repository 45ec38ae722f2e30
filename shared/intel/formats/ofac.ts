// The list of specially designated nationals of the US Treasury: addresses of chains that nobody may deal with. Both forms of the file are read as
// they pass, a hundred megabytes of them. https://ofac.treasury.gov/faqs/562, https://ofac.treasury.gov/sanctions-list-service
import { SaxesParser } from 'saxes';
import { createCollector, type Collector, type Parsed } from '../indicator.ts';
import { normalise } from '../normalise.ts';
import { FeedError, given } from './format.ts';

/** The asset's symbol is behind it; the list of symbols is open. */
const KIND = /^Digital Currency Address\s*-\s*(\S.*)$/;
const CHUNK = 256 * 1024;

interface Party {
  id: string | undefined;
  name: string | undefined;
  readonly found: { readonly symbol: string; readonly address: string }[];
}

/** @throws FeedError */
export function parseOfac(body: Buffer): Parsed {
  const collector = createCollector();
  const reader = createReader(collector);
  const parser = new SaxesParser({ xmlns: false });
  let problem: Error | undefined;
  parser.on('error', (error) => (problem ??= error));
  parser.on('opentag', ({ name, attributes }) => reader.open(localName(name), attributes));
  parser.on('text', reader.text);
  parser.on('cdata', reader.text);
  parser.on('closetag', ({ name }) => reader.close(localName(name)));
  const decoder = new TextDecoder('utf-8');
  for (let at = 0; at < body.length && problem === undefined; at += CHUNK)
    parser.write(decoder.decode(body.subarray(at, at + CHUNK), { stream: true }));
  if (problem === undefined) parser.close();
  if (problem !== undefined || !reader.isList()) throw new FeedError('is not a complete list of the OFAC in XML');
  return collector.parsed();
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

type Attributes = Readonly<Record<string, string>>;

/** Where in the file the reader is. */
interface State {
  readonly symbols: Map<string, string>;
  party: Party;
  isList: boolean;
  text: string;
  /** Of the feature type, feature or id that is being read. */
  kind: string | undefined;
}

/** Of sdn_advanced.xml: kinds of features are named before the parties that have them. Of SDN.xml: each id says its kind itself. */
const OPENED: Readonly<Record<string, (state: State, attributes: Attributes) => void>> = {
  Sanctions: (state) => (state.isList = true),
  sdnList: (state) => (state.isList = true),
  FeatureType: (state, { ID }) => (state.kind = ID),
  Feature: (state, { FeatureTypeID = '' }) => (state.kind = state.symbols.get(FeatureTypeID)),
  DistinctParty: (state, { FixedRef }) => (state.party = { ...newParty(), id: FixedRef }),
  sdnEntry: (state) => (state.party = newParty()),
  id: (state) => (state.kind = undefined),
};
const CLOSED: Readonly<Record<string, (state: State) => void>> = {
  FeatureType(state) {
    const symbol = KIND.exec(state.text)?.[1];
    if (symbol !== undefined && state.kind !== undefined) state.symbols.set(state.kind, symbol);
    state.kind = undefined;
  },
  NamePartValue: ({ party, text }) => (party.name ??= text),
  VersionDetail: takeAddress,
  Feature: (state) => (state.kind = undefined),
  uid: ({ party, text }) => (party.id ??= text),
  lastName: ({ party, text }) => (party.name ??= text),
  idType: (state) => (state.kind = KIND.exec(state.text)?.[1]),
  idNumber: takeAddress,
};
/** The name may stand behind the addresses. */
const PARTIES: ReadonlySet<string> = new Set(['DistinctParty', 'sdnEntry']);

function takeAddress({ kind, text, party }: State): void {
  if (kind !== undefined && text !== '') party.found.push({ symbol: kind, address: text });
}

function createReader(collector: Collector) {
  const state: State = { symbols: new Map(), party: newParty(), isList: false, text: '', kind: undefined };
  return {
    isList: () => state.isList,
    open: (name: string, attributes: Attributes): void => {
      state.text = '';
      OPENED[name]?.(state, attributes);
    },
    text: (more: string): void => void (state.text += more),
    close: (name: string): void => {
      state.text = state.text.trim();
      CLOSED[name]?.(state);
      if (PARTIES.has(name)) {
        endParty(state.party, collector);
        state.party = newParty();
      }
      state.text = '';
    },
  };
}

function endParty({ id, name, found }: Party, { add, skip }: Collector): void {
  for (const { symbol, address } of found) {
    const wallet = normalise('wallet', address);
    const names = ['OFAC sanctioned address', ...(name === undefined ? [] : [name]), symbol];
    // Past dealings are to be found as well: there is no beginning.
    if (wallet !== undefined) add({ ...wallet, ...given('id', id), from: 0, confidence: 100, names });
    else skip(`an address of ${symbol.slice(0, 20)} of unknown form`);
  }
}

function newParty(): Party {
  return { id: undefined, name: undefined, found: [] };
}
