/** Smooth terms: bases as mgcv's and brms' (test/reference/smooths.R), kernels, formulas, new rows, bad input. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Encoded, TermDesign } from '../../src/formula/design.js';
import { encode } from '../../src/formula/encode.js';
import { formatFormula } from '../../src/formula/format.js';
import {
  hilbertBasis,
  hilbertColumns,
  hilbertFrequencies,
} from '../../src/formula/hilbert-space.js';
import { modelFrame } from '../../src/formula/model-frame.js';
import { parseFormula } from '../../src/formula/parse-formula.js';
import { type DataInput, tableOf } from '../../src/formula/table.js';
import { thinPlateBasis, thinPlateColumns } from '../../src/formula/thin-plate.js';
import { updatedFormula } from '../../src/formula/update-formula.js';

interface SplineReference {
  readonly name: string;
  readonly x: readonly number[];
  readonly k: number;
  readonly new: readonly number[];
  /** Rows of x, from 1, that come before the new values. */
  readonly rows: readonly number[];
  readonly linear: readonly number[];
  readonly products: readonly (readonly number[])[];
}

interface ProcessReference {
  readonly name: string;
  readonly x: readonly number[];
  readonly term: string;
  readonly columns: readonly (readonly number[])[];
  readonly frequencies: readonly number[];
}

const references: {
  readonly splines: readonly SplineReference[];
  readonly processes: readonly ProcessReference[];
} = JSON.parse(readFileSync(new URL('../reference/smooths.json', import.meta.url), 'utf8'));

function frame(formula: string, data: DataInput) {
  return modelFrame(parseFormula(formula), tableOf(data), { missing: 'drop', outcome: 'real' });
}

/** The smooth terms, each with its columns, row-major. */
function smoothsIn({ population, terms = [] }: Encoded) {
  const width = population.names.length;
  let next = width - terms.reduce((sum, { columns }) => sum + columns, 0);
  return terms.map((smooth) => {
    const first = next;
    next += smooth.columns;
    return {
      ...smooth,
      values: population.values.filter(
        (_, at) => at % width >= first && at % width < first + smooth.columns,
      ),
    };
  });
}

function smoothsOf(formula: string, data: DataInput) {
  return smoothsIn(frame(formula, data).encoded);
}

/** Columns that differ from zero, uneven, with ties. */
const values = fc
  .uniqueArray(fc.integer({ min: -100, max: 100 }), { minLength: 12, maxLength: 40 })
  .map((whole) => Float64Array.from([...whole, ...whole.slice(0, 4)], (value) => value / 7));

const largest = (numbers: Iterable<number>) =>
  [...numbers].reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('a thin plate regression spline', () => {
  it.each(references.splines)('is that of mgcv, also at new values: $name', (reference) => {
    const { x, k, rows, linear, products } = reference;
    const at = Float64Array.from([...rows.map((row) => x[row - 1] ?? 0), ...reference.new]);
    const basis = thinPlateBasis(Float64Array.from(x), k);
    const [line = new Float64Array(), ...penalized] = thinPlateColumns(at, basis);
    expect(penalized).toHaveLength(k - 2);
    const sign = Math.sign((line[0] ?? 0) * (linear[0] ?? 0));
    const size = largest(products.flat());
    products.forEach((row, i) => {
      expect(Math.abs(sign * (line[i] ?? 0) - (linear[i] ?? 0))).toBeLessThan(
        1e-9 * largest(linear),
      );
      row.forEach((product, j) => {
        const own = penalized.reduce((sum, column) => sum + (column[i] ?? 0) * (column[j] ?? 0), 0);
        // Of many functions of few values, the last eigenvalues have few digits.
        expect(Math.abs(own - product)).toBeLessThan(1e-9 * size);
      });
    });
  });

  it('has columns of mean 0, and is straight beyond the data', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 3, max: 9 }), (x, k) => {
        const basis = thinPlateBasis(x, k);
        for (const column of thinPlateColumns(x, basis)) {
          const sum = column.reduce((total, value) => total + value, 0);
          expect(Math.abs(sum)).toBeLessThan(1e-8 * x.length * (1 + largest(column)));
        }
        const far = thinPlateColumns(Float64Array.of(100, 150, 200), basis);
        for (const [a = 0, b = 0, c = 0] of far) {
          expect(Math.abs(a - 2 * b + c)).toBeLessThan(1e-7 * (1 + Math.abs(b)));
        }
      }),
      { seed: 2025, numRuns: 40 },
    );
  });

  it('does not depend on the unit and the origin of x', () => {
    fc.assert(
      fc.property(
        values,
        fc.constantFrom([1e-6, 0], [3, 500], [1e9, -2e10]),
        (x, [unit, origin]) => {
          const moved = x.map((value) => (origin ?? 0) + (unit ?? 1) * value);
          const [own, other] = [x, moved].map((all) =>
            thinPlateColumns(all, thinPlateBasis(all, 6)),
          );
          own?.forEach((column, j) => {
            const there = other?.[j] ?? new Float64Array();
            const sign = Math.sign(
              column.reduce((sum, value, i) => sum + value * (there[i] ?? 0), 0),
            );
            column.forEach((value, i) => {
              expect(Math.abs(value - sign * (there[i] ?? 0))).toBeLessThan(1e-6 * largest(column));
            });
          });
        },
      ),
      { seed: 2025, numRuns: 20 },
    );
  });
});

