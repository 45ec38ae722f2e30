// A source that somebody described in YAML instead of code (banks/<bank>/sources/*.yml, shared/sources/declared/*.yml), checked and resolved
// against OCSF by cli/declared/compile.ts. A plan is data: it is packed with the bank's file, and shared/declared/source.ts runs it.
// The YAML is described in schemas/config/source.schema.json.
import type { Json } from '../model.ts';
import type { EventPattern } from '../sources/api.ts';

export interface DeclaredPlan {
  readonly name: string;
  readonly title: string;
  readonly documentation: string;
  readonly delivered: readonly string[];
  readonly claim: Claim;
  /** A local file is of this source where all texts of one of these lists stand in its first 64 KiB. Empty: no file is recognised. */
  readonly recognise: readonly (readonly string[])[];
  /** The first that can read a record counts. */
  readonly readers: readonly Reader[];
  /** Regular expression of the lines that begin a record; the other lines belong to the record before them. */
  readonly begins?: string | undefined;
  readonly records?: Records | undefined;
  /** Texts that say that nothing is there. */
  readonly absent: readonly string[];
  readonly exclude: readonly { readonly rule: string; readonly when: readonly Condition[] }[];
  readonly product: { readonly name: string; readonly vendor_name: string };
  /** The first whose conditions hold. The last one has none. */
  readonly cases: readonly Case[];
}

/** What becomes of the records of one kind. */
export interface Case {
  /** All of them hold. */
  readonly when: readonly Condition[];
  readonly cls: { readonly uid: number; readonly category: number };
  readonly profiles: readonly string[];
  /** Fields whose values name the record; empty: its position does. */
  readonly uid: readonly { readonly field: RawPath; readonly isOptional: boolean }[];
  readonly assignments: readonly Assignment[];
  readonly needs: NeedsByPlace;
}

/** The field has one of these values: see shared/declared/match.ts. */
export interface Condition {
  readonly field: RawPath;
  readonly is: readonly string[];
}

/** Field names from the outside in. */
export type RawPath = readonly string[];

export interface Claim {
  /** S3 keys; `*` stands for any run of characters, `{account}` and `{region}` before the first `*` for whose it is. */
  readonly keys: readonly string[];
  /** Log groups; `*` stands for any run of characters. */
  readonly log_groups: readonly string[];
  readonly events: readonly EventPattern[];
}

export interface Records {
  /** Where in the delivered value several records lie, or the one inside a wrapper. */
  readonly field: RawPath;
  /** Name under which each record finds what stood around it. */
  readonly wrapper?: string | undefined;
}

export type Reader = JsonReader | CsvReader | PairReader | RegexReader;

export interface JsonReader {
  readonly kind: 'json';
  readonly array?: string | undefined;
}

export interface CsvReader {
  readonly kind: 'csv';
  readonly separator: string;
  /** False: a quote is a character like any other. */
  readonly quotes: boolean;
  readonly trim: boolean;
  /** Undefined: a header line names them. */
  readonly columns?: readonly string[] | undefined;
  /** Of `columns`, how many every row has. */
  readonly least: number;
  /** Columns by whose names the header line is told. */
  readonly header: readonly string[];
}

export interface PairReader {
  readonly kind: 'key_value';
  readonly separator: string;
  readonly assign: string;
}

export interface RegexReader {
  readonly kind: 'regex';
  /** Of the whole line. cli/declared/regex.ts has made sure that no text takes it long. */
  readonly pattern: string;
}

export interface Assignment {
  /** Attribute, from the event inwards. A list of objects is followed by the place of one: `resources`, `0`, `name`. */
  readonly to: readonly string[];
  /** Fields that may hold it; the first with a value counts. None: `fixed` is set. */
  readonly from: readonly RawPath[];
  /** All fields count, with this between them. */
  readonly join?: string | undefined;
  /** Set where no field has a value. */
  readonly fixed?: Json | undefined;
  /** `fixed` is set only where its object would be incomplete without it. */
  readonly isFallback?: boolean | undefined;
  readonly type: ValueType;
  /** The attribute is a list of such values. */
  readonly isList?: boolean | undefined;
  /** Raw value (see shared/declared/match.ts) → what is set. */
  readonly map?: Readonly<Record<string, Scalar>> | undefined;
  /** Set for a value that `map` does not know. */
  readonly otherwise?: Scalar | undefined;
  /** Captions: the map where there is none. A raw value that is the caption of what the map gives is not kept beside it. */
  readonly captions?: Readonly<Record<string, Scalar>> | undefined;
  /** Attribute that takes the raw word where this one does not say it all: beside an id that is 99 (Other), metadata.original_time for `time`. */
  readonly word?: readonly string[] | undefined;
  readonly time?: TimeFormat | undefined;
  /** Bounds of a number, allowed values, greatest length of a text in characters. */
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly values?: readonly (number | string)[] | undefined;
  readonly longest?: number | undefined;
  /** A regular expression that OCSF asks a text to match. */
  readonly pattern?: string | undefined;
  /** The field is a list: each of its elements becomes an object of the attribute's list, by these. */
  readonly each?: { readonly assignments: readonly Assignment[]; readonly needs: NeedsByPlace } | undefined;
}

export type Scalar = string | number | boolean;

export type ValueType = 'text' | 'integer' | 'number' | 'boolean' | 'ip' | 'time' | 'object' | 'json';

export interface TimeFormat {
  /** Each is iso, epoch_s, epoch_ms, epoch_us, epoch_ns, or a pattern such as `dd/MMM/yyyy:HH:mm:ss Z`. The first that reads a value counts. */
  readonly formats: readonly string[];
  /** For a text that names no zone: `Z`, `+01:00` or `Europe/Berlin`. */
  readonly zone?: string | undefined;
}

/** Objects of the event, by path, and what OCSF asks of each that is there. '' is the event itself. */
export type NeedsByPlace = Readonly<Record<string, Needs>>;

export interface Needs {
  /** All of them. */
  readonly required: readonly string[];
  /** At least one of these sets. */
  readonly anyOf: readonly (readonly string[])[];
}
