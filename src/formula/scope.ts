/**
 * The scope of expressions: rows of a table, and constants that depend on the data of the fit.
 * These constants are computed and stored while fitting, and looked up for new rows.
 */
import { badData } from '../checks/values.js';
import { type FailAt, failIn } from '../text/cursor.js';
import type { Formula } from './formula.js';
import type { Column } from './table.js';

export interface Scope {
  readonly rows: number;
  /** Row number in the user's data, from 1, of row i of the scope. */
  rowNumber(i: number): number;
  /** A column with its kind and levels in the fit, without missing values. */
  column(name: string, place: number): Column;
  /** Numbers that depend on the data of the fit, for example a mean, by the text of their call. */
  constants(text: string, make: () => readonly number[]): readonly number[];
  /** Levels of `factor(x)`, by its text. */
  levels(text: string, make: () => readonly string[]): readonly string[];
  /** The number in each row of `me(x, s)` or `mi(x)`, by its text; absent where there are none. */
  readonly latent?: (text: string) => Float64Array;
  readonly fail: FailAt;
}

/** Constants of a fit, by the text of the call that needs them. */
interface Constants {
  readonly constants: Map<string, readonly number[]>;
  readonly factorLevels: Map<string, readonly string[]>;
}

/** The scope while fitting: constants are computed on first use. */
export function fittingScope(
  formula: Formula,
  table: { readonly rows: number; column(name: string): Column; rowNumber(i: number): number },
): { readonly scope: Scope; readonly made: Constants } {
  const made: Constants = { constants: new Map(), factorLevels: new Map() };
  const scope: Scope = {
    ...table,
    constants: (text, make) => remembered(made.constants, text, make),
    levels: (text, make) => remembered(made.factorLevels, text, make),
    fail: failIn('formula', formula.text),
  };
  return { scope, made };
}

function remembered<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}

/** The scope for new rows: constants are those of the fit. */
export function fittedConstants(design: {
  readonly constants: Readonly<Record<string, readonly number[]>>;
  readonly factorLevels: Readonly<Record<string, readonly string[]>>;
}): Pick<Scope, 'constants' | 'levels'> {
  return {
    constants: (text) => lookUp(design.constants, text),
    levels: (text) => lookUp(design.factorLevels, text),
  };
}

function lookUp<T>(record: Readonly<Record<string, T>>, text: string): T {
  if (Object.hasOwn(record, text)) return record[text];
  throw badData(`the design of the fit has no constants of ${text}`);
}