const frequenciesOf = (term: TermDesign | undefined) =>
  term?.kind === 'process' ? term.frequencies : [];

describe('the basis of a Gaussian process', () => {
  it.each(references.processes)('is that of brms: $name', ({ x, term, columns, frequencies }) => {
    const [smooth] = smoothsOf(`y ~ ${term}`, { x, y: x.map((_, i) => i) });
    const width = frequencies.length;
    expect(frequenciesOf(smooth)).toHaveLength(width);
    frequencies.forEach((frequency, j) => {
      expect(frequenciesOf(smooth)[j]).toBeCloseTo(frequency, 10);
    });
    columns.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(smooth?.values[i * width + j]).toBeCloseTo(value, 10);
      });
    });
  });

  it('makes the kernel of its spectrum', () => {
    const length = 0.25;
    const x = Float64Array.from({ length: 21 }, (_, i) => i / 20);
    const basis = hilbertBasis(x, { c: 5 / 4, isScaled: true });
    const k = 40;
    const columns = hilbertColumns(x, basis, k);
    const spectrum = hilbertFrequencies(basis, k).map(
      (frequency) => Math.sqrt(2 * Math.PI) * length * Math.exp(-0.5 * (length * frequency) ** 2),
    );
    for (let a = 0; a < x.length; a++) {
      for (let b = 0; b < x.length; b++) {
        const own = columns.reduce(
          (sum, column, j) => sum + (column[a] ?? 0) * (spectrum[j] ?? 0) * (column[b] ?? 0),
          0,
        );
        const distance = (x[a] ?? 0) - (x[b] ?? 0);
        expect(own).toBeCloseTo(Math.exp((-0.5 * distance ** 2) / length ** 2), 3);
      }
    }
  });

  it('has a dimension by the rule for a tenth of the range, if none is given', () => {
    const x = Array.from({ length: 40 }, (_, i) => Math.sin(i));
    const data = { x, y: x };
    const dimensionOf = (term: string) => smoothsOf(`I(y) ~ ${term}`, { ...data, z: x })[0];
    expect(dimensionOf('gp(z)')?.columns).toBe(22);
    expect(dimensionOf('gp(z, c = 2)')?.columns).toBe(35);
    expect(dimensionOf('gp(z, cov = "matern32")')?.columns).toBe(43);
    expect(dimensionOf('gp(z)')).toMatchObject({ shortest: expect.closeTo(0.0994, 4) });
  });
});

