/**
 * The cases of the comparison with brms: cases.json as written by hand, data.json and references.json
 * as R wrote them.
 */
import { readFileSync } from 'node:fs';
import type { FamilyName, LinkName, ThresholdKind } from '../../models/families/family.js';
import type { PriorClass } from '../../src/regression/priors/prior-rows.js';

/** A prior as brms' `set_prior` takes it. */
export interface CasePrior {
  readonly text: string;
  readonly class: PriorClass;
  readonly coef?: string;
  readonly group?: string;
  readonly lb?: number;
  readonly ub?: number;
}

export interface Case {
  readonly name: string;
  /** Name of a data set of data.json. */
  readonly data: string;
  readonly formula: string;
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly threshold?: ThresholdKind;
  readonly prior: readonly CasePrior[];
}

/** Measures of the `posterior` package, a column a measure and a place a parameter. */
export type ReferenceSummary = { readonly name: readonly string[] } & Readonly<
  Record<
    | 'mean'
    | 'sd'
    | 'q5'
    | 'q50'
    | 'q95'
    | 'mcse_mean'
    | 'mcse_sd'
    | 'ess_bulk'
    | 'ess_tail'
    | 'rhat',
    readonly number[]
  >
>;

/** A row of brms' `prior_summary` that has a prior; empty text where there is nothing. */
export type ReferencePrior = Readonly<
  Record<'prior' | 'class' | 'coef' | 'group' | 'lb' | 'ub' | 'source', string>
>;

export interface Reference {
  readonly name: string;
  /** Rows of the data that were used. */
  readonly rows: number;
  readonly divergences: number;
  readonly priors: readonly ReferencePrior[];
  /** All that brms reports; the first 40 group effects are among `parameters`. */
  readonly names: readonly string[];
  readonly parameters: ReferenceSummary;
}

function read<T>(file: string): T {
  const value: T = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
  return value;
}

export const cases = read<Case[]>('cases.json');

type Columns = Readonly<Record<string, readonly (number | string | null)[]>>;
export const dataSets =
  read<Readonly<Record<string, { readonly source: string; readonly columns: Columns }>>>(
    'data.json',
  );

export const references = new Map(
  read<{ cases: Reference[] }>('references.json').cases.map((one) => [one.name, one]),
);
