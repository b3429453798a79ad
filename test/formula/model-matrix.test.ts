/** Designs are R's: names, values and order of columns, in the data of the fit and in new rows. */
import { describe, expect, test } from 'vitest';
import type { DesignMatrix } from '../../src/formula/design.js';
import { encode } from '../../src/formula/encode.js';
import { modelFrame } from '../../src/formula/model-frame.js';
import { coefficientName } from '../../src/formula/names.js';
import { parseFormula } from '../../src/formula/parse-formula.js';
import { type DataInput, tableOf } from '../../src/formula/table.js';
import reference from '../reference/design.json' with { type: 'json' };

const data: DataInput = reference.data;
const table = tableOf(data);
const newTable = tableOf(reference.new as DataInput);
const options = { missing: 'fail', outcome: 'real' } as const;

function frameOf(formula: string) {
  return modelFrame(parseFormula(formula), table, options);
}

/**
 * To 1e-12 of the largest value of each column: values that are zero but for rounding have no
 * relative error of their own.
 */
function expectValues(
  found: ArrayLike<number>,
  expected: readonly number[],
  columns: number,
): void {
  expect(found.length).toBe(expected.length);
  for (let j = 0; j < columns; j++) {
    const of = expected.filter((_, i) => i % columns === j);
    const largest = Math.max(...of.map(Math.abs));
    of.forEach((value, row) => {
      const error = Math.abs(found[row * columns + j] - value);
      expect(error, `column ${j}, row ${row}`).toBeLessThanOrEqual(1e-12 * largest);
    });
  }
}

function expectMatrix(
  found: DesignMatrix,
  expected: { readonly names: readonly string[]; readonly values: readonly number[] },
): void {
  expect(found.names).toEqual(expected.names);
  expectValues(found.values, expected.values, expected.names.length);
}

describe("columns are those of R's model.matrix", () => {
  test.each(reference.designs)('$formula', ({ formula, intercept, matrix, offset }) => {
    const { encoded, design } = frameOf(formula);
    expect(design.intercept).toBe(intercept);
    expectMatrix(encoded.population, matrix);
    expect(encoded.offset === null).toBe(offset === null);
    if (offset !== null && encoded.offset !== null) expectValues(encoded.offset, offset, 1);
  });
});

describe('columns of new rows have the levels and constants of the fit', () => {
  test.each(reference.designs)('$formula', ({ formula, matrix, new: expected }) => {
    const { design } = frameOf(formula);
    const saved = JSON.parse(JSON.stringify(design));
    expect(saved).toEqual(design);
    if (expected === null) return;
    expectValues(encode(saved, newTable).population.values, expected, matrix.names.length);
  });
});

test('scale() within I() keeps the constants of the fit too', () => {
  const values = (formula: string) => encode(frameOf(formula).design, newTable).population.values;
  expect(values('y ~ I(scale(x)^2)')).toEqual(values('y ~ scale(x)').map((value) => value * value));
});

test('encoding the data of the fit anew gives the numbers of the fit', () => {
  for (const { formula } of reference.designs) {
    const { design, encoded } = frameOf(formula);
    expect(encode(design, table)).toEqual(encoded);
  }
});

describe("columns that R's lm passes over are those that the facts name", () => {
  test.each(reference.designs)('$formula', ({ formula, aliased }) => {
    const { constantColumns, dependentColumns } = frameOf(formula).facts;
    const named = [...constantColumns, ...dependentColumns.map(({ column }) => column)];
    expect(new Set(named)).toEqual(new Set(aliased));
  });
});

test("coefficients have brms' names", () => {
  for (const { matrix, brms } of reference.designs) {
    const plain = brms.map((name) => name.replaceAll('`', ''));
    expect(matrix.names.map(coefficientName)).toEqual(plain);
  }
});

describe('group terms are those of lme4', () => {
  test.each(reference.groups)('$formula', ({ formula, terms }) => {
    const { groups } = frameOf(formula).encoded;
    expect(groups.map(({ group }) => group)).toEqual(terms.map(({ group }) => group));
    groups.forEach(({ matrix, levels, levelOf, newLevels, correlated }, i) => {
      expectMatrix(matrix, terms[i]?.matrix ?? { names: [], values: [] });
      expect(levels).toEqual(terms[i]?.levels);
      expect([...levelOf]).toEqual(terms[i]?.levelOf);
      expect(newLevels.size).toBe(0);
      expect(correlated).toBe(true);
    });
  });
});
