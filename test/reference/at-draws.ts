/** A fit whose draws are those of brms, for what follows from draws alone. */
import { expect } from 'vitest';
import { rowLogLikelihood } from '../../models/reported-parameters.js';
import type { RegressionFit } from '../../src/regression/regression.js';

interface DrawsOfBrms {
  readonly names: readonly string[];
  /** In the order of the names. */
  readonly draws: readonly (readonly number[])[];
  /** By draw and row. */
  readonly logLikelihood: readonly (readonly number[])[];
}

/** The fit at brms' draws, and its number of rows; fails where their log likelihoods by row differ. */
export function atDrawsOfBrms(fit: RegressionFit, one: DrawsOfBrms) {
  const { draws } = fit;
  const values = Float64Array.from(
    one.draws.flatMap((draw) =>
      draws.parameterNames.map((name) => draw[one.names.indexOf(name)] ?? Number.NaN),
    ),
  );
  const theirs = {
    ...fit,
    draws: { ...draws, chains: 1, drawsPerChain: one.draws.length, values },
  };
  const width = draws.parameterNames.length;
  const write = rowLogLikelihood(fit.specification);
  const rows = new Float64Array(fit.specification.data.rows);
  one.logLikelihood.forEach((ofDraw, s) => {
    write(values.subarray(s * width, (s + 1) * width), rows);
    ofDraw.forEach((value, row) => {
      expect(rows[row], `row ${row}`).toBeCloseTo(value, 6);
    });
  });
  return { theirs, rows: rows.length };
}