describe('a formula with smooth terms', () => {
  const x = Array.from({ length: 30 }, (_, i) => Math.round(100 * Math.sin(i * i)) / 10);
  const g = x.map((_, i) => ['a', 'b', 'c'][i % 3] ?? '');
  const data = { x, z: x.map((value) => value ** 2), g, y: x.map((value) => value + 1) };

  it.each([
    ['y ~ s(x,k=5)+z', 'y ~ s(x, k = 5) + z'],
    [
      "y ~ gp(log(x), k = 20, c = 5/4, cov = 'matern32')",
      'y ~ gp(log(x), k = 20, c = 5/4, cov = "matern32")',
    ],
    ['bf(y ~ s(x), sigma ~ gp(x, scale = F))', 'bf(y ~ s(x), sigma ~ gp(x, scale = F))'],
  ])('is printed as R would: %s', (written, printed) => {
    const once = formatFormula(parseFormula(written));
    expect(once).toBe(printed);
    expect(formatFormula(parseFormula(once))).toBe(printed);
  });

  it('gives each level of `by` a curve of its own', () => {
    const smooths = smoothsOf('y ~ g + s(x, by = g, k = 4) + gp(z, by = g, k = 3)', data);
    expect(smooths.map(({ name }) => name)).toEqual([
      ...['s(x):ga', 's(x):gb', 's(x):gc'],
      ...['gp(z)ga', 'gp(z)gb', 'gp(z)gc'],
    ]);
    for (const { name, columns: width, values } of smooths) {
      g.forEach((level, row) => {
        const own = values.subarray(row * width, (row + 1) * width);
        expect(own.some((value) => value !== 0)).toBe(name.endsWith(level));
      });
    }
  });

  it('gives new rows the basis of the fit', () => {
    const { design, encoded } = frame('y ~ s(x, by = g) + gp(z, k = 6)', data);
    // All of one level.
    const picked = [3, 18, 6];
    const some = Object.fromEntries(
      Object.entries(data).map(([name, column]) => [name, picked.map((row) => column[row] ?? '')]),
    );
    const again = encode(JSON.parse(JSON.stringify(design)), tableOf(some as DataInput));
    const { names, values } = encoded.population;
    expect(again.population.names).toEqual(names);
    picked.forEach((row, i) => {
      names.forEach((_, j) => {
        expect(again.population.values[i * names.length + j]).toBe(values[row * names.length + j]);
      });
    });
    expect(again.terms).toHaveLength(4);
  });

  it('stacks the terms of several parameters', () => {
    const smooths = smoothsOf('bf(y ~ s(x, k = 4), sigma ~ s(z, k = 3))', data);
    expect(smooths.map(({ name, parameter, columns }) => [name, parameter, columns])).toEqual([
      ['s(x)', undefined, 3],
      ['sigma_s(z)', 'sigma', 2],
    ]);
    smooths.forEach(({ columns: width, values }, s) => {
      for (let row = 0; row < 60; row++) {
        const own = values.subarray(row * width, (row + 1) * width);
        expect(own.some((value) => value !== 0)).toBe(row % 2 === s);
      }
    });
  });

  it.each([
    ['y ~ z + s(x)', '. ~ . - s(x)', 'y ~ z'],
    ['y ~ z + s(x, k = 5)', '. ~ . - z', 'y ~ 1 + s(x, k = 5)'],
    ['y ~ s(x, k = 5)', '. ~ . - s(x) + s(x, k = 8)', 'y ~ 1 + s(x, k = 8)'],
    ['y ~ z', '. ~ . + gp(x)', 'y ~ z + gp(x)'],
  ])('is updated: %s by %s', (own, change, expected) => {
    expect(updatedFormula(own, change)).toBe(expected);
  });

  it.each([
    ['y ~ s(x, z)', 's() takes one variable, found 2; expected s(x, k = 10)'],
    ['y ~ s()', 's() takes one variable, found 0'],
    ['y ~ t2(x, z)', 't2() of brms (smooth terms of several variables) is not supported'],
    ['y ~ te(x, z)', 'te() is not supported; s(x) + s(z)'],
    [
      'y ~ s(x, bs = "re")',
      'the basis "re" is not supported; expected thin plate regression splines',
    ],
    ['y ~ s(x, k = 2)', 'k is 2, expected a whole number from 3 to 1000'],
    ['y ~ s(x, k = z)', 'k is z, expected a whole number'],
    ['y ~ s(x, m = 1)', 'the argument m (the order of the penalty) of s() is not supported'],
    ['y ~ gp(x, c = 0)', 'c is 0, expected a number above 0'],
    ['y ~ gp(x, cov = "exponential")', 'falls too slowly for a basis; expected one of "exp_quad"'],
    ['y ~ gp(x, scale = 3)', 'scale is 3, expected TRUE or FALSE'],
    ['y ~ gp(x, iso = FALSE)', 'the argument iso (length-scales of several variables)'],
    [
      'y ~ z:s(x)',
      's(x) can only be added or taken away: y ~ s(x) + z; with a curve for each level of g',
    ],
    ['y ~ (1 + s(x) | g)', 's(x) in a group term is not supported'],
    ['y ~ log(s(x))', 's() is a term of its own'],
    ['log(s(y)) ~ x', 's() is a term of its own'],
    ['y ~ s(x) + s(x, k = 4)', 's(x) in two terms'],
    ['y ~ z - s(x)', 'no s(x) to take away'],
    ['y ~ s(x, by = z)', 'by = z holds numbers, expected a column of text'],
    ['y ~ s(g)', "'g'"],
    [
      'y ~ s(x, k = 40)',
      's(x, k = 40): x has 27 distinct values, expected 40 or more: write s(x, k = 27)',
    ],
    ['y ~ s(one)', 'one has 1 distinct value, expected 10 or more'],
    ['y ~ gp(one)', 'gp(one): one has 1 distinct value, expected 2 or more'],
    ['y ~ gp(x, c = 0.2)', 'where gp(x, c = 0.2) is defined; a larger c widens it'],
    ['y ~ me(z, x) + s(x)', 's(x) together with me(z, x) is not supported'],
    [
      'bf(y ~ mi(z)) + bf(z | mi() ~ s(x))',
      's(x) of a predictor with missing values is not supported',
    ],
    ['y ~ s(w)', "no column 'w'"],
  ])('is refused with one line: %s', (formula, message) => {
    const all = { ...data, one: x.map(() => 1) };
    expect(() => frame(formula, all)).toThrow(message);
    try {
      frame(formula, all);
    } catch (error) {
      expect(String(error)).not.toContain('\n');
    }
  });

  it('leaves out rows without a value, and wants one in new rows', () => {
    const holes = { ...data, x: x.map((value, row) => (row === 4 ? null : value)) };
    const { design, facts } = frame('y ~ s(x, k = 5)', holes);
    expect(facts.droppedRows).toBe(1);
    expect(() => encode(design, tableOf({ x: [1, null] }))).toThrow("column 'x', row 2: no value");
  });

  it('is refused beyond the ends of a process, by row', () => {
    const { design } = frame('y ~ gp(x, k = 5)', data);
    expect(() => encode(design, tableOf({ x: [0, 400] }))).toThrow(
      /row 2: x is 400, expected a value from -2\d(\.\d+)? to 2\d(\.\d+)?, where gp\(x, k = 5\) is defined/,
    );
  });
});
