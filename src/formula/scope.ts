/**
 * What expressions are read in: rows of a table, and what of the data of the fit goes into them.
 * At the fit these constants are made and kept; for new rows they are looked up.
 */
import { WeighbridgeError } from '../errors.js';
import type { Formula } from './formula.js';
import { type FormulaFail, failAt } from './formula-error.js';
import type { Column } from './table.js';

export interface Scope {
  readonly rows: number;
  /** Of the row i of the scope, in the data as its owner has them, from 1. */
  rowNumber(i: number): number;
  /** A column as it was at the fit: of its kind, with its levels; without missing values. */
  column(name: string, place: number): Column;
  /** Numbers that depend on the data of the fit, such as a mean, by the text that wants them. */
  constants(text: string, make: () => readonly number[]): readonly number[];
  /** Levels of `factor(x)`, by its text. */
  levels(text: string, make: () => readonly string[]): readonly string[];
  readonly fail: FormulaFail;
}

/** What a scope takes from the fit, or hands to it. */
export interface Constants {
  readonly constants: Map<string, readonly number[]>;
  readonly factorLevels: Map<string, readonly string[]>;
}

/** Of the fit: constants are made where they are asked for first. */
export function fittingScope(
  formula: Formula,
  table: { readonly rows: number; column(name: string): Column; rowNumber(i: number): number },
): { readonly scope: Scope; readonly made: Constants } {
  const made: Constants = { constants: new Map(), factorLevels: new Map() };
  const scope: Scope = {
    ...table,
    constants: (text, make) => remembered(made.constants, text, make),
    levels: (text, make) => remembered(made.factorLevels, text, make),
    fail: failAt(formula.text),
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

/** Of new rows: constants are those of the fit. */
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
  throw new WeighbridgeError('bad-data', `the design of the fit has no constants of ${text}`);
}
