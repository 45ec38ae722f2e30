// A declared source as somebody wrote it: schemas/config/source.schema.json has checked it.
import type { Scalar } from '../../shared/declared/plan.ts';

export interface SourceFile extends Kind {
  readonly name: string;
  readonly title: string;
  readonly documentation: string;
  readonly delivered?: readonly string[];
  readonly claim?: {
    readonly keys?: readonly string[];
    readonly log_groups?: readonly string[];
    readonly events?: readonly { readonly source: string; readonly detail_types?: readonly string[] }[];
  };
  readonly recognise?: readonly (string | readonly string[])[];
  readonly format: Format | readonly Format[];
  readonly begins?: string;
  readonly records?: string | { readonly field: string; readonly wrapper: string };
  readonly absent?: readonly string[];
  readonly exclude?: readonly { readonly rule: string; readonly when: When }[];
  readonly product: { readonly name: string; readonly vendor_name: string };
  readonly time: { readonly from: From; readonly join?: string; readonly format?: string | readonly string[]; readonly zone?: string };
  readonly cases?: readonly (Kind & { readonly when?: When })[];
}

/** What the file says for all records, and a case for those of one kind. */
export interface Kind {
  readonly class?: string;
  readonly profiles?: readonly string[];
  readonly uid?: From;
  readonly activity?: Given;
  readonly severity?: Given;
  readonly status?: Given;
  readonly attributes?: Attributes;
}

export type Attributes = Readonly<Record<string, Given>>;
export type When = Readonly<Record<string, Scalar | readonly Scalar[]>>;
export type From = string | readonly string[];
export type Format = 'json' | 'csv' | 'key_value' | FormatSettings;

export interface FormatSettings {
  readonly json?: { readonly array: string };
  readonly csv?: CsvSettings;
  readonly key_value?: { readonly separator?: string; readonly assign?: string };
  readonly regex?: string | readonly string[];
}

export interface CsvSettings {
  readonly separator?: string;
  readonly columns?: readonly string[];
  readonly header?: readonly string[];
  readonly quotes?: boolean;
  readonly trim?: boolean;
}

/** Where an attribute comes from. */
export type Given = From | GivenMore;

export interface GivenMore {
  readonly from?: From;
  readonly join?: string;
  readonly value?: Scalar;
  readonly fallback?: Scalar;
  readonly map?: Readonly<Record<string, Scalar>>;
  readonly otherwise?: Scalar;
  readonly format?: string | readonly string[];
  readonly zone?: string;
  readonly each?: From;
  readonly attributes?: Attributes;
}
